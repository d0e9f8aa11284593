/* The two lists of events that Keycloak's API has, drawn from the audit chain. The chain holds everything,
 * whatever the realm's settings say; those say what the lists show (eventsEnabled, enabledEventTypes,
 * eventsExpiration, adminEventsEnabled). Clearing a list hides what is there and deletes nothing (AU-03). */
#ifndef GARITA_CORE_ADMIN_EVENT_LISTS_H
#define GARITA_CORE_ADMIN_EVENT_LISTS_H

#include "core/admin/event_face.h"
#include "core/auth/context.h"

/* So many events are looked at for one answer at most: what is sealed has no index (AD-12). */
#define EVENT_LOOK_MAX                     50000
#define EVENT_CONDITIONS_MAX               100 /* types, operations, resource types that one call may name */
/* Attribute of a realm, Keycloak's: for so many seconds its list shows admin events. */
#define REALM_ATTR_ADMIN_EVENTS_EXPIRATION "adminEventsExpiration"

struct event_question {
    enum event_side side;
    struct strs types;          /* Keycloak's; none: all */
    struct strs operations;     /* of admin events; none: all */
    struct strs resource_types; /* likewise */
    struct str resource_path;   /* '*' stands for any text; absent: all */
    struct str realm;           /* name of the administrator's; absent: all */
    struct str client_id;       /* the protocol's; absent: all */
    struct str user_id;         /* likewise */
    struct str ip;
    int64_t from_ms; /* 0: from the first one on that is not archived */
    int64_t to_ms;   /* 0: open */
    bool oldest_first;
    size_t first, max;
};

/* Is given each event of the answer; the face goes with the call. */
typedef int event_lists_take(void *context, const struct event_face *face);
/* In the order of the chain, boxes opened. Archived events are among them when the question says from when on,
 * as looking for them reads their files. ERR_INVALID_REQUEST when the answer would take more than
 * EVENT_LOOK_MAX; what was given until then is to be dropped. ERR_AUDIT_ARCHIVE. */
MUST_CHECK int event_lists_find(const struct auth_ctx *ctx, struct store_read *r,
                                const struct event_question *question, event_lists_take *take,
                                void *context);

/* Hides what a list shows now. That is an event itself, which admin events show. */
MUST_CHECK int event_lists_clear(const struct auth_ctx *ctx, struct store_write *w,
                                 enum event_side side);

/* The settings of both lists as their own call takes them: members of the realm. ERR_NOT_IMPLEMENTED for a
 * listener that does not exist here, else as of admin_realm_update. */
MUST_CHECK int event_settings_put(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct json_value *body);
void event_settings_write(const struct realm *realm, struct json_writer *w);

#endif
