/* Questions as callers write them, and answers as they read them. */
#ifndef GARITA_CORE_AUTHZ_REQUEST_H
#define GARITA_CORE_AUTHZ_REQUEST_H

#include "core/authz/gather.h"
#include "core/oidc/subject.h"

/* Who a subject is to policies. claims: of its access token. Lives in ctx's arena. */
MUST_CHECK int authz_identity_of(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct subject *subject, const struct json_value *claims,
                                 struct authz_identity *ret_identity);

#define AUTHZ_ASKED_MAX 2000 /* permissions and scopes that a request names */

struct authz_asked_list {
    struct authz_asked *items;
    size_t count;
    size_t asked; /* so far */
};
/* How a permission names its resource. */
enum authz_format { AUTHZ_BY_NAME, AUTHZ_BY_URI, AUTHZ_BY_PATH };
/* "RESOURCE#SCOPE,SCOPE" of the parameter permission: names or ids; without scopes all that the resource has.
 * "#SCOPE" asks for every resource with that scope. Resources are the person's own of that name, else the
 * resource server's; by URI each of the resource server's that has it, by path the one whose URI says most
 * about it. What a resource does not have of the scopes is left out. ERR_INVALID_RESOURCE,
 * ERR_INVALID_SCOPE, ERR_INVALID_REQUEST, ERR_LIMIT_REACHED with a sentence. */
MUST_CHECK int authz_ask(const struct auth_ctx *ctx, const struct authz_request *request,
                         struct str permission, enum authz_format format,
                         struct authz_asked_list *io_list);
/* Every resource of the resource server itself and of the person. */
MUST_CHECK int authz_ask_all(const struct auth_ctx *ctx, const struct authz_request *request,
                             struct authz_asked_list *io_list);
/* A resource with the scopes of it that are named (none: all). */
MUST_CHECK int authz_ask_resource(const struct auth_ctx *ctx, const struct authz_request *request,
                                  const struct rs_object *resource, const struct rs_objects *scopes,
                                  struct authz_asked_list *io_list);

/* What was granted, as claim authorization.permissions and the answers have it:
 * {"rsid", "rsname", "scopes"}. */
void authz_write_permission(const struct authz_asked *asked, const struct authz_answer *answer,
                            bool with_name, struct json_writer *w);

#endif
