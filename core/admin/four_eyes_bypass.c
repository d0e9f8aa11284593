/* Doing without a second person. */
#include "core/admin/four_eyes_bypass.h"

#include "core/admin/record.h"

#include "core/base/banned.h"

static int check_reason(const struct auth_ctx *ctx, struct str kinds)
{
    if (!str_empty(ctx->actor.justification))
        return 0;
    return err_set(ctx->err, ERR_USAGE,
                   "the realm wants a second person for this (%.*s): do it by the Admin API, or "
                   "say with --why why it is done without one",
                   STR_ARG(kinds));
}

int four_eyes_bypass(const struct auth_ctx *ctx, struct store_write *w,
                     const struct four_eyes *setting)
{
    struct held_change held;
    if (setting->kinds == 0)
        return 0;
    TRY(held_change_judge(ctx, w, setting, &held));
    if (held.kinds == 0)
        return 0;
    struct str kinds = four_eyes_kinds_text(ctx->arena, held.kinds);
    if (str_absent(kinds))
        return ERR_NO_MEMORY;
    TRY(check_reason(ctx, kinds));
    return ADMIN_RECORD(ctx, w, EVENT_FourEyesBypassed, "realm", auth_realm(ctx)->id,
                        {"realm", auth_realm(ctx)->name}, {"kinds", kinds});
}

static int read_setting(struct store *store, struct arena *a, struct str name,
                        struct four_eyes *ret_setting)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(realm_view_acquire(store, name, &view));
    TRY(store_read_begin(view, &r));
    return four_eyes_read(r, a, ret_setting);
}

static bool has_no_setting(int rc)
{
    return rc == ERR_NOT_FOUND || rc == ERR_STORE_CORRUPT || rc == ERR_STORE_VERSION;
}

int four_eyes_of_realm(const struct auth_ctx *ctx, struct store *store, struct str name,
                       unsigned wanted, unsigned *ret_kinds)
{
    struct four_eyes setting = {.kinds = 0};
    int rc = read_setting(store, ctx->arena, name, &setting);
    *ret_kinds = 0;
    if (has_no_setting(rc))
        return 0;
    TRY(rc);
    *ret_kinds = setting.kinds & wanted;
    if (*ret_kinds == 0)
        return 0;
    struct str kinds = four_eyes_kinds_text(ctx->arena, *ret_kinds);
    return str_absent(kinds) ? ERR_NO_MEMORY : check_reason(ctx, kinds);
}

int four_eyes_bypass_realm(const struct auth_ctx *ctx, struct store_write *w, struct str name,
                           unsigned kinds)
{
    struct str text = four_eyes_kinds_text(ctx->arena, kinds);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    return ADMIN_RECORD(ctx, w, EVENT_FourEyesBypassed, "realm", name, {"realm", name},
                        {"kinds", text});
}
