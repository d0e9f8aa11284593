/* The order of the file, its pieces, and the event. */
#include "core/transfer/export.h"

#include "core/admin/logo.h"
#include "core/admin/realms.h"
#include "core/admin/smtp.h"
#include "core/audit/change.h"
#include "core/model/represent.h"
#include "core/port/clients.h"
#include "core/port/events.h"
#include "core/transfer/export_parts.h"

#include "core/base/banned.h"

#define PIECE_BYTES       ((size_t)64 << 10)
#define OBJECT_MAX_BYTES  ((size_t)64 << 20) /* a client at its greatest, and a piece */
#define KEPT_MAX_BYTES    ((size_t)256 << 20)
#define SCRATCH_MAX_BYTES ((size_t)64 << 20)
#define CLIENT_PAGE       100

const char *export_users_name(enum export_users users)
{
    switch (users) {
    case EXPORT_USERS_SAME_FILE: return "same-file";
    case EXPORT_USERS_DIFFERENT_FILES: return "different-files";
    case EXPORT_USERS_SERVICE_ACCOUNTS: return "service-accounts";
    case EXPORT_USERS_SKIP: break;
    }
    return "skip";
}

/* --- Pieces and files --- */

static int send_text(struct exporter *e)
{
    TRY(e->sink->write(e->sink->arg, buf_str(&e->text)));
    e->counts.bytes += (int64_t)e->text.len;
    buf_clear(&e->text);
    return 0;
}

int export_next(struct exporter *e)
{
    arena_reset(e->scratch);
    if (e->w.err != 0)
        return e->w.err;
    if (e->text.failed)
        return ERR_TOO_LARGE;
    return e->text.len >= PIECE_BYTES ? send_text(e) : 0;
}

int export_file_begin(struct exporter *e, struct str name)
{
    TRY(e->sink->begin(e->sink->arg, name));
    e->counts.files++;
    jw_init(&e->w, &e->text);
    jw_begin_object(&e->w);
    return 0;
}

int export_file_end(struct exporter *e)
{
    struct str text;
    jw_end_object(&e->w);
    TRY(jw_finish(&e->w, &text));
    buf_add_byte(&e->text, '\n');
    TRY(export_next(e));
    return e->text.len > 0 ? send_text(e) : 0;
}

/* --- Clients, for whoever must see them all --- */

static int keep_name(struct buf *name, struct str text)
{
    buf_clear(name);
    buf_add(name, text);
    return name->failed ? ERR_NO_MEMORY : 0;
}

static int visit_page(struct exporter *e, export_client_visit *visit, struct arena *page,
                      struct buf *after, size_t *ret_count)
{
    struct client *clients;
    TRY(client_list(e->r, page, buf_str(after), CLIENT_PAGE, &clients, ret_count));
    for (size_t i = 0; i < *ret_count; i++)
        TRY(visit(e, &clients[i]));
    return *ret_count > 0 ? keep_name(after, clients[*ret_count - 1].client_id) : 0;
}

int export_each_client(struct exporter *e, export_client_visit *visit)
{
    struct arena page;
    struct buf after;
    size_t count;
    int rc;
    arena_init(&page, SCRATCH_MAX_BYTES);
    buf_init(&after, NULL, PIECE_BYTES);
    do {
        rc = visit_page(e, visit, &page, &after, &count);
        arena_reset(&page);
    } while (rc == 0 && count == CLIENT_PAGE);
    buf_free(&after);
    arena_free(&page);
    return rc;
}

/* --- The whole --- */

/* RE-04: the marks of set-up are nobody's setting. */
static int hide_setup(struct exporter *e)
{
    const struct str_map *from = &e->realm.attributes;
    struct str_map shown = {ARENA_ARRAY(e->kept, from->count + 2, struct str_pair), 0};
    if (!shown.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < from->count; i++)
        if (!str_starts(from->items[i].name, STR(REALM_ATTR_SETUP_PREFIX)) &&
            !str_eq_c(from->items[i].name, LOGO_EXPORT_ATTR))
            shown.items[shown.count++] = from->items[i];
    e->realm.attributes = shown;
    return 0;
}

/* After hide_setup, which left room for it. */
static int show_logo(struct exporter *e)
{
    struct logo logo;
    int rc = logo_find(e->r, e->kept, &logo);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    struct str uri = ARENA_CONCAT(e->kept, STR("data:"), logo.type, STR(";base64,"), logo.data);
    if (str_absent(uri))
        return ERR_NO_MEMORY;
    e->realm.attributes.items[e->realm.attributes.count++] =
        (struct str_pair){STR(LOGO_EXPORT_ATTR), uri};
    return 0;
}

/* What a new realm has and this one has not: left out, an import would bring it back. */
static void write_emptied(struct exporter *e)
{
    if (e->realm.supported_locales.count == 0)
        represent_strs(&e->w, "supportedLocales", &e->realm.supported_locales);
    if (str_empty(e->realm.default_locale))
        jw_member_c(&e->w, "defaultLocale", "");
    if (e->realm.browser_security_headers.count == 0)
        represent_map(&e->w, "browserSecurityHeaders", &e->realm.browser_security_headers);
}

static int write_smtp(struct exporter *e)
{
    struct str_map settings, shown;
    TRY(smtp_settings(&e->ctx, e->r, &settings));
    shown = settings;
    if (!e->options->secrets)
        TRY(smtp_mask(e->ctx.arena, &settings, &shown));
    if (shown.count > 0)
        represent_map(&e->w, SMTP_MEMBER, &shown);
    return 0;
}

static int export_settings(struct exporter *e)
{
    TRY(store_realm_read(e->r, e->kept, &e->realm));
    TRY(hide_setup(e));
    TRY(show_logo(e));
    jw_member_str(&e->w, "id", e->realm.id);
    jw_member_str(&e->w, "realm", e->realm.name);
    fields_write(&realm_fields, &e->realm, &e->w);
    write_emptied(e);
    TRY(write_smtp(e));
    return export_next(e);
}

static int export_realm_file(struct exporter *e)
{
    struct str name = ARENA_CONCAT(e->kept, auth_realm(&e->ctx)->name, STR("-realm.json"));
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(export_file_begin(e, name));
    TRY(export_settings(e));
    TRY(export_roles(e));
    TRY(export_groups(e));
    TRY(export_users(e));
    TRY(export_scope_mappings(e));
    TRY(export_clients(e));
    if (!e->options->without_client_scopes)
        TRY(export_client_scopes(e));
    TRY(export_records(e));
    TRY(export_components(e));
    jw_member_c(&e->w, "keycloakVersion", KEYCLOAK_VERSION);
    return export_file_end(e);
}

static int export_all(struct exporter *e)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(e->ctx.view, &r));
    e->r = r;
    TRY(export_realm_file(e));
    return e->options->users == EXPORT_USERS_DIFFERENT_FILES ? export_users_files(e) : 0;
}

/* AU-03: nothing leaves that is not told. */
static int record(const struct auth_ctx *ctx, const struct export_options *options)
{
    const struct detail details[] = {
        {"realm", auth_realm(ctx)->name},
        {"users", str_c(export_users_name(options->users))},
        {"clients", options->clients ? STR("true") : STR("false")},
        {"groupsAndRoles", options->groups_and_roles ? STR("true") : STR("false")},
        {"secrets", options->secrets ? STR("true") : STR("false")},
        {NULL, {NULL, 0}},
    };
    struct event event = {.type = EVENT_DataExported,
                          .actor = ctx->actor,
                          .subject_id = auth_realm(ctx)->id,
                          .subject_kind = STR("realm")};
    TRY(detail_data(ctx->arena, details, &event.data));
    return event_append_alone(ctx->view, ctx->now, &event, DURABLE_STANDBY);
}

int realm_export(const struct auth_ctx *ctx, const struct export_options *options,
                 const struct export_sink *sink, struct export_counts *ret_counts)
{
    CLEANUP(arena_free) struct arena kept;
    CLEANUP(arena_free) struct arena scratch;
    struct exporter e = {.options = options, .sink = sink, .ctx = *ctx};
    arena_init(&kept, KEPT_MAX_BYTES);
    arena_init(&scratch, SCRATCH_MAX_BYTES);
    e.kept = &kept;
    e.scratch = e.ctx.arena = &scratch;
    TRY(record(ctx, options));
    buf_init(&e.text, NULL, OBJECT_MAX_BYTES);
    int rc = export_all(&e);
    buf_free(&e.text); /* zeroes what was written */
    *ret_counts = e.counts;
    return rc;
}
