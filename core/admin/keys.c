/* Keys of a realm: rotation with overlap, disabling, retiring. */
#include "core/admin/keys.h"

#include "core/admin/record.h"
#include "core/crypto/pk.h"
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

/* Whether the realm goes on without this key signing. */
static int check_spare(const struct auth_ctx *ctx, struct store_write *w,
                       const struct realm_key *key)
{
    struct realm_keys keys;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    if (key->status != KEY_ACTIVE || !is_needed(ctx, key->alg) || count_active(&keys, key->alg) > 1)
        return 0;
    return err_set(ctx->err, ERR_FORBIDDEN, "the realm signs with this key: rotate %.*s first",
                   STR_ARG(key->alg));
}

int admin_key_find(const struct auth_ctx *ctx, struct store_read *r, struct str kid,
                   struct realm_key *ret_key)
{
    struct realm_keys keys;
    TRY(key_list(r, ctx->arena, &keys));
    for (size_t i = 0; i < keys.count; i++)
        if (str_eq(keys.items[i].kid, kid)) {
            *ret_key = keys.items[i];
            return 0;
        }
    return err_field(ctx->err, ERR_NOT_FOUND, "kid", "there is no key with this id");
}

int admin_key_disable(const struct auth_ctx *ctx, struct store_write *w, struct str kid)
{
    struct realm_key key;
    TRY(admin_key_find(ctx, store_write_reader(w), kid, &key));
    TRY(check_spare(ctx, w, &key));
    key.status = KEY_DISABLED;
    key.not_after_ms = 0;
    TRY(key_update(w, &key));
    return record(ctx, w, EVENT_KeyRetired, &key);
}

static int check_room(const struct auth_ctx *ctx, struct store_write *w)
{
    struct realm_keys keys;
    TRY(key_list(store_write_reader(w), ctx->arena, &keys));
    return keys.count < ADMIN_KEYS_MAX ? 0
                                       : err_set(ctx->err, ERR_LIMIT_REACHED,
                                                 "a realm has at most %d keys", ADMIN_KEYS_MAX);
}

static int check_certificate(const struct auth_ctx *ctx, struct str private_key, struct str der)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    CLEANUP(pk_key_free) struct pk_key *of_certificate = NULL;
    int rc = str_absent(der) ? 0 : pk_import_private(private_key, &pk);
    if (rc == 0 && pk)
        rc = pk_import_public(der, &of_certificate);
    if (rc != 0 && rc != ERR_BAD_KEY)
        return rc;
    return rc == 0 && (!pk || pk_key_equal(pk, of_certificate))
               ? 0
               : err_field(ctx->err, ERR_INVALID_REQUEST, "certificate",
                           "the certificate is not that of the private key");
}

int admin_key_add(const struct auth_ctx *ctx, struct store_write *w, struct realm_key *io_key,
                  struct str private_key)
{
    TRY(check_room(ctx, w));
    io_key->use = STR("sig");
    io_key->created_ms = store_write_now(w)->wall_ms;
    if (str_absent(private_key)) {
        TRY(key_generate(w, ctx->arena, io_key));
        return record(ctx, w, EVENT_KeyCreated, io_key);
    }
    TRY(check_certificate(ctx, private_key, io_key->certificate));
    int rc = key_import(w, ctx->arena, io_key, private_key);
    if (rc == ERR_BAD_KEY)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "privateKey",
                         "the private key is not usable for %.*s", STR_ARG(io_key->alg));
    TRY(rc);
    return record(ctx, w, EVENT_KeyCreated, io_key);
}

int admin_key_take_over(const struct auth_ctx *ctx, struct store_write *w, struct realm_key *io_key,
                        struct str private_key)
{
    TRY(key_import(w, ctx->arena, io_key, private_key));
    return record(ctx, w, EVENT_KeyCreated, io_key);
}

int admin_key_change(const struct auth_ctx *ctx, struct store_write *w,
                     const struct realm_key *before, enum key_status status, int64_t priority)
{
    struct realm_key after = *before;
    if (status == before->status && priority == before->priority)
        return 0;
    if (status != KEY_ACTIVE)
        TRY(check_spare(ctx, w, before));
    after.status = status;
    after.priority = priority;
    if (status != before->status)
        after.not_after_ms = 0;
    TRY(key_update(w, &after));
    return record(ctx, w, EVENT_KeyModified, &after);
}

int admin_key_delete(const struct auth_ctx *ctx, struct store_write *w, const struct realm_key *key)
{
    TRY(check_spare(ctx, w, key));
    TRY(key_delete(w, key->pk));
    return record(ctx, w, EVENT_KeyDeleted, key);
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
