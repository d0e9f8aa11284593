/* Everybody logs in again, and every token is dead. */
#include "core/admin/void.h"

#include "core/admin/keys.h"
#include "core/admin/record.h"
#include "core/port/action_tokens.h"
#include "core/port/device_codes.h"
#include "core/port/keys.h"
#include "core/port/pushed_requests.h"
#include "core/port/records.h"
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

/* Initial access tokens are counted, registration access tokens replaced with each use, and invitations were
 * accepted or taken back. */
static int end_records_of_tokens(const struct auth_ctx *ctx, struct store_write *w)
{
    static const char *const kinds[] = {RECORD_INITIAL_ACCESS, RECORD_REGISTRATION,
                                        RECORD_INVITATION};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct realm_record *records;
        size_t count;
        TRY(record_list(store_write_reader(w), ctx->arena, kinds[i], &records, &count));
        for (size_t k = 0; k < count; k++)
            TRY(record_delete(w, kinds[i], records[k].id));
    }
    return 0;
}

static int mark_restored(const struct auth_ctx *ctx, struct store_write *w)
{
    struct realm after;
    struct str now = arena_printf(ctx->arena, "%lld", (long long)now_s(ctx->now));
    if (str_absent(now))
        return ERR_NO_MEMORY;
    TRY(store_realm_read(store_write_reader(w), ctx->arena, &after));
    TRY(str_map_set(&after.attributes, ctx->arena, STR(REALM_ATTR_RESTORED), now));
    return store_realm_update(w, &after);
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
    TRY(end_records_of_tokens(ctx, w));
    TRY(mark_restored(ctx, w));
    return admin_void_all(ctx, w, STR("the realm was restored"), &sessions, &keys);
}
