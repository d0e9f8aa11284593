/* Answers that are kept, under a keyed hash of what they are about; the thing itself (a token) is
 * nowhere in it. Two levels: a table in memory for the hot ones, and a file that outlives the process.
 * Both are bounded, and losing either costs only time. What is kept here is never proof of anything
 * but itself: see footing.h for when an answer still holds. Safe from many threads. */
#ifndef GARITA_CORE_PORT_TOKEN_CACHE_H
#define GARITA_CORE_PORT_TOKEN_CACHE_H

#include "core/port/store.h"

#define TOKEN_CACHE_VALUE_MAX ((size_t)64 << 10)

struct token_cache_key {
    unsigned char bytes[32];
};

/* Kinds of entries; each is counted by itself. */
enum token_cache_kind {
    TOKEN_CACHE_SIGNATURE, /* what a token says, and that its signature is good */
    TOKEN_CACHE_RIGHTS,    /* what a client may ask about */
    TOKEN_CACHE_KEYS,      /* public keys of a trusted issuer */
    TOKEN_CACHE_PERSON,    /* the person behind a token */
    TOKEN_CACHE_KINDS
};
/* "jwt_signature", "rights", "jwks_keys", "user_context". */
const char *token_cache_kind_name(enum token_cache_kind kind);
enum token_cache_kind token_cache_kind_of(const struct token_cache_key *key);

/* scope keeps apart what is told in different places. The last byte of a key is its kind. */
void token_cache_key(const struct store *store, enum token_cache_kind kind, struct str scope,
                     struct str subject, struct token_cache_key *ret_key);
/* ERR_NOT_FOUND, ERR_NO_MEMORY. The value lives in the arena. */
MUST_CHECK int token_cache_get(struct store *store, const struct token_cache_key *key,
                               struct arena *a, int64_t now_ms, struct str *ret_value);
/* Grows whenever the file is begun anew because somebody was erased (store_forget). */
uint64_t token_cache_generation(struct store *store);
/* Until expires_ms at the longest. What does not fit is not kept. generation is as of before the value
 * was last seen to hold (store_changes): what was erased since is in no file. */
void token_cache_put(struct store *store, const struct token_cache_key *key, struct str value,
                     uint64_t generation, int64_t now_ms, int64_t expires_ms);

#endif
