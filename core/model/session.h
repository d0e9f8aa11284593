/* What lasts between requests: sessions, codes, refresh families. All of it lies in the realm's
 * database and survives restarts and failover. */
#ifndef GARITA_CORE_MODEL_SESSION_H
#define GARITA_CORE_MODEL_SESSION_H

#include "core/model/fields.h"

/* The acr of a session by impersonation: nobody authenticated as that person. */
#define ACR_IMPERSONATED "0"

/* What amr names (RFC 8176 2). */
#define AMR_PASSWORD "pwd"
#define AMR_OTP      "otp"

/* A browser's (or a grant's) login: the sid claim. */
struct user_session {
    int64_t pk;
    struct str id;
    int64_t user_pk;
    struct str user_id;
    int64_t started_ms;
    int64_t last_access_ms;
    int64_t auth_time_ms; /* last real authentication */
    struct str acr;       /* what happened, "1" for a password */
    struct str amr;       /* what was shown: AMR_*, "pwd otp"; empty: nothing */
    struct str ip;
    struct str user_agent;
    bool remember_me;
    bool offline;
    struct str cookie_hash; /* BLAKE2b of the SSO cookie's value; absent for direct grants */
};

/* A client's part of a user session. Revoking it ends every token of that client in that session:
 * tokens whose jti (a time-ordered UUID) is from before valid_from_ms are dead. */
struct client_session {
    int64_t pk;
    int64_t session_pk;
    int64_t client_pk;
    struct str client_id;
    int64_t started_ms;
    int64_t last_access_ms;
    int64_t valid_from_ms;
    bool revoked;
    struct str scope; /* names granted, as requested */
    struct str redirect_uri;
};

/* One chain of rotated refresh tokens. current is the hash of the only token that may be used. */
struct refresh_family {
    int64_t pk;
    struct str id;
    int64_t client_session_pk;
    struct str current_hash;
    int64_t use_count; /* reuse of the current token, for realms that allow it */
    int64_t expires_ms;
    bool revoked;
};

/* An authorization code (RFC 6749 4.1.2). Only its hash is stored; spent ones are marked, so that a
 * second use is seen and revokes what the first gave. */
struct auth_code {
    int64_t pk;
    struct str hash;
    int64_t client_pk;
    int64_t client_session_pk;
    struct str redirect_uri; /* as in the request; absent when there was none */
    struct str code_challenge;
    struct str scope;
    struct str nonce;
    struct str claims; /* the claims parameter, JSON text */
    struct str acr;
    int64_t auth_time_ms;
    int64_t expires_ms;
    int64_t spent_ms; /* 0: not yet */
};

#endif
