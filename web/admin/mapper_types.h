/* How tools are told which protocol mappers there are and what their settings are. */
#ifndef GARITA_WEB_ADMIN_MAPPER_TYPES_H
#define GARITA_WEB_ADMIN_MAPPER_TYPES_H

#include "core/codec/json.h"

/* The array of Keycloak's ProtocolMapperTypeRepresentations of OpenID Connect. */
void mapper_types_write(struct json_writer *w);
/* The mapper's provider ids as members of an object, as lists of providers have them. */
void mapper_types_write_ids(struct json_writer *w);

#endif
