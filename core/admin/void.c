/* Everybody logs in again, and every token is dead. */
#include "core/admin/void.h"

#include "core/admin/keys.h"
#include "core/admin/record.h"
#include "core/port/action_tokens.h"
#include "core/port/device_codes.h"
#include "core/port/keys.h"
#include "core/port/pushed_requests.h"
#include "core/port/sessions.h"

#include "core/base/banned.h"

/* Whether the same algorithm stood before: then its keys were replaced already. */
static bool seen_before(const struct realm_keys *keys, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (keys->items[i].status == KEY_ACTIVE && str_eq(keys->items[i].alg, keys->items[at].alg))
            return true;
    return false;
}

/* Keys that no longer sign do not verify either. */
static int replace_keys(const struct auth_ctx *ctx, struct store_write *w, int64_t *ret_count)
{
    struct realm_keys keys;
    struct realm_key made;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    *ret_count = 0;
    for (size_t i = 0; i < keys.count; i++) {
        if (!str_eq(keys.items[i].use, STR("sig")))
            continue;
        if (keys.items[i].status == KEY_PASSIVE)
            TRY(admin_key_disable(ctx, w, keys.items[i].kid));
        if (keys.items[i].status != KEY_ACTIVE || seen_before(&keys, i))
            continue;
        TRY(admin_key_rotate(ctx, w, keys.items[i].alg, 0, &made));
        ++*ret_count;
    }
    return 0;
}

int admin_void_all(const struct auth_ctx *ctx, struct store_write *w, struct str why,
                   int64_t *ret_sessions, int64_t *ret_keys)
{
    const struct realm *realm = auth_realm(ctx);
    TRY(session_delete_all(w, ret_sessions));
    TRY(pushed_request_delete_all(w));
    TRY(device_code_delete_all(w));
    TRY(action_token_delete_all(w));
    TRY(replace_keys(ctx, w, ret_keys));
    return ADMIN_RECORD(ctx, w, EVENT_SessionRevoked, "realm", realm->id, {"realm", realm->name},
                        {"reason", why});
}

int admin_realm_restored(const struct auth_ctx *ctx, struct store_write *w, struct str backup,
                         int64_t taken_ms)
{
    const struct realm *realm = auth_realm(ctx);
    char taken[25];
    int64_t sessions, keys;
    clock_rfc3339(taken_ms, taken);
    TRY(ADMIN_RECORD(ctx, w, EVENT_RealmRestored, "realm", realm->id, {"realm", realm->name},
                     {"backup", backup}, {"taken", str_c(taken)}));
    return admin_void_all(ctx, w, STR("the realm was restored"), &sessions, &keys);
}
