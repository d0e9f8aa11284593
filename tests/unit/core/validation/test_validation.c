/* Token validation: who may ask, what is answered, and why not (OT-11, OT-12, OT-15, AD-02, JO-09). */
#include "tests/unit/core/validation/validation_support.h"

#include "core/codec/base64.h"

static void an_active_token_is_described(void **state)
{
    (void)state;
    struct issued web = issue_to("web", "");
    struct validation_answer answer =
        ask("gate", (struct validation_question){.token = web.access});
    assert_true(answer.active);
    SAME_S(answer.subject, t.ana.id);
    SAME(answer.username, "ana");
    SAME(answer.client_id, "web");
    SAME(answer.realm, "peru");
    SAME(answer.tenant, "peru");
    SAME(answer.issuer, ISSUER);
    SAME(answer.token_type, "Bearer");
    assert_true(strs_has(&answer.scopes, STR("openid")));
    assert_true(strs_has(&answer.realm_roles, STR("offline_access")));
    assert_true(strs_has(&answer.audience, STR("account")));
    assert_int_equal(answer.client_role_count, 1);
    SAME(answer.client_roles[0].client_id, "account");
    assert_true(strs_has(&answer.client_roles[0].roles, STR("view-profile")));
    assert_true(answer.expires_s > answer.issued_s);
    assert_false(str_empty(answer.session_id));
    SAME_S(json_get_str(json_of(answer.claims), "sub"), t.ana.id);
}

static void what_lightweight_tokens_leave_out_is_told(void **state)
{
    (void)state;
    set_client_attribute("web", CLIENT_ATTR_LIGHTWEIGHT, "true");
    struct issued web = issue_to("web", "");
    assert_int_equal(json_kind(json_get(claims_of(web.access), "realm_access")), JSON_MISSING);
    struct validation_question q = {.token = web.access};
    OK(strs_add(&q.roles, &test_arena, STR("offline_access")));
    for (int i = 0; i < 2; i++) {
        struct validation_answer answer = ask("gate", q);
        assert_true(answer.active && !answer.from_cache);
        SAME_S(answer.subject, t.ana.id);
        SAME_S(json_get_str(json_of(answer.claims), "email"), STR("ana@example.pe"));
    }
}

static void what_is_asked_for_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *audience, *scope, *role;
        enum validation_reason reason;
    } rows[] = {
        {"account", "openid", "offline_access", VALIDATION_ACTIVE},
        {"account", "openid email", "account/view-profile", VALIDATION_ACTIVE},
        {"accoun", NULL, NULL, VALIDATION_WRONG_AUDIENCE},
        {"web", NULL, NULL, VALIDATION_WRONG_AUDIENCE},
        {NULL, "openid phone", NULL, VALIDATION_MISSING_SCOPE},
        {NULL, NULL, "admin", VALIDATION_MISSING_ROLE},
        {NULL, NULL, "account/admin", VALIDATION_MISSING_ROLE},
        {NULL, NULL, "/view-profile", VALIDATION_MISSING_ROLE},
        {NULL, NULL, "view-profile", VALIDATION_MISSING_ROLE},
    };
    struct issued web = issue_to("web", "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct validation_question q = {.token = web.access};
        struct str rest = str_c(rows[i].scope), word;
        if (rows[i].audience)
            q.audience = str_c(rows[i].audience);
        while (str_next_word(&rest, &word))
            OK(strs_add(&q.scopes, &test_arena, word));
        if (rows[i].role)
            OK(strs_add(&q.roles, &test_arena, str_c(rows[i].role)));
        assert_int_equal(ask("gate", q).reason, rows[i].reason);
    }
}

static void only_those_it_concerns_are_told_OT_11(void **state)
{
    (void)state;
    struct issued web = issue_to("web", "");
    struct issued api = issue_to("api", "");
    assert_int_equal(reason_of("api", api.access), VALIDATION_ACTIVE);
    assert_int_equal(reason_of("gate", api.access), VALIDATION_ACTIVE);
    assert_int_equal(reason_of("other", api.access), VALIDATION_NOT_PERMITTED);
    assert_int_equal(reason_of("api", web.access), VALIDATION_NOT_PERMITTED);
    /* nor why a token that is none of theirs has ended */
    advance_ms(INT64_C(901) * 1000);
    assert_int_equal(reason_of("gate", api.access), VALIDATION_EXPIRED);
    assert_int_equal(reason_of("api", api.access), VALIDATION_EXPIRED);
    assert_int_equal(reason_of("other", api.access), VALIDATION_NOT_PERMITTED);
}

static void callers_prove_who_they_are_OT_11(void **state)
{
    (void)state;
    struct validation_caller caller;
    struct issued api = issue_to("api", "");
    struct str service = service_token_of("gate");
    struct validation_call call = call_of(ARENA_CONCAT(&test_arena, STR("Bearer "), service));
    OK(validation_caller_find(&call, &caller));
    SAME(caller.client_id, "gate");
    SAME(caller.realm, "peru");
    assert_true(caller.whole_realm);
    assert_false(caller.every_realm);
    call = call_of(basic_of("api", SECRET));
    OK(validation_caller_find(&call, &caller));
    assert_false(caller.whole_realm);
    call = call_of(str_of(NULL, 0));
    FAILS(validation_caller_find(&call, &caller), ERR_UNAUTHENTICATED);
    call = call_of(basic_of("api", "wrong"));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_CLIENT);
    call = call_of(basic_of("web", ""));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_CLIENT);
    call = call_of(STR("Digest x"));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_CLIENT);
    /* OT-15: a person's token is no client's credential, nor is another kind of token */
    const struct str wrong[] = {api.access, api.id, api.refresh, STR("x")};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        call = call_of(ARENA_CONCAT(&test_arena, STR("Bearer "), wrong[i]));
        FAILS(validation_caller_find(&call, &caller), ERR_INVALID_TOKEN);
    }
    struct client gate = client_now("gate");
    gate.enabled = false;
    set_client(&gate);
    call = call_of(ARENA_CONCAT(&test_arena, STR("Bearer "), service));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_TOKEN);
    call = call_of(basic_of("gate", SECRET));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_CLIENT);
}

static int find_by_certificate(const char *client, const char *sha256)
{
    struct validation_caller caller;
    struct validation_call call = call_of(basic_of(client, ""));
    if (sha256)
        call.certificate_sha256 = str_c(sha256);
    return validation_caller_find(&call, &caller);
}

static void a_certificate_stands_for_the_secret(void **state)
{
    (void)state;
    const char *mine = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    FAILS(find_by_certificate("gate", mine), ERR_INVALID_CLIENT);
    set_client_attribute("gate", CLIENT_ATTR_CERTIFICATE_SHA256, mine);
    set_client_attribute("web", CLIENT_ATTR_CERTIFICATE_SHA256, mine);
    OK(find_by_certificate("gate", mine));
    FAILS(find_by_certificate("gate", NULL), ERR_INVALID_CLIENT);
    FAILS(find_by_certificate("gate", ""), ERR_INVALID_CLIENT);
    FAILS(find_by_certificate("gate", "57DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
          ERR_INVALID_CLIENT);
    FAILS(find_by_certificate("other", mine), ERR_INVALID_CLIENT);
    FAILS(find_by_certificate("web", mine), ERR_INVALID_CLIENT); /* public */
    FAILS(find_by_certificate("nobody", mine), ERR_INVALID_CLIENT);
    set_client_attribute("other", CLIENT_ATTR_CERTIFICATE_SHA256, "");
    FAILS(find_by_certificate("other", ""), ERR_INVALID_CLIENT);
    struct client gate = client_now("gate");
    gate.enabled = false;
    set_client(&gate);
    FAILS(find_by_certificate("gate", mine), ERR_INVALID_CLIENT);
}

static struct str tampered(struct str token)
{
    char *copy = arena_alloc(&test_arena, token.len + 1);
    size_t at = token.len - 20;
    assert_non_null(copy);
    memcpy(copy, token.ptr, token.len);
    copy[at] = copy[at] == 'A' ? 'B' : 'A';
    return str_of(copy, token.len);
}

static void reasons_are_precise_OT_15_JO_09(void **state)
{
    (void)state;
    struct issued mine = issue_to("web", "");
    struct str header = base64url_encode(&test_arena, STR("{\"alg\":\"none\"}"));
    struct str unsigned_one = ARENA_CONCAT(
        &test_arena, header, str_from(mine.access, (size_t)str_find(mine.access, '.')));
    assert_int_equal(reason_of("gate", STR("nonsense")), VALIDATION_MALFORMED);
    assert_int_equal(reason_of("gate", STR("")), VALIDATION_MALFORMED);
    assert_int_equal(reason_of("gate", unsigned_one), VALIDATION_MALFORMED);
    assert_int_equal(reason_of("gate", tampered(mine.access)), VALIDATION_BAD_SIGNATURE);
    assert_int_equal(reason_of("gate", mine.id), VALIDATION_WRONG_TYPE);
    assert_int_equal(reason_of("gate", mine.refresh), VALIDATION_WRONG_TYPE);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_ACTIVE);
    t.now.wall_ms -= INT64_C(3600000);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_NOT_YET_VALID);
    t.now.wall_ms += INT64_C(3600000);
    advance_ms(INT64_C(901) * 1000);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_EXPIRED);
}

static void every_end_has_its_reason_OT_06_OT_07_OT_08(void **state)
{
    (void)state;
    struct issued mine = issue_to("web", "");
    struct user ana = user_now(t.ana.pk);
    struct client web = client_now("web");
    struct realm realm = realm_now();
    int64_t later_s = t.now.wall_ms / 1000 + 1;
    ana.enabled = false;
    set_user(&ana);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_USER_DISABLED);
    ana.enabled = true;
    ana.not_before_s = later_s;
    set_user(&ana);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_NOT_BEFORE);
    ana.not_before_s = 0;
    set_user(&ana);
    web.enabled = false;
    set_client(&web);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_CLIENT_DISABLED);
    web.enabled = true;
    web.not_before_s = later_s;
    set_client(&web);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_NOT_BEFORE);
    web.not_before_s = 0;
    set_client(&web);
    realm.not_before_s = later_s;
    set_realm(&realm);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_NOT_BEFORE);
    realm.not_before_s = 0;
    set_realm(&realm);
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_ACTIVE);
    struct store_write *w = begin_write();
    int64_t ended;
    OK(session_delete_of_user(w, ana.pk, 0, &ended));
    OK(store_commit(w, DURABLE_LOCAL));
    assert_int_equal(reason_of("gate", mine.access), VALIDATION_SESSION_ENDED);
}

static void revocation_is_of_the_callers_tokens_OT_12(void **state)
{
    (void)state;
    struct issued api = issue_to("api", "");
    struct issued web = issue_to("web", "");
    struct validation_call call = call_of(basic_of("api", SECRET));
    struct validation_caller caller = caller_of(&call);
    OK(validation_revoke(&call, &caller, web.access));
    OK(validation_revoke(&call, &caller, STR("nonsense")));
    assert_int_equal(reason_of("gate", web.access), VALIDATION_ACTIVE);
    OK(validation_revoke(&call, &caller, api.access));
    assert_int_equal(reason_of("gate", api.access), VALIDATION_REVOKED);
    OK(validation_revoke(&call, &caller, api.access));
    assert_int_equal(events_of("TokenRevoked"), 1);
    /* With the role token-validator: those of its realm. */
    call = call_of(basic_of("gate", SECRET));
    caller = caller_of(&call);
    OK(validation_revoke(&call, &caller, web.access));
    assert_int_equal(reason_of("gate", web.access), VALIDATION_REVOKED);
    assert_int_equal(events_of("TokenRevoked"), 2);
}

static void introspection_is_that_of_the_endpoint_OT_11(void **state)
{
    (void)state;
    struct issued api = issue_to("api", "");
    struct str json;
    static const char *const seeing[] = {"gate", "api"};
    for (size_t i = 0; i < ARRAY_LEN(seeing); i++) {
        struct validation_call call = call_of(basic_of(seeing[i], SECRET));
        struct validation_caller caller = caller_of(&call);
        OK(validation_introspect(&call, &caller, api.access, &json));
        assert_true(json_bool_or(json_of(json), "active", false));
        SAME(json_get_str(json_of(json), "client_id"), "api");
    }
    struct validation_call call = call_of(basic_of("other", SECRET));
    struct validation_caller caller = caller_of(&call);
    OK(validation_introspect(&call, &caller, api.access, &json));
    SAME(json, "{\"active\":false}");
    OK(validation_introspect(&call, &caller, STR("x"), &json));
    SAME(json, "{\"active\":false}");
    OK(validation_introspect(&call, &caller, api.refresh, &json));
    SAME(json, "{\"active\":false}");
}

static void the_person_behind_it_is_told_as_of_now(void **state)
{
    (void)state;
    struct issued mine = issue_to("web", "");
    struct validation_user_context person;
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller = caller_of(&call);
    struct user ana = user_now(t.ana.pk);
    struct str values[] = {STR("lima"), STR("cusco")};
    OK(attrs_set(&ana.attributes, &test_arena, STR("site"), (struct strs){values, 2}));
    set_user(&ana);
    OK(validation_user_context(&call, &caller, mine.access, &person));
    assert_true(person.token.active);
    SAME_S(person.user_id, t.ana.id);
    SAME(person.email, "ana@example.pe");
    SAME(person.attributes, "{\"site\":[\"lima\",\"cusco\"]}");
    SAME(json_get_str(json_of(person.claims), "given_name"), "Ana");
    assert_true(person.enabled);
    call = call_of(basic_of("other", SECRET));
    caller = caller_of(&call);
    OK(validation_user_context(&call, &caller, mine.access, &person));
    assert_int_equal(person.token.reason, VALIDATION_NOT_PERMITTED);
    ABSENT(person.user_id);
    ABSENT(person.email);
}

/* --- more than one realm --- */

static int ask_as(const char *realm, const char *tenant, const char *host, const char *asked,
                  struct str token, struct validation_answer *ret_answer)
{
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller;
    struct validation_question q = {.token = token};
    call.default_realm = str_c(realm);
    OK(validation_caller_find(&call, &caller));
    if (tenant)
        call.tenant = str_c(tenant);
    if (host)
        call.host = str_c(host);
    if (asked)
        q.realm = str_c(asked);
    return validation_check(&call, &caller, &q, ret_answer);
}

static void realms_are_apart_AD_02(void **state)
{
    (void)state;
    struct validation_answer answer;
    struct issued mine = issue_to("web", "");
    make_another_realm("chile");
    make_another_realm(REALM_MASTER);
    OK(ask_as("chile", NULL, NULL, NULL, mine.access, &answer));
    assert_int_equal(answer.reason, VALIDATION_UNKNOWN_ISSUER);
    /* neither is told why a token of another realm is bad */
    OK(ask_as("chile", NULL, NULL, NULL, tampered(mine.access), &answer));
    assert_int_equal(answer.reason, VALIDATION_UNKNOWN_ISSUER);
    OK(ask_as(REALM_MASTER, NULL, NULL, NULL, mine.access, &answer));
    assert_true(answer.active);
    SAME(answer.realm, "peru");
    t.ctx.issuer = STR("https://id.example/realms/bolivia");
    struct str token = issue_to("web", "").access; /* of a realm that is not there */
    OK(ask_as(REALM_MASTER, NULL, NULL, NULL, token, &answer));
    assert_int_equal(answer.reason, VALIDATION_UNKNOWN_ISSUER);
    t.ctx.issuer = STR("https://id.example/realms/chile");
    token = issue_to("web", "").access; /* signed by peru in the name of chile */
    OK(ask_as("chile", NULL, NULL, NULL, token, &answer));
    assert_int_equal(answer.reason, VALIDATION_UNKNOWN_KEY);
    t.ctx.issuer = STR(ISSUER);
}

static void contradicting_tenants_are_errors_AD_02(void **state)
{
    (void)state;
    struct validation_answer answer;
    struct issued mine = issue_to("web", "");
    OK(ask_as("peru", "peru", "peru.id.example", "peru", mine.access, &answer));
    assert_true(answer.active);
    OK(ask_as("peru", NULL, "id.example", NULL, mine.access, &answer));
    assert_true(answer.active);
    OK(ask_as("peru", NULL, "chile.elsewhere.example", NULL, mine.access, &answer));
    assert_true(answer.active);
    FAILS(ask_as("peru", "chile", NULL, NULL, mine.access, &answer), ERR_INVALID_REQUEST);
    FAILS(ask_as("peru", NULL, "chile.id.example", NULL, mine.access, &answer),
          ERR_INVALID_REQUEST);
    FAILS(ask_as("peru", NULL, NULL, "chile", mine.access, &answer), ERR_INVALID_REQUEST);
    FAILS(ask_as("peru", "peru", NULL, "chile", STR("x"), &answer), ERR_INVALID_REQUEST);
}

static void a_disabled_realm_says_so(void **state)
{
    (void)state;
    struct validation_answer answer;
    struct issued mine = issue_to("web", "");
    make_another_realm(REALM_MASTER);
    struct realm realm = realm_now();
    realm.enabled = false;
    set_realm(&realm);
    OK(ask_as(REALM_MASTER, NULL, NULL, NULL, mine.access, &answer));
    assert_int_equal(answer.reason, VALIDATION_REALM_DISABLED);
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller;
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_CLIENT);
}

static void questions_are_bounded(void **state)
{
    (void)state;
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller = caller_of(&call);
    struct validation_question q = {.token = STR("x")};
    struct validation_answer answer;
    for (size_t i = 0; i <= VALIDATION_SCOPES_MAX; i++)
        OK(strs_add(&q.scopes, &test_arena, STR("openid")));
    FAILS(validation_check(&call, &caller, &q, &answer), ERR_INVALID_REQUEST);
    q.scopes.count--;
    OK(validation_check(&call, &caller, &q, &answer));
    q.token = str_of(NULL, 0);
    FAILS(validation_check(&call, &caller, &q, &answer), ERR_INVALID_REQUEST);
}

static void reasons_have_names(void **state)
{
    (void)state;
    assert_string_equal(validation_reason_name(VALIDATION_NOT_PERMITTED), "NOT_PERMITTED");
    for (int i = 0; i < VALIDATION_REASONS; i++)
        assert_true(strlen(validation_reason_text((enum validation_reason)i)) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VALIDATION_TEST(an_active_token_is_described),
        VALIDATION_TEST(what_lightweight_tokens_leave_out_is_told),
        VALIDATION_TEST(what_is_asked_for_is_compared),
        VALIDATION_TEST(only_those_it_concerns_are_told_OT_11),
        VALIDATION_TEST(callers_prove_who_they_are_OT_11),
        VALIDATION_TEST(a_certificate_stands_for_the_secret),
        VALIDATION_TEST(reasons_are_precise_OT_15_JO_09),
        VALIDATION_TEST(every_end_has_its_reason_OT_06_OT_07_OT_08),
        VALIDATION_TEST(revocation_is_of_the_callers_tokens_OT_12),
        VALIDATION_TEST(introspection_is_that_of_the_endpoint_OT_11),
        VALIDATION_TEST(the_person_behind_it_is_told_as_of_now),
        VALIDATION_TEST(realms_are_apart_AD_02),
        VALIDATION_TEST(contradicting_tenants_are_errors_AD_02),
        VALIDATION_TEST(a_disabled_realm_says_so),
        VALIDATION_TEST(questions_are_bounded),
        VALIDATION_TEST(reasons_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
