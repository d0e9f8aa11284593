/* Models as Keycloak's representations, for the Admin API and for exports alike. Functions named
 * _members write into the object that is open in the writer and leave it open, so that callers add what
 * is theirs; the others write whole values. Nothing secret is written but client->secret, when it is
 * there, and credentials for who asks for their secrets. */
#ifndef GARITA_CORE_MODEL_REPRESENT_H
#define GARITA_CORE_MODEL_REPRESENT_H

#include "core/model/client.h"
#include "core/model/role.h"
#include "core/model/user.h"

/* The version whose representations these are: tools decide by it what they may call and read. */
#define KEYCLOAK_VERSION "26.0.0"

/* Also when nothing is in them: [] and {}. */
void represent_strs(struct json_writer *w, const char *name, const struct strs *list);
void represent_attrs(struct json_writer *w, const char *name, const struct attrs *attrs);
/* The same without a name. */
void represent_attrs_value(struct json_writer *w, const struct attrs *attrs);
void represent_map(struct json_writer *w, const char *name, const struct str_map *map);

/* container_id: the realm's or the client's. */
void represent_role_members(struct json_writer *w, const struct role *role,
                            struct str container_id);
/* realmRoles and clientRoles; the realm's roles stand first and those of a client together. */
void represent_role_names(struct json_writer *w, const struct roles *roles);

/* Of a group without attributes, roles and subGroups. */
void represent_group_members(struct json_writer *w, const struct group *group);

/* What is listed of a person, and the rest of what is kept in the user itself. */
void represent_user_members(struct json_writer *w, const struct user *user);
void represent_user_details(struct json_writer *w, const struct user *user);

/* What it is made of (credentialData) is told; the secret only with with_secret (AD-06). */
void represent_credential(struct json_writer *w, const struct credential *credential,
                          bool with_secret);

void represent_mapper(struct json_writer *w, const struct protocol_mapper *mapper);
void represent_mappers(struct json_writer *w, const struct protocol_mappers *mappers);
void represent_scope(struct json_writer *w, const struct client_scope *scope);
void represent_scope_brief(struct json_writer *w, const struct client_scope *scope);

/* The secret as it stands in client: absent ones are left out. */
void represent_client_members(struct json_writer *w, const struct client *client);

#endif
