#include "appliance/backup_event.h"

#include "appliance/command/commands.h"
#include "core/admin/record.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define ARENA_BYTES ((size_t)4 << 20)

static int append(struct store *store, struct arena *a, enum event_type type, const char *kind,
                  struct str id, struct str reason)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct now now = clock_now();
    struct err_ctx err = {0};
    struct auth_ctx ctx = {
        .arena = a, .now = &now, .err = &err, .issuer = STR(""), .base_url = STR("")};
    program_actor(&ctx.actor);
    ctx.actor.client_id = STR("garita-backup");
    TRY(realm_view_acquire(store, STR(REALM_MASTER), &view));
    ctx.view = view;
    TRY(store_write_begin_for(view, &now, NEED_ENDING, &w));
    TRY(ADMIN_RECORD(&ctx, w, type, kind, id, {kind, id}, {"reason", reason}));
    return store_commit_p(&w, DURABLE_LOCAL);
}

void backup_event(struct store *store, enum event_type type, const char *kind, struct str id,
                  struct str reason)
{
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, ARENA_BYTES);
    int rc = append(store, &a, type, kind, id, reason);
    if (rc != 0)
        LOG_WARN("backup", "the event of %s %.*s was not stored: %s", kind, STR_ARG(id),
                 err_text(rc));
}
