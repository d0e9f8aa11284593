/* From the chain's events to Keycloak's. */
#include "core/admin/event_face.h"

#include "core/base/err.h"

#include "core/base/banned.h"

/* Nothing that is stored is longer than a line of an export. */
#define JSON_MAX_BYTES ((size_t)1 << 20)

static const struct {
    const char *path, *type;
} resources[] = {
#define E(path, type) {path, type},
#include "core/admin/event_resources.def"
#undef E
};

/* Where the object of a command, which has no path, would be found. */
static const struct collection {
    const char *kind, *path;
    const char *name; /* member of the data that stands in paths; NULL: the id */
} collections[] = {
    {"user", "users", NULL},
    {"client", "clients", NULL},
    {"role", "roles-by-id", NULL},
    {"group", "groups", NULL},
    {"session", "sessions", NULL},
    {"client-scope", "client-scopes", NULL},
    {"key", "keys", NULL},
    {"issuer", "issuers", NULL},
    {"authorization-resource", "authz/protection/resource_set", NULL},
    {"component", "components", NULL},
    {"identity-provider", "identity-provider/instances", "identityProvider"},
    {"organization", "organizations", NULL},
    {"flow", "authentication/flows", NULL},
    {"execution", "authentication/executions", NULL},
    {"authenticator-config", "authentication/config", NULL},
    {"required-action", "authentication/required-actions", NULL},
};

static bool is_operation(struct str type)
{
    return str_eq(type, STR("CREATE")) || str_eq(type, STR("UPDATE")) ||
           str_eq(type, STR("DELETE")) || str_eq(type, STR("ACTION"));
}

/* Keycloak tells of it in both lists. */
static bool is_told_twice(enum event_type type)
{
    return type == EVENT_UserImpersonated || type == EVENT_ActionsMailed;
}

/* What people do themselves and administrators may do to them. */
static bool is_done_by_both(enum event_type type)
{
    return type == EVENT_SessionRevoked || type == EVENT_ConsentRevoked ||
           type == EVENT_EmailProofMailed;
}

int event_type_sides(enum event_type type)
{
    if (is_operation(str_c(event_type_keycloak(type))))
        return EVENT_SIDE_ADMINS;
    return is_done_by_both(type) || is_told_twice(type) ? EVENT_SIDE_USERS | EVENT_SIDE_ADMINS
                                                        : EVENT_SIDE_USERS;
}

/* --- Resources --- */

static bool path_fits(struct str pattern, struct str path)
{
    struct str want, have;
    while (str_next(&pattern, '/', &want))
        if (!str_next(&path, '/', &have) || !(str_eq(want, STR("*")) || str_eq(want, have)))
            return false;
    return true;
}

static struct str resource_of(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        if (path_fits(str_c(resources[i].path), path))
            return str_c(resources[i].type);
    return STR("CUSTOM");
}

static struct str stream_kind(const struct event_record *e)
{
    ptrdiff_t colon = str_find(e->stream_id, ':');
    return colon < 0 ? STR("") : str_sub(e->stream_id, 0, (size_t)colon);
}

static struct str stream_id(const struct event_record *e)
{
    ptrdiff_t colon = str_find(e->stream_id, ':');
    return colon < 0 ? STR("") : str_from(e->stream_id, (size_t)colon + 1);
}

static const struct collection *collection_of(struct str kind)
{
    for (size_t i = 0; i < ARRAY_LEN(collections); i++)
        if (str_eq_c(kind, collections[i].kind))
            return &collections[i];
    return NULL;
}

/* Where the objects of a collection stand: groups also in the organization that the call names. */
static struct str place_of(struct str called, struct str collection)
{
    ptrdiff_t end =
        str_starts(called, STR("organizations/")) ? str_find_str(called, STR("/groups")) : -1;
    return end >= 0 && str_eq(collection, STR("groups"))
               ? str_sub(called, 0, (size_t)end + strlen("/groups"))
               : collection;
}

/* What was made is named by its id, as Keycloak does, though the call names only where. */
static bool names_collection(struct str path, struct str collection)
{
    return str_eq(path, collection) || str_ends(path, STR("/children"));
}

/* A call that is about many objects names none of them. */
static bool names_nothing(struct str path)
{
    return str_empty(path) || str_eq(path, STR("partialImport"));
}

static struct str name_in_path(const struct event_face *face, const struct collection *collection)
{
    struct str name = collection->name ? json_get_str(face->data, collection->name) : STR("");
    return str_empty(name) ? stream_id(&face->record) : name;
}

static int read_path(struct arena *a, struct str called, struct event_face *face)
{
    const struct collection *collection = collection_of(stream_kind(&face->record));
    struct str place = collection ? place_of(called, str_c(collection->path)) : STR("");
    bool made =
        collection && str_eq(face->operation, STR("CREATE")) && names_collection(called, place);
    if (!names_nothing(called) && !made)
        face->resource_path = called;
    else if (!collection)
        face->resource_path = STR("");
    else
        face->resource_path = ARENA_CONCAT(a, place, STR("/"), name_in_path(face, collection));
    return str_absent(face->resource_path) ? ERR_NO_MEMORY : 0;
}

static void read_resource(struct event_face *face)
{
    face->resource_type = resource_of(face->resource_path);
    /* The same path leads to roles of the realm and of clients. */
    if (str_starts(face->resource_path, STR("roles-by-id/")) &&
        !str_empty(json_get_str(face->data, "clientId")))
        face->resource_type = STR("CLIENT_ROLE");
}

/* --- The face --- */

static struct str operation_of(struct str type, struct str path)
{
    if (is_operation(type))
        return type;
    return str_starts(path, STR("sessions/")) ? STR("DELETE") : STR("ACTION");
}

static int side_of(enum event_type type, bool by_admin)
{
    if (is_done_by_both(type))
        return by_admin ? EVENT_SIDE_ADMINS : EVENT_SIDE_USERS;
    return event_type_sides(type);
}

int event_face_read(struct arena *a, const struct event_record *record, struct event_face *ret_face)
{
    struct event_face face = {.record = *record};
    const struct json_value *metadata;
    int type = event_type_find(record->type);
    if (type < 0)
        return ERR_NOT_FOUND;
    TRY(json_parse(a, record->metadata, JSON_MAX_BYTES, &metadata));
    TRY(json_parse(a, record->data, JSON_MAX_BYTES, &face.data));
    struct str path = json_get_str(metadata, "path");
    if (str_ends(path, STR("/")))
        path = str_sub(path, 0, path.len - 1);
    face.type = str_c(event_type_keycloak((enum event_type)type));
    face.realm = json_get_str(metadata, "realm");
    face.username = json_get_str(metadata, "username");
    face.justification = json_get_str(metadata, "justification");
    face.change_request = json_get_str(metadata, "changeRequest");
    face.requested_by = json_get_str(metadata, "requestedBy");
    face.user_id = is_told_twice((enum event_type)type) ? stream_id(record) : record->user_id;
    face.operation = operation_of(face.type, path);
    face.sides = side_of((enum event_type)type, !str_absent(path));
    TRY(read_path(a, path, &face));
    read_resource(&face);
    *ret_face = face;
    return 0;
}

/* --- Lists of names --- */

static bool type_is_repeated(int at)
{
    for (int i = 0; i < at; i++)
        if (str_eq_c(str_c(event_type_keycloak((enum event_type)i)),
                     event_type_keycloak((enum event_type)at)))
            return true;
    return false;
}

void event_types_write(struct json_writer *w, enum event_side side)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if ((event_type_sides((enum event_type)i) & (int)side) && !type_is_repeated(i))
            jw_str(w, str_c(event_type_keycloak((enum event_type)i)));
}

static bool resource_is_repeated(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq_c(str_c(resources[i].type), resources[at].type))
            return true;
    return false;
}

void event_resources_write(struct json_writer *w)
{
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        if (!resource_is_repeated(i))
            jw_str(w, str_c(resources[i].type));
}
