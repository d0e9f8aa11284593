/* Client metadata of dynamic registration (RFC 7591 2, OpenID Connect Dynamic Client Registration 2) to a
 * client and back. What a client may say about itself ends here: its roles, mappers, full scope, flows and
 * lifespans are not among it (OA-15). */
#ifndef GARITA_CORE_REGISTRATION_METADATA_H
#define GARITA_CORE_REGISTRATION_METADATA_H

#include "core/auth/context.h"
#include "core/codec/json.h"

/* Sets every setting of io_client that metadata stand for; what the document leaves out gets its default, as
 * a document replaces the one before (RFC 7592 2.2). Members that are not known are ignored (RFC 7591 2).
 * ERR_INVALID_METADATA and ERR_METADATA_REDIRECT_URI, told. */
MUST_CHECK int metadata_read(const struct auth_ctx *ctx, const struct json_value *json,
                             struct client *io_client);
/* As members of the object that is open in w, without identifiers and secrets. */
MUST_CHECK int metadata_write(const struct auth_ctx *ctx, const struct client *client,
                              struct json_writer *w);
/* Turns what the checks of clients say into the errors of RFC 7591 3.2.2; others stay. */
MUST_CHECK int metadata_error(const struct auth_ctx *ctx, int rc);

#endif
