/* Links that were mailed to people (core/auth/action_token.h). */
#ifndef GARITA_CORE_PORT_ACTION_TOKENS_H
#define GARITA_CORE_PORT_ACTION_TOKENS_H

#include "core/port/store.h"

/* What a link is for. The numbers are stored. */
enum action_purpose {
    ACTION_RESET_CREDENTIALS = 1, /* asked for by who forgot his password */
    ACTION_VERIFY_EMAIL = 2,
    ACTION_EXECUTE = 3,     /* by an administrator: a list of required actions */
    ACTION_UPDATE_EMAIL = 4 /* goes to the address that the person wants to have */
};

struct action_token {
    struct str hash; /* handle_hash() */
    int64_t user_pk;
    enum action_purpose purpose;
    struct str person; /* hash of what must not have changed of the person */
    struct str
        actions; /* aliases of required actions, separated by spaces; behind UPDATE_EMAIL the address */
    int64_t client_pk;       /* of the application that people go back to; 0: none */
    struct str redirect_uri; /* where they go back to; empty: its base URL */
    int64_t created_ms, expires_ms;
};

/* Takes the place of the one that the person has for this purpose (RE-01), so that nobody's requests fill
 * the disk (HT-08). */
MUST_CHECK int action_token_put(struct store_write *w, const struct action_token *token);
/* ERR_NOT_FOUND. */
MUST_CHECK int action_token_find(struct store_read *r, struct arena *a, struct str hash,
                                 struct action_token *ret_token);
/* The one that a person has for a purpose, over or not. ERR_NOT_FOUND. */
MUST_CHECK int action_token_of_user(struct store_read *r, struct arena *a, int64_t user_pk,
                                    enum action_purpose purpose, struct action_token *ret_token);
/* True exactly once for a token, however many ask at once. */
MUST_CHECK int action_token_remove(struct store_write *w, struct str hash, bool *ret_first);
/* All of a person. */
MUST_CHECK int action_token_delete_of_user(struct store_write *w, int64_t user_pk);
/* All of the realm. */
MUST_CHECK int action_token_delete_all(struct store_write *w);

#endif
