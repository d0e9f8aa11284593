/* A resource server from a file or a body: "authorizationSettings". */
#ifndef GARITA_CORE_ADMIN_RS_IMPORT_H
#define GARITA_CORE_ADMIN_RS_IMPORT_H

#include "core/admin/resource_servers.h"

/* Puts settings, scopes, resources and policies over those that are there, found by name (resources by name
 * and owner); what the representation does not name stays. Ids of a file are kept for what is new, unless
 * something has them. Roles, people and so on are found by id or name; those that are not there are an
 * error, or, with left, are left out and named in it. Policies of the type "js" are kept and grant nothing. All
 * or nothing is for the caller's transaction. ERR_INVALID_REQUEST, ERR_NOT_IMPLEMENTED with a sentence about
 * the member. */
MUST_CHECK int admin_rs_import(const struct auth_ctx *ctx, struct store_write *w,
                               const struct client *client, const struct json_value *json,
                               struct strs *left);

/* Members of a representation that are no fields. */
/* The names of "scopes": texts, or objects with a name or an id; *ret_given is false without it. */
MUST_CHECK int rs_scopes_read(const struct auth_ctx *ctx, const struct json_value *json,
                              struct strs *ret_names, bool *ret_given);
/* Fields, and "uri" as the only one of "uris". */
MUST_CHECK int rs_resource_merge(const struct auth_ctx *ctx, const struct json_value *json,
                                 struct rs_resource *io_resource);
/* "owner": a text, or an object with id or name, of a person or of the client. */
MUST_CHECK int rs_owner_read(const struct auth_ctx *ctx, struct store_read *r,
                             const struct client *client, const struct json_value *json,
                             struct str *ret_owner);
/* All links of a policy's type. */
MUST_CHECK int rs_wanted_read(const struct auth_ctx *ctx, struct str type,
                              const struct json_value *json, struct rs_wanted_links *ret_links);

#endif
