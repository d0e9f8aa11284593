/* Certificates and keys that come as uploads and are shown as Keycloak shows them. */
#ifndef GARITA_WEB_ADMIN_CERTIFICATES_H
#define GARITA_WEB_ADMIN_CERTIFICATES_H

#include "core/admin/client_keys.h"
#include "web/admin/admin.h"

/* The key of a multipart body with keystoreFormat and file. ERR_UNSUPPORTED_MEDIA_TYPE,
 * ERR_INVALID_REQUEST and the errors of client_key_read. */
MUST_CHECK int certificates_upload_read(struct admin_call *call, struct client_key *ret_key);
void certificates_write(struct admin_call *call, const struct client_key *key);

#endif
