/* Documents of records (core/port/records.h) by field tables: Keycloak's representation with the id in it,
 * as exports have it. */
#ifndef GARITA_CORE_ADMIN_RECORD_DOCUMENT_H
#define GARITA_CORE_ADMIN_RECORD_DOCUMENT_H

#include "core/auth/context.h"

/* ERR_INVALID_REQUEST when it becomes too large. */
MUST_CHECK int record_document_write(const struct auth_ctx *ctx, const struct field_table *table,
                                     const void *object, const char *id_member, struct str id,
                                     struct str *ret_json);
/* Sets the fields of the table: defaults, and over these what the document says. ERR_STORE_CORRUPT. */
MUST_CHECK int record_document_read(const struct auth_ctx *ctx, const struct field_table *table,
                                    void *object, struct str json);

#endif
