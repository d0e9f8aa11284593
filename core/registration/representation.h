/* Keycloak's representation of a client as a client may say it of itself (the registration provider
 * "default"). It is read as the metadata of RFC 7591 that say the same, so that both ways allow the same. */
#ifndef GARITA_CORE_REGISTRATION_REPRESENTATION_H
#define GARITA_CORE_REGISTRATION_REPRESENTATION_H

#include "core/auth/context.h"
#include "core/codec/json.h"

/* As metadata_read. What is not a client's to say and is asked for nevertheless (fullScopeAllowed, mappers,
 * login flows ...) is ERR_INVALID_METADATA with its name; attributes that metadata do not know are left. */
MUST_CHECK int representation_read(const struct auth_ctx *ctx, const struct json_value *json,
                                   struct client *io_client);
/* As members of the object that is open in w, with id and clientId, without the secret. */
void representation_write(const struct client *client, struct json_writer *w);

#endif
