/* Walking through the elements of a realm's files, with their places for messages, and reading their
 * members. */
#include "core/transfer/import_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/port/clients.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define STEP_EVERY     200
#define PROGRESS_EVERY 500
#define ID_MAX_BYTES   36

/* --- Words --- */

static size_t put_place(struct err_ctx *ctx, const struct import_at *at)
{
    char place[ERR_DETAIL_MAX / 2] = "";
    struct buf b = {.ptr = place, .cap = sizeof(place), .max_bytes = sizeof(place) - 1};
    import_at_write(at, &b);
    size_t len = b.len;
    memcpy(ctx->detail, place, len);
    ctx->detail[len] = '\0';
    return len;
}

/* Names of the file stand in the words; what they hold must not drive a terminal. */
static void hide_controls(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

int import_fail(struct import *im, const struct import_at *at, const char *fmt, ...)
{
    struct err_ctx *ctx = im->ctx.err;
    va_list ap;
    size_t len = put_place(ctx, at);
    (void)snprintf(ctx->detail + len, sizeof(ctx->detail) - len, ": ");
    len += 2;
    va_start(ap, fmt);
    (void)vsnprintf(ctx->detail + len, sizeof(ctx->detail) - len, fmt, ap);
    va_end(ap);
    hide_controls(ctx->detail);
    ctx->err = ERR_INVALID_REQUEST;
    return ERR_INVALID_REQUEST;
}

int import_explain(struct import *im, const struct import_at *at, int rc)
{
    struct err_ctx said = *im->ctx.err;
    if (rc == 0)
        return 0;
    const char *words = said.detail[0] ? said.detail : err_text(rc);
    if (said.field[0])
        (void)import_fail(im, AT_MEMBER(at, said.field), "%s", words);
    else
        (void)import_fail(im, at, "%s", words);
    return rc;
}

void import_left(struct import *im, const struct import_at *at, const char *reason)
{
    import_report_note(im->report, IMPORT_LEFT, at, reason);
}

void import_adapted(struct import *im, const struct import_at *at, const char *reason)
{
    import_report_note(im->report, IMPORT_ADAPTED, at, reason);
}

void import_note_check(struct import *im, enum import_fate fate, const struct import_at *at)
{
    import_report_note_text(im->report, fate, at, str_c(im->ctx.err->detail));
    *im->ctx.err = (struct err_ctx){0};
}

/* --- Elements --- */

static int begin_section(struct import *im, const struct import_part *part,
                         const struct import_place *place, enum json_kind wanted, bool *ret_any)
{
    const struct import_source *source = &im->request->sources[part->source];
    enum json_kind kind;
    json_pull_init(im->pull, &source->json, &import_limits);
    json_pull_go(im->pull, &place->place);
    int rc = json_pull_kind(im->pull, &kind);
    if (rc != 0)
        return import_outline_say(source, im->pull, rc, im->ctx.err);
    *ret_any = kind != JSON_NULL;
    if (kind != JSON_NULL && kind != wanted)
        return import_fail(im, AT_MEMBER(NULL, place->member), "%s is expected here",
                           wanted == JSON_ARRAY ? "a list" : "an object");
    return 0;
}

/* Errors of the reader get its words; the others have theirs. */
static int pulled(struct import *im, const struct import_part *part, int rc)
{
    return import_outline_say(&im->request->sources[part->source], im->pull, rc, im->ctx.err);
}

int import_step(struct import *im)
{
    if (++im->since_step < STEP_EVERY)
        return 0;
    im->since_step = 0;
    return store_fill_step(im->w);
}

struct walk {
    struct import *im;
    const struct import_part *part;
    import_element *fn;
    import_role_element *role_fn;
    struct str client_id;
};

static int one_element(const struct walk *walk, const struct import_at *at)
{
    struct import *im = walk->im;
    const struct json_value *value;
    TRY(pulled(im, walk->part, json_pull_read(im->pull, import_arena(im), &value)));
    TRY(import_expect_object(im, value, at));
    TRY(walk->fn ? walk->fn(im, value, at) : walk->role_fn(im, value, walk->client_id, at));
    arena_reset(import_arena(im));
    return import_step(im);
}

static int elements(const struct walk *walk, const struct import_at *at)
{
    struct import *im = walk->im;
    bool more;
    TRY(pulled(im, walk->part, json_pull_enter(im->pull)));
    for (size_t i = 0;; i++) {
        TRY(pulled(im, walk->part, json_pull_next(im->pull, &more)));
        if (!more)
            return 0;
        TRY(one_element(walk, AT_INDEX(at, i)));
        if (im->request->progress && walk->fn && (i + 1) % PROGRESS_EVERY == 0)
            im->request->progress(
                im->request->progress_context,
                &(struct import_progress){im->realm.name, at->member.ptr, (int64_t)i + 1});
    }
}

typedef int section_fn(struct walk *walk, const struct import_place *place, bool of_clients);

static int each_place(struct import *im, enum import_section section, struct walk *walk,
                      section_fn *fn, bool of_clients)
{
    for (size_t i = 0; i < im->outline->count; i++) {
        walk->part = &im->outline->parts[i];
        if (!str_eq(walk->part->realm, im->file_realm))
            continue;
        for (size_t k = 0; k < walk->part->place_count; k++)
            if (walk->part->places[k].section == section)
                TRY(fn(walk, &walk->part->places[k], of_clients));
    }
    return 0;
}

static int list_section(struct walk *walk, const struct import_place *place, bool of_clients)
{
    bool any;
    (void)of_clients;
    TRY(begin_section(walk->im, walk->part, place, JSON_ARRAY, &any));
    return any ? elements(walk, AT_MEMBER(NULL, place->member)) : 0;
}

int import_each(struct import *im, enum import_section section, import_element *fn)
{
    struct walk walk = {.im = im, .fn = fn};
    return each_place(im, section, &walk, list_section, false);
}

/* --- Roles: {"realm": [...], "client": {"c": [...]}} --- */

static int list_of_roles(struct walk *walk, const struct import_at *at)
{
    enum json_kind kind;
    TRY(pulled(walk->im, walk->part, json_pull_kind(walk->im->pull, &kind)));
    if (kind == JSON_NULL)
        return pulled(walk->im, walk->part, json_pull_skip(walk->im->pull));
    if (kind != JSON_ARRAY)
        return import_fail(walk->im, at, "a list is expected here");
    return elements(walk, at);
}

static int roles_of_clients(struct walk *walk, const struct import_at *at)
{
    struct json_pull *pull = walk->im->pull;
    char name[JSON_PULL_NAME_MAX_BYTES];
    enum json_kind kind;
    bool more;
    TRY(pulled(walk->im, walk->part, json_pull_kind(pull, &kind)));
    if (kind != JSON_OBJECT)
        return import_fail(walk->im, at, "an object is expected here");
    TRY(pulled(walk->im, walk->part, json_pull_enter(pull)));
    for (;;) {
        TRY(pulled(walk->im, walk->part, json_pull_next(pull, &more)));
        if (!more)
            return 0;
        memcpy(name, pull->name.ptr, pull->name.len);
        walk->client_id = str_of(name, pull->name.len);
        TRY(list_of_roles(walk, AT_NAME(at, walk->client_id)));
    }
}

static int role_section(struct walk *walk, const struct import_place *place, bool of_clients)
{
    const struct import_at *at = AT_MEMBER(NULL, place->member);
    struct json_pull *pull = walk->im->pull;
    bool any, more;
    TRY(begin_section(walk->im, walk->part, place, JSON_OBJECT, &any));
    if (!any)
        return 0;
    TRY(pulled(walk->im, walk->part, json_pull_enter(pull)));
    for (;;) {
        TRY(pulled(walk->im, walk->part, json_pull_next(pull, &more)));
        if (!more)
            return 0;
        walk->client_id = str_of(NULL, 0);
        if (!of_clients && str_eq(pull->name, STR("realm")))
            TRY(list_of_roles(walk, AT_MEMBER(at, "realm")));
        else if (of_clients && str_eq(pull->name, STR("client")))
            TRY(roles_of_clients(walk, AT_MEMBER(at, "client")));
        else if (of_clients && str_eq(pull->name, STR("application")))
            TRY(roles_of_clients(walk, AT_MEMBER(at, "application")));
        else
            TRY(pulled(walk->im, walk->part, json_pull_skip(pull)));
    }
}

int import_each_role(struct import *im, bool of_clients, import_role_element *fn)
{
    struct walk walk = {.im = im, .role_fn = fn};
    return each_place(im, SECTION_ROLES, &walk, role_section, of_clients);
}

/* --- Members --- */

static int wrong_kind(struct import *im, const struct import_at *at, const char *wanted)
{
    return import_fail(im, at, "%s is expected here", wanted);
}

int import_expect_object(struct import *im, const struct json_value *value,
                         const struct import_at *at)
{
    return json_is_object(value) ? 0 : wrong_kind(im, at, "an object");
}

int import_expect_text(struct import *im, const struct json_value *value,
                       const struct import_at *at)
{
    return json_kind(value) == JSON_STRING ? 0 : wrong_kind(im, at, "a text");
}

int import_str(struct import *im, const struct json_value *object, const char *name,
               const struct import_at *at, struct str *io_value)
{
    return json_opt_str(object, name, io_value) == 0
               ? 0
               : wrong_kind(im, AT_MEMBER(at, name), "a text");
}

int import_i64(struct import *im, const struct json_value *object, const char *name,
               const struct import_at *at, int64_t *io_value)
{
    return json_opt_i64(object, name, io_value) == 0
               ? 0
               : wrong_kind(im, AT_MEMBER(at, name), "a whole number");
}

int import_bool(struct import *im, const struct json_value *object, const char *name,
                const struct import_at *at, bool *io_value)
{
    return json_opt_bool(object, name, io_value) == 0
               ? 0
               : wrong_kind(im, AT_MEMBER(at, name), "true or false");
}

static int member_of_kind(struct import *im, const struct json_value *object, const char *name,
                          const struct import_at *at, enum json_kind kind,
                          const struct json_value **ret_value)
{
    const struct json_value *value = json_get(object, name);
    *ret_value = NULL;
    if (json_is_none(value))
        return 0;
    if (json_kind(value) != kind)
        return wrong_kind(im, AT_MEMBER(at, name), kind == JSON_ARRAY ? "a list" : "an object");
    *ret_value = value;
    return 0;
}

int import_list(struct import *im, const struct json_value *object, const char *name,
                const struct import_at *at, const struct json_value **ret_list)
{
    return member_of_kind(im, object, name, at, JSON_ARRAY, ret_list);
}

int import_object(struct import *im, const struct json_value *object, const char *name,
                  const struct import_at *at, const struct json_value **ret_object)
{
    return member_of_kind(im, object, name, at, JSON_OBJECT, ret_object);
}

int import_fields(struct import *im, const struct field_table *table, void *object,
                  const struct json_value *json, const struct import_at *at)
{
    return import_explain(im, at, fields_merge(table, object, import_arena(im), json, im->ctx.err));
}

int import_id(struct import *im, const struct json_value *object, const struct import_at *at,
              struct str *ret_id)
{
    struct str id = {NULL, 0};
    TRY(import_str(im, object, "id", at, &id));
    if (!str_absent(id) && (id.len > ID_MAX_BYTES || !str_has_no_control(id)))
        return import_fail(im, AT_MEMBER(at, "id"), "an id has at most %d bytes", ID_MAX_BYTES);
    *ret_id = str_empty(id) ? str_of(NULL, 0) : id;
    return 0;
}

/* --- Names of what was imported --- */

static int compare_client(const void *key, const void *item)
{
    return str_cmp(*(const struct str *)key, ((const struct import_client *)item)->client_id);
}

struct import_client *import_client_find(const struct import *im, struct str client_id)
{
    return im->client_count == 0 ? NULL
                                 : bsearch(&client_id, im->clients, im->client_count,
                                           sizeof(*im->clients), compare_client);
}

const struct client_scope *import_scope_find(const struct import *im, struct str name)
{
    for (size_t i = 0; i < im->scopes.count; i++)
        if (str_eq(im->scopes.items[i].name, name))
            return &im->scopes.items[i];
    return NULL;
}

struct client_scopes import_usual_scopes(const struct import *im)
{
    struct client_scopes usual = {
        ARENA_ARRAY(im->ctx.arena, im->scopes.count + 1, struct client_scope), 0};
    for (size_t i = 0; usual.items && i < im->scopes.count; i++)
        if (im->scopes.items[i].is_default || im->scopes.items[i].is_optional)
            usual.items[usual.count++] = im->scopes.items[i];
    return usual;
}

int import_role_find(struct import *im, const struct import_client *client, struct str name,
                     struct role *ret_role)
{
    return role_find(im->r, import_arena(im), client ? client->pk : 0, name, ret_role);
}

int import_named_roles(struct import *im, const struct import_client *client,
                       const struct json_value *names, const struct import_at *at,
                       import_role_fn *fn, const void *holder)
{
    const struct json_value *name;
    struct json_iter it = json_iter(names);
    for (size_t i = 0; json_next(&it, NULL, &name); i++) {
        struct role role;
        TRY(import_expect_text(im, name, AT_INDEX(at, i)));
        int rc = import_role_find(im, client, json_str(name), &role);
        if (rc == ERR_NOT_FOUND)
            import_left(im, AT_INDEX(at, i), "there is no such role");
        else
            TRY(rc);
        if (rc == 0)
            TRY(import_explain(im, AT_INDEX(at, i), fn(im, &role, holder)));
    }
    return 0;
}

int import_named_client_roles(struct import *im, const struct json_value *by_client,
                              const struct import_at *at, import_role_fn *fn, const void *holder)
{
    const struct json_value *names;
    struct str client_id;
    for (struct json_iter it = json_iter(by_client); json_next(&it, &client_id, &names);) {
        const struct import_client *client = import_client_find(im, client_id);
        if (!json_is_array(names))
            return wrong_kind(im, AT_NAME(at, client_id), "a list");
        if (!client)
            import_left(im, AT_NAME(at, client_id), "there is no such client");
        else
            TRY(import_named_roles(im, client, names, AT_NAME(at, client_id), fn, holder));
    }
    return 0;
}

int import_each_top(struct import *im, const char *member, import_top_element *fn)
{
    const struct json_value *list, *json;
    TRY(import_list(im, im->main->top, member, NULL, &list));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &json); i++) {
        const struct import_at *at = AT_INDEX(AT_MEMBER(NULL, member), i);
        TRY(import_expect_object(im, json, at));
        TRY(fn(im, json, at, i));
        arena_reset(import_arena(im));
        TRY(import_step(im));
    }
    return 0;
}

int import_name(struct import *im, const struct json_value *object, const char *member,
                const struct import_at *at, struct str *ret_name)
{
    struct str name = {NULL, 0};
    TRY(import_str(im, object, member, at, &name));
    if (str_empty(name))
        return import_fail(im, AT_MEMBER(at, member), "a name is needed");
    *ret_name = name;
    return 0;
}
