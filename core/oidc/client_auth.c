/* Client authentication. */
#include "core/oidc/client_auth.h"

#include "core/auth/client_owner.h"
#include "core/auth/flow_rules.h"
#include "core/auth/report.h"
#include "core/auth/session.h"
#include "core/codec/address.h"
#include "core/codec/header.h"
#include "core/jose/jwt.h"
#include "core/oidc/client_keys.h"
#include "core/port/clients.h"
#include "core/port/sessions.h"

#include "core/base/banned.h"

#define ASSERTION_TYPE         "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_MAX_BYTES    ((size_t)16 << 10)
#define ASSERTION_MAX_LIFE_S   3600
#define ASSERTION_SKEW_S       15
#define JTI_MAX_BYTES          256
#define MS_PER_S               1000
/* A client that sends the token endpoint's URL as audience, as older ones do. */
#define ATTR_ENDPOINT_AUDIENCE "garita.assertion.audience.endpoint"

struct given {
    struct str client_id; /* of the form; absent when not sent */
    struct str basic_user, basic_secret;
    struct str secret; /* of the form */
    struct str assertion;
    bool has_basic, has_post, has_assertion;
};

/* One text, whatever is wrong (RFC 6749 5.2). */
static int refuse(const struct auth_ctx *ctx)
{
    return err_set(ctx->err, ERR_INVALID_CLIENT, "Invalid client or Invalid client credentials");
}

static bool is_of_machine(int rc)
{
    return rc == ERR_NO_MEMORY || rc == ERR_UPSTREAM || rc == ERR_TIMEOUT || rc == ERR_OVERLOADED ||
           (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION);
}

static int read_basic(const struct auth_ctx *ctx, struct str authorization, struct given *given)
{
    struct auth_header header;
    struct basic_credentials basic;
    if (str_absent(authorization))
        return 0;
    if (auth_header_parse(authorization, &header) != 0 || !str_ieq(header.scheme, STR("Basic")))
        return refuse(ctx);
    int rc = auth_basic_client(ctx->arena, header.credentials, &basic);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return refuse(ctx);
    given->has_basic = true;
    given->basic_user = basic.user;
    given->basic_secret = basic.password;
    return 0;
}

static int read_given(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
                      struct given *given)
{
    *given = (struct given){.client_id = form_get(form, "client_id"),
                            .secret = form_get(form, "client_secret"),
                            .assertion = form_get(form, "client_assertion")};
    if (!str_absent(form->repeated))
        return err_set(ctx->err, ERR_INVALID_REQUEST, "duplicated parameter");
    TRY(read_basic(ctx, authorization, given));
    /* Libraries of public clients send an empty secret: that is none. */
    given->has_post = !str_empty(given->secret);
    given->has_assertion = !str_absent(given->assertion);
    if (given->has_basic + given->has_post + given->has_assertion > 1) /* OC-01, RFC 6749 2.3 */
        return err_set(ctx->err, ERR_INVALID_REQUEST, "More than one client authentication method");
    if (given->has_basic && !str_absent(given->client_id) &&
        !str_eq(given->client_id, given->basic_user))
        return refuse(ctx);
    return 0;
}

static int find_client(const struct auth_ctx *ctx, struct str client_id,
                       const struct client **ret_client)
{
    const struct client *client;
    bool counts;
    if (str_empty(client_id))
        return refuse(ctx);
    int rc = realm_view_client(ctx->view, client_id, &client);
    if (rc == ERR_NOT_FOUND)
        return refuse(ctx);
    TRY(rc);
    TRY(client_counts_now(ctx, client, &counts)); /* OT-07: disabled gets nothing */
    /* Found by UUID is not found by name. */
    if (!str_eq(client->client_id, client_id) || !counts ||
        !str_eq(client->protocol, STR("openid-connect")))
        return refuse(ctx);
    *ret_client = client;
    return 0;
}

/* A failure of a known client is an event. */
static int refuse_known(const struct auth_ctx *ctx, const struct client *client)
{
    struct report report = {
        .type = EVENT_ClientLoginFailed,
        .client_id = client->client_id,
        .subject_kind = STR("client"),
        .subject_id = client->id,
    };
    report_add(&report, "error", STR("invalid_client_credentials"));
    int err = report_alone(ctx, &report);
    /* A standby has no log of its own to note it in; a wrong secret stays wrong. */
    if (err != 0 && err != ERR_STORE_STANDBY)
        return err;
    return refuse(ctx);
}

/* As the client is registered, and as the realm's flow for clients lets it. */
static bool authenticates_by(const struct auth_ctx *ctx, const struct client *client,
                             const char *type)
{
    return !client->public_client && str_eq_c(client->client_authenticator_type, type) &&
           flow_takes_client(ctx, type);
}

static int matches(const struct auth_ctx *ctx, const struct client *client,
                   enum client_secret_kind kind, struct str secret, bool *ret_match)
{
    *ret_match = false;
    int rc = client_secret_matches(ctx->view, client->pk, kind, secret, ret_match);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* The secret, and after a change the one before, each for as long as it counts. Both are compared, so that
 * the time tells nothing of which one it was. */
static int check_secret(const struct auth_ctx *ctx, const struct client *client, struct str secret)
{
    int64_t at_s = now_s(ctx->now);
    bool present = false, rotated = false;
    if (!authenticates_by(ctx, client, "client-secret") || str_empty(secret))
        return refuse_known(ctx, client);
    if (!client_secret_has_expired(client, at_s))
        TRY(matches(ctx, client, CLIENT_SECRET_PRESENT, secret, &present));
    if (client_rotated_is_live(client, at_s))
        TRY(matches(ctx, client, CLIENT_SECRET_ROTATED, secret, &rotated));
    return present || rotated ? 0 : refuse_known(ctx, client);
}

/* --- assertions (RFC 7523 3) --- */

static bool alg_is_registered(const struct client *client, const struct jws *jws)
{
    struct str wanted = str_map_get(&client->attributes, STR(CLIENT_ATTR_ASSERTION_ALG));
    return str_empty(wanted) || str_eq(wanted, jose_alg_name(jws->alg));
}

static int verify_signature(const struct auth_ctx *ctx, const struct client *client,
                            const struct jws *jws, enum client_auth_method *ret_method)
{
    if (!alg_is_registered(client, jws))
        return ERR_BAD_ALGORITHM;
    if (authenticates_by(ctx, client, "client-jwt")) {
        *ret_method = CLIENT_AUTH_PRIVATE_KEY_JWT;
        return client_keys_verify(ctx, client, jws);
    }
    if (authenticates_by(ctx, client, "client-secret-jwt")) {
        *ret_method = CLIENT_AUTH_SECRET_JWT;
        return client_secret_verify(ctx, client, jws);
    }
    return ERR_BAD_KEY;
}

/* OC-02: the audience is this issuer and nobody else. */
static struct str audience_of(const struct auth_ctx *ctx, const struct client *client,
                              const struct jwt_claims *claims)
{
    struct str endpoint =
        ARENA_CONCAT(ctx->arena, ctx->issuer, STR("/protocol/openid-connect/token"));
    bool allowed = str_map_true(&client->attributes, STR(ATTR_ENDPOINT_AUDIENCE));
    return allowed && !str_absent(endpoint) && json_has_str(claims->aud, endpoint) ? endpoint
                                                                                   : ctx->issuer;
}

/* OT-05: it may have been spent before the realm was restored. */
static bool is_of_lost_state(const struct auth_ctx *ctx, const struct jwt_claims *claims)
{
    int64_t earliest_s = claims->exp_s - ASSERTION_MAX_LIFE_S;
    int64_t issued_s = claims->iat_s == JWT_NO_DATE ? earliest_s : claims->iat_s;
    return issued_s <= realm_restored_s(auth_realm(ctx), now_s(ctx->now));
}

static int check_claims(const struct auth_ctx *ctx, const struct client *client,
                        const struct jws *jws, const struct jwt_claims *claims)
{
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .skew_s = ASSERTION_SKEW_S,
        .issuer = client->client_id,
        .subject = client->client_id,
        .audience = audience_of(ctx, client, claims),
        .single_audience = true,
        .any_header_typ = true,
        .max_lifetime_s = ASSERTION_MAX_LIFE_S,
        .jti_required = true,
        .sub_required = true,
    };
    if (claims->jti.len > JTI_MAX_BYTES)
        return ERR_TOKEN_CLAIM;
    /* A signed request of the same client is no proof of who it is (RFC 9101 10.8, JO-09). */
    if (str_ieq(jws->typ, STR("oauth-authz-req+jwt")))
        return ERR_TOKEN_TYPE;
    TRY(jwt_check(claims, jws, &expect));
    return is_of_lost_state(ctx, claims) ? ERR_TOKEN_CLAIM : 0;
}

/* Spent for good before anything is given (OC-02, OT-05). */
static int spend_jti(const struct auth_ctx *ctx, const struct client *client,
                     const struct jwt_claims *claims, bool *ret_first)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct str value = ARENA_CONCAT(ctx->arena, client->id, STR(":"), claims->jti);
    int64_t expires_ms = (claims->exp_s + JWT_MAX_SKEW_S + 1) * MS_PER_S;
    if (str_absent(value))
        return ERR_NO_MEMORY;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(once_spend(w, STR("client-assertion"), value, expires_ms, ret_first));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int verify_assertion(const struct auth_ctx *ctx, const struct client *client,
                            const struct jws *jws, const struct jwt_claims *claims,
                            enum client_auth_method *ret_method)
{
    bool first = false;
    int rc = verify_signature(ctx, client, jws, ret_method);
    if (rc == 0)
        rc = check_claims(ctx, client, jws, claims);
    if (rc == 0)
        rc = spend_jti(ctx, client, claims, &first);
    if (is_of_machine(rc))
        return rc;
    return rc == 0 && first ? 0 : refuse_known(ctx, client);
}

static int check_assertion(const struct auth_ctx *ctx, const struct form *form,
                           const struct given *given, struct client_auth *auth)
{
    struct jws jws;
    struct jwt_claims claims;
    if (!str_eq(form_get(form, "client_assertion_type"), STR(ASSERTION_TYPE)))
        return refuse(ctx);
    int rc = jws_decode(ctx->arena, given->assertion, ASSERTION_MAX_BYTES, &jws);
    if (rc == 0)
        rc = jwt_parse_claims(ctx->arena, jws.payload, &claims);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return refuse(ctx);
    /* sub only names whose key to try; it is believed after the signature. */
    if (!str_absent(given->client_id) && !str_eq(given->client_id, claims.sub))
        return refuse(ctx);
    TRY(find_client(ctx, claims.sub, &auth->client));
    return verify_assertion(ctx, auth->client, &jws, &claims, &auth->method);
}

/* --- all together --- */

static int check_none(const struct auth_ctx *ctx, struct str client_id, struct client_auth *auth)
{
    TRY(find_client(ctx, client_id, &auth->client));
    auth->method = CLIENT_AUTH_NONE;
    return auth->client->public_client ? 0 : refuse_known(ctx, auth->client);
}

static int check_basic(const struct auth_ctx *ctx, const struct given *given,
                       struct client_auth *auth)
{
    /* RFC 6749 2.3.1: a client without a secret may send an empty one. */
    if (str_empty(given->basic_secret))
        return check_none(ctx, given->basic_user, auth);
    TRY(find_client(ctx, given->basic_user, &auth->client));
    auth->method = CLIENT_AUTH_SECRET_BASIC;
    return check_secret(ctx, auth->client, given->basic_secret);
}

int client_auth_check(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
                      struct client_auth *ret_auth)
{
    struct given given;
    struct client_auth auth = {0};
    TRY(read_given(ctx, authorization, form, &given));
    if (given.has_assertion) {
        TRY(check_assertion(ctx, form, &given, &auth));
    } else if (given.has_basic) {
        TRY(check_basic(ctx, &given, &auth));
    } else if (given.has_post) {
        TRY(find_client(ctx, given.client_id, &auth.client));
        auth.method = CLIENT_AUTH_SECRET_POST;
        TRY(check_secret(ctx, auth.client, given.secret));
    } else {
        TRY(check_none(ctx, given.client_id, &auth));
    }
    *ret_auth = auth;
    return 0;
}

int client_auth_source(const struct auth_ctx *ctx, const struct client_auth *auth,
                       struct str *ret_hash)
{
    unsigned char room[ADDRESS_BYTES];
    *ret_hash = str_of(NULL, 0);
    if (auth->method != CLIENT_AUTH_NONE)
        return 0;
    *ret_hash = handle_hash(ctx->arena, HANDLE_SOURCE, address_host(ctx->actor.ip, room));
    return str_absent(*ret_hash) ? ERR_NO_MEMORY : 0;
}
