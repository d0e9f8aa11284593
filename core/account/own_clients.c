/* Clients of developers. */
#include "core/account/own_clients.h"

#include "core/admin/bootstrap.h"
#include "core/admin/client_guard.h"
#include "core/admin/clients.h"
#include "core/base/rng.h"
#include "core/codec/unicode.h"
#include "core/model/check.h"
#include "core/model/name.h"
#include "core/oidc/redirect_uri.h"
#include "core/port/clients.h"
#include "core/port/events.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES        100
#define DESCRIPTION_MAX_BYTES 500
#define LOOK_MAX_BYTES        ((size_t)4 << 10)
#define DAY_MS                INT64_C(86400000)
#define EVENT_PAGE            500
#define EVENTS_MAX            5000

/* --- Kinds --- */

static const char *const kind_names[OWN_CLIENT_KINDS] = {
    [OWN_CLIENT_WEB] = "web",
    [OWN_CLIENT_SINGLE_PAGE] = "single-page",
    [OWN_CLIENT_SERVICE] = "service",
    [OWN_CLIENT_API_KEY] = "api-key",
};

const char *own_client_kind_name(enum own_client_kind kind)
{
    return kind_names[kind];
}

int own_client_kind_find(struct str name)
{
    for (int i = 0; i < OWN_CLIENT_KINDS; i++)
        if (str_eq_c(name, kind_names[i]))
            return i;
    return -1;
}

enum own_client_kind own_client_kind_of(const struct client *client)
{
    if (client->standard_flow_enabled)
        return client->public_client ? OWN_CLIENT_SINGLE_PAGE : OWN_CLIENT_WEB;
    return client->service_accounts_enabled ? OWN_CLIENT_SERVICE : OWN_CLIENT_API_KEY;
}

static bool has_redirects(enum own_client_kind kind)
{
    return kind == OWN_CLIENT_WEB || kind == OWN_CLIENT_SINGLE_PAGE;
}

/* --- Finding --- */

static bool is_owned_by(const struct client *client, struct str user_id)
{
    return str_eq(str_map_get(&client->attributes, STR(CLIENT_ATTR_OWNER)), user_id);
}

int own_clients_list(const struct auth_ctx *ctx, struct store_read *r, struct str user_id,
                     struct client **ret_items, size_t *ret_count)
{
    struct strs ids;
    TRY(client_ids_of_owner(r, ctx->arena, user_id, &ids));
    struct client *items = ARENA_ARRAY(ctx->arena, ids.count + 1, struct client);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < ids.count; i++) {
        TRY(client_find_by_id(r, ctx->arena, ids.items[i], &items[i]));
        items[i].secret = str_of(NULL, 0);
    }
    *ret_items = items;
    *ret_count = ids.count;
    return 0;
}

int own_client_find(const struct auth_ctx *ctx, struct store_read *r, struct str user_id,
                    struct str id, struct client *ret_client)
{
    int rc = client_find_by_id(r, ctx->arena, id, ret_client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !is_owned_by(ret_client, user_id)))
        return err_set(ctx->err, ERR_NOT_FOUND, "Application not found");
    return rc;
}

int own_client_find_to_change(const struct auth_ctx *ctx, struct store_read *r, struct str user_id,
                              struct str id, struct client *ret_client)
{
    /* Whatever its owner may do elsewhere, here he is nobody who administers. */
    const struct admin_caller nobody = {.realm = auth_realm(ctx)->name, .user_id = user_id};
    TRY(own_client_find(ctx, r, user_id, id, ret_client));
    return admin_may_change_client(ctx, &nobody, r, ret_client);
}

/* --- Making and changing --- */

/* "${...}" would be shown as a text of the server's own. */
static int check_text(const struct auth_ctx *ctx, struct str text, size_t max_bytes,
                      const char *field)
{
    TRY(text_check(text, max_bytes, field, ctx->err));
    if (str_find_str(text, STR("${")) >= 0 || text_is_deceptive(text))
        return err_field(ctx->err, ERR_INVALID_REQUEST, field,
                         "%s holds what people could not read as it is", field);
    return 0;
}

/* A name as the eye reads it: whatever the case, without what stands between words (UTS #39 4). */
static int look_of(struct arena *a, struct str name, struct str *ret_look)
{
    struct str folded, skeleton;
    struct buf b;
    TRY(unicode_fold(a, name, &folded));
    TRY(name_skeleton(a, folded, &skeleton));
    buf_init(&b, a, LOOK_MAX_BYTES);
    for (size_t i = 0; i < skeleton.len; i++)
        if (!strchr(" -_.", skeleton.ptr[i]))
            buf_add_byte(&b, skeleton.ptr[i]);
    return buf_finish(&b, ret_look);
}

static int check_against(const struct auth_ctx *ctx, struct str look, struct str name)
{
    struct str other;
    TRY(look_of(ctx->arena, name, &other));
    return str_empty(other) || !str_eq(look, other)
               ? 0
               : err_field(ctx->err, ERR_INVALID_REQUEST, "name",
                           "This name belongs to the server itself: people could take the "
                           "application for it");
}

/* WE-13 */
static int check_likeness(const struct auth_ctx *ctx, struct str name, const struct strs *reserved)
{
    static const char *const built_in[] = {CLIENT_ACCOUNT,       CLIENT_ACCOUNT_CONSOLE,
                                           CLIENT_ADMIN_CLI,     CLIENT_BROKER,
                                           CLIENT_ADMIN_CONSOLE, CLIENT_REALM_MANAGEMENT};
    const struct realm *realm = auth_realm(ctx);
    struct str look;
    TRY(look_of(ctx->arena, name, &look));
    TRY(check_against(ctx, look, realm->name));
    TRY(check_against(ctx, look, realm->display_name));
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
        TRY(check_against(ctx, look, str_c(built_in[i])));
    for (size_t i = 0; i < reserved->count; i++)
        TRY(check_against(ctx, look, reserved->items[i]));
    return 0;
}

static int check_redirects(const struct auth_ctx *ctx, const struct strs *uris)
{
    if (uris->count == 0 || uris->count > OWN_CLIENT_REDIRECTS_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "redirectUris",
                         "One to %d redirect URIs are needed", OWN_CLIENT_REDIRECTS_MAX);
    for (size_t i = 0; i < uris->count; i++)
        if (!redirect_uri_acceptable(uris->items[i]) || str_find(uris->items[i], '*') >= 0)
            return err_field(ctx->err, ERR_INVALID_REQUEST, "redirectUris",
                             "A redirect URI is whole: https, http on the own machine, or a "
                             "scheme of the application's own");
    return 0;
}

static int apply_form(const struct auth_ctx *ctx, enum own_client_kind kind,
                      const struct own_client_form *form, struct client *io_client)
{
    struct str name = unicode_trim(form->name);
    if (str_empty(name))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name", "A name is needed");
    TRY(check_text(ctx, name, NAME_MAX_BYTES, "name"));
    TRY(check_likeness(ctx, name, &form->reserved));
    TRY(check_text(ctx, form->description, DESCRIPTION_MAX_BYTES, "description"));
    if (has_redirects(kind))
        TRY(check_redirects(ctx, &form->redirect_uris));
    else if (form->redirect_uris.count > 0)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "redirectUris",
                         "An application of this kind has no redirect URIs");
    io_client->name = name;
    io_client->description = form->description;
    io_client->redirect_uris = form->redirect_uris;
    return 0;
}

static int settings_of(const struct auth_ctx *ctx, enum own_client_kind kind, struct str user_id,
                       struct client *io_client)
{
    io_client->full_scope_allowed = false;
    io_client->consent_required = has_redirects(kind);
    io_client->standard_flow_enabled = has_redirects(kind);
    io_client->public_client = kind == OWN_CLIENT_SINGLE_PAGE;
    io_client->service_accounts_enabled = kind == OWN_CLIENT_SERVICE;
    if (has_redirects(kind))
        TRY(client_attribute_set(io_client, ctx->arena, CLIENT_ATTR_PKCE, STR("S256")));
    if (kind == OWN_CLIENT_SINGLE_PAGE)
        TRY(strs_add(&io_client->web_origins, ctx->arena, STR("+")));
    return client_attribute_set(io_client, ctx->arena, CLIENT_ATTR_OWNER, user_id);
}

/* In the transaction that makes the client: two at once do not make one too many. */
static int check_quota(const struct auth_ctx *ctx, struct store_read *r, struct str user_id)
{
    struct strs ids;
    TRY(client_ids_of_owner(r, ctx->arena, user_id, &ids));
    return ids.count < OWN_CLIENTS_MAX
               ? 0
               : err_set(ctx->err, ERR_LIMIT_REACHED, "Nobody has more than %d applications",
                         OWN_CLIENTS_MAX);
}

int own_client_create(const struct auth_ctx *ctx, struct store_write *w, struct str user_id,
                      enum own_client_kind kind, const struct own_client_form *form,
                      struct client *ret_client)
{
    struct client client;
    struct str unique = uuid_new(ctx->arena);
    struct str client_id =
        str_absent(unique) ? unique : ARENA_CONCAT(ctx->arena, STR("app-"), unique);
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    TRY(check_quota(ctx, store_write_reader(w), user_id));
    TRY(admin_client_defaults(ctx, client_id, &client));
    TRY(settings_of(ctx, kind, user_id, &client));
    TRY(apply_form(ctx, kind, form, &client));
    TRY(admin_client_insert_by(ctx, w, POLICY_BY_USER, &client));
    *ret_client = client;
    return 0;
}

int own_client_change(const struct auth_ctx *ctx, struct store_write *w,
                      const struct client *before, const struct own_client_form *form)
{
    struct client after = *before;
    TRY(apply_form(ctx, own_client_kind_of(before), form, &after));
    return admin_client_update_by(ctx, w, POLICY_BY_USER, before, &after);
}

/* --- Usage --- */

static const struct {
    enum event_type type;
    size_t member; /* of struct own_client_usage */
} counted[] = {
    {EVENT_UserLoggedIn, offsetof(struct own_client_usage, logins)},
    {EVENT_CodeExchanged, offsetof(struct own_client_usage, tokens)},
    {EVENT_TokenRefreshed, offsetof(struct own_client_usage, tokens)},
    {EVENT_ClientLoggedIn, offsetof(struct own_client_usage, tokens)},
    {EVENT_CodeExchangeFailed, offsetof(struct own_client_usage, refused)},
    {EVENT_TokenRefreshFailed, offsetof(struct own_client_usage, refused)},
    {EVENT_ClientLoginFailed, offsetof(struct own_client_usage, refused)},
};

static void count_event(struct own_client_usage *usage, struct str type)
{
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        if (str_eq_c(type, event_type_name(counted[i].type)))
            ++*(int64_t *)((char *)usage + counted[i].member);
}

static int count_page(struct store_read *r, const struct event_filter *filter,
                      struct own_client_usage *io_usage, size_t *ret_count)
{
    CLEANUP(arena_free) struct arena scratch;
    struct event_record *events;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(event_list(r, &scratch, filter, EVENT_PAGE, &events, ret_count));
    for (size_t i = 0; i < *ret_count; i++)
        count_event(io_usage, events[i].type);
    return 0;
}

int own_client_usage(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                     struct own_client_usage *ret_usage)
{
    struct own_client_usage usage = {0};
    struct event_filter filter = {.client_id = client->client_id,
                                  .from_ms = ctx->now->wall_ms - OWN_CLIENT_USAGE_DAYS * DAY_MS,
                                  .newest_first = true,
                                  .sealed = true,
                                  .live = true};
    size_t count = EVENT_PAGE;
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        TRY(strs_add(&filter.types, ctx->arena, str_c(event_type_name(counted[i].type))));
    for (; count == EVENT_PAGE && filter.first < EVENTS_MAX; filter.first += count)
        TRY(count_page(r, &filter, &usage, &count));
    usage.is_more = count == EVENT_PAGE;
    *ret_usage = usage;
    return 0;
}
