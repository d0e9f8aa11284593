/* Login sessions: how long they live, how they are found, made and ended. */
#ifndef GARITA_CORE_AUTH_SESSION_H
#define GARITA_CORE_AUTH_SESSION_H

#include "core/auth/context.h"
#include "core/model/user.h"
#include "core/port/sessions.h"

/* 32 bytes under which a handle (cookie, code, refresh token id) is stored; what differs in kind
 * never collides (OT-03). Absent when the arena is exhausted. */
enum handle_kind {
    HANDLE_COOKIE,
    HANDLE_CODE,
    HANDLE_REFRESH,
    HANDLE_BROWSER,
    HANDLE_PUSHED_REQUEST,
    HANDLE_DEVICE_CODE,
    HANDLE_USER_CODE,
    HANDLE_ACTION_TOKEN,
    HANDLE_SOURCE
};
struct str handle_hash(struct arena *a, enum handle_kind kind, struct str value);

/* From the realm's settings; also what session_sweep is called with. Remember-me values that are 0
 * mean the ordinary ones; offline_max_ms 0 means without end. */
void session_limits_of(const struct realm *realm, struct session_limits *ret_limits);
/* The moment at which the session is over unless it is used before (idle), and in any case (max).
 * *ret_max_ms is INT64_MAX for offline sessions without a maximum. */
void session_ends(const struct realm *realm, const struct user_session *session,
                  int64_t *ret_idle_ms, int64_t *ret_max_ms);
bool session_is_over(const struct realm *realm, const struct user_session *session, int64_t now_ms);

/* A session that may be used: exists, is not over, its user exists, is enabled, and neither realm
 * nor user were told to forget sessions from before (OT-08). ERR_SESSION_NOT_ACTIVE otherwise. */
MUST_CHECK int session_load(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                            struct user_session *ret_session, struct user *ret_user);
/* The same by the value of the SSO cookie; absent or unknown: ERR_SESSION_NOT_ACTIVE. */
MUST_CHECK int session_load_by_cookie(const struct auth_ctx *ctx, struct store_read *r,
                                      struct str cookie, struct user_session *ret_session,
                                      struct user *ret_user);
/* The session behind a client's part of one. ERR_SESSION_NOT_ACTIVE also when that part is gone or
 * revoked. */
MUST_CHECK int session_load_of_client(const struct auth_ctx *ctx, struct store_read *r,
                                      int64_t client_session_pk, struct client_session *ret_cs,
                                      struct user_session *ret_session, struct user *ret_user);
/* The same two for those who end a session: it is found whatever its time, its user and its realm say
 * now, as all of that may be taken back (a user is enabled again). ERR_SESSION_NOT_ACTIVE when it is
 * gone. */
MUST_CHECK int session_load_to_end(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                   struct user_session *ret_session, struct user *ret_user);
MUST_CHECK int session_load_to_end_by_cookie(const struct auth_ctx *ctx, struct store_read *r,
                                             struct str cookie, struct user_session *ret_session,
                                             struct user *ret_user);
/* What a login by a password has shown, for amr. */
struct str session_amr(bool otp);
/* Whether somebody acts as the person; whether the person has shown a one-time password to it. */
bool session_is_impersonated(const struct user_session *session);
bool session_has_otp(const struct user_session *session);
/* Whether user (as stored) may go on with an authentication of that moment. */
bool session_user_allowed(const struct auth_ctx *ctx, const struct user *user,
                          int64_t auth_time_ms);

struct session_new {
    const struct user *user;
    bool remember_me;
    bool offline;
    bool with_cookie; /* false for direct grants */
    int64_t auth_time_ms;
    struct str acr, amr;
};
/* A session with a fresh id (WE-02), not stored yet (session_insert does that in the transaction).
 * ret_cookie (may be NULL when with_cookie is off) gets the value for the browser; the session has
 * its hash. */
MUST_CHECK int session_prepare(const struct auth_ctx *ctx, const struct session_new *from,
                               struct user_session *ret_session, struct str *ret_cookie);
/* The same person has authenticated again: new auth time, new cookie, same sid (WE-02). Not stored
 * yet (session_update). */
MUST_CHECK int session_renew(const struct auth_ctx *ctx, int64_t auth_time_ms,
                             struct user_session *io_session, struct str *ret_cookie);

/* The client's part of the session, made or revived (tokens from before a revocation stay dead). */
MUST_CHECK int client_session_open(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct user_session *session, const struct client *client,
                                   struct str scope, struct str redirect_uri,
                                   struct client_session *ret_cs);

/* Ends the session with an event of that type (EVENT_UserLogoutInitiated, EVENT_SessionRevoked). */
MUST_CHECK int session_end(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user_session *session, enum event_type type);

/* Max-Age of the SSO cookie: -1 (until the browser closes) without remember-me. */
int64_t session_cookie_max_age_s(const struct realm *realm, const struct user_session *session);

#endif
