/* Clients that register themselves. */
#include "core/registration/registration.h"

#include "core/admin/client_guard.h"
#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/admin/held_change.h"
#include "core/base/ct.h"
#include "core/base/rng.h"
#include "core/codec/form.h"
#include "core/port/clients.h"
#include "core/registration/metadata.h"
#include "core/registration/representation.h"
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

static int write_metadata(const struct auth_ctx *ctx, const struct client *client, struct str token,
                          struct json_writer *w)
{
    struct str name = percent_encoded(ctx->arena, client->client_id);
    struct str uri = ARENA_CONCAT(ctx->arena, ctx->issuer, STR(PATH), name);
    if (str_absent(name) || str_absent(uri))
        return ERR_NO_MEMORY;
    jw_member_str(w, "client_id", client->client_id);
    write_secret(w, client);
    jw_member_str(w, "registration_access_token", token);
    jw_member_str(w, "registration_client_uri", uri);
    return metadata_write(ctx, client, w);
}

static void write_representation(const struct client *client, struct str token,
                                 struct json_writer *w)
{
    representation_write(client, w);
    if (!str_empty(client->secret) && client_wants_secret(client))
        jw_member_str(w, "secret", client->secret);
    jw_member_str(w, "registrationAccessToken", token);
}

static int write_answer(const struct auth_ctx *ctx, enum registration_form form,
                        const struct client *client, struct str token, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, ANSWER_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    if (form == REGISTRATION_METADATA)
        TRY(write_metadata(ctx, client, token, &w));
    else
        write_representation(client, token, &w);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

/* The client as it is stored now, with a token of its own. */
static int answer(const struct auth_ctx *ctx, enum registration_form form, struct store_write *w,
                  struct str id, struct str *ret_json)
{
    struct client client;
    struct str token;
    TRY(client_find_by_id(store_write_reader(w), ctx->arena, id, &client));
    TRY(registration_token_issue(ctx, w, &client, &token));
    return write_answer(ctx, form, &client, token, ret_json);
}

static int read_document(const struct auth_ctx *ctx, enum registration_form form,
                         const struct json_value *json, struct client *io_client)
{
    return form == REGISTRATION_METADATA ? metadata_read(ctx, json, io_client)
                                         : representation_read(ctx, json, io_client);
}

/* Events name the client that did it to itself. */
static struct auth_ctx as_client(const struct auth_ctx *ctx, struct str client_id)
{
    struct auth_ctx known = *ctx;
    known.actor.client_id = client_id;
    return known;
}

/* --- New ones --- */

/* A representation may bring a name; metadata have none. */
static int name_of(const struct auth_ctx *ctx, enum registration_form form,
                   const struct json_value *json, struct str *ret_client_id)
{
    struct str name =
        form == REGISTRATION_REPRESENTATION ? json_get_str(json, "clientId") : str_of(NULL, 0);
    *ret_client_id = str_empty(name) ? uuid_new(ctx->arena) : name;
    if (str_absent(*ret_client_id))
        return ERR_NO_MEMORY;
    return metadata_error(ctx, admin_client_name_check(ctx, str_of(NULL, 0), *ret_client_id));
}

static int create(const struct auth_ctx *ctx, enum registration_form form, struct store_write *w,
                  struct str client_id, const struct json_value *metadata, struct str *ret_json)
{
    struct client client;
    TRY(admin_client_defaults(ctx, client_id, &client));
    client.full_scope_allowed = false;
    TRY(read_document(ctx, form, metadata, &client));
    TRY(metadata_error(ctx, admin_client_insert_by(ctx, w, POLICY_BY_INITIAL_TOKEN, &client)));
    return answer(ctx, form, w, client.id, ret_json);
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

int registration_create(const struct auth_ctx *ctx, enum registration_form form, struct str token,
                        const struct json_value *metadata, struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct str client_id;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(initial_access_spend(ctx, w, token));
    TRY(name_of(ctx, form, metadata, &client_id));
    struct auth_ctx known = as_client(ctx, client_id);
    TRY(create(&known, form, w, client_id, metadata, ret_json));
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

int registration_read(const struct auth_ctx *ctx, enum registration_form form, struct str token,
                      struct str client_id, struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct client client;
    TRY(begin(ctx, NEED_CHANGE, token, client_id, &w, &client));
    TRY(answer(ctx, form, w, client.id, ret_json));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* RFC 7592 2.2: who sends identifiers sends those that are there. */
static int check_identity(const struct auth_ctx *ctx, enum registration_form form,
                          const struct json_value *document, const struct client *client)
{
    bool metadata = form == REGISTRATION_METADATA;
    const char *id = metadata ? "client_id" : "clientId";
    const char *secret = metadata ? "client_secret" : "secret";
    const struct json_value *given = json_get(document, secret);
    if (!str_eq(json_get_str(document, id), client->client_id))
        return err_field(ctx->err, ERR_INVALID_METADATA, id, "%s must be that of the client", id);
    if (!json_is_none(given) && !ct_eq(json_str(given), client->secret))
        return err_field(ctx->err, ERR_INVALID_METADATA, secret, "%s must be the one that is there",
                         secret);
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

int registration_replace(const struct auth_ctx *ctx, enum registration_form form, struct str token,
                         struct str client_id, const struct json_value *metadata,
                         struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct auth_ctx known = as_client(ctx, client_id);
    struct client before, after;
    TRY(begin(ctx, NEED_CHANGE, token, client_id, &w, &before));
    TRY(check_identity(ctx, form, metadata, &before));
    after = before;
    TRY(offer_scopes(ctx, metadata, &after));
    TRY(read_document(ctx, form, metadata, &after));
    TRY(metadata_error(
        ctx, admin_client_update_by(&known, w, POLICY_BY_REGISTRATION_TOKEN, &before, &after)));
    TRY(renew_secret(&known, w, before.id));
    TRY(answer(ctx, form, w, before.id, ret_json));
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
