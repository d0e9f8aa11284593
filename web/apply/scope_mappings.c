/* Which roles tokens may carry: scopeMappings (roles of the realm, by who has the mapping) and
 * clientScopeMappings (roles of a client, likewise). Both of one client or scope are one list here. */
#include "web/apply/engine.h"

#include "core/base/banned.h"

#define REALM    "/admin/realms/{realm}"
#define TEXT_MAX ((size_t)256 << 10)

/* Who has the mapping: an entry names one of the two. */
static const struct holder_kind {
    const char *member; /* of an entry */
    const struct apply_kind *kind;
    const char *one, *mappings; /* patterns */
    int (*find)(struct apply *e, struct str name, struct str *ret_id);
} holder_kinds[] = {
    {"client", &kind_client, REALM "/clients/{client}", REALM "/clients/{client}/scope-mappings",
     apply_find_client},
    {"clientScope", &kind_scope, REALM "/client-scopes/{scope}",
     REALM "/client-scopes/{scope}/scope-mappings", apply_find_scope},
};

static const struct holder_kind *holder_of(const struct json_value *entry, struct str *ret_name)
{
    for (size_t i = 0; i < ARRAY_LEN(holder_kinds); i++) {
        *ret_name = json_get_str(entry, holder_kinds[i].member);
        if (!str_empty(*ret_name))
            return &holder_kinds[i];
    }
    return NULL;
}

static const struct json_value *entry_of(const struct json_value *list,
                                         const struct holder_kind *kind, struct str name)
{
    const struct json_value *entry;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &entry);)
        if (str_eq(json_get_str(entry, kind->member), name))
            return entry;
    return NULL;
}

/* {client: [role]} of one holder; NULL when it stands nowhere. */
static int client_roles_of(struct apply *e, const struct holder_kind *kind, struct str name,
                           const struct json_value **ret_roles)
{
    const struct json_value *list, *entry;
    struct str client, text;
    struct buf b;
    struct json_writer w;
    bool any = false;
    buf_init(&b, &e->step, TEXT_MAX);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (struct json_iter it = json_iter(json_get(e->wanted, "clientScopeMappings"));
         json_next(&it, &client, &list);) {
        entry = entry_of(list, kind, name);
        if (!entry)
            continue;
        any = true;
        jw_key_s(&w, client);
        jw_value(&w, json_get(entry, "roles"));
    }
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    *ret_roles = NULL;
    return any ? json_parse(&e->step, text, TEXT_MAX, ret_roles) : 0;
}

static int apply_holder(struct apply *e, const struct holder_kind *kind, struct str name)
{
    struct apply_roles r = {
        .kind = kind->kind->name, .name = name, .base = kind->mappings, .member = "scopeMappings"};
    struct inner get = {.method = HTTP_GET, .pattern = kind->one};
    const struct json_value *holder;
    if (e->is_imagined)
        return 0;
    r.of_realm = json_get(entry_of(json_get(e->wanted, "scopeMappings"), kind, name), "roles");
    TRY(client_roles_of(e, kind, name, &r.of_clients));
    TRY(kind->find(e, name, &r.owner_id));
    get.params[0] = r.owner_id;
    TRY(apply_look(e, &get, &holder));
    r.ours = e->options->adopt || apply_is_marked(e, holder);
    return apply_role_mappings(e, &r);
}

static int refuse(struct apply *e, const char *member)
{
    return err_field(&e->req->err, ERR_INVALID_REQUEST, member,
                     "%s must hold lists of objects with client or clientScope, and roles", member);
}

static int apply_realm_entries(struct apply *e)
{
    const struct json_value *list = json_get(e->wanted, "scopeMappings"), *entry;
    struct str name;
    if (!json_is_none(list) && !json_is_array(list))
        return refuse(e, "scopeMappings");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &entry); apply_next(e)) {
        const struct holder_kind *kind = holder_of(entry, &name);
        if (!kind)
            return refuse(e, "scopeMappings");
        TRY(apply_holder(e, kind, name));
    }
    return 0;
}

/* Each holder once: done already when it stands among the realm's, or at a client before. */
static bool is_done(const struct apply *e, const struct json_value *until,
                    const struct holder_kind *kind, struct str name)
{
    const struct json_value *list;
    if (entry_of(json_get(e->wanted, "scopeMappings"), kind, name))
        return true;
    for (struct json_iter it = json_iter(json_get(e->wanted, "clientScopeMappings"));
         json_next(&it, NULL, &list) && list != until;)
        if (entry_of(list, kind, name))
            return true;
    return false;
}

static int apply_client_entries(struct apply *e, const struct json_value *list)
{
    const struct json_value *entry;
    struct str name;
    if (!json_is_array(list))
        return refuse(e, "clientScopeMappings");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &entry); apply_next(e)) {
        const struct holder_kind *kind = holder_of(entry, &name);
        if (!kind)
            return refuse(e, "clientScopeMappings");
        if (!is_done(e, list, kind, name))
            TRY(apply_holder(e, kind, name));
    }
    return 0;
}

int apply_scope_mappings(struct apply *e)
{
    const struct json_value *of_clients = json_get(e->wanted, "clientScopeMappings"), *list;
    TRY(apply_realm_entries(e));
    if (!json_is_none(of_clients) && !json_is_object(of_clients))
        return refuse(e, "clientScopeMappings");
    for (struct json_iter it = json_iter(of_clients); json_next(&it, NULL, &list);)
        TRY(apply_client_entries(e, list));
    return 0;
}
