/* Client secrets. */
#include "core/admin/client_secret.h"

#include "core/admin/record.h"
#include "core/base/rng.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

static const char *const moments[] = {CLIENT_ATTR_SECRET_CREATED, CLIENT_ATTR_SECRET_EXPIRES,
                                      CLIENT_ATTR_ROTATED_CREATED, CLIENT_ATTR_ROTATED_EXPIRES};

/* --- The secret --- */

int client_secret_check(const struct auth_ctx *ctx, struct str secret)
{
    if (secret.len < CLIENT_SECRET_MIN_BYTES || secret.len > CLIENT_SECRET_MAX_BYTES ||
        !str_is_utf8(secret) || !str_has_no_control(secret))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "secret",
                         "a client secret has %d to %d bytes without control characters",
                         CLIENT_SECRET_MIN_BYTES, CLIENT_SECRET_MAX_BYTES);
    return 0;
}

bool client_wants_secret(const struct client *client)
{
    return client_is_confidential(client) &&
           !str_eq(client->client_authenticator_type, STR("client-jwt"));
}

int client_secret_settle(const struct auth_ctx *ctx, struct client *io_client)
{
    if (!client_wants_secret(io_client)) {
        io_client->secret = str_of(NULL, 0);
        return 0;
    }
    if (!str_empty(io_client->secret))
        return client_secret_check(ctx, io_client->secret);
    io_client->secret = token_new(ctx->arena);
    return str_absent(io_client->secret) ? ERR_NO_MEMORY : 0;
}

/* --- Its moments --- */

static int set_text(const struct auth_ctx *ctx, struct client *io_client, const char *name,
                    struct str value)
{
    return client_attribute_set(io_client, ctx->arena, name, value);
}

static int set_moment(const struct auth_ctx *ctx, struct client *io_client, const char *name,
                      int64_t s)
{
    struct str text = arena_printf(ctx->arena, "%lld", (long long)s);
    return str_absent(text) ? ERR_NO_MEMORY : set_text(ctx, io_client, name, text);
}

static struct str get(const struct client *client, const char *name)
{
    return str_map_get(&client->attributes, str_c(name));
}

int client_secret_keep_moments(const struct auth_ctx *ctx, const struct client *before,
                               struct client *io_after)
{
    for (size_t i = 0; i < ARRAY_LEN(moments); i++)
        if (!str_eq(get(before, moments[i]), get(io_after, moments[i])))
            TRY(set_text(ctx, io_after, moments[i], get(before, moments[i])));
    return 0;
}

static int begin_life(const struct auth_ctx *ctx, const struct client_executor *rotation,
                      struct client *io_client)
{
    int64_t at_s = now_s(ctx->now);
    TRY(set_moment(ctx, io_client, CLIENT_ATTR_SECRET_CREATED, at_s));
    return set_moment(ctx, io_client, CLIENT_ATTR_SECRET_EXPIRES, at_s + rotation->expiration_s);
}

int client_secret_limit(const struct auth_ctx *ctx, const struct client_executor *rotation,
                        struct client *io_client)
{
    int64_t expires_s;
    if (!rotation || !client_wants_secret(io_client))
        return 0;
    if (str_to_i64(get(io_client, CLIENT_ATTR_SECRET_EXPIRES), &expires_s) == 0 && expires_s > 0 &&
        expires_s <= now_s(ctx->now) + rotation->expiration_s)
        return 0;
    return begin_life(ctx, rotation, io_client);
}

int client_rotated_take(const struct auth_ctx *ctx, struct client *io_client,
                        struct str *ret_secret)
{
    *ret_secret = get(io_client, CLIENT_ATTR_ROTATED_SECRET);
    if (str_absent(*ret_secret))
        return 0;
    TRY(set_text(ctx, io_client, CLIENT_ATTR_ROTATED_SECRET, str_of(NULL, 0)));
    if (!str_empty(*ret_secret))
        return client_secret_check(ctx, *ret_secret);
    *ret_secret = str_of(NULL, 0);
    return 0;
}

/* --- Made anew --- */

/* What the old secret becomes; *ret_old is absent when it is worth nothing any more. */
static int retire(const struct auth_ctx *ctx, const struct client *before,
                  const struct client_executor *rotation, struct client *io_after,
                  struct str *ret_old)
{
    int64_t at_s = now_s(ctx->now);
    bool counts = rotation && rotation->rotated_expiration_s > 0 && !str_empty(before->secret) &&
                  !client_secret_has_expired(before, at_s);
    *ret_old = counts ? before->secret : str_of(NULL, 0);
    TRY(set_text(ctx, io_after, CLIENT_ATTR_ROTATED_CREATED,
                 counts ? get(before, CLIENT_ATTR_SECRET_CREATED) : str_of(NULL, 0)));
    if (counts)
        return set_moment(ctx, io_after, CLIENT_ATTR_ROTATED_EXPIRES,
                          at_s + rotation->rotated_expiration_s);
    return set_text(ctx, io_after, CLIENT_ATTR_ROTATED_EXPIRES, str_of(NULL, 0));
}

static int replace(const struct auth_ctx *ctx, struct store_write *w, const struct client *before,
                   struct client *io_after)
{
    const struct client_executor *rotation;
    struct str old;
    TRY(client_rules_rotation(ctx, store_write_reader(w), before, &rotation));
    TRY(retire(ctx, before, rotation, io_after, &old));
    TRY(set_text(ctx, io_after, CLIENT_ATTR_SECRET_CREATED, str_of(NULL, 0)));
    TRY(set_text(ctx, io_after, CLIENT_ATTR_SECRET_EXPIRES, str_of(NULL, 0)));
    if (rotation)
        TRY(begin_life(ctx, rotation, io_after));
    TRY(client_update(w, io_after));
    return client_rotated_put(w, io_after, old);
}

int admin_client_secret_set(const struct auth_ctx *ctx, struct store_write *w,
                            const struct client *client, struct str secret, struct str *ret_secret)
{
    struct client changed = *client;
    if (!client_wants_secret(client))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "clientId",
                         "this client does not authenticate with a secret");
    changed.secret = secret;
    TRY(client_secret_settle(ctx, &changed));
    TRY(replace(ctx, w, client, &changed));
    TRY(ADMIN_RECORD(ctx, w, EVENT_ClientSecretRotated, "client", client->id,
                     {"clientId", client->client_id},
                     {"expires", get(&changed, CLIENT_ATTR_SECRET_EXPIRES)},
                     {"rotatedExpires", get(&changed, CLIENT_ATTR_ROTATED_EXPIRES)}));
    *ret_secret = changed.secret;
    return 0;
}

/* --- The one before --- */

int admin_client_rotated_get(const struct auth_ctx *ctx, struct store_read *r,
                             const struct client *client, struct str *ret_secret)
{
    int rc = client_rotated_is_live(client, now_s(ctx->now))
                 ? client_rotated_find(r, ctx->arena, client, ret_secret)
                 : ERR_NOT_FOUND;
    return rc == ERR_NOT_FOUND ? err_set(ctx->err, rc, "Client does not have a rotated secret")
                               : rc;
}

int admin_client_rotated_remove(const struct auth_ctx *ctx, struct store_write *w,
                                const struct client *client)
{
    struct client changed = *client;
    struct str secret, data;
    TRY(admin_client_rotated_get(ctx, store_write_reader(w), client, &secret));
    TRY(set_text(ctx, &changed, CLIENT_ATTR_ROTATED_CREATED, str_of(NULL, 0)));
    TRY(set_text(ctx, &changed, CLIENT_ATTR_ROTATED_EXPIRES, str_of(NULL, 0)));
    TRY(client_update(w, &changed));
    TRY(client_rotated_put(w, &changed, str_of(NULL, 0)));
    TRY(change_data(ctx->arena, &client_fields, client, &changed, "clientId", client->client_id,
                    &data, NULL));
    return admin_record(ctx, w, EVENT_ClientSecretEnded, "client", client->id, data);
}
