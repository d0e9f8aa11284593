/* .../protocol-mappers of clients and of client scopes: the same handlers, the pattern tells whose. */
#include "core/admin/client_guard.h"
#include "core/admin/mappers.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

struct owner {
    bool is_scope;
    struct client client;
    struct client_scope scope;
    const struct protocol_mappers *mappers; /* of the one or the other */
};

static int find_owner(struct admin_call *call, bool change, struct owner *ret_owner)
{
    struct owner *o = ret_owner;
    o->is_scope =
        str_starts(str_c(call->req->route->pattern), STR("/admin/realms/{realm}/client-scopes/"));
    if (!o->is_scope) {
        TRY(change ? clients_find_to_change(call, &o->client) : clients_find(call, &o->client));
        o->mappers = &o->client.mappers;
    } else {
        TRY(change ? admin_write(call) : admin_read(call));
        TRY(change ? scopes_find_to_change(call, 1, &o->scope) : scopes_find(call, 1, &o->scope));
        o->mappers = &o->scope.mappers;
    }
    return 0;
}

static int find_mapper(struct admin_call *call, const struct owner *o,
                       const struct protocol_mapper **ret_mapper)
{
    *ret_mapper = admin_mapper_by_id(o->mappers, admin_param(call, 2));
    return *ret_mapper ? 0 : err_set(&call->req->err, ERR_NOT_FOUND, "Model not found");
}

static int store(struct admin_call *call, const struct owner *o,
                 const struct protocol_mappers *mappers, const char *what, struct str name)
{
    return o->is_scope
               ? admin_scope_mappers_set(&call->ctx, call->w, &o->scope, mappers, what, name)
               : admin_client_mappers_set(&call->ctx, call->w, &o->client, mappers, what, name);
}

/* --- Reading --- */

int rest_mappers_list(struct admin_call *call)
{
    struct owner o;
    TRY(find_owner(call, false, &o));
    represent_mappers(&call->out, o.mappers);
    return 0;
}

int rest_mappers_of_protocol(struct admin_call *call)
{
    struct owner o;
    TRY(find_owner(call, false, &o));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < o.mappers->count; i++)
        if (str_eq(o.mappers->items[i].protocol, admin_param(call, 2)))
            represent_mapper(&call->out, &o.mappers->items[i]);
    jw_end_array(&call->out);
    return 0;
}

int rest_mapper_get(struct admin_call *call)
{
    struct owner o;
    const struct protocol_mapper *mapper;
    TRY(find_owner(call, false, &o));
    TRY(find_mapper(call, &o, &mapper));
    represent_mapper(&call->out, mapper);
    return 0;
}

/* --- Changing --- */

/* The body as one mapper over the list; the last of the list, or the one of that id, is it. */
static int put_one(struct admin_call *call, const struct json_value *json, const struct owner *o,
                   const struct protocol_mapper *old, struct protocol_mappers *ret_mappers,
                   struct protocol_mapper *ret_mapper)
{
    struct protocol_mapper mapper = {.pk = 0};
    struct protocol_mappers one = {ret_mapper, 1};
    fields_default(&mapper_fields, &mapper);
    TRY(admin_member_str(call, json, "id", &mapper.id));
    if (old)
        mapper = *old;
    TRY(fields_merge(&mapper_fields, &mapper, call->req->arena, json, &call->req->err));
    if (!old && !str_empty(mapper.id) && admin_mapper_by_id(o->mappers, mapper.id))
        return err_set(&call->req->err, ERR_CONFLICT, "Protocol mapper exists with same id");
    TRY(admin_mappers_put(&call->ctx, o->mappers, &mapper, ret_mappers));
    *ret_mapper = mapper;
    return admin_may_map(&call->ctx, &call->caller, call->r, &one);
}

static int created(struct admin_call *call, const struct owner *o, struct str id)
{
    struct str below = o->is_scope ? ARENA_CONCAT(call->req->arena, STR("client-scopes/"),
                                                  o->scope.id, STR("/protocol-mappers/models"))
                                   : ARENA_CONCAT(call->req->arena, STR("clients/"), o->client.id,
                                                  STR("/protocol-mappers/models"));
    return str_absent(below) ? ERR_NO_MEMORY : admin_created(call, below.ptr, id);
}

int rest_mappers_create(struct admin_call *call)
{
    struct owner o;
    struct protocol_mappers mappers;
    struct protocol_mapper mapper;
    TRY(admin_body_object(call));
    TRY(find_owner(call, true, &o));
    TRY(put_one(call, call->body, &o, NULL, &mappers, &mapper));
    TRY(store(call, &o, &mappers, "mapperAdded", mapper.name));
    return created(call, &o, mapper.id);
}

int rest_mappers_add_many(struct admin_call *call)
{
    struct owner o;
    struct protocol_mapper mapper;
    const struct json_value *json;
    TRY(admin_body_array(call));
    if (json_count(call->body) > ADMIN_MAPPERS_MAX)
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "At most %d mappers",
                       ADMIN_MAPPERS_MAX);
    TRY(find_owner(call, true, &o));
    struct protocol_mappers mappers = *o.mappers;
    o.mappers = &mappers;
    for (struct json_iter it = json_iter(call->body); json_next(&it, NULL, &json);) {
        if (!json_is_object(json))
            return err_set(&call->req->err, ERR_INVALID_REQUEST, "An array of mappers is expected");
        TRY(put_one(call, json, &o, NULL, &mappers, &mapper));
        TRY(store(call, &o, &mappers, "mapperAdded", mapper.name));
    }
    return 0;
}

int rest_mapper_put(struct admin_call *call)
{
    struct owner o;
    struct protocol_mappers mappers;
    struct protocol_mapper mapper;
    const struct protocol_mapper *old;
    TRY(admin_body_object(call));
    TRY(find_owner(call, true, &o));
    TRY(find_mapper(call, &o, &old));
    TRY(put_one(call, call->body, &o, old, &mappers, &mapper));
    return store(call, &o, &mappers, "mapperChanged", mapper.name);
}

int rest_mapper_remove(struct admin_call *call)
{
    struct owner o;
    struct protocol_mappers mappers;
    const struct protocol_mapper *mapper;
    TRY(find_owner(call, true, &o));
    TRY(find_mapper(call, &o, &mapper));
    TRY(admin_mappers_without(&call->ctx, o.mappers, mapper, &mappers));
    return store(call, &o, &mappers, "mapperRemoved", mapper->name);
}
