/* Model structs as Keycloak's representations, shared by the handlers of web/admin. Secrets are in none
 * of them (AD-06). */
#ifndef GARITA_WEB_ADMIN_REPRESENT_H
#define GARITA_WEB_ADMIN_REPRESENT_H

#include "core/model/represent.h"
#include "web/admin/admin.h"

/* container_id: the realm's name or the client's id. */
void represent_role(struct json_writer *w, const struct role *role, struct str container_id,
                    bool brief);
void represent_group(struct json_writer *w, const struct group *group, bool brief);
/* What the profile lets administrators see of the person (AD-07). */
void represent_user(struct admin_call *call, const struct user *user, bool brief);
/* The same with what the profile says of its attributes. */
void represent_user_with_profile(struct admin_call *call, const struct user *user);

#endif
