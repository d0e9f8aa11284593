/* How a realm would send mail: Keycloak's smtpServer, texts by name, sealed at rest (core/mail/sender.h reads
 * them). Its secrets go in and never come out of the Admin API (AD-06). */
#ifndef GARITA_CORE_ADMIN_SMTP_H
#define GARITA_CORE_ADMIN_SMTP_H

#include "core/admin/access.h"

#define SMTP_MEMBER      "smtpServer"
#define SMTP_NAMES_MAX   32
#define SMTP_VALUE_BYTES 1024

/* Empty when nothing is kept. Lives in ctx->arena. */
MUST_CHECK int smtp_settings(const struct auth_ctx *ctx, struct store_read *r,
                             struct str_map *ret_settings);
/* A copy with SECRET_MASK in the place of secrets: for answers and events. */
MUST_CHECK int smtp_mask(struct arena *a, const struct str_map *settings,
                         struct str_map *ret_shown);
/* From JSON: texts, and numbers and switches as texts, as Keycloak takes them. ERR_INVALID_REQUEST. */
MUST_CHECK int smtp_of_json(const struct auth_ctx *ctx, const struct json_value *json,
                            struct str_map *ret_settings);
/* Takes masked secrets away: what a file without secrets holds in their place. Whether there were any. */
bool smtp_drop_masked(struct str_map *io_settings);
/* A mask becomes the secret that is kept, under the conditions of smtp_put. */
MUST_CHECK int smtp_fill_masked(const struct auth_ctx *ctx, struct store_read *r,
                                struct str_map *io_settings);
/* In the place of all that is kept; empty takes it away. A mask stands for the secret that is there:
 * ERR_INVALID_REQUEST when there is none, or when the server that it goes to changes (AD-06).
 * AD-04: ERR_FORBIDDEN when something changes and the caller has not all rights over the realm; NULL is
 * who holds the machine or makes the realm. */
MUST_CHECK int smtp_put(const struct auth_ctx *ctx, const struct admin_caller *caller,
                        struct store_write *w, const struct str_map *settings);

#endif
