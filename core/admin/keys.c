/* Keys of a realm: rotation with overlap, disabling, retiring. */
#include "core/admin/keys.h"

#include "core/admin/record.h"
#include "core/jose/alg.h"
#include "core/port/keys.h"

#include "core/base/banned.h"

const char *key_status_name(enum key_status status)
{
    switch (status) {
    case KEY_ACTIVE: return "ACTIVE";
    case KEY_PASSIVE: return "PASSIVE";
    case KEY_DISABLED: return "DISABLED";
    }
    return "DISABLED";
}

static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct realm_key *key)
{
    return ADMIN_RECORD(ctx, w, type, "key", key->kid, {"kid", key->kid}, {"algorithm", key->alg},
                        {"status", str_c(key_status_name(key->status))});
}

/* Takes active keys of the algorithm out of signing; tells the highest priority seen. */
static int step_down(const struct auth_ctx *ctx, struct store_write *w, struct str alg,
                     int64_t overlap_ms, int64_t *ret_priority)
{
    struct realm_keys keys;
    int64_t now_ms = store_write_now(w)->wall_ms, priority = 0;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        struct realm_key key = keys.items[i];
        if (!str_eq(key.alg, alg))
            continue;
        if (key.priority > priority)
            priority = key.priority;
        if (key.status != KEY_ACTIVE)
            continue;
        key.status = overlap_ms > 0 ? KEY_PASSIVE : KEY_DISABLED;
        key.not_after_ms = overlap_ms > 0 ? now_ms + overlap_ms : 0;
        TRY(key_update(w, &key));
        TRY(record(ctx, w, EVENT_KeyRotated, &key));
    }
    *ret_priority = priority;
    return 0;
}

int admin_key_rotate(const struct auth_ctx *ctx, struct store_write *w, struct str alg,
                     int64_t overlap_ms, struct realm_key *ret_key)
{
    struct realm_key key = {.use = STR("sig"), .status = KEY_ACTIVE};
    enum jose_alg known = jose_alg_of(alg);
    int64_t priority = 0;
    if (!jose_alg_allowed(known, JOSE_FOR_TOKENS) && !jose_alg_allowed(known, JOSE_FOR_INTERNAL))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "algorithm", "the algorithm is not known");
    if (overlap_ms < 0)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "overlap", "an overlap is not negative");
    TRY(step_down(ctx, w, alg, overlap_ms, &priority));
    key.alg = jose_alg_name(known);
    key.priority = priority + 1;
    key.created_ms = store_write_now(w)->wall_ms;
    TRY(key_generate(w, ctx->arena, &key));
    TRY(record(ctx, w, EVENT_KeyCreated, &key));
    *ret_key = key;
    return 0;
}

static size_t count_active(const struct realm_keys *keys, struct str alg)
{
    size_t count = 0;
    for (size_t i = 0; i < keys->count; i++)
        count += keys->items[i].status == KEY_ACTIVE && str_eq(keys->items[i].alg, alg);
    return count;
}

static bool is_needed(const struct auth_ctx *ctx, struct str alg)
{
    return str_eq(alg, auth_realm(ctx)->default_signature_algorithm) || str_eq(alg, STR("HS512"));
}

int admin_key_disable(const struct auth_ctx *ctx, struct store_write *w, struct str kid)
{
    struct realm_keys keys;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        struct realm_key key = keys.items[i];
        if (!str_eq(key.kid, kid))
            continue;
        if (key.status == KEY_ACTIVE && is_needed(ctx, key.alg) &&
            count_active(&keys, key.alg) == 1)
            return err_set(ctx->err, ERR_FORBIDDEN,
                           "the realm signs with this key: rotate %.*s first", STR_ARG(key.alg));
        key.status = KEY_DISABLED;
        key.not_after_ms = 0;
        TRY(key_update(w, &key));
        return record(ctx, w, EVENT_KeyRetired, &key);
    }
    return err_field(ctx->err, ERR_NOT_FOUND, "kid", "there is no key with this id");
}

static bool is_over(const struct realm_key *key, int64_t now_ms)
{
    return key->status == KEY_PASSIVE && key->not_after_ms != 0 && key->not_after_ms <= now_ms;
}

bool admin_keys_due(const struct realm_keys *keys, int64_t now_ms)
{
    for (size_t i = 0; i < keys->count; i++)
        if (is_over(&keys->items[i], now_ms))
            return true;
    return false;
}

int admin_keys_retire(const struct auth_ctx *ctx, struct store_write *w, int64_t *ret_count,
                      int64_t *ret_next_ms)
{
    struct realm_keys keys;
    int64_t now_ms = store_write_now(w)->wall_ms, count = 0, next_ms = INT64_MAX;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        struct realm_key key = keys.items[i];
        if (key.status != KEY_PASSIVE || key.not_after_ms == 0)
            continue;
        if (!is_over(&key, now_ms)) {
            if (key.not_after_ms < next_ms)
                next_ms = key.not_after_ms;
            continue;
        }
        key.status = KEY_DISABLED;
        key.not_after_ms = 0;
        TRY(key_update(w, &key));
        TRY(record(ctx, w, EVENT_KeyRetired, &key));
        count++;
    }
    *ret_count = count;
    *ret_next_ms = next_ms;
    return 0;
}
