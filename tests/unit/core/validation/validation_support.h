/* Calls of token validation in the realm of oidc_support.h: a validator ("gate"), an ordinary
 * confidential client ("api") and a stranger to most tokens ("other"). */
#ifndef GARITA_TESTS_UNIT_CORE_VALIDATION_VALIDATION_SUPPORT_H
#define GARITA_TESTS_UNIT_CORE_VALIDATION_VALIDATION_SUPPORT_H

#include "tests/unit/core/oidc/oidc_support.h"

#include "core/validation/validation.h"

UNUSED static void give_validator_role(const char *client_id)
{
    struct client client = client_now(client_id);
    struct store_write *w = begin_write();
    struct store_read *r = store_write_reader(w);
    struct user account;
    struct role role;
    OK(user_find_by_id(r, &test_arena, client.service_account_user_id, &account));
    OK(role_find(r, &test_arena, 0, STR(ROLE_TOKEN_VALIDATOR), &role));
    OK(user_role_add(w, account.pk, role.pk));
    OK(store_commit(w, DURABLE_LOCAL));
}

UNUSED static void add_service(const char *client_id)
{
    struct client client;
    OK(admin_client_defaults(&t.ctx, str_c(client_id), &client));
    client.service_accounts_enabled = true;
    client.direct_access_grants_enabled = true;
    client.secret = STR(SECRET);
    struct store_write *w = begin_write();
    OK(admin_client_insert(&t.ctx, w, &client));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static int validation_setup(void **state)
{
    (void)realm_setup(state);
    add_service("gate");
    add_service("other");
    give_validator_role("gate");
    return 0;
}

static auth_jwks_get *jwks_get_of_calls; /* NULL: none */

UNUSED static struct validation_call call_of(struct str authorization)
{
    t.err = (struct err_ctx){0};
    return (struct validation_call){
        .store = t.store,
        .arena = &test_arena,
        .now = &t.now,
        .err = &t.err,
        .base_url = STR("https://id.example"),
        .default_realm = STR("peru"),
        .authorization = authorization,
        .actor = {.ip = STR("192.0.2.7")},
        .jwks_get = jwks_get_of_calls,
    };
}

UNUSED static struct validation_caller caller_of(struct validation_call *call)
{
    struct validation_caller caller;
    OK(validation_caller_find(call, &caller));
    return caller;
}

UNUSED static struct validation_answer ask(const char *client, struct validation_question question)
{
    struct validation_call call = call_of(basic_of(client, SECRET));
    struct validation_caller caller = caller_of(&call);
    struct validation_answer answer;
    OK(validation_check(&call, &caller, &question, &answer));
    return answer;
}

UNUSED static enum validation_reason reason_of(const char *client, struct str token)
{
    struct validation_answer answer = ask(client, (struct validation_question){.token = token});
    assert_int_equal(answer.active, answer.reason == VALIDATION_ACTIVE);
    if (!answer.active)
        assert_true(str_absent(answer.subject) && str_absent(answer.claims));
    return answer.reason;
}

UNUSED static void make_another_realm(const char *name)
{
    struct realm realm;
    struct bootstrap bootstrap = {.ctx = &t.ctx, .realm = &realm};
    struct realm_view *peru = t.view;
    OK(bootstrap_settings(&test_arena, str_c(name), &realm));
    OK(store_realm_create(t.store, &realm, &t.now, bootstrap_fill, &bootstrap));
    OK(realm_view_acquire(t.store, str_c(name), &t.view));
    t.ctx.view = t.view;
    struct client client;
    OK(admin_client_defaults(&t.ctx, STR("gate"), &client));
    client.service_accounts_enabled = true;
    client.secret = STR(SECRET);
    struct store_write *w = begin_write();
    OK(admin_client_insert(&t.ctx, w, &client));
    OK(store_commit(w, DURABLE_LOCAL));
    OK(realm_view_refresh(&t.view));
    t.ctx.view = t.view;
    give_validator_role("gate");
    realm_view_release(t.view);
    t.view = peru;
    t.ctx.view = peru;
}

struct issued {
    struct str access, refresh, id;
};

UNUSED static struct issued issue_to(const char *client, const char *more)
{
    const struct json_value *json;
    bool public_client = strcmp(client, "web") == 0;
    const char *form =
        arena_printf(&test_arena,
                     "grant_type=password&username=ana&password=" PASSWORD "&scope=openid%s%s",
                     more, public_client ? "&client_id=web" : "")
            .ptr;
    OK(token_of(public_client ? NULL : text_of(basic_of(client, SECRET)), form, &json));
    return (struct issued){json_get_str(json, "access_token"), json_get_str(json, "refresh_token"),
                           json_get_str(json, "id_token")};
}

UNUSED static struct str service_token_of(const char *client)
{
    const struct json_value *json;
    OK(token_of(text_of(basic_of(client, SECRET)), "grant_type=client_credentials", &json));
    return json_get_str(json, "access_token");
}

#define VALIDATION_TEST(fn) cmocka_unit_test_setup_teardown(fn, validation_setup, realm_teardown)

#endif
