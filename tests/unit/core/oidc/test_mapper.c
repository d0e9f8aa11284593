/* Protocol mappers: each kind, with Keycloak's configuration keys, and the claims that no mapper may
 * make (OI-07). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/oidc/mapper.h"

static struct subject subject;
static struct strs audience;

static void prepare(const char *scope)
{
    struct store_read *r;
    OK(store_read_begin(t.view, &r));
    subject = (struct subject){.user = user_now(t.ana.pk),
                               .has_session = true,
                               .auth_time_ms = 1700000000123,
                               .acr = STR("1"),
                               .grant = GRANT_CODE};
    OK(realm_view_client(t.view, STR("web"), &subject.client));
    OK(subject_load(&t.ctx, r, str_c(scope), &subject));
    store_read_end(r);
}

/* The claims that one mapper alone makes for a target. config is "key=value;key=value". */
static const struct json_value *made_for(const char *type, const char *config,
                                         enum mapper_target target)
{
    struct protocol_mapper mapper = {.type = str_c(type), .protocol = STR("openid-connect")};
    struct client alone = *subject.client;
    struct subject s = subject;
    struct str rest = str_c(config), pair, json;
    struct claims claims;
    struct store_read *r;
    while (str_next(&rest, ';', &pair)) {
        ptrdiff_t at = str_find(pair, '=');
        OK(str_map_set(&mapper.config, &test_arena, str_sub(pair, 0, (size_t)at),
                       str_from(pair, (size_t)at + 1)));
    }
    alone.mappers = (struct protocol_mappers){&mapper, 1};
    s.client = &alone;
    s.scopes.count = 0;
    audience = (struct strs){0};
    claims_init(&claims, &test_arena);
    OK(store_read_begin(t.view, &r));
    OK(mappers_apply(&t.ctx, r, &s, target, &claims, &audience));
    store_read_end(r);
    OK(claims_write(&claims, &json));
    return json_of(json);
}

#define ACCESS ";access.token.claim=true"

static const struct json_value *made(const char *type, const char *config)
{
    return made_for(type, arena_printf(&test_arena, "%s" ACCESS, config).ptr, MAPPER_ACCESS);
}

static void set_attribute(const char *name, const char *first, const char *second)
{
    struct user ana = user_now(t.ana.pk);
    struct str values[] = {str_c(first), str_c(second)};
    OK(attrs_set(&ana.attributes, &test_arena, str_c(name), (struct strs){values, second ? 2 : 1}));
    set_user(&ana);
    prepare("openid");
}

#define ATTRIBUTE "oidc-usermodel-attribute-mapper"

static void attributes_take_their_type_and_place(void **state)
{
    const struct json_value *json;
    (void)state;
    set_attribute("dept", "health", "justice");
    SAME(json_get_str(made(ATTRIBUTE, "user.attribute=dept;claim.name=department"), "department"),
         "health");
    json = made(ATTRIBUTE, "user.attribute=dept;claim.name=department;multivalued=true");
    assert_int_equal(json_count(json_get(json, "department")), 2);
    json = made(ATTRIBUTE, "user.attribute=dept;claim.name=gov.dept.name");
    SAME(json_get_str(json_get(json_get(json, "gov"), "dept"), "name"), "health");
    json = made(ATTRIBUTE, "user.attribute=dept;claim.name=gov\\.dept");
    SAME(json_get_str(json, "gov.dept"), "health");
    set_attribute("level", "42", NULL);
    assert_int_equal(
        json_i64_or(made(ATTRIBUTE, "user.attribute=level;claim.name=l;jsonType.label=int"), "l",
                    0),
        42);
    assert_int_equal(
        json_i64_or(made(ATTRIBUTE, "user.attribute=level;claim.name=l;jsonType.label=long"), "l",
                    0),
        42);
    set_attribute("flag", "True", NULL);
    assert_true(json_bool_or(
        made(ATTRIBUTE, "user.attribute=flag;claim.name=f;jsonType.label=boolean"), "f", false));
    set_attribute("blob", "{\"a\":[1,2]}", NULL);
    json = made(ATTRIBUTE, "user.attribute=blob;claim.name=b;jsonType.label=JSON");
    assert_int_equal(json_count(json_get(json_get(json, "b"), "a")), 2);
    /* what is not of the type is left out, as is what is missing or has no place */
    set_attribute("blob", "not json", NULL);
    assert_int_equal(
        json_count(made(ATTRIBUTE, "user.attribute=blob;claim.name=b;jsonType.label=JSON")), 0);
    assert_int_equal(
        json_count(made(ATTRIBUTE, "user.attribute=blob;claim.name=b;jsonType.label=long")), 0);
    assert_int_equal(json_count(made(ATTRIBUTE, "user.attribute=none;claim.name=b")), 0);
    assert_int_equal(json_count(made(ATTRIBUTE, "user.attribute=blob;claim.name=")), 0);
    assert_int_equal(json_count(made(ATTRIBUTE, "user.attribute=blob;claim.name=a..b")), 0);
    assert_int_equal(json_count(made(ATTRIBUTE, "user.attribute=blob;claim.name=a.")), 0);
}

static void reserved_claims_are_nobodys_OI_07(void **state)
{
    static const char *const reserved[] = {
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "typ",
        "azp",
        "sid",
        "acr",
        "amr",
        "auth_time",
        "nonce",
        "scope",
        "at_hash",
        "c_hash",
        "cnf",
        "act",
        "active",
        "client_id",
        "realm_access",
        "resource_access",
        "realm_access.roles",
        "resource_access.web.roles",
        "allowed-origins",
        "events",
        "may_act",
        "email_verified",
        "sub.x",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        set_attribute(reserved[i], "forged", NULL);
        const char *config =
            arena_printf(&test_arena, "user.attribute=%s;claim.name=%s;multivalued=%s", reserved[i],
                         reserved[i], i % 2 ? "true" : "false")
                .ptr;
        if (json_count(made(ATTRIBUTE, config)) != 0)
            fail_msg("forged: %s", reserved[i]);
        config = arena_printf(&test_arena, "claim.name=%s;claim.value=forged", reserved[i]).ptr;
        if (strcmp(reserved[i], "email_verified") != 0 &&
            json_count(made("oidc-hardcoded-claim-mapper", config)) != 0)
            fail_msg("forged: %s", reserved[i]);
    }
    /* an attribute that is called like a property does not pass for it */
    set_attribute("email", "minister@gob.pe", NULL);
    SAME(json_get_str(made(ATTRIBUTE, "user.attribute=email;claim.name=email"), "email"),
         "ana@example.pe");
    set_attribute("username", "root", NULL);
    SAME(json_get_str(made(ATTRIBUTE, "user.attribute=username;claim.name=preferred_username"),
                      "preferred_username"),
         "ana");
}

static void properties_names_and_address(void **state)
{
    const struct json_value *json;
    const char *property = "oidc-usermodel-property-mapper";
    (void)state;
    prepare("openid");
    SAME(json_get_str(made(property, "user.attribute=firstName;claim.name=given_name"),
                      "given_name"),
         "Ana");
    json = made(property,
                "user.attribute=emailVerified;claim.name=email_verified;jsonType.label=boolean");
    assert_int_equal(json_kind(json_get(json, "email_verified")), JSON_BOOL);
    assert_int_equal(json_count(made(property, "user.attribute=nothing;claim.name=x")), 0);
    SAME(json_get_str(made("oidc-full-name-mapper", ""), "name"), "Ana Quispe");
    set_attribute("locality", "Lima", NULL);
    json = made("oidc-address-mapper", "user.attribute.locality=locality");
    SAME(json_get_str(json_get(json, "address"), "locality"), "Lima");
}

static void each_target_has_its_switch(void **state)
{
    const char *type = "oidc-full-name-mapper";
    (void)state;
    prepare("openid");
    assert_int_equal(json_count(made_for(type, "", MAPPER_ACCESS)), 0);
    assert_int_equal(json_count(made_for(type, "id.token.claim=true", MAPPER_ID)), 1);
    assert_int_equal(json_count(made_for(type, "id.token.claim=true", MAPPER_ACCESS)), 0);
    assert_int_equal(json_count(made_for(type, "id.token.claim=true", MAPPER_USERINFO)), 1);
    assert_int_equal(json_count(made_for(type, "id.token.claim=true;userinfo.token.claim=false",
                                         MAPPER_USERINFO)),
                     0);
    assert_int_equal(json_count(made_for(type, "access.token.claim=true", MAPPER_INTROSPECTION)),
                     1);
    assert_int_equal(
        json_count(made_for("no-such-mapper", "access.token.claim=true", MAPPER_ACCESS)), 0);
}

static int64_t add_role(const char *name, int64_t client_pk)
{
    struct role role = {.id = uuid_new(&test_arena), .name = str_c(name), .client_pk = client_pk};
    struct store_write *w = begin_write();
    OK(role_insert(w, &role));
    OK(user_role_add(w, t.ana.pk, role.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    return role.pk;
}

static void roles_of_realm_and_clients(void **state)
{
    const struct json_value *json;
    struct client api = client_now("api");
    (void)state;
    add_role("auditor", 0);
    add_role("reader", api.pk);
    prepare("openid");
    json =
        made("oidc-usermodel-realm-role-mapper", "multivalued=true;claim.name=realm_access.roles");
    assert_true(json_has_str(json_get(json_get(json, "realm_access"), "roles"), STR("auditor")));
    assert_false(json_has_str(json_get(json_get(json, "realm_access"), "roles"), STR("reader")));
    json = made("oidc-usermodel-realm-role-mapper",
                "multivalued=true;claim.name=roles;usermodel.realmRoleMapping.rolePrefix=R_");
    assert_true(json_has_str(json_get(json, "roles"), STR("R_auditor")));
    json = made("oidc-usermodel-client-role-mapper",
                "multivalued=true;claim.name=resource_access.${client_id}.roles");
    assert_true(json_has_str(json_get(json_get(json_get(json, "resource_access"), "api"), "roles"),
                             STR("reader")));
    json = made("oidc-usermodel-client-role-mapper",
                "multivalued=true;claim.name=permissions;usermodel.clientRoleMapping.clientId=api;"
                "usermodel.clientRoleMapping.rolePrefix=api:");
    assert_int_equal(json_count(json_get(json, "permissions")), 1);
    assert_true(json_has_str(json_get(json, "permissions"), STR("api:reader")));
    (void)made("oidc-audience-resolve-mapper", "");
    assert_true(strs_has(&audience, STR("api")));
    assert_false(strs_has(&audience, STR("web")));
}

static void scope_mappings_limit_roles(void **state)
{
    const struct json_value *json;
    struct client web;
    int64_t auditor = add_role("auditor", 0);
    (void)state;
    add_role("minister", 0);
    web = client_now("web");
    web.full_scope_allowed = false;
    web.scope_role_pks = &auditor;
    web.scope_role_count = 1;
    set_client(&web);
    prepare("openid");
    json = made("oidc-usermodel-realm-role-mapper", "multivalued=true");
    json = json_get(json_get(json, "realm_access"), "roles");
    assert_int_equal(json_count(json), 1);
    assert_true(json_has_str(json, STR("auditor")));
}

static void hardcoded_and_renamed_roles(void **state)
{
    const struct json_value *json;
    (void)state;
    add_role("auditor", 0);
    prepare("openid");
    subject.client = NULL;
    OK(realm_view_client(t.view, STR("web"), &subject.client));
    struct protocol_mapper mappers[] = {
        {.type = STR("oidc-usermodel-realm-role-mapper")},
        {.type = STR("oidc-usermodel-client-role-mapper")},
        {.type = STR("oidc-hardcoded-role-mapper")},
        {.type = STR("oidc-role-name-mapper")},
    };
    struct client alone = *subject.client;
    struct subject s = subject;
    struct claims claims;
    struct str text;
    struct store_read *r;
    for (int i = 0; i < 2; i++)
        OK(str_map_set(&mappers[i].config, &test_arena, STR("access.token.claim"), STR("true")));
    OK(str_map_set(&mappers[2].config, &test_arena, STR("role"), STR("api.writer")));
    OK(str_map_set(&mappers[3].config, &test_arena, STR("role"), STR("auditor")));
    OK(str_map_set(&mappers[3].config, &test_arena, STR("new.role.name"), STR("inspector")));
    alone.mappers = (struct protocol_mappers){mappers, ARRAY_LEN(mappers)};
    s.client = &alone;
    s.scopes.count = 0;
    claims_init(&claims, &test_arena);
    OK(store_read_begin(t.view, &r));
    OK(mappers_apply(&t.ctx, r, &s, MAPPER_ACCESS, &claims, &audience));
    store_read_end(r);
    OK(claims_write(&claims, &text));
    json = json_of(text);
    assert_true(json_has_str(json_get(json_get(json_get(json, "resource_access"), "api"), "roles"),
                             STR("writer")));
    json = json_get(json_get(json, "realm_access"), "roles");
    assert_true(json_has_str(json, STR("inspector")));
    assert_false(json_has_str(json, STR("auditor")));
}

static void groups_and_their_attributes(void **state)
{
    const struct json_value *json;
    struct str value[] = {STR("PE")};
    struct group parent = {.id = uuid_new(&test_arena), .name = STR("company")};
    struct group child = {.id = uuid_new(&test_arena), .name = STR("ops")};
    struct store_write *w = begin_write();
    (void)state;
    OK(attrs_set(&parent.attributes, &test_arena, STR("country"), (struct strs){value, 1}));
    OK(group_insert(w, &parent));
    child.parent_pk = parent.pk;
    OK(group_insert(w, &child));
    OK(user_group_add(w, t.ana.pk, child.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    prepare("openid");
    json = made("oidc-group-membership-mapper", "claim.name=groups;full.path=true");
    assert_true(json_has_str(json_get(json, "groups"), STR("/company/ops")));
    json = made("oidc-group-membership-mapper", "claim.name=groups;full.path=false");
    assert_true(json_has_str(json_get(json, "groups"), STR("ops")));
    SAME(json_get_str(made(ATTRIBUTE, "user.attribute=country;claim.name=country"), "country"),
         "PE");
    set_attribute("country", "CL", NULL);
    SAME(json_get_str(made(ATTRIBUTE, "user.attribute=country;claim.name=country"), "country"),
         "CL");
    json = made(ATTRIBUTE,
                "user.attribute=country;claim.name=country;multivalued=true;aggregate.attrs=true");
    assert_int_equal(json_count(json_get(json, "country")), 2);
}

static void facts_of_the_login(void **state)
{
    (void)state;
    prepare("openid");
    SAME(json_get_str(made("oidc-acr-mapper", ""), "acr"), "1");
    SAME_S(json_get_str(made("oidc-sub-mapper", ""), "sub"), t.ana.id);
    assert_int_equal(json_i64_or(made("oidc-usersessionmodel-note-mapper",
                                      "user.session.note=AUTH_TIME;claim.name=auth_time;"
                                      "jsonType.label=long"),
                                 "auth_time", 0),
                     1700000000);
    assert_int_equal(json_count(made("oidc-usersessionmodel-note-mapper",
                                     "user.session.note=AUTH_TIME;claim.name=exp")),
                     1); /* auth_time, whatever the name says */
    (void)made("oidc-audience-mapper", "included.client.audience=api");
    assert_true(strs_has(&audience, STR("api")));
    (void)made("oidc-audience-mapper", "included.custom.audience=https://api.example");
    assert_true(strs_has(&audience, STR("https://api.example")));
    SAME(json_get_str(made("oidc-hardcoded-claim-mapper", "claim.name=tenant;claim.value=peru"),
                      "tenant"),
         "peru");
    struct client web = client_now("web");
    struct str plus[] = {STR("+")};
    web.web_origins = (struct strs){plus, 1};
    set_client(&web);
    prepare("openid");
    assert_true(json_has_str(
        json_get(made_for("oidc-allowed-origins-mapper", "", MAPPER_ACCESS), "allowed-origins"),
        STR("https://app.example")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(attributes_take_their_type_and_place),
        REALM_TEST(reserved_claims_are_nobodys_OI_07),
        REALM_TEST(properties_names_and_address),
        REALM_TEST(each_target_has_its_switch),
        REALM_TEST(roles_of_realm_and_clients),
        REALM_TEST(scope_mappings_limit_roles),
        REALM_TEST(hardcoded_and_renamed_roles),
        REALM_TEST(groups_and_their_attributes),
        REALM_TEST(facts_of_the_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
