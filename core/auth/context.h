/* What every use case of auth and oidc is given: the request's memory and moment, the realm, who
 * asks from where. Filled once per request by the edge (web, grpc, cli); core keeps nothing of it. */
#ifndef GARITA_CORE_AUTH_CONTEXT_H
#define GARITA_CORE_AUTH_CONTEXT_H

#include "core/audit/event.h"
#include "core/auth/own_urls.h"
#include "core/port/store.h"

/* A key set that is kept behind a URL, and how long ago it was fetched. */
struct auth_jwks {
    struct str text;
    int64_t age_ms;
};
/* Gives the JWKS text behind the URL of a client or a trusted issuer of a realm. fresh asks to go to the source
 * even when a copy is kept; an implementation bounds how often that really happens (JO-04), and for
 * how long a copy stands in when the source does not answer. Errors as fetch_json. */
typedef int auth_jwks_get(void *context, struct arena *a, struct str realm_id, struct str url,
                          bool fresh, struct auth_jwks *ret_jwks);

struct profile_problems;
struct passwords_ahead;

struct auth_ctx {
    struct arena *arena;
    const struct now *now;
    struct err_ctx *err; /* detail for the client; never NULL */
    struct realm_view *view;
    struct str issuer;        /* "https://host/realms/peru": configured origin, never from Host */
    struct str base_url;      /* "https://host" or "https://host/auth", no slash at the end */
    struct str admin_url;     /* of the listener of administration; absent: base_url */
    struct event_actor actor; /* ip, user_agent, trace_id; the rest is filled as it is learned */
    auth_jwks_get *jwks_get;  /* NULL: straight through core/port/fetch.h */
    void *jwks_context;
    struct str *ret_user_id; /* NULL, or where the user's id goes once known: for the log */
    struct profile_problems *ret_problems; /* NULL, or where all that is wrong with a person goes */
    const struct passwords_ahead *hashed;  /* NULL, or core/auth/passwords_ahead.h */
};

static inline struct own_urls auth_own_urls(const struct auth_ctx *ctx)
{
    return (struct own_urls){ctx->base_url,
                             str_absent(ctx->admin_url) ? ctx->base_url : ctx->admin_url};
}

static inline void auth_user_known(const struct auth_ctx *ctx, struct str user_id)
{
    if (ctx->ret_user_id)
        *ctx->ret_user_id = user_id;
}

static inline const struct realm *auth_realm(const struct auth_ctx *ctx)
{
    return realm_view_realm(ctx->view);
}

#endif
