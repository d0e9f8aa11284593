/* What the files about resource servers share, for core/admin/rs_*.c and resource_servers.c alone. */
#ifndef GARITA_CORE_ADMIN_RS_PARTS_H
#define GARITA_CORE_ADMIN_RS_PARTS_H

#include "core/admin/record.h"
#include "core/admin/resource_servers.h"

/* Objects begin with their row: they are handed on by it. Each of these appends the event of its change;
 * details (may be NULL) stand in it beside the members. */
MUST_CHECK int rs_store_new(const struct auth_ctx *ctx, struct store_write *w,
                            struct rs_object *io_row, const struct detail *details);
MUST_CHECK int rs_store_change(const struct auth_ctx *ctx, struct store_write *w,
                               const struct rs_object *before, struct rs_object *after,
                               const struct detail *details);
MUST_CHECK int rs_store_removal(const struct auth_ctx *ctx, struct store_write *w,
                                const struct rs_object *row);

/* All objects of a kind that a filter has: RS_OBJECTS_MAX at most. */
MUST_CHECK int rs_all(const struct auth_ctx *ctx, struct store_read *r,
                      const struct rs_filter *filter, struct rs_objects *ret_objects);
/* Names, separated by commas, for an event. */
MUST_CHECK int rs_names_text(const struct auth_ctx *ctx, const struct rs_objects *objects,
                             struct str *ret_text);
/* Takes an object that goes from the permissions that are about it, and removes those that are about
 * nothing else of its kind: else they would be about everything. */
MUST_CHECK int rs_release(const struct auth_ctx *ctx, struct store_write *w,
                          const struct rs_object *row);

#endif
