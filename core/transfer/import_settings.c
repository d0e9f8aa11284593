/* The settings of an imported realm. What cannot be kept as it is becomes the default, and is told. */
#include "core/transfer/import_parts.h"

#include "core/admin/bootstrap.h"
#include "core/admin/logo.h"
#include "core/admin/realms.h"
#include "core/auth/password_policy.h"

#include "core/base/banned.h"

#define ROUNDS_MAX 32

/* Members that have a place of their own in an import, or none anywhere. */
static const char *const handled[] = {
    "id",
    "realm",
    "keycloakVersion",
    "defaultRole",
    "defaultRoles",
    "defaultGroups",
    "scopeMappings",
    "clientScopeMappings",
    "applicationScopeMappings",
    "defaultDefaultClientScopes",
    "defaultOptionalClientScopes",
    "components",
    "identityProviders",
    "identityProviderMappers",
    "authenticationFlows",
    "authenticatorConfig",
    "requiredActions",
    "localizationTexts",
    "organizations",
    "clientProfiles",
    "clientPolicies",
    "smtpServer",
    "privateKey",
    "publicKey",
    "certificate",
    "codeSecret",
};

static bool is_handled(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(handled); i++)
        if (str_eq_c(name, handled[i]))
            return true;
    return fields_find(&realm_fields, name) != NULL;
}

static bool is_off(const struct json_value *value)
{
    bool on;
    return json_bool(value, &on) == 0 && !on;
}

/* What is off is not missed. */
static bool is_nothing(const struct json_value *value)
{
    return json_is_none(value) || is_off(value) ||
           (json_kind(value) == JSON_STRING && str_empty(json_str(value))) ||
           ((json_is_array(value) || json_is_object(value)) && json_count(value) == 0);
}

static void tell_unknown(struct import *im)
{
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(im->main->top); json_next(&it, &name, &value);)
        if (!is_handled(name) && !is_nothing(value))
            import_left(im, AT_NAME(NULL, name), "this server has no such setting");
}

/* --- Attributes --- */

/* RE-04: the marks of set-up come from nowhere else. A logo is no attribute here (import_records.c). */
static void drop_setup(struct import *im)
{
    struct str_map *map = &im->realm.attributes;
    size_t kept = 0;
    for (size_t i = 0; i < map->count; i++) {
        if (str_starts(map->items[i].name, STR(REALM_ATTR_SETUP_PREFIX)))
            import_left(im, AT_NAME(AT_MEMBER(NULL, "attributes"), map->items[i].name),
                        "marks of set-up are this server's own");
        else if (str_eq_c(map->items[i].name, LOGO_EXPORT_ATTR))
            im->logo = map->items[i].value;
        else
            map->items[kept++] = map->items[i];
    }
    map->count = kept;
}

static bool drop_attribute(struct str_map *map, struct str name)
{
    for (size_t i = 0; i < map->count; i++) {
        if (!str_eq(map->items[i].name, name))
            continue;
        for (size_t k = i + 1; k < map->count; k++)
            map->items[k - 1] = map->items[k];
        map->count--;
        return true;
    }
    return false;
}

/* --- The password policy --- */

/* Rules that this server does not know leave it, the others stay. */
static int mend_policy(struct import *im)
{
    struct str rest = im->realm.password_policy;
    struct buf kept;
    struct password_policy policy;
    const struct import_at *at = AT_MEMBER(NULL, "passwordPolicy");
    buf_init(&kept, im->lasting, rest.len + 1);
    while (!str_empty(rest)) {
        ptrdiff_t end = str_find_str(rest, STR(" and "));
        struct str entry = end < 0 ? rest : str_sub(rest, 0, (size_t)end);
        rest = end < 0 ? str_of(NULL, 0) : str_from(rest, (size_t)end + 5);
        if (password_policy_parse(entry, &policy, im->ctx.err) != 0) {
            import_note_check(im, IMPORT_LEFT, at);
            continue;
        }
        if (kept.len > 0)
            buf_add(&kept, STR(" and "));
        buf_add(&kept, entry);
    }
    return buf_finish(&kept, &im->realm.password_policy);
}

/* --- What does not fit --- */

static void set_default(struct realm *realm, const struct realm *usual, const struct field *field)
{
    char *to = (char *)realm + field->offset;
    const char *from = (const char *)usual + field->offset;
    switch (field->kind) {
    case FIELD_STR: memcpy(to, from, sizeof(struct str)); break;
    case FIELD_BOOL: memcpy(to, from, sizeof(bool)); break;
    case FIELD_I64: memcpy(to, from, sizeof(int64_t)); break;
    case FIELD_STRS: memcpy(to, from, sizeof(struct strs)); break;
    case FIELD_MAP: memcpy(to, from, sizeof(struct str_map)); break;
    case FIELD_ATTRS: memcpy(to, from, sizeof(struct attrs)); break;
    }
}

/* The check names the member that it refuses. */
static int mend(struct import *im, const struct realm *usual)
{
    char name[sizeof(im->ctx.err->field)];
    memcpy(name, im->ctx.err->field, sizeof(name));
    const struct field *field = fields_find(&realm_fields, str_c(name));
    bool is_policy = str_eq_c(STR("passwordPolicy"), name);
    bool dropped = !field && drop_attribute(&im->realm.attributes, str_c(name));
    if (!field && !dropped)
        return ERR_INVALID_REQUEST;
    import_note_check(im, IMPORT_ADAPTED, AT_MEMBER(NULL, name));
    if (is_policy)
        return mend_policy(im);
    if (field)
        set_default(&im->realm, usual, field);
    return 0;
}

static int settle(struct import *im, const struct realm *usual)
{
    for (int i = 0; i < ROUNDS_MAX; i++) {
        int rc = admin_realm_check(&im->realm, im->ctx.err);
        if (rc != ERR_INVALID_REQUEST || mend(im, usual) != 0)
            return import_explain(im, NULL, rc);
    }
    return import_fail(im, NULL, "too many settings do not fit");
}

/* --- The default role, whose id the realm holds --- */

static int note_role_id(struct import *im, const struct json_value *value, struct str client_id,
                        const struct import_at *at)
{
    struct str id;
    (void)client_id;
    if (!str_eq(json_get_str(value, "name"), im->default_role.name))
        return 0;
    TRY(import_id(im, value, at, &id));
    im->default_role.id = str_absent(id) ? id : arena_str(im->lasting, id);
    return 0;
}

static int find_default_role(struct import *im)
{
    const struct import_at *at = AT_MEMBER(NULL, "defaultRole");
    const struct json_value *role;
    TRY(import_object(im, im->main->top, "defaultRole", NULL, &role));
    TRY(import_str(im, role, "name", at, &im->default_role.name));
    TRY(import_id(im, role, at, &im->default_role.id));
    if (str_empty(im->default_role.name)) {
        struct str lower = arena_lower(im->lasting, im->file_realm);
        im->default_role.name = ARENA_CONCAT(im->lasting, STR("default-roles-"), lower);
    }
    if (str_absent(im->default_role.name))
        return ERR_NO_MEMORY;
    TRY(import_each_role(im, false, note_role_id));
    if (!str_empty(im->default_role.id))
        im->realm.default_role_id = im->default_role.id;
    return 0;
}

int import_settings(struct import *im)
{
    struct realm usual;
    struct str id;
    const struct str name = im->realm.name;
    TRY(bootstrap_settings(im->lasting, name, &usual));
    im->realm = usual;
    im->realm.enabled = false; /* as Keycloak's, unless the file says otherwise */
    if (!str_empty(json_get_str(im->main->top, "keycloakVersion"))) {
        /* An export leaves out what is empty. */
        im->realm.supported_locales = (struct strs){0};
        im->realm.default_locale = STR("");
    }
    TRY(import_explain(
        im, NULL,
        fields_merge(&realm_fields, &im->realm, im->lasting, im->main->top, im->ctx.err)));
    TRY(import_id(im, im->main->top, NULL, &id));
    if (!str_absent(id) && str_eq(name, im->file_realm))
        im->realm.id = id;
    tell_unknown(im);
    drop_setup(im);
    TRY(settle(im, &usual));
    return find_default_role(im);
}
