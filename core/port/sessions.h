/* Sessions, codes, refresh families and things that may be used once. */
#ifndef GARITA_CORE_PORT_SESSIONS_H
#define GARITA_CORE_PORT_SESSIONS_H

#include "core/model/session.h"
#include "core/port/store.h"

/* Hash under which a handle (code, refresh token id, cookie) is stored: BLAKE2b-256, 32 bytes. */
#define HANDLE_HASH_BYTES 32

MUST_CHECK int session_insert(struct store_write *w, struct user_session *session);
MUST_CHECK int session_find(struct store_read *r, struct arena *a, struct str id,
                            struct user_session *ret_session);
MUST_CHECK int session_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                                  struct user_session *ret_session);
MUST_CHECK int session_find_by_cookie(struct store_read *r, struct arena *a, struct str cookie_hash,
                                      struct user_session *ret_session);
/* Re-authentication: auth time, acr, new cookie hash. */
MUST_CHECK int session_update(struct store_write *w, const struct user_session *session);
MUST_CHECK int session_touch(struct store_write *w, int64_t session_pk, int64_t last_access_ms);
/* Ends the session with its client sessions, codes and refresh families. */
MUST_CHECK int session_delete(struct store_write *w, int64_t session_pk);
/* All of a user, or of a user but one (0: none spared). Returns how many. */
MUST_CHECK int session_delete_of_user(struct store_write *w, int64_t user_pk, int64_t spared_pk,
                                      int64_t *ret_count);
/* All of the realm but offline ones. */
MUST_CHECK int session_delete_online(struct store_write *w, int64_t *ret_count);
/* All of the realm. */
MUST_CHECK int session_delete_all(struct store_write *w, int64_t *ret_count);
MUST_CHECK int session_list_of_user(struct store_read *r, struct arena *a, int64_t user_pk,
                                    struct user_session **ret_items, size_t *ret_count);

MUST_CHECK int client_session_insert(struct store_write *w, struct client_session *cs);
MUST_CHECK int client_session_find(struct store_read *r, struct arena *a, int64_t session_pk,
                                   int64_t client_pk, struct client_session *ret_cs);
MUST_CHECK int client_session_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                                         struct client_session *ret_cs);
MUST_CHECK int client_session_update(struct store_write *w, const struct client_session *cs);
MUST_CHECK int client_session_touch(struct store_write *w, int64_t pk, int64_t last_access_ms);
/* Marks it revoked, revokes its refresh families and spends its codes. */
MUST_CHECK int client_session_revoke(struct store_write *w, int64_t pk);
/* The client sessions of a user session that are not revoked. */
MUST_CHECK int client_session_list(struct store_read *r, struct arena *a, int64_t session_pk,
                                   struct client_session **ret_items, size_t *ret_count);

MUST_CHECK int code_insert(struct store_write *w, struct auth_code *code);
MUST_CHECK int code_find(struct store_read *r, struct arena *a, struct str hash,
                         struct auth_code *ret_code);
/* True exactly once for a code, however many ask at once (OT-01). */
MUST_CHECK int code_spend(struct store_write *w, int64_t code_pk, bool *ret_first);

MUST_CHECK int refresh_family_insert(struct store_write *w, struct refresh_family *family);
MUST_CHECK int refresh_family_find(struct store_read *r, struct arena *a, struct str id,
                                   struct refresh_family *ret_family);
/* Moves the family from one token to the next in one step; ret_moved is false when from_hash is not
 * the current one (it was used before: reuse). */
MUST_CHECK int refresh_family_rotate(struct store_write *w, int64_t family_pk, struct str from_hash,
                                     struct str to_hash, int64_t expires_ms, bool *ret_moved);
MUST_CHECK int refresh_family_count_use(struct store_write *w, int64_t family_pk);
MUST_CHECK int refresh_family_revoke(struct store_write *w, int64_t family_pk);

/* Remembers that a one-time value (assertion jti, action token, TOTP step, revoked token id) of a
 * kind was used until it expires; ret_first is false when it was known already. */
#define ONCE_ACCESS_TOKEN "access-token" /* jti of a revoked one */
MUST_CHECK int once_spend(struct store_write *w, struct str kind, struct str value,
                          int64_t expires_ms, bool *ret_first);
MUST_CHECK int once_is_spent(struct store_read *r, struct str kind, struct str value,
                             bool *ret_spent);

/* What the expiry of sessions depends on; computed by core from the realm's settings. */
struct session_limits {
    int64_t idle_ms, max_ms, idle_remember_ms, max_remember_ms, offline_idle_ms, offline_max_ms;
};
/* The sessions with a client's part that is not revoked and that are not over at that moment, oldest
 * first; ones that are all offline, or none. */
MUST_CHECK int session_list_of_client(struct store_read *r, struct arena *a, int64_t client_pk,
                                      bool offline, const struct session_limits *limits,
                                      int64_t now_ms, size_t first, size_t limit,
                                      struct user_session **ret_items, size_t *ret_count);
MUST_CHECK int session_count_of_client(struct store_read *r, int64_t client_pk, bool offline,
                                       const struct session_limits *limits, int64_t now_ms,
                                       int64_t *ret_count);
/* All that are kept, also what is over and not swept yet: quick at any number. */
MUST_CHECK int session_count_kept(struct store_read *r, int64_t *ret_count);
/* Deletes what is over (at most limit rows a call); returns how many. */
MUST_CHECK int session_sweep(struct store_write *w, const struct session_limits *limits,
                             size_t limit, int64_t *ret_count);

#endif
