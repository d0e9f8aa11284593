/* What the tests of auth and oidc share: a realm as a new one is, with a public and a confidential
 * client and one person, on a real store in a folder that goes away; requests as form texts. */
#ifndef GARITA_TESTS_UNIT_CORE_OIDC_OIDC_SUPPORT_H
#define GARITA_TESTS_UNIT_CORE_OIDC_OIDC_SUPPORT_H

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/core/check.h"

#include "core/admin/bootstrap.h"
#include "core/admin/clients.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/codec/form.h"
#include "core/codec/json.h"
#include "core/oidc/authz.h"
#include "core/oidc/token.h"
#include "core/port/clients.h"
#include "core/port/events.h"
#include "core/port/roles.h"
#include "core/port/sessions.h"
#include "core/port/users.h"
#include "store/store_open.h"

#define ISSUER    "https://id.example/realms/peru"
#define CALLBACK  "https://app.example/cb"
#define PASSWORD  "correct horse battery"
#define SECRET    "a-secret-of-the-confidential-client"
/* A verifier and its S256 challenge (RFC 7636 B). */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define PKCE      "&code_challenge=" CHALLENGE "&code_challenge_method=S256"

static struct {
    char dir[256];
    struct store *store;
    struct realm_view *view;
    struct realm_view *former[64]; /* kept until the end: tests hold texts of them */
    size_t former_count;
    struct now now;
    struct err_ctx err;
    struct auth_ctx ctx;
    struct user ana;
    struct authz_browser browser;
} t;

/* The view as of now, after a change of configuration. */
UNUSED static void refresh_view(void)
{
    assert_true(t.former_count < ARRAY_LEN(t.former));
    t.former[t.former_count++] = t.view;
    OK(realm_view_acquire(t.store, STR("peru"), &t.view));
    OK(realm_view_refresh(&t.view));
    t.ctx.view = t.view;
}

UNUSED static void advance_ms(int64_t ms)
{
    t.now.wall_ms += ms;
    t.now.monotonic_ms += ms;
}

UNUSED static struct store_write *begin_write(void)
{
    struct store_write *w;
    OK(store_write_begin(t.view, &t.now, &w));
    return w;
}

UNUSED static struct realm realm_now(void)
{
    return *realm_view_realm(t.view);
}

UNUSED static void set_realm(const struct realm *realm)
{
    struct store_write *w = begin_write();
    OK(store_realm_update(w, realm));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static struct client client_now(const char *client_id)
{
    struct store_read *r;
    struct client client;
    OK(store_read_begin(t.view, &r));
    OK(client_find(r, &test_arena, str_c(client_id), &client));
    store_read_end(r);
    return client;
}

UNUSED static void set_client(const struct client *client)
{
    struct store_write *w = begin_write();
    struct client before = client_now(client->client_id.ptr);
    OK(admin_client_update(&t.ctx, w, &before, client));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static void set_client_attribute(const char *client_id, const char *name, const char *value)
{
    struct client client = client_now(client_id);
    OK(str_map_set(&client.attributes, &test_arena, str_c(name), str_c(value)));
    set_client(&client);
}

UNUSED static struct user user_now(int64_t pk)
{
    struct store_read *r;
    struct user user;
    OK(store_read_begin(t.view, &r));
    OK(user_find_by_pk(r, &test_arena, pk, &user));
    store_read_end(r);
    return user;
}

UNUSED static void set_user(const struct user *user)
{
    struct store_write *w = begin_write();
    OK(user_update(w, user));
    OK(store_commit(w, DURABLE_LOCAL));
}

UNUSED static struct user add_person(const char *username, const char *password)
{
    struct password_change change;
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = str_c(username);
    user.first_name = STR("Ana");
    user.last_name = STR("Quispe");
    user.email = arena_printf(&test_arena, "%s@example.pe", username);
    OK(admin_user_prepare(&t.ctx, &user));
    struct store_write *w = begin_write();
    OK(admin_user_insert(&t.ctx, w, &user));
    OK(store_commit(w, DURABLE_LOCAL));
    OK(password_change_prepare(&t.ctx, &user, str_c(password), &change, NULL));
    w = begin_write();
    OK(password_change_store(&t.ctx, w, &change, false, 0, EVENT_CredentialsReset));
    OK(store_commit(w, DURABLE_LOCAL));
    return user;
}

static void add_clients(void)
{
    struct client web, api;
    struct str uris[] = {STR(CALLBACK)};
    struct store_write *w;
    OK(admin_client_defaults(&t.ctx, STR("web"), &web));
    web.public_client = true;
    web.direct_access_grants_enabled = true;
    web.redirect_uris = (struct strs){uris, 1};
    OK(str_map_set(&web.attributes, &test_arena, STR(CLIENT_ATTR_POST_LOGOUT_URIS),
                   STR("https://app.example/bye")));
    OK(admin_client_defaults(&t.ctx, STR("api"), &api));
    api.service_accounts_enabled = true;
    api.direct_access_grants_enabled = true;
    api.redirect_uris = (struct strs){uris, 1};
    api.secret = STR(SECRET);
    w = begin_write();
    OK(admin_client_insert(&t.ctx, w, &web));
    OK(admin_client_insert(&t.ctx, w, &api));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

static void make_realm(void)
{
    struct realm realm;
    struct bootstrap bootstrap = {.ctx = &t.ctx, .realm = &realm};
    OK(bootstrap_settings(&test_arena, STR("peru"), &realm));
    OK(store_realm_create(t.store, &realm, &t.now, bootstrap_fill, &bootstrap));
    OK(realm_view_acquire(t.store, STR("peru"), &t.view));
    t.ctx.view = t.view;
}

static int realm_setup(void **state)
{
    struct store_config config = {.wait_ms = 60000};
    const char *base = getenv("TMPDIR");
    (void)arena_setup(state);
    memset(&t, 0, sizeof(t));
    (void)snprintf(t.dir, sizeof(t.dir), "%s/garita-oidc-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(t.dir));
    OK(crypto_init());
    config.data_dir = t.dir;
    OK(store_open(&config, &t.store));
    t.now = clock_now();
    t.ctx = (struct auth_ctx){
        .arena = &test_arena,
        .now = &t.now,
        .err = &t.err,
        .issuer = STR(ISSUER),
        .base_url = STR("https://id.example"),
        .actor = {.ip = STR("192.0.2.7"), .user_agent = STR("test")},
    };
    make_realm();
    add_clients();
    t.ana = add_person("ana", PASSWORD);
    return 0;
}

static int realm_teardown(void **state)
{
    char command[512];
    realm_view_release(t.view);
    for (size_t i = 0; i < t.former_count; i++)
        realm_view_release(t.former[i]);
    store_close(t.store);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", t.dir);
    assert_int_equal(system(command), 0);
    return arena_teardown(state);
}

#define REALM_TEST(fn) cmocka_unit_test_setup_teardown(fn, realm_setup, realm_teardown)

/* --- requests --- */

UNUSED static struct form form_of(const char *text)
{
    struct form form;
    OK(form_parse(&test_arena, str_c(text), NULL, &form, NULL));
    return form;
}

UNUSED static const char *text_of(struct str s)
{
    const char *text = arena_cstr(&test_arena, s);
    assert_non_null(text);
    return text;
}

UNUSED static const struct json_value *json_of(struct str text)
{
    const struct json_value *json;
    OK(json_parse(&test_arena, text, (size_t)1 << 20, &json));
    return json;
}

/* The claims of a token, unverified. */
UNUSED static const struct json_value *claims_of(struct str token)
{
    struct str rest = token, part, payload;
    assert_true(str_next(&rest, '.', &part) && str_next(&rest, '.', &part));
    OK(base64url_decode(&test_arena, part, &payload));
    return json_of(payload);
}

UNUSED static struct str basic_of(const char *client_id, const char *secret)
{
    struct str pair = arena_printf(&test_arena, "%s:%s", client_id, secret);
    return ARENA_CONCAT(&test_arena, STR("Basic "), base64_encode(&test_arena, pair));
}

/* The token endpoint. authorization may be NULL. */
UNUSED static int token_of(const char *authorization, const char *form_text,
                           const struct json_value **ret_json)
{
    struct form form = form_of(form_text);
    struct token_response response;
    struct str header = authorization ? str_c(authorization) : str_of(NULL, 0);
    t.err = (struct err_ctx){0};
    int rc = token_request(&t.ctx, header, &form, &response);
    if (rc == 0 && ret_json)
        *ret_json = json_of(response.json);
    return rc;
}

UNUSED static int password_login(const char *client, const char *username, const char *password,
                                 const struct json_value **ret_json)
{
    struct str text = arena_printf(&test_arena,
                                   "grant_type=password&client_id=%s&username=%s&password=%s"
                                   "&scope=openid",
                                   client, username, password);
    return token_of(NULL, text.ptr, ret_json);
}

UNUSED static struct authz_step begin(const char *form_text)
{
    struct authz_step step;
    struct form form = form_of(form_text);
    t.err = (struct err_ctx){0};
    OK(authz_begin(&t.ctx, &form, &t.browser, &step));
    return step;
}

/* What a browser does with the cookies of a step. */
UNUSED static void keep_cookies(const struct authz_step *step)
{
    if (!str_absent(step->set_sso_cookie))
        t.browser.sso_cookie = step->set_sso_cookie;
    if (!str_absent(step->set_login_cookie))
        t.browser.login_cookie = step->set_login_cookie;
}

UNUSED static struct authz_step login(struct str state, const char *username, const char *password)
{
    struct authz_step step;
    struct authz_login_form form = {
        .state = state, .username = str_c(username), .password = str_c(password)};
    t.err = (struct err_ctx){0};
    OK(authz_login(&t.ctx, &t.browser, &form, &step));
    keep_cookies(&step);
    return step;
}

UNUSED static struct str reply_param(const struct authz_step *step, const char *name)
{
    assert_int_equal(step->kind, AUTHZ_STEP_REPLY);
    for (size_t i = 0; i < step->reply.count; i++)
        if (str_eq_c(step->reply.params[i].name, name))
            return step->reply.params[i].value;
    return str_of(NULL, 0);
}

/* From the request to the answer, as ana. */
UNUSED static struct authz_step full_login(const char *form_text)
{
    struct authz_step step = begin(form_text);
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    keep_cookies(&step);
    return login(step.state, "ana", PASSWORD);
}

#define REQUEST_WEB                                                                                \
    "client_id=web&response_type=code&scope=openid&state=xyz&nonce=n1&redirect_uri=" CALLBACK PKCE

UNUSED static const char *code_form(struct str code)
{
    return arena_printf(&test_arena,
                        "grant_type=authorization_code&client_id=web&redirect_uri=" CALLBACK
                        "&code_verifier=" VERIFIER "&code=%.*s",
                        STR_ARG(code))
        .ptr;
}

UNUSED static const char *refresh_form(struct str token)
{
    return arena_printf(&test_arena, "grant_type=refresh_token&client_id=web&refresh_token=%.*s",
                        STR_ARG(token))
        .ptr;
}

/* How many events of a type the realm has. */
UNUSED static size_t events_of(const char *type)
{
    struct str name = str_c(type);
    struct event_filter filter = {.types = {&name, 1}};
    struct event_record *items;
    struct store_read *r;
    size_t count;
    OK(store_read_begin(t.view, &r));
    OK(event_list(r, &test_arena, &filter, 1000, &items, &count));
    store_read_end(r);
    return count;
}

#endif
