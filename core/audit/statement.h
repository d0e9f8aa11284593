/* Signed statements about a stretch of a realm's audit chain: a head that was seen, a segment that
 * was archived, a stretch that was removed when its time was over. What is signed is a string of
 * bytes that says which of the three it is, so that one can never pass for another (docs/audit.md).
 */
#ifndef GARITA_CORE_AUDIT_STATEMENT_H
#define GARITA_CORE_AUDIT_STATEMENT_H

#include "core/base/buf.h"
#include "core/codec/json.h"
#include "core/crypto/pk.h"

#define AUDIT_HASH_BYTES      32
#define AUDIT_SIGNATURE_BYTES 64

enum statement_kind { STATEMENT_HEAD, STATEMENT_SEGMENT, STATEMENT_REMOVAL };

/* Events first_seq to last_seq. A head's stretch begins after that of the head before, so that a
 * head that was taken away is missed. */
struct statement {
    enum statement_kind kind;
    struct str realm_id;
    int64_t first_seq;
    struct str prev_hash; /* of the event before first_seq; 32 bytes */
    int64_t last_seq;
    struct str last_hash;   /* 32 bytes */
    int64_t from_ms, to_ms; /* earliest and latest time of a segment's events; else 0 */
    int64_t time_ms;        /* when it was made */
    struct str kid;
    struct str signature; /* Ed25519 */
};

/* A public key that statements are verified with. */
struct audit_key {
    struct str kid;
    struct pk_key *pk; /* owned by whoever made the list */
};
struct audit_keys {
    struct audit_key *items;
    size_t count;
};
/* Lets go of the keys; the list itself is an arena's. Fits CLEANUP(). */
void audit_keys_free(struct audit_keys *keys);

/* The bytes that are signed: everything but the signature. */
MUST_CHECK int statement_bytes(const struct statement *s, struct arena *a, struct str *ret_bytes);
/* With the private key that s->kid names. */
MUST_CHECK int statement_sign(struct statement *s, const struct pk_key *key, struct arena *a);
/* ERR_UNKNOWN_KEY when no key has the kid, ERR_BAD_SIGNATURE, ERR_NO_MEMORY. */
MUST_CHECK int statement_verify(const struct statement *s, const struct audit_keys *keys);

/* The members of a statement into an object that is open: {"realm","firstSeq","previousHash",
 * "lastSeq","lastHash","from","to","time","kid","signature"}; from and to of segments only. */
void statement_write(struct json_writer *w, struct arena *scratch, const struct statement *s);
/* ERR_INVALID_SYNTAX when a member is missing or malformed, or none that is signed. */
MUST_CHECK int statement_read(struct arena *a, const struct json_value *v, enum statement_kind kind,
                              struct statement *ret_statement);

/* "2026-11-22T16:03:09.123Z" exactly as clock_rfc3339 writes it. ERR_INVALID_SYNTAX. */
MUST_CHECK int audit_time_read(struct str text, int64_t *ret_ms);

#endif
