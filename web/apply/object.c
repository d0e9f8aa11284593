/* One object: what differs, and the body that changes it. Members that the document does not name are
 * left alone; attributes are added to those that are there. */
#include "web/apply/engine.h"

#include "core/admin/bootstrap.h"
#include "core/model/role.h"
#include "core/model/scope.h"
#include "core/model/user.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

/* clang-format off */
const struct apply_kind
kind_realm = {"realm", "realm", &realm_fields, "",
    "id users clients roles groups clientScopes defaultDefaultClientScopes defaultOptionalClientScopes "
    "defaultGroups scopeMappings clientScopeMappings", false},
kind_role = {"role", "name", &role_fields, "name",
    "id composite composites clientRole containerId", true},
kind_scope = {"clientScope", "name", &client_scope_fields, "name", "id protocolMappers", false},
kind_client = {"client", "clientId", &client_fields, "",
    "id secret protocolMappers defaultClientScopes optionalClientScopes access surrogateAuthRequired "
    "nodeReRegistrationTimeout", false},
kind_group = {"group", "name", &group_fields, "name",
    "id path parentId subGroups subGroupCount realmRoles clientRoles access", true},
kind_user = {"user", "username", &user_fields, "username createdTimestamp",
    "id credentials realmRoles clientRoles groups access totp disableableCredentialTypes "
    "serviceAccountClientId", true};
/* clang-format on */

#define BODY_MAX_BYTES ((size_t)4 << 20)

/* --- Comparing --- */

bool apply_list_has(const struct json_value *list, struct str text)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (json_kind(item) == JSON_STRING && str_eq(json_str(item), text))
            return true;
    return false;
}

static bool has_all(const struct json_value *list, const struct json_value *wanted)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(wanted); json_next(&it, NULL, &item);)
        if (json_kind(item) != JSON_STRING || !apply_list_has(list, json_str(item)))
            return false;
    return true;
}

bool apply_same_set(const struct json_value *a, const struct json_value *b)
{
    return has_all(a, b) && has_all(b, a);
}

static bool same_order(const struct json_value *a, const struct json_value *b)
{
    const struct json_value *x, *y;
    struct json_iter at = json_iter(a), bt = json_iter(b);
    if (json_count(a) != json_count(b) || !json_is_array(a))
        return false;
    while (json_next(&at, NULL, &x) && json_next(&bt, NULL, &y))
        if (json_kind(x) != JSON_STRING || !str_eq(json_str(x), json_str(y)))
            return false;
    return true;
}

/* What the document says of a map, said by the map that is there. An empty text is one that is not
 * there. */
static bool map_says(const struct json_value *now, const struct json_value *wanted, bool lists)
{
    const struct json_value *value;
    struct str name;
    if (!json_is_object(wanted))
        return false;
    for (struct json_iter it = json_iter(wanted); json_next(&it, &name, &value);) {
        const struct json_value *have = json_get_s(now, name);
        bool same =
            lists ? same_order(value, have) ||
                        (json_is_array(value) && json_count(value) == 0 && !have)
                  : json_kind(value) == JSON_STRING && str_eq(json_str(value), json_str(have));
        if (!same)
            return false;
    }
    return true;
}

static bool same_number(const struct field *f, const struct json_value *now,
                        const struct json_value *wanted)
{
    int64_t a = f->number, b;
    return json_i64(wanted, &b) == 0 && (!now || json_i64(now, &a) == 0) && a == b;
}

static bool same_switch(const struct field *f, const struct json_value *now,
                        const struct json_value *wanted)
{
    bool a = f->number != 0, b;
    return json_bool(wanted, &b) == 0 && (!now || json_bool(now, &a) == 0) && a == b;
}

/* A value of another kind than the field's is no equal: the handler will say what is wrong. */
static bool same_value(const struct field *f, const struct json_value *now,
                       const struct json_value *wanted)
{
    switch (f->kind) {
    case FIELD_STR:
        return json_kind(wanted) == JSON_STRING &&
               (str_eq_c(str_c(f->json), "email") ? str_ieq(json_str(now), json_str(wanted))
                                                  : str_eq(json_str(now), json_str(wanted)));
    case FIELD_BOOL: return same_switch(f, now, wanted);
    case FIELD_I64: return same_number(f, now, wanted);
    case FIELD_STRS: return json_is_array(wanted) && apply_same_set(now, wanted);
    case FIELD_MAP: return map_says(now, wanted, false);
    case FIELD_ATTRS: return map_says(now, wanted, true);
    }
    return false;
}

static bool is_compared(const struct apply_kind *kind, const struct field *f)
{
    return !str_has_word(str_c(kind->fixed), str_c(f->json));
}

bool apply_is_marked(const struct apply *e, const struct json_value *present)
{
    const struct json_value *mark = json_get(json_get(present, "attributes"), APPLY_MARK);
    return json_has_str(mark, e->owner);
}

/* --- Members of clients and scopes that are no fields --- */

static const struct json_value *mapper_named(const struct json_value *list, struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, "name"), name))
            return item;
    return NULL;
}

static bool same_mapper(const struct json_value *now, const struct json_value *wanted)
{
    for (size_t i = 0; i < mapper_fields.count; i++) {
        const struct field *f = &mapper_fields.fields[i];
        const struct json_value *value = json_get(wanted, f->json);
        if (!json_is_none(value) && !same_value(f, json_get(now, f->json), value))
            return false;
    }
    return true;
}

static bool same_mappers(const struct json_value *now, const struct json_value *wanted)
{
    const struct json_value *item;
    if (!json_is_array(wanted) || json_count(now) != json_count(wanted))
        return false;
    for (struct json_iter it = json_iter(wanted); json_next(&it, NULL, &item);) {
        const struct json_value *have = mapper_named(now, json_get_str(item, "name"));
        if (!have || !same_mapper(have, item))
            return false;
    }
    return true;
}

/* With the ids of those that are there, so that they are changed and not made anew. */
void apply_write_mappers(struct json_writer *w, const struct json_value *now,
                         const struct json_value *wanted)
{
    const struct json_value *item, *value;
    struct str name;
    jw_member_array(w, "protocolMappers");
    for (struct json_iter it = json_iter(wanted); json_next(&it, NULL, &item);) {
        const struct json_value *have = mapper_named(now, json_get_str(item, "name"));
        jw_begin_object(w);
        if (have)
            jw_member_str(w, "id", json_get_str(have, "id"));
        for (struct json_iter in = json_iter(item); json_next(&in, &name, &value);)
            if (!str_eq(name, STR("id"))) {
                jw_key_s(w, name);
                jw_value(w, value);
            }
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* The server links this scope with a service account by itself. */
static bool adds_service_scope(const struct json_value *now, const struct json_value *wanted,
                               const char *member)
{
    static const char scope[] = SCOPE_SERVICE_ACCOUNT;
    bool here = strcmp(member, "defaultClientScopes") == 0;
    return here && apply_list_has(json_get(now, member), str_c(scope)) &&
           !apply_list_has(json_get(wanted, "defaultClientScopes"), str_c(scope)) &&
           !apply_list_has(json_get(wanted, "optionalClientScopes"), str_c(scope));
}

static bool same_scopes(const struct json_value *now, const struct json_value *wanted,
                        const char *member)
{
    const struct json_value *have = json_get(now, member), *list = json_get(wanted, member);
    if (!adds_service_scope(now, wanted, member))
        return apply_same_set(have, list);
    return has_all(have, list) && json_count(have) == json_count(list) + 1;
}

static void write_scopes(struct json_writer *w, const struct json_value *now,
                         const struct json_value *wanted, const char *member)
{
    const struct json_value *item;
    jw_member_array(w, member);
    for (struct json_iter it = json_iter(json_get(wanted, member)); json_next(&it, NULL, &item);)
        jw_value(w, item);
    if (adds_service_scope(now, wanted, member))
        jw_str(w, STR(SCOPE_SERVICE_ACCOUNT));
    jw_end_array(w);
}

/* A secret that is not shown cannot be compared; masked in a file without secrets it is the one that is there. */
static bool same_secret(const struct json_value *now, const struct json_value *wanted)
{
    struct str have = json_get_str(now, "secret");
    struct str want = json_get_str(wanted, "secret");
    return str_absent(have) || str_eq(have, STR(SECRET_MASK)) || str_eq(want, STR(SECRET_MASK)) ||
           str_eq(have, want);
}

static bool names(const struct json_value *wanted, const char *member)
{
    return !json_is_none(json_get(wanted, member));
}

static const char *const scope_lists[] = {"defaultClientScopes", "optionalClientScopes"};

/* --- The rows --- */

/* Counts what differs; with tell, writes it. */
static size_t compare_fields(struct apply *e, const struct apply_object *o, bool tell)
{
    size_t count = 0;
    for (size_t i = 0; i < o->kind->fields->count; i++) {
        const struct field *f = &o->kind->fields->fields[i];
        const struct json_value *wanted = json_get(o->wanted, f->json);
        const struct json_value *now = json_get(o->present, f->json);
        if (json_is_none(wanted) || !is_compared(o->kind, f) ||
            (o->present && same_value(f, now, wanted)))
            continue;
        count++;
        if (tell)
            row_member(e, f->json, now, wanted);
    }
    return count;
}

static size_t compare_parts(struct apply *e, const struct apply_object *o, bool tell)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(scope_lists); i++)
        if (o->kind == &kind_client && names(o->wanted, scope_lists[i]) &&
            !(o->present && same_scopes(o->present, o->wanted, scope_lists[i])) && ++count && tell)
            row_member(e, scope_lists[i], json_get(o->present, scope_lists[i]),
                       json_get(o->wanted, scope_lists[i]));
    const struct json_value *mappers = json_get(o->wanted, "protocolMappers");
    const struct json_value *have = json_get(o->present, "protocolMappers");
    if ((o->kind == &kind_client || o->kind == &kind_scope) && !json_is_none(mappers) &&
        !(o->present && same_mappers(have, mappers)) && ++count && tell)
        row_member(e, "protocolMappers", have, mappers);
    if (o->kind == &kind_client && names(o->wanted, "secret") &&
        !(o->present && same_secret(o->present, o->wanted)) && ++count && tell)
        row_secret(e, "secret");
    if (o->kind == &kind_user && !o->present && names(o->wanted, "credentials") && ++count && tell)
        row_secret(e, "credentials");
    return count;
}

static size_t compare(struct apply *e, const struct apply_object *o, bool tell)
{
    return compare_fields(e, o, tell) + compare_parts(e, o, tell);
}

static void tell(struct apply *e, const struct apply_object *o, enum apply_action action)
{
    row_begin(e, action, o->kind->name, o->name);
    (void)compare(e, o, true);
    row_end(e);
}

/* A name that is misspelt would otherwise never be missed. */
static void tell_ignored(struct apply *e, const struct apply_object *o)
{
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(o->wanted); json_next(&it, &name, &value);)
        if (!str_eq_c(name, o->kind->identity) && !fields_find(o->kind->fields, name) &&
            !str_has_word(str_c(o->kind->other), name))
            row_ignored(e, o->kind->name, o->name, name);
}

/* --- The body --- */

static void write_attributes(struct apply *e, const struct apply_object *o, struct json_writer *w)
{
    const struct json_value *given = json_get(o->wanted, "attributes"), *value;
    const struct json_value *have = json_get(o->present, "attributes");
    struct str name;
    jw_member_object(w, "attributes");
    for (struct json_iter it = json_iter(have); json_next(&it, &name, &value);)
        if (!json_get_s(given, name) && !str_eq(name, STR(APPLY_MARK))) {
            jw_key_s(w, name);
            jw_value(w, value);
        }
    for (struct json_iter it = json_iter(given); json_next(&it, &name, &value);)
        if (!str_eq(name, STR(APPLY_MARK))) {
            jw_key_s(w, name);
            jw_value(w, value);
        }
    jw_key(w, APPLY_MARK);
    if (o->kind->values_are_lists)
        jw_begin_array(w);
    jw_str(w, e->owner);
    if (o->kind->values_are_lists)
        jw_end_array(w);
    jw_end_object(w);
}

static void write_fields(const struct apply_object *o, struct json_writer *w)
{
    for (size_t i = 0; i < o->kind->fields->count; i++) {
        const struct field *f = &o->kind->fields->fields[i];
        const struct json_value *value = json_get(o->wanted, f->json);
        bool is_identity = strcmp(f->json, o->kind->identity) == 0;
        if (!json_is_none(value) && !is_identity && strcmp(f->json, "attributes") != 0)
            jw_member_value(w, f->json, value);
    }
}

static void write_parts(const struct apply_object *o, struct json_writer *w)
{
    for (size_t i = 0; i < ARRAY_LEN(scope_lists); i++)
        if (o->kind == &kind_client && names(o->wanted, scope_lists[i]))
            write_scopes(w, o->present, o->wanted, scope_lists[i]);
    if ((o->kind == &kind_client || o->kind == &kind_scope) && names(o->wanted, "protocolMappers"))
        apply_write_mappers(w, json_get(o->present, "protocolMappers"),
                            json_get(o->wanted, "protocolMappers"));
    if (o->kind == &kind_client && names(o->wanted, "secret"))
        jw_member_value(w, "secret", json_get(o->wanted, "secret"));
    if (o->kind == &kind_user && !o->present && names(o->wanted, "credentials"))
        jw_member_value(w, "credentials", json_get(o->wanted, "credentials"));
}

static int body_of(struct apply *e, const struct apply_object *o, struct str *ret_body)
{
    struct buf b;
    struct json_writer w;
    const struct json_value *attributes = json_get(o->wanted, "attributes");
    if (!json_is_none(attributes) && !json_is_object(attributes))
        return err_field(&e->req->err, ERR_INVALID_REQUEST, "attributes",
                         "attributes must be an object");
    buf_init(&b, &e->step, BODY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, o->kind->identity, json_get_str(o->wanted, o->kind->identity));
    if (!o->present && o->kind == &kind_user && !names(o->wanted, "enabled"))
        jw_member_bool(&w, "enabled", true);
    write_fields(o, &w);
    write_attributes(e, o, &w);
    write_parts(o, &w);
    jw_end_object(&w);
    return jw_finish(&w, ret_body);
}

/* --- All together --- */

int apply_say_whose(struct apply *e, const char *kind, struct str name, int rc)
{
    struct err_ctx err = e->req->err;
    if (rc == 0)
        return 0;
    return err_set(&e->req->err, rc, "%s %.*s: %s", kind, (int)(name.len < 64 ? name.len : 64),
                   name.ptr, err.detail[0] ? err.detail : err_text(rc));
}

static int send(struct apply *e, const struct apply_object *o, const struct inner *where,
                struct str *ret_id)
{
    struct inner call = *where;
    if (e->is_imagined)
        return 0;
    TRY(body_of(e, o, &call.body));
    return apply_call(e, &call, NULL, ret_id);
}

static int make(struct apply *e, const struct apply_object *o, struct str *ret_id)
{
    struct str id = {NULL, 0};
    tell(e, o, APPLY_CREATE);
    TRY(apply_say_whose(e, o->kind->name, o->name, send(e, o, &o->make, &id)));
    *ret_id = id;
    return 0;
}

static int change(struct apply *e, const struct apply_object *o)
{
    struct str id;
    if (o->is_new)
        tell(e, o, APPLY_CREATE);
    else
        tell(e, o, apply_is_marked(e, o->present) ? APPLY_UPDATE : APPLY_ADOPT);
    return apply_say_whose(e, o->kind->name, o->name, send(e, o, &o->change, &id));
}

int apply_object(struct apply *e, const struct apply_object *o, struct str *ret_id, bool *ret_ours)
{
    tell_ignored(e, o);
    *ret_ours = true;
    if (!o->present)
        return make(e, o, ret_id);
    *ret_id = json_get_str(o->present, "id");
    size_t differs = compare(e, o, false);
    bool marked = apply_is_marked(e, o->present);
    *ret_ours = marked || o->is_new || e->options->adopt;
    if (differs == 0 && !o->is_new && (marked || !*ret_ours)) {
        e->count.same++;
        return 0;
    }
    if (*ret_ours)
        return change(e, o);
    tell(e, o, APPLY_FOREIGN);
    return 0;
}
