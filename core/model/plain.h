/* Models as commands and exports of a person's data show them: for people to read, not Keycloak's. */
#ifndef GARITA_CORE_MODEL_PLAIN_H
#define GARITA_CORE_MODEL_PLAIN_H

#include "core/model/role.h"

void plain_write_role(struct json_writer *w, const struct role *role);
/* As an array. */
void plain_write_roles(struct json_writer *w, const struct roles *roles);
/* A member with a moment (RFC 3339). */
void plain_write_time(struct json_writer *w, const char *name, int64_t ms);

#endif
