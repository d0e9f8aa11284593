/* Importing realms: which ones, whether, and in which order their parts come. */
#include "core/transfer/import_parts.h"

#include "core/admin/each_realm.h"
#include "core/admin/four_eyes_bypass.h"
#include "core/admin/realms.h"

#include "core/base/banned.h"

#define OUTLINE_MAX_BYTES ((size_t)512 << 20)
#define LASTING_MAX_BYTES ((size_t)256 << 20)
#define ELEMENT_MAX_BYTES (12 * IMPORT_VALUE_MAX_BYTES)

/* --- The fill of one realm --- */

static int record_creation(struct import *im)
{
    const struct detail details[] = {{"origin", STR("import")}, {NULL, {NULL, 0}}};
    struct str data;
    TRY(change_data_with(import_arena(im), &realm_fields, NULL, &im->realm, "realm", im->realm.name,
                         details, &data, NULL));
    return admin_record(&im->ctx, im->w, EVENT_RealmCreated, "realm", im->realm.id, data);
}

/* The chain of the realm that gives way goes with it: that of master keeps that it went. */
static int record_replacement(struct import *im)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct auth_ctx ctx = im->ctx;
    if (!im->replaces || im->request->dry_run || !im->master->view)
        return 0;
    ctx.view = im->master->view;
    TRY(store_write_begin_for(ctx.view, ctx.now, NEED_CHANGE, &w));
    if (im->four_eyes)
        TRY(four_eyes_bypass_realm(&ctx, w, im->realm.name, im->four_eyes));
    TRY(ADMIN_RECORD(&ctx, w, EVENT_RealmDeleted, "realm", im->realm.name,
                     {"realm", im->realm.name}, {"replacedBy", STR("import")}));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* Each needs those before it. People come last: they are many, and name all the rest. */
static int fill_in(struct import *im)
{
    static int (*const kinds[])(struct import *) = {
        record_creation, import_keys,          import_realm_roles, import_scopes,
        import_flows,    import_clients,       import_composites,  import_scope_mappings,
        import_groups,   import_records,       import_users,       import_service_accounts,
        import_members,  import_authorization, record_replacement,
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        TRY(kinds[i](im));
        arena_reset(import_arena(im));
    }
    im->tried = im->request->dry_run;
    return im->tried ? ERR_CANCELLED : 0;
}

static int fill(struct store_write *w, struct realm_view *empty_view, void *arg)
{
    struct import *im = arg;
    im->w = w;
    im->r = store_write_reader(w);
    im->ctx.view = empty_view;
    return fill_in(im);
}

/* --- One realm --- */

/* Another realm may have the id, when this one is imported a second time under another name. */
static int settle_against(void *arg, const struct realm_summary *other)
{
    struct import *im = arg;
    if (!str_eq(other->id, im->realm.id) || str_eq(other->name, im->realm.name))
        return 0;
    import_adapted(im, AT_MEMBER(NULL, "id"), "another realm has this id: a new one was given");
    im->realm.id = str_of(NULL, 0);
    return admin_id(im->lasting, &im->realm.id);
}

static int settle_id(struct import *im, struct store *store)
{
    return each_realm(store, im->lasting, settle_against, im);
}

static int is_there(struct store *store, struct str name, bool *ret_there)
{
    struct realm_view *view;
    int rc = realm_view_acquire(store, name, &view);
    *ret_there = rc != ERR_NOT_FOUND;
    if (rc == 0)
        realm_view_release(view);
    return rc == ERR_STORE_CORRUPT || rc == ERR_STORE_VERSION || rc == ERR_NOT_FOUND ? 0 : rc;
}

/* What replaces a realm is every kind of change at once. */
static int ask_second_person(struct import *im, struct store *store)
{
    if (im->request->dry_run)
        return 0;
    return four_eyes_of_realm(&im->ctx, store, im->realm.name, ~0u, &im->four_eyes);
}

/* Whether to go on; else the outcome says why not. */
static int decide(struct import *im, struct store *store, struct import_outcome *outcome,
                  bool *ret_goes_on)
{
    bool there;
    struct err_ctx *err = im->ctx.err;
    *ret_goes_on = false;
    TRY(realm_name_check(im->realm.name, err));
    if (str_eq(im->realm.name, STR(REALM_MASTER))) {
        outcome->state = im->request->source_count > 1 ? IMPORT_SKIPPED : IMPORT_FAILED;
        import_left(im, NULL, "master is this server's own realm: it is not replaced");
        return outcome->state == IMPORT_SKIPPED
                   ? 0
                   : err_set(err, ERR_FORBIDDEN,
                             "master is this server's own realm: give the one in the file another "
                             "name");
    }
    TRY(is_there(store, im->realm.name, &there));
    if (there && im->request->if_exists == IMPORT_SKIP) {
        outcome->state = IMPORT_SKIPPED;
        return 0;
    }
    if (there && im->request->if_exists == IMPORT_REFUSE)
        return err_set(err, ERR_CONFLICT, "a realm called %.*s exists", STR_ARG(im->realm.name));
    if (there)
        TRY(ask_second_person(im, store));
    im->replaces = there;
    *ret_goes_on = true;
    return 0;
}

static int take(struct import *im, struct store *store, struct import_outcome *outcome)
{
    struct auth_ctx ctx = *im->master;
    bool goes_on;
    TRY(decide(im, store, outcome, &goes_on));
    if (!goes_on)
        return 0;
    TRY(import_settings(im));
    TRY(settle_id(im, store));
    ctx.arena = im->lasting;
    ctx.err = im->ctx.err;
    bool replaces = im->request->if_exists == IMPORT_OVERWRITE || im->request->dry_run;
    int rc = admin_realm_create_filled(&ctx, store, &im->realm, replaces, fill, im);
    return im->tried && rc == ERR_CANCELLED ? 0 : rc;
}

static int import_one(const struct auth_ctx *master, struct store *store,
                      const struct import_request *request, const struct import_outline *outline,
                      const struct import_part *part, struct import_outcome *outcome)
{
    CLEANUP(arena_free) struct arena lasting;
    CLEANUP(arena_free) struct arena element;
    struct err_ctx err = {0};
    struct import im = {.request = request,
                        .outline = outline,
                        .file_realm = part->realm,
                        .main = part,
                        .master = master,
                        .ctx = *master,
                        .lasting = &lasting,
                        .organizations = {.arena = &lasting},
                        .report = &outcome->report};
    arena_init(&lasting, LASTING_MAX_BYTES);
    arena_init(&element, ELEMENT_MAX_BYTES);
    im.ctx.arena = &element;
    im.ctx.err = &err;
    im.realm.name = outcome->realm;
    im.pull = arena_alloc(&lasting, sizeof(*im.pull));
    int rc = im.pull ? take(&im, store, outcome) : ERR_NO_MEMORY;
    if (rc == 0)
        return 0;
    outcome->state = IMPORT_FAILED;
    outcome->err = rc;
    outcome->error = arena_str_c(master->arena, err.detail[0] ? err.detail : err_text(rc));
    return rc;
}

/* --- Which realms --- */

/* The part that stands for a realm: the first that holds more than users, or else the first. */
static bool is_main(const struct import_outline *outline, const struct import_part *part)
{
    const struct import_part *first = NULL;
    for (size_t i = 0; i < outline->count; i++) {
        const struct import_part *other = &outline->parts[i];
        if (!str_eq(other->realm, part->realm))
            continue;
        if (!other->only_users)
            return other == part;
        if (!first)
            first = other;
    }
    return first == part;
}

static size_t count_mains(const struct import_outline *outline)
{
    size_t count = 0;
    for (size_t i = 0; i < outline->count; i++)
        count += is_main(outline, &outline->parts[i]);
    return count;
}

static bool has_realm(const struct import_outline *outline, struct str name)
{
    for (size_t i = 0; i < outline->count; i++)
        if (str_eq(outline->parts[i].realm, name))
            return true;
    return false;
}

/* Two descriptions of one realm: which one would count? */
static int check_mains(const struct import_outline *outline, struct err_ctx *err)
{
    for (size_t i = 0; i < outline->count; i++)
        for (size_t k = i + 1; k < outline->count; k++)
            if (!outline->parts[i].only_users && !outline->parts[k].only_users &&
                str_eq(outline->parts[i].realm, outline->parts[k].realm))
                return err_set(
                    err, ERR_DUPLICATE, "the realm %.*s stands twice in the files",
                    (int)(outline->parts[i].realm.len < 64 ? outline->parts[i].realm.len : 64),
                    outline->parts[i].realm.ptr);
    return 0;
}

static int choose(const struct import_request *request, const struct import_outline *outline,
                  struct err_ctx *err, bool *ret_renames)
{
    *ret_renames = false;
    TRY(check_mains(outline, err));
    size_t mains = count_mains(outline);
    if (mains == 0)
        return err_set(err, ERR_INVALID_REQUEST, "there is no realm in the files");
    if (mains > IMPORT_REALMS_MAX)
        return err_set(err, ERR_LIMIT_REACHED, "there are at most %d realms in an import",
                       IMPORT_REALMS_MAX);
    if (str_absent(request->realm) || has_realm(outline, request->realm))
        return 0;
    if (mains > 1)
        return err_set(err, ERR_NOT_FOUND, "there is no realm %.*s in the files",
                       (int)(request->realm.len < 64 ? request->realm.len : 64),
                       request->realm.ptr);
    *ret_renames = true;
    return 0;
}

static int import_all(const struct auth_ctx *ctx, struct store *store,
                      const struct import_request *request, const struct import_outline *outline,
                      struct import_result *ret_result)
{
    bool renames;
    int first = 0;
    struct import_result result = {0};
    TRY(choose(request, outline, ctx->err, &renames));
    result.items = ARENA_ARRAY(ctx->arena, count_mains(outline), struct import_outcome);
    if (!result.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < outline->count; i++) {
        const struct import_part *part = &outline->parts[i];
        if (!is_main(outline, part) ||
            (!renames && !str_absent(request->realm) && !str_eq(part->realm, request->realm)))
            continue;
        struct import_outcome *outcome = &result.items[result.count++];
        outcome->realm = arena_str(ctx->arena, renames ? request->realm : part->realm);
        if (str_absent(outcome->realm))
            return ERR_NO_MEMORY;
        TRY(import_report_init(&outcome->report, ctx->arena));
        int rc = import_one(ctx, store, request, outline, part, outcome);
        first = first != 0 ? first : rc;
    }
    *ret_result = result;
    return first;
}

int import_realms(const struct auth_ctx *ctx, struct store *store,
                  const struct import_request *request, struct import_result *ret_result)
{
    CLEANUP(arena_free) struct arena a;
    struct import_outline outline;
    *ret_result = (struct import_result){0};
    if (request->source_count > IMPORT_SOURCES_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED, "there are at most %d files in an import",
                       IMPORT_SOURCES_MAX);
    arena_init(&a, OUTLINE_MAX_BYTES);
    TRY(import_outline_read(request, &a, ctx->err, &outline));
    return import_all(ctx, store, request, &outline, ret_result);
}
