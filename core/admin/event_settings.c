/* What the lists of events show. */
#include "core/admin/event_lists.h"

#include "core/admin/realms.h"

#include "core/base/banned.h"

/* Keycloak's listener that writes to the log, as this server does with every event. */
#define LISTENER_LOG "jboss-logging"

/* Members of the realm's representation, too. */
static const char *const members[] = {"eventsEnabled",      "eventsExpiration",
                                      "eventsListeners",    "enabledEventTypes",
                                      "adminEventsEnabled", "adminEventsDetailsEnabled"};

static void write_list(struct json_writer *w, const char *name, const struct strs *list)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

void event_settings_write(const struct realm *realm, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_bool(w, "eventsEnabled", realm->events_enabled);
    jw_member_i64(w, "eventsExpiration", realm->events_expiration_s);
    write_list(w, "eventsListeners", &realm->events_listeners);
    write_list(w, "enabledEventTypes", &realm->enabled_event_types);
    jw_member_bool(w, "adminEventsEnabled", realm->admin_events_enabled);
    jw_member_bool(w, "adminEventsDetailsEnabled", realm->admin_events_details_enabled);
    jw_end_object(w);
}

static int check_listeners(const struct auth_ctx *ctx, const struct realm *before,
                           const struct realm *realm)
{
    const struct strs *known = &before->events_listeners;
    for (size_t i = 0; i < realm->events_listeners.count; i++) {
        struct str name = realm->events_listeners.items[i];
        if (!str_eq(name, STR(LISTENER_LOG)) && !strs_has(known, name))
            return err_field(ctx->err, ERR_NOT_IMPLEMENTED, "eventsListeners",
                             "The only listener that exists here is " LISTENER_LOG);
    }
    return 0;
}

int event_settings_put(const struct auth_ctx *ctx, struct store_write *w,
                       const struct json_value *body)
{
    struct realm before, after;
    TRY(store_realm_read(store_write_reader(w), ctx->arena, &before));
    after = before;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const struct field_table one = {fields_find(&realm_fields, str_c(members[i])), 1};
        TRY(fields_merge(&one, &after, ctx->arena, body, ctx->err));
    }
    TRY(check_listeners(ctx, &before, &after));
    return admin_realm_update(ctx, w, &before, &after);
}
