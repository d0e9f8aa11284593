/* Token validation as a service: another program asks whether a token is good and what it says. The
 * same questions come over gRPC, Connect and plain JSON; each protocol translates, none decides.
 *
 * A question names a token; the realm is found in this order: the token's own issuer (the issuer of
 * one of our realms, or one that a realm trusts), the tenant that the caller names (X-Tenant-ID), the
 * host's first label, the caller's realm. Two that contradict each other are an error, never a
 * guess. */
#ifndef GARITA_CORE_VALIDATION_VALIDATION_H
#define GARITA_CORE_VALIDATION_VALIDATION_H

#include "core/auth/context.h"
#include "core/port/footing.h"
#include "core/validation/reason.h"

#define VALIDATION_BATCH_MAX  100
#define VALIDATION_SCOPES_MAX 64
#define VALIDATION_ROLES_MAX  64

/* Where and as whom a call arrives; the context of the realm is found from it. */
struct validation_call {
    struct store *store;
    struct arena *arena;
    const struct now *now;
    struct err_ctx *err;           /* detail for the caller; never NULL */
    struct str base_url;           /* as in struct auth_ctx: issuers are below it */
    struct str admin_url;          /* likewise; absent: base_url */
    struct str default_realm;      /* of callers that name none; absent: none */
    struct str authorization;      /* "Bearer ..." or "Basic ..."; absent: none */
    struct str certificate_sha256; /* of the caller's verified certificate, base64url; absent */
    struct str tenant;             /* X-Tenant-ID; absent: not sent */
    struct str host;               /* authority of the request, without port; absent: unknown */
    struct event_actor actor;
    auth_jwks_get *jwks_get;
    void *jwks_context;
    /* Where validation_caller_find and then one validation_check or validation_check_watch note what
     * the answer stands on; NULL: nobody asks. It is firm after an active answer, or a leave to watch,
     * that may be given again as long as it holds. */
    struct ground *ground;
};

/* Who asks: a confidential client, by its credentials or by an access token of its own. */
struct validation_caller {
    struct str realm; /* name */
    struct str client_id;
    bool whole_realm; /* has the role token-validator: may ask about every token of the realm */
    bool every_realm; /* likewise, in master: about every realm's */
};

/* ERR_UNAUTHENTICATED without credentials, ERR_INVALID_CLIENT, ERR_INVALID_TOKEN,
 * ERR_INVALID_REQUEST (a contradiction), ERR_STORE_*. */
MUST_CHECK int validation_caller_find(const struct validation_call *call,
                                      struct validation_caller *ret_caller);

struct validation_question {
    struct str token;
    struct str realm;    /* absent: found as above */
    struct str audience; /* that the token must name; absent: any */
    struct strs scopes;  /* that it must hold, all of them */
    struct strs roles;   /* likewise; "role" of the realm or "client/role" */
};

struct validation_client_roles {
    struct str client_id;
    struct strs roles;
};

/* Everything lives in the call's arena. Only active and reason are set for a token that is not
 * active: nothing else is told about it. */
struct validation_answer {
    bool active;
    enum validation_reason reason; /* VALIDATION_ACTIVE when active */
    struct str subject, username, client_id, realm, tenant, issuer, jti, session_id, token_type;
    struct strs audience, scopes, realm_roles;
    const struct validation_client_roles *client_roles;
    size_t client_role_count;
    int64_t issued_s, expires_s;
    struct str claims; /* the token's payload: one JSON object */
    bool from_cache;
    bool
        trusted; /* by an issuer that the realm trusts: nothing in claims is about people of ours */
};

/* Never fails for what is wrong with the token: that is an answer. A token that the caller may not
 * ask about is VALIDATION_NOT_PERMITTED, told as such only to callers of the same realm; to others it
 * is unknown. ERR_INVALID_REQUEST (contradicting tenants, too many items), ERR_STORE_*,
 * ERR_NO_MEMORY. */
MUST_CHECK int validation_check(const struct validation_call *call,
                                const struct validation_caller *caller,
                                const struct validation_question *question,
                                struct validation_answer *ret_answer);

/* The same for a gate that holds nothing but the token which somebody showed it: who has a token may
 * know what it says. Errors as above. */
MUST_CHECK int validation_check_shown(const struct validation_call *call,
                                      const struct validation_question *question,
                                      struct validation_answer *ret_answer);

/* The members of RFC 7662 as one JSON object. Errors as above. */
MUST_CHECK int validation_introspect(const struct validation_call *call,
                                     const struct validation_caller *caller, struct str token,
                                     struct str *ret_json);

/* The person behind an active token, as of now. */
struct validation_user_context {
    struct validation_answer token;
    struct str user_id, username, email, first_name, last_name;
    bool email_verified, enabled;
    struct strs groups;    /* paths */
    struct str attributes; /* one JSON object: name to array of texts */
    struct str claims;     /* what userinfo would say, as one JSON object */
};
MUST_CHECK int validation_user_context(const struct validation_call *call,
                                       const struct validation_caller *caller, struct str token,
                                       struct validation_user_context *ret_context);

/* RFC 7009 by a caller of this service: durable when it returns, and in force for the very next
 * validation. Tokens that are unknown or over are no error. */
MUST_CHECK int validation_revoke(const struct validation_call *call,
                                 const struct validation_caller *caller, struct str token);

/* Whether the caller may hear what ends in a realm (OT-11, AD-02): who may ask about all of its
 * tokens. asked: the realm's name; empty: the caller's own. When the call has a ground, what this
 * stands on is in there: as long as that holds, a fresh look would allow it too. ERR_FORBIDDEN,
 * ERR_NOT_FOUND, ERR_REALM_DISABLED, ERR_STORE_*, ERR_NO_MEMORY. */
MUST_CHECK int validation_check_watch(const struct validation_call *call,
                                      const struct validation_caller *caller, struct str asked,
                                      struct str *ret_realm);

#endif
