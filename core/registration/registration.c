/* Clients that register themselves. */
#include "core/registration/registration.h"

#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/admin/held_change.h"
#include "core/base/ct.h"
#include "core/base/rng.h"
#include "core/codec/form.h"
#include "core/port/clients.h"
#include "core/registration/metadata.h"
#include "core/registration/tokens.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)256 << 10)
#define PATH             "/clients-registrations/openid-connect/"

/* --- The answer --- */

static void write_secret(struct json_writer *w, const struct client *client)
{
    struct str text = str_map_get(&client->attributes, STR(CLIENT_ATTR_SECRET_EXPIRES));
    int64_t expires_s = 0; /* never */
    if (str_empty(client->secret) || !client_wants_secret(client))
        return;
    if (str_to_i64(text, &expires_s) != 0)
        expires_s = 0;
    jw_member_str(w, "client_secret", client->secret);
    jw_member_i64(w, "client_secret_expires_at", expires_s);
}

static int write_answer(const struct auth_ctx *ctx, const struct client *client, struct str token,
                        struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    struct str name = percent_encoded(ctx->arena, client->client_id);
    struct str uri = ARENA_CONCAT(ctx->arena, ctx->issuer, STR(PATH), name);
    if (str_absent(name) || str_absent(uri))
        return ERR_NO_MEMORY;
    buf_init(&b, ctx->arena, ANSWER_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "client_id", client->client_id);
    write_secret(&w, client);
    jw_member_str(&w, "registration_access_token", token);
    jw_member_str(&w, "registration_client_uri", uri);
    TRY(metadata_write(ctx, client, &w));
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

/* The client as it is stored now, with a token of its own. */
static int answer(const struct auth_ctx *ctx, struct store_write *w, struct str id,
                  struct str *ret_json)
{
    struct client client;
    struct str token;
    TRY(client_find_by_id(store_write_reader(w), ctx->arena, id, &client));
    TRY(registration_token_issue(ctx, w, &client, &token));
    return write_answer(ctx, &client, token, ret_json);
}

/* Events name the client that did it to itself. */
static struct auth_ctx as_client(const struct auth_ctx *ctx, struct str client_id)
{
    struct auth_ctx known = *ctx;
    known.actor.client_id = client_id;
    return known;
}

/* --- New ones --- */

static int create(const struct auth_ctx *ctx, struct store_write *w, struct str client_id,
                  const struct json_value *metadata, struct str *ret_json)
{
    struct client client;
    TRY(admin_client_defaults(ctx, client_id, &client));
    client.full_scope_allowed = false;
    TRY(metadata_read(ctx, metadata, &client));
    TRY(metadata_error(ctx, admin_client_insert_by(ctx, w, POLICY_BY_INITIAL_TOKEN, &client)));
    return answer(ctx, w, client.id, ret_json);
}

/* Nobody who registers can wait for a second person: what would have to is refused. */
static int commit(const struct auth_ctx *ctx, struct store_write **io_write)
{
    struct four_eyes setting;
    struct held_change held = {.kinds = 0};
    TRY(four_eyes_read(store_write_reader(*io_write), ctx->arena, &setting));
    if (setting.kinds != 0)
        TRY(held_change_judge(ctx, *io_write, &setting, &held));
    if (held.kinds != 0)
        return err_set(ctx->err, ERR_INVALID_METADATA,
                       "such a change needs a second person in this realm: ask an administrator");
    return store_commit_p(io_write, DURABLE_STANDBY);
}

int registration_create(const struct auth_ctx *ctx, struct str token,
                        const struct json_value *metadata, struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct str client_id = uuid_new(ctx->arena);
    struct auth_ctx known = as_client(ctx, client_id);
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(initial_access_spend(ctx, w, token));
    TRY(create(&known, w, client_id, metadata, ret_json));
    return commit(ctx, &w);
}

/* --- Those that are there --- */

/* RFC 7592 2.1: a token of another client, or of none, is told the same. */
static int begin(const struct auth_ctx *ctx, enum store_need need, struct str token,
                 struct str client_id, struct store_write **ret_write, struct client *ret_client)
{
    TRY(store_write_begin_for(ctx->view, ctx->now, need, ret_write));
    TRY(registration_token_find(ctx, store_write_reader(*ret_write), token, ret_client));
    if (!str_eq(ret_client->client_id, client_id))
        return err_set(ctx->err, ERR_INVALID_TOKEN, "The token is not good for this");
    return 0;
}

int registration_read(const struct auth_ctx *ctx, struct str token, struct str client_id,
                      struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct client client;
    TRY(begin(ctx, NEED_CHANGE, token, client_id, &w, &client));
    TRY(answer(ctx, w, client.id, ret_json));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* RFC 7592 2.2: who sends identifiers sends those that are there. */
static int check_identity(const struct auth_ctx *ctx, const struct json_value *metadata,
                          const struct client *client)
{
    const struct json_value *secret = json_get(metadata, "client_secret");
    if (!str_eq(json_get_str(metadata, "client_id"), client->client_id))
        return err_field(ctx->err, ERR_INVALID_METADATA, "client_id",
                         "client_id must be that of the client");
    if (!json_is_none(secret) && !ct_eq(json_str(secret), client->secret))
        return err_field(ctx->err, ERR_INVALID_METADATA, "client_secret",
                         "client_secret must be the one that is there");
    return 0;
}

/* Keycloak's remaining-rotation-period: a secret that ends soon is replaced with the change. */
static int renew_secret(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    const struct client_executor *rotation;
    struct client client;
    struct str text, secret;
    int64_t expires_s;
    TRY(client_find_by_id(store_write_reader(w), ctx->arena, id, &client));
    TRY(client_rules_rotation(ctx, store_write_reader(w), &client, &rotation));
    text = str_map_get(&client.attributes, STR(CLIENT_ATTR_SECRET_EXPIRES));
    if (!rotation || !client_wants_secret(&client) || str_to_i64(text, &expires_s) != 0 ||
        expires_s - now_s(ctx->now) > rotation->remaining_rotation_s)
        return 0;
    return admin_client_secret_set(ctx, w, &client, str_of(NULL, 0), &secret);
}

/* Scopes as for a new client, when the document names any; an administrator's stay otherwise. */
static int offer_scopes(const struct auth_ctx *ctx, const struct json_value *metadata,
                        struct client *io_client)
{
    struct client fresh;
    if (json_is_none(json_get(metadata, "scope")))
        return 0;
    TRY(admin_client_defaults(ctx, io_client->client_id, &fresh));
    io_client->scopes = fresh.scopes;
    return 0;
}

int registration_replace(const struct auth_ctx *ctx, struct str token, struct str client_id,
                         const struct json_value *metadata, struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct auth_ctx known = as_client(ctx, client_id);
    struct client before, after;
    TRY(begin(ctx, NEED_CHANGE, token, client_id, &w, &before));
    TRY(check_identity(ctx, metadata, &before));
    after = before;
    TRY(offer_scopes(ctx, metadata, &after));
    TRY(metadata_read(ctx, metadata, &after));
    TRY(metadata_error(
        ctx, admin_client_update_by(&known, w, POLICY_BY_REGISTRATION_TOKEN, &before, &after)));
    TRY(renew_secret(&known, w, before.id));
    TRY(answer(ctx, w, before.id, ret_json));
    return commit(ctx, &w);
}

int registration_delete(const struct auth_ctx *ctx, struct str token, struct str client_id)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct auth_ctx known = as_client(ctx, client_id);
    struct client client;
    TRY(begin(ctx, NEED_ENDING, token, client_id, &w, &client));
    TRY(admin_client_delete(&known, w, &client));
    return store_commit_p(&w, DURABLE_STANDBY);
}
