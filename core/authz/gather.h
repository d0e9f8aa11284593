/* What the evaluation needs, from the store: which permissions are about a resource and its scopes, and what
 * these are made of. */
#ifndef GARITA_CORE_AUTHZ_GATHER_H
#define GARITA_CORE_AUTHZ_GATHER_H

#include "core/authz/evaluate.h"
#include "core/port/resource_servers.h"

#define AUTHZ_POLICIES_MAX  2000 /* looked at for one request */
#define AUTHZ_RESOURCES_MAX 1000 /* decided about in one request */

/* Permissions about a resource (by itself, or by its type) or about scopes of any resource. resource NULL:
 * scopes alone. Which of the scopes each is about is another question (authz_permission_of). */
MUST_CHECK int rs_permissions_of(struct store_read *r, struct arena *a,
                                 const struct rs_object *resource, const struct rs_objects *scopes,
                                 int64_t client_pk, struct rs_objects *ret_permissions);

/* One question about a resource and the scopes that are asked for. */
struct authz_asked {
    const struct rs_object *resource; /* NULL: scopes of no resource */
    struct rs_objects scopes;
};
struct authz_answer {
    struct authz_permission *permissions; /* that were looked at */
    size_t permission_count;
    bool *scopes; /* granted, as in the question */
    bool granted;
};
/* Permissions about a scope wherever it is, which many questions ask for. */
struct authz_of_scope {
    int64_t scope_pk;
    struct rs_objects permissions;
};
/* Everything of one request about one resource server. */
struct authz_request {
    struct store_read *r;
    struct arena *a;
    int64_t client_pk;
    const struct rs_settings *settings;
    const struct authz_identity *identity;
    struct authz_set set;             /* grows with the questions */
    struct authz_of_scope *of_scopes; /* likewise */
    size_t of_scope_count;
};
/* ERR_LIMIT_REACHED when too many policies hang together. */
MUST_CHECK int authz_answer(struct authz_request *request, const struct authz_asked *asked,
                            struct authz_answer *ret_answer);

#endif
