/* Appending the event of an administrative change; every use case of this folder ends here. */
#ifndef GARITA_CORE_ADMIN_RECORD_H
#define GARITA_CORE_ADMIN_RECORD_H

#include "core/audit/change.h"
#include "core/auth/context.h"
#include "core/model/role.h"

/* An event about the object of that kind and id; data is JSON text. In the transaction of the
 * change: no event, no change (AU-03). */
MUST_CHECK int admin_record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                            const char *kind, struct str id, struct str data);
/* The same with flat details: ADMIN_RECORD(ctx, w, EVENT_X, "role", id, {"name", name}). */
MUST_CHECK int admin_record_details(const struct auth_ctx *ctx, struct store_write *w,
                                    enum event_type type, const char *kind, struct str id,
                                    const struct detail *details);
#define ADMIN_RECORD(ctx, w, type, kind, id, ...)                                                  \
    admin_record_details((ctx), (w), (type), (kind), (id),                                         \
                         (const struct detail[]){__VA_ARGS__, {NULL, {NULL, 0}}})

/* Who has roles: what he is called in data, and a second detail without a name for none. */
struct role_owner {
    const char *kind;
    struct str id;
    struct detail name, place;
};
/* That he got a role, or lost it. */
MUST_CHECK int admin_record_role(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct role_owner *owner, const struct role *role,
                                 bool given);

/* A fresh id into *io_id unless it has one; ids of imports stay. */
MUST_CHECK int admin_id(struct arena *a, struct str *io_id);

#endif
