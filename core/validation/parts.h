/* What the use cases of token validation share; for core/validation alone. */
#ifndef GARITA_CORE_VALIDATION_PARTS_H
#define GARITA_CORE_VALIDATION_PARTS_H

#include "core/jose/jws.h"
#include "core/model/issuer.h"
#include "core/oidc/token_check.h"
#include "core/validation/validation.h"

/* --- tenant.c: which realm --- */

/* A realm for as long as a question about it is open. */
struct validation_realm {
    struct auth_ctx ctx;
    struct realm_view *view; /* owned */
};
/* ERR_NOT_FOUND when there is none of that name. */
MUST_CHECK int validation_realm_open(const struct validation_call *call, struct str name,
                                     struct validation_realm *ret_realm);
void validation_realm_close(struct validation_realm *realm);

/* The name of our realm whose issuer this is; absent when it is none's. */
struct str validation_issuer_realm(const struct validation_call *call, struct str issuer);
/* The realm whose issuer a token names, unverified; absent when it names none of ours. ret_jws and
 * ret_claims are the token taken apart, unverified. False for what is no token at all. */
bool validation_token_realm(const struct validation_call *call, struct str token,
                            struct str *ret_name, struct jws *ret_jws,
                            struct jwt_claims *ret_claims);
/* ERR_INVALID_REQUEST: what names the tenant contradicts the token. */
int validation_other_tenant(const struct validation_call *call);
/* What question, header and host say, absent when they say nothing. ERR_INVALID_REQUEST when they
 * contradict each other. */
MUST_CHECK int validation_named_tenant(const struct validation_call *call, struct str asked,
                                       struct str *ret_name);

/* --- look.c: what is behind a token --- */

struct validation_find {
    enum validation_reason reason;
    struct str realm;             /* name */
    struct jwt_claims claims;     /* json NULL unless the signature is good */
    struct str username;          /* of an active one */
    struct str user_id;           /* likewise; of a trusted issuer's: the subject that is told */
    struct str service_client_id; /* of a service account: its client's id (UUID) */
    int64_t user_pk;
    bool from_cache;

    bool foreign; /* a token of no issuer of ours: taken apart below, unverified */
    struct jws jws;
    struct jwt_claims unverified;

    bool trusted; /* of an issuer that the realm trusts: */
    struct strs scopes, roles;
    bool noted; /* what it stands on is in the call's ground */
};
/* Looks at an access token as it stands now. ERR_STORE_*, ERR_NO_MEMORY, ERR_INVALID_REQUEST. */
MUST_CHECK int validation_look(const struct validation_call *call, struct str token,
                               struct str named_realm, struct validation_find *ret_find);

/* --- trusted.c, issuer_keys.c: tokens of trusted issuers --- */

/* Goes on with a find that is foreign, by what that realm trusts. The reason stays UNKNOWN_ISSUER when
 * it does not trust this one. Errors as validation_look. */
MUST_CHECK int validation_look_trusted(const struct validation_call *call, struct str token,
                                       struct str realm, struct str named_realm,
                                       struct validation_find *io_find);
MUST_CHECK int validation_trusts(const struct validation_call *call, struct str realm,
                                 struct str issuer, bool *ret_trusts);

/* The issuer's keys of one kid as a JWK set, and what tells it from every other set. */
struct validation_issuer_set {
    struct str set;
    unsigned char mark[32];
};
/* For a realm of ours, that of ctx. ERR_UNKNOWN_KEY, ERR_UPSTREAM (nobody can say), ERR_OVERLOADED (too many ask at
 * once), ERR_NO_MEMORY. */
MUST_CHECK int validation_issuer_keys(const struct validation_call *call,
                                      const struct auth_ctx *ctx,
                                      const struct trusted_issuer *issuer, struct str kid,
                                      struct validation_issuer_set *ret_set);
/* ERR_UNKNOWN_KEY, ERR_BAD_SIGNATURE, ERR_BAD_ALGORITHM, ERR_BAD_KEY, ERR_NO_MEMORY. */
MUST_CHECK int validation_issuer_verify(struct arena *a, const struct validation_issuer_set *set,
                                        const struct jws *jws);

/* Whether the caller may ask about a token of that realm with these claims (OT-11, AD-02). */
bool validation_sees_realm(const struct validation_caller *caller, struct str realm);
bool validation_sees(const struct validation_caller *caller, struct str realm,
                     const struct jwt_claims *claims);

/* --- person.c --- */

/* The person behind an active token of ours, as of now. ERR_INVALID_TOKEN when it has ended. */
MUST_CHECK int validation_person_find(const struct validation_call *call,
                                      const struct validation_realm *realm, struct str token,
                                      const struct validation_find *find,
                                      struct validation_user_context *io_context);

/* --- describe.c --- */

MUST_CHECK int validation_describe(struct arena *a, const struct validation_find *find,
                                   struct validation_answer *io_answer);

#endif
