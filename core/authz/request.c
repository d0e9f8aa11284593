/* Reading questions and writing answers. */
#include "core/authz/request.h"

#include "core/admin/resource_servers.h"
#include "core/admin/rs_search.h"
#include "core/base/room.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define DATE_LEN 10
#define TIME_LEN 8

/* --- Who asks --- */

/* "2026-11-26 08:00:00" of "2026-11-26T08:00:00.000Z". */
static struct str moment(const struct auth_ctx *ctx)
{
    char text[25];
    clock_rfc3339(ctx->now->wall_ms, text);
    return arena_printf(ctx->arena, "%.*s %.*s", DATE_LEN, text, TIME_LEN, text + DATE_LEN + 1);
}

static int role_ids(struct arena *a, const struct roles *roles, struct strs *ret_ids)
{
    *ret_ids = (struct strs){0};
    for (size_t i = 0; i < roles->count; i++)
        TRY(strs_add(ret_ids, a, roles->items[i].id));
    return 0;
}

int authz_identity_of(const struct auth_ctx *ctx, struct store_read *r,
                      const struct subject *subject, const struct json_value *claims,
                      struct authz_identity *ret_identity)
{
    struct authz_identity identity = {.user_id = subject->user.id,
                                      .client_id = subject->client->id,
                                      .claims = claims,
                                      .now = moment(ctx)};
    if (str_absent(identity.now))
        return ERR_NO_MEMORY;
    TRY(role_ids(ctx->arena, &subject->roles, &identity.roles));
    TRY(role_ids(ctx->arena, &subject->all_roles, &identity.all_roles));
    for (size_t i = 0; i < subject->scopes.count; i++)
        TRY(strs_add(&identity.scopes, ctx->arena, subject->scopes.items[i]->id));
    TRY(user_groups(r, ctx->arena, subject->user.pk, &identity.groups));
    *ret_identity = identity;
    return 0;
}

/* --- What is asked for --- */

static int scopes_of(const struct authz_request *q, struct arena *a,
                     const struct rs_object *resource, struct rs_objects *ret_scopes)
{
    const struct rs_filter filter = {
        .client_pk = q->client_pk, .kind = RS_SCOPE, .from_pk = resource->pk};
    return rs_list(q->r, a, &filter, 0, RS_OBJECTS_MAX, ret_scopes);
}

static bool has(const struct rs_objects *list, int64_t pk)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].pk == pk)
            return true;
    return false;
}

/* Into scopes that a question has already, without any twice. */
static int add_scopes(struct arena *a, const struct rs_objects *more, struct rs_objects *io_scopes)
{
    for (size_t i = 0; i < more->count; i++) {
        if (has(io_scopes, more->items[i].pk))
            continue;
        struct rs_object *items =
            room_for_one(a, io_scopes->items, io_scopes->count, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        io_scopes->items = items;
        TRY(rs_object_copy(a, &more->items[i], &items[io_scopes->count]));
        io_scopes->count++;
    }
    return 0;
}

static int add(const struct auth_ctx *ctx, const struct authz_asked *asked,
               struct authz_asked_list *io_list)
{
    if (io_list->count == AUTHZ_RESOURCES_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED,
                       "More than %d resources in one request: name fewer", AUTHZ_RESOURCES_MAX);
    struct authz_asked *items =
        room_for_one(ctx->arena, io_list->items, io_list->count, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[io_list->count] = *asked;
    io_list->items = items;
    io_list->count++;
    return 0;
}

int authz_ask_resource(const struct auth_ctx *ctx, const struct authz_request *request,
                       const struct rs_object *resource, const struct rs_objects *scopes,
                       struct authz_asked_list *io_list)
{
    CLEANUP(arena_free) struct arena scratch;
    struct rs_objects own, wanted = {NULL, 0};
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(scopes_of(request, &scratch, resource, &own));
    if (scopes->count > 0) { /* of those, the ones that it has */
        size_t kept = 0;
        for (size_t i = 0; i < own.count; i++)
            if (has(scopes, own.items[i].pk))
                own.items[kept++] = own.items[i];
        own.count = kept;
        if (kept == 0) /* nothing that could be granted */
            return 0;
    }
    for (size_t i = 0; i < io_list->count; i++)
        if (io_list->items[i].resource && io_list->items[i].resource->pk == resource->pk)
            return add_scopes(ctx->arena, &own, &io_list->items[i].scopes);
    struct rs_object *copy = ARENA_NEW(ctx->arena, struct rs_object);
    if (!copy)
        return ERR_NO_MEMORY;
    TRY(rs_object_copy(ctx->arena, resource, copy));
    TRY(add_scopes(ctx->arena, &own, &wanted));
    return add(ctx, &(struct authz_asked){copy, wanted}, io_list);
}

static int ask_listed(const struct auth_ctx *ctx, const struct authz_request *request,
                      const struct rs_filter *filter, const struct rs_objects *scopes,
                      struct authz_asked_list *io_list)
{
    CLEANUP(arena_free) struct arena scratch;
    struct rs_objects found;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(rs_list(request->r, &scratch, filter, 0, AUTHZ_RESOURCES_MAX + 1, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(authz_ask_resource(ctx, request, &found.items[i], scopes, io_list));
    return 0;
}

int authz_ask_all(const struct auth_ctx *ctx, const struct authz_request *request,
                  struct authz_asked_list *io_list)
{
    static const struct rs_objects every = {NULL, 0};
    struct rs_filter filter = {
        .client_pk = request->client_pk, .kind = RS_RESOURCE, .owner = STR("")};
    TRY(ask_listed(ctx, request, &filter, &every, io_list));
    filter.owner = request->identity->user_id;
    return str_empty(filter.owner) ? 0 : ask_listed(ctx, request, &filter, &every, io_list);
}

static int find_resource(const struct auth_ctx *ctx, const struct authz_request *q, struct str name,
                         struct rs_object *ret_row)
{
    int rc = rs_find(q->r, q->a, q->client_pk, RS_RESOURCE, name, ret_row);
    if (rc == ERR_NOT_FOUND && !str_empty(q->identity->user_id))
        rc = rs_find_by_name(q->r, q->a, q->client_pk, RS_RESOURCE, q->identity->user_id, name,
                             ret_row);
    if (rc == ERR_NOT_FOUND)
        rc = rs_find_by_name(q->r, q->a, q->client_pk, RS_RESOURCE, STR(""), name, ret_row);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, ERR_INVALID_RESOURCE, "Resource with id [%.*s] does not exist.",
                       STR_ARG(name));
    return rc;
}

static int find_scope(const struct auth_ctx *ctx, const struct authz_request *q, struct str name,
                      struct rs_objects *io_scopes)
{
    struct rs_object row;
    int rc = rs_find_by_name(q->r, q->a, q->client_pk, RS_SCOPE, STR(""), name, &row);
    if (rc == ERR_NOT_FOUND)
        rc = rs_find(q->r, q->a, q->client_pk, RS_SCOPE, name, &row);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, ERR_INVALID_SCOPE, "One of the given scopes [%.*s] is invalid",
                       STR_ARG(name));
    TRY(rc);
    return add_scopes(ctx->arena, &(struct rs_objects){&row, 1}, io_scopes);
}

/* Every resource with one of the scopes; where there is none, the scopes by themselves. */
static int ask_scopes(const struct auth_ctx *ctx, const struct authz_request *q,
                      const struct rs_objects *scopes, struct authz_asked_list *io_list)
{
    size_t before = io_list->count;
    for (size_t i = 0; i < scopes->count; i++) {
        const struct rs_filter filter = {.client_pk = q->client_pk,
                                         .kind = RS_RESOURCE,
                                         .owner = STR(""),
                                         .to_pk = scopes->items[i].pk};
        TRY(ask_listed(ctx, q, &filter, scopes, io_list));
    }
    return io_list->count > before ? 0 : add(ctx, &(struct authz_asked){NULL, *scopes}, io_list);
}

static int ask_uri(const struct auth_ctx *ctx, const struct authz_request *q, struct str uri,
                   bool is_path, const struct rs_objects *scopes, struct authz_asked_list *io_list)
{
    struct rs_resources found;
    const struct rs_search search = {
        .filter = {.client_pk = q->client_pk, .kind = RS_RESOURCE, .owner = STR("")},
        .uri = uri,
        .is_path = is_path};
    TRY(rs_resources_find(q->r, q->a, &search, 0, AUTHZ_RESOURCES_MAX + 1, &found));
    if (found.count == 0)
        return err_set(ctx->err, ERR_INVALID_RESOURCE, "Resource with uri [%.*s] does not exist.",
                       STR_ARG(uri));
    for (size_t i = 0; i < found.count; i++)
        TRY(authz_ask_resource(ctx, q, &found.items[i].row, scopes, io_list));
    return 0;
}

static int too_much(const struct auth_ctx *ctx)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, "permission",
                     "More than %d permissions and scopes in one request", AUTHZ_ASKED_MAX);
}

int authz_ask(const struct auth_ctx *ctx, const struct authz_request *request,
              struct str permission, enum authz_format format, struct authz_asked_list *io_list)
{
    ptrdiff_t hash = str_find(permission, '#');
    struct str name = hash < 0 ? permission : str_sub(permission, 0, (size_t)hash);
    struct str rest = hash < 0 ? STR("") : str_from(permission, (size_t)hash + 1), word;
    struct rs_objects scopes = {NULL, 0};
    struct rs_object row;
    if (++io_list->asked > AUTHZ_ASKED_MAX)
        return too_much(ctx);
    while (!str_empty(rest) && str_next(&rest, ',', &word)) {
        if (str_empty(str_trim(word)))
            continue;
        if (++io_list->asked > AUTHZ_ASKED_MAX)
            return too_much(ctx);
        TRY(find_scope(ctx, request, str_trim(word), &scopes));
    }
    if (!str_empty(str_trim(name)) && format != AUTHZ_BY_NAME)
        return ask_uri(ctx, request, str_trim(name), format == AUTHZ_BY_PATH, &scopes, io_list);
    if (!str_empty(str_trim(name))) {
        TRY(find_resource(ctx, request, str_trim(name), &row));
        return authz_ask_resource(ctx, request, &row, &scopes, io_list);
    }
    if (scopes.count == 0)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "permission",
                         "permission must be RESOURCE, RESOURCE#SCOPE or #SCOPE");
    return ask_scopes(ctx, request, &scopes, io_list);
}

/* --- Answers --- */

void authz_write_permission(const struct authz_asked *asked, const struct authz_answer *answer,
                            bool with_name, struct json_writer *w)
{
    jw_begin_object(w);
    if (asked->scopes.count > 0) {
        jw_member_array(w, "scopes");
        for (size_t i = 0; i < asked->scopes.count; i++)
            if (answer->scopes[i])
                jw_str(w, asked->scopes.items[i].name);
        jw_end_array(w);
    }
    if (asked->resource) {
        jw_member_str(w, "rsid", asked->resource->id);
        if (with_name)
            jw_member_str(w, "rsname", asked->resource->name);
    }
    jw_end_object(w);
}
