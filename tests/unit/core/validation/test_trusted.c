/* Tokens of trusted issuers: by the terms of trust, with every deviation told by its reason, and never
 * as tokens of ours. */
#include "tests/unit/core/validation/partner.h"

#include "core/oidc/introspect.h"
#include "core/oidc/userinfo.h"
#include "core/validation/parts.h"

static int setup(void **state)
{
    int rc = validation_setup(state);
    partner_reset();
    return rc;
}

#define TRUSTED_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, realm_teardown)

/* What a token says; the members as JSON, NULL: left out. */
struct says {
    const char *iss, *sub, *aud, *exp, *iat, *more, *typ;
    int key;
};

static const char *at(int64_t after_s)
{
    return arena_printf(&test_arena, "%lld", (long long)(t.now.wall_ms / 1000 + after_s)).ptr;
}

static struct says good(void)
{
    return (struct says){.iss = "\"" PARTNER "\"",
                         .sub = "\"maria\"",
                         .aud = "[\"api\",\"elsewhere\"]",
                         .exp = at(300),
                         .iat = at(0),
                         .more = ",\"jti\":\"j1\",\"scope\":\"read write\"",
                         .typ = "at+jwt"};
}

static struct str payload_of(struct says s)
{
    const struct {
        const char *name, *value;
    } members[] = {{"iss", s.iss}, {"sub", s.sub}, {"aud", s.aud}, {"exp", s.exp}, {"iat", s.iat}};
    struct buf b;
    struct str payload;
    buf_init(&b, &test_arena, 32768);
    buf_add_c(&b, "{\"x\":1");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].value)
            buf_printf(&b, ",\"%s\":%s", members[i].name, members[i].value);
    buf_printf(&b, "%s}", s.more ? s.more : "");
    OK(buf_finish(&b, &payload));
    return payload;
}

static struct str token_from(struct says s)
{
    return partner_sign(s.key, s.typ, payload_of(s));
}

static enum validation_reason gate_on(struct says s)
{
    return reason_of("gate", token_from(s));
}

static void told_by_the_terms_of_trust(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    issuer.subject_prefix = STR("partner:");
    issuer.roles_claim = STR("realm_access.roles");
    trust(&issuer);
    s.more = ",\"jti\":\"j1\",\"scope\":\"read write\",\"azp\":\"portal\",\"sid\":\"s\","
             "\"preferred_username\":\"ana\",\"tenant_id\":\"chile\","
             "\"realm_access\":{\"roles\":[\"auditor\",7]},"
             "\"resource_access\":{\"account\":{\"roles\":[\"manage\"]}}";
    struct str token = token_from(s);
    struct validation_answer a = ask("gate", (struct validation_question){.token = token});
    assert_true(a.active && a.trusted && !a.from_cache);
    SAME(a.subject, "partner:maria");
    SAME(a.issuer, PARTNER);
    SAME(a.realm, "peru");
    SAME(a.tenant, "peru"); /* its tenants are not ours */
    SAME(a.jti, "j1");
    assert_true(str_empty(a.username) && str_empty(a.client_id) && str_empty(a.session_id));
    assert_int_equal(a.client_role_count, 0);
    assert_int_equal(a.realm_roles.count, 1);
    SAME(a.realm_roles.items[0], "auditor");
    assert_int_equal(a.scopes.count, 2);
    assert_int_equal(a.audience.count, 2);
    SAME(json_get_str(json_of(a.claims), "sub"), "maria");
    a = ask("gate", (struct validation_question){.token = token});
    assert_true(a.active && a.from_cache);
    assert_int_equal(partner.asked, 1);
    a = ask("gate", (struct validation_question){.token = token, .audience = STR("bank")});
    assert_int_equal(a.reason, VALIDATION_WRONG_AUDIENCE);
}

static void roles_come_only_where_a_claim_is_named(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    issuer.scope_claim = STR("https://partner.example/scp");
    trust(&issuer);
    s.more = ",\"realm_access\":{\"roles\":[\"admin\"]},\"roles\":[\"admin\"],\"scope\":\"admin\","
             "\"https://partner.example/scp\":[\"read\"]";
    struct validation_answer a = ask("gate", (struct validation_question){.token = token_from(s)});
    assert_true(a.active);
    assert_int_equal(a.realm_roles.count, 0);
    assert_int_equal(a.scopes.count, 1);
    SAME(a.scopes.items[0], "read");
}

static void no_role_of_theirs_reads_as_one_of_a_client_of_ours(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    struct str wanted = STR("account/manage-account");
    struct validation_question q = {.roles = {&wanted, 1}};
    issuer.roles_claim = STR("groups");
    trust(&issuer);
    s.more = ",\"groups\":[\"account/manage-account\",\"/\",\"auditor\",\"/sales\",\"clerk\"]";
    q.token = token_from(s);
    struct validation_answer a = ask("gate", q);
    assert_int_equal(a.reason, VALIDATION_MISSING_ROLE);
    wanted = STR("clerk");
    a = ask("gate", q);
    assert_true(a.active);
    assert_int_equal(a.realm_roles.count, 2);
    SAME(a.realm_roles.items[0], "auditor");
    SAME(a.realm_roles.items[1], "clerk");
}

#define REASON(reason, change)                                                                     \
    do {                                                                                           \
        struct says s = good();                                                                    \
        change;                                                                                    \
        assert_int_equal(gate_on(s), VALIDATION_##reason);                                         \
    } while (0)

static void every_deviation_has_its_reason_JO_10(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    trust(&issuer);
    REASON(ACTIVE, (void)s);
    REASON(EXPIRED, s.exp = at(-31); s.iat = at(-300));
    REASON(ACTIVE, s.exp = at(-29); s.iat = at(-300)); /* within the skew */
    REASON(NOT_YET_VALID, s.iat = at(31); s.exp = at(300));
    REASON(NOT_YET_VALID, s.more = arena_printf(&test_arena, ",\"nbf\":%s", at(31)).ptr);
    REASON(MALFORMED, s.exp = NULL);
    REASON(MALFORMED, s.iat = NULL);
    REASON(MALFORMED, s.exp = "1.5e9");
    REASON(MALFORMED, s.exp = "\"1800000000\"");
    REASON(LIVES_TOO_LONG, s.exp = at(86500));
    REASON(LIVES_TOO_LONG, s.exp = at(1000); s.iat = at(-86400));
    REASON(WRONG_AUDIENCE, s.aud = "\"elsewhere\"");
    REASON(WRONG_AUDIENCE, s.aud = NULL);
    REASON(ACTIVE, s.aud = "\"portal\"");
    REASON(WRONG_SUBJECT, s.sub = NULL);
    REASON(WRONG_SUBJECT, s.sub = "\"\"");
    REASON(UNKNOWN_ISSUER, s.iss = "\"" PARTNER "/\"");
    REASON(UNKNOWN_ISSUER, s.iss = "\"https://PARTNER.example\"");
    REASON(UNKNOWN_ISSUER, s.iss = NULL);
}

static void other_kinds_of_tokens_are_refused_OT_15_JO_09(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    trust(&issuer);
    REASON(ACTIVE, s.typ = NULL);
    REASON(ACTIVE, s.typ = "JWT");
    REASON(ACTIVE, s.typ = "application/at+jwt");
    REASON(WRONG_TYPE, s.typ = "logout+jwt");
    REASON(WRONG_TYPE, s.typ = "dpop+jwt");
    REASON(WRONG_TYPE, s.more = ",\"typ\":\"ID\"");
    REASON(WRONG_TYPE, s.more = ",\"typ\":\"Refresh\"");
    REASON(ACTIVE, s.more = ",\"typ\":\"Bearer\",\"nonce\":\"n\"");
    REASON(WRONG_TYPE, s.more = ",\"nonce\":\"n\"");
    REASON(WRONG_TYPE, s.more = ",\"at_hash\":\"h\"");
    REASON(WRONG_TYPE, s.more = ",\"events\":{}");
    REASON(WRONG_TYPE, s.more = ",\"cnf\":{\"jkt\":\"x\"}");
    struct trusted_issuer strict = issuer;
    strict.token_type = STR("at+jwt");
    change_terms(&issuer, &strict);
    REASON(ACTIVE, s.typ = "application/AT+JWT");
    REASON(WRONG_TYPE, s.typ = "JWT");
    REASON(WRONG_TYPE, s.typ = NULL);
}

static void keys_and_algorithms_are_those_of_the_issuer_JO_01_JO_02_JO_05(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct str spki, payload = payload_of(good());
    trust(&issuer);
    REASON(UNKNOWN_KEY, s.key = 1);
    struct jws_key with = {.alg = JOSE_ES256, .pk = partner.keys[1], .kid = STR("first")};
    struct str token;
    OK(jws_sign(&test_arena, &with, STR("JWT"), payload, &token));
    assert_int_equal(reason_of("gate", token), VALIDATION_BAD_SIGNATURE);
    OK(pk_export_spki(partner.keys[0], &test_arena, &spki));
    with = (struct jws_key){.alg = JOSE_HS256, .secret = spki, .kid = STR("first")};
    OK(jws_sign(&test_arena, &with, STR("JWT"), payload, &token));
    assert_int_equal(reason_of("gate", token), VALIDATION_WRONG_ALGORITHM);
    struct str without = ARENA_CONCAT(&test_arena, STR("eyJhbGciOiJub25lIn0."),
                                      base64url_encode(&test_arena, payload), STR("."));
    assert_int_equal(reason_of("gate", without), VALIDATION_MALFORMED);
    struct trusted_issuer rsa = issuer;
    rsa.algorithms = (struct strs){NULL, 0};
    OK(strs_add(&rsa.algorithms, &test_arena, STR("RS256")));
    change_terms(&issuer, &rsa);
    int asked = partner.asked;
    REASON(WRONG_ALGORITHM, (void)s);
    assert_int_equal(partner.asked, asked); /* nobody is asked for keys that are of no use */
}

static void the_set_may_stand_in_the_settings(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    issuer.jwks_uri = STR("");
    issuer.jwks = partner_set(&test_arena);
    trust(&issuer);
    REASON(ACTIVE, (void)s);
    REASON(ACTIVE, (void)s);
    REASON(UNKNOWN_KEY, s.key = 1);
    assert_int_equal(partner.asked, 0);
    struct trusted_issuer other = issuer;
    partner.published[0] = false;
    partner.published[1] = true;
    other.jwks = partner_set(&test_arena);
    change_terms(&issuer, &other);
    REASON(UNKNOWN_KEY, (void)s);
    REASON(ACTIVE, s.key = 1);
}

/* --- keys that come and go --- */

static void a_new_key_is_asked_for_once_JO_04(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    trust(&issuer);
    REASON(ACTIVE, (void)s);
    partner.age_ms = 29999;
    REASON(UNKNOWN_KEY, s.key = 1);
    assert_int_equal(partner.asked_fresh, 0); /* what is so young is not asked for again */
    partner.age_ms = 30000;
    REASON(UNKNOWN_KEY, s.key = 1);
    assert_int_equal(partner.asked_fresh, 1);
    partner.published[1] = true;
    REASON(ACTIVE, s.key = 1);
    int asked = partner.asked;
    REASON(ACTIVE, s.key = 1);
    assert_int_equal(partner.asked, asked);
}

static void reopen_store(void)
{
    struct store_config config = {
        .wait_ms = 60000, .data_dir = t.dir, .cache_disk_bytes = 16 << 20};
    realm_view_release(t.view);
    for (size_t i = 0; i < t.former_count; i++)
        realm_view_release(t.former[i]);
    t.former_count = 0;
    store_close(t.store);
    OK(store_open(&config, &t.store));
    OK(realm_view_acquire(t.store, STR("peru"), &t.view));
    t.ctx.view = t.view;
}

static void a_key_that_is_taken_away_counts_after_ten_minutes(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    s.exp = at(7200);
    reopen_store();
    trust(&issuer);
    struct str token = token_from(s);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    reopen_store(); /* what is kept is in the file now */
    partner.published[0] = false;
    partner.published[1] = true;
    advance_ms(599999);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    advance_ms(1);
    assert_int_equal(reason_of("gate", token), VALIDATION_UNKNOWN_KEY);
    partner.down = true; /* and it does not come back because nobody answers */
    assert_int_equal(reason_of("gate", token), VALIDATION_UNKNOWN_KEY);
}

/* Also over a restart, by what the file keeps. */
static void while_the_issuer_is_away_its_keys_last_an_hour(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    s.exp = at(7200);
    reopen_store();
    trust(&issuer);
    struct str token = token_from(s);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    partner.down = true;
    advance_ms(3599999);
    reopen_store();
    struct validation_answer a = ask("gate", (struct validation_question){.token = token});
    assert_true(a.active && a.from_cache);
    s.more = ",\"jti\":\"another\"";
    assert_int_equal(reason_of("gate", token_from(s)), VALIDATION_ACTIVE);
    advance_ms(1);
    assert_int_equal(reason_of("gate", token), VALIDATION_ISSUER_UNAVAILABLE);
    partner.down = false;
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
}

static void nobody_is_asked_for_an_issuer_that_is_not_trusted_SS_04(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms(), off;
    REASON(UNKNOWN_ISSUER, (void)s);
    trust(&issuer);
    off = issuer;
    off.enabled = false;
    change_terms(&issuer, &off);
    REASON(UNKNOWN_ISSUER, (void)s);
    assert_int_equal(partner.asked, 0);
    change_terms(&off, &issuer);
    REASON(ACTIVE, (void)s);
    distrust(&issuer);
    REASON(UNKNOWN_ISSUER, (void)s); /* kept or not */
    assert_int_equal(partner.asked, 1);
}

static void not_before_ends_them_too_OT_08(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms(), later;
    struct realm realm;
    trust(&issuer);
    struct str token = token_from(good());
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    later = issuer;
    later.not_before_s = t.now.wall_ms / 1000 + 1;
    change_terms(&issuer, &later);
    assert_int_equal(reason_of("gate", token), VALIDATION_NOT_BEFORE);
    change_terms(&later, &issuer);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    realm = realm_now();
    realm.not_before_s = t.now.wall_ms / 1000 + 1;
    set_realm(&realm);
    assert_int_equal(reason_of("gate", token), VALIDATION_NOT_BEFORE);
}

/* --- never ours --- */

static void no_trusted_issuer_speaks_for_a_realm_of_ours(void **state)
{
    static const char *const names[] = {ISSUER, "https://ID.example/realms/peru",
                                        "https://id.example:443/realms/peru",
                                        "https://id.example/Realms/peru"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct trusted_issuer issuer = partner_terms();
        struct says s = good();
        issuer.issuer = str_c(names[i]);
        trust(&issuer);
        s.iss = arena_printf(&test_arena, "\"%s\"", names[i]).ptr;
        s.more = ",\"jti\":\"onrtac:1\",\"typ\":\"Bearer\",\"azp\":\"web\"";
        enum validation_reason reason = gate_on(s);
        assert_true(reason == VALIDATION_UNKNOWN_KEY || reason == VALIDATION_UNKNOWN_ISSUER);
        assert_int_equal(partner.asked, 0);
        distrust(&issuer);
    }
}

static void it_does_not_name_people_of_ours(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms(), prefixed;
    struct says s = good();
    trust(&issuer);
    s.sub = arena_printf(&test_arena, "\"%.*s\"", STR_ARG(t.ana.id)).ptr;
    struct str token = token_from(s);
    assert_int_equal(reason_of("gate", token), VALIDATION_WRONG_SUBJECT);
    prefixed = issuer;
    prefixed.subject_prefix = STR("partner:");
    change_terms(&issuer, &prefixed);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
}

/* OT-15: good for an answer of this service, and for nothing else. */
static void it_is_no_token_anywhere_else_OT_15(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct validation_call call;
    struct validation_caller caller;
    struct userinfo info;
    struct access_token checked;
    struct store_read *r;
    struct str json;
    struct says s = good();
    const struct introspect_caller all = {.any_token = true};
    trust(&issuer);
    s.more = ",\"jti\":\"onrtac:1\",\"typ\":\"Bearer\",\"azp\":\"gate\",\"scope\":\"openid\"";
    struct str token = token_from(s);
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
    call = call_of(ARENA_CONCAT(&test_arena, STR("Bearer "), token));
    FAILS(validation_caller_find(&call, &caller), ERR_INVALID_TOKEN);
    FAILS(userinfo_get(&t.ctx, token, &info), ERR_INVALID_TOKEN);
    OK(introspect_token(&t.ctx, &all, token, &json));
    SAME(json, INTROSPECT_INACTIVE);
    OK(store_read_begin(t.view, &r));
    FAILS(token_check(&t.ctx, r, token, &checked), ERR_INVALID_TOKEN);
    store_read_end(r);
    call = call_of(basic_of("gate", SECRET));
    caller = caller_of(&call);
    OK(validation_revoke(&call, &caller, token)); /* not ours to end */
    assert_int_equal(reason_of("gate", token), VALIDATION_ACTIVE);
}

static void introspection_tells_what_the_terms_vouch_for(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct validation_user_context person;
    struct says s = good();
    struct str json;
    trust(&issuer);
    s.more = ",\"scope\":\"read\",\"username\":\"ana\",\"client_id\":\"web\",\"active\":false,"
             "\"email\":\"ana@example.pe\"";
    struct str token = token_from(s);
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller = caller_of(&call);
    OK(validation_introspect(&call, &caller, token, &json));
    const struct json_value *answer = json_of(json);
    assert_true(json_bool_or(answer, "active", false));
    SAME(json_get_str(answer, "iss"), PARTNER);
    SAME(json_get_str(answer, "sub"), "maria");
    SAME(json_get_str(answer, "scope"), "read");
    ABSENT(json_get_str(answer, "username"));
    ABSENT(json_get_str(answer, "client_id"));
    OK(validation_user_context(&call, &caller, token, &person));
    assert_true(person.token.active && !person.enabled);
    assert_true(str_empty(person.user_id) && str_empty(person.email) && str_empty(person.claims));
    call = call_of(basic_of("other", SECRET));
    caller = caller_of(&call);
    OK(validation_introspect(&call, &caller, token, &json));
    SAME(json, INTROSPECT_INACTIVE);
}

/* OT-11: its clients are not ours, even when they have the same name. */
static void only_its_audience_may_ask_OT_11(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct says s = good();
    trust(&issuer);
    s.more = ",\"azp\":\"other\",\"client_id\":\"other\"";
    struct str token = token_from(s);
    assert_int_equal(reason_of("other", token), VALIDATION_NOT_PERMITTED);
    assert_int_equal(reason_of("api", token), VALIDATION_ACTIVE);
}

/* --- tenants --- */

static int ask_in(const char *home, const char *tenant, struct str token,
                  struct validation_answer *ret_answer)
{
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_caller caller;
    call.default_realm = str_c(home);
    OK(validation_caller_find(&call, &caller));
    if (tenant)
        call.tenant = str_c(tenant);
    return validation_check(&call, &caller, &(struct validation_question){.token = token},
                            ret_answer);
}

static void realms_trust_for_themselves_AD_02(void **state)
{
    (void)state;
    struct validation_answer a;
    struct trusted_issuer issuer = partner_terms();
    make_another_realm("chile");
    make_another_realm(REALM_MASTER);
    trust(&issuer);
    struct str token = token_from(good());
    OK(ask_in("peru", NULL, token, &a));
    assert_true(a.active);
    OK(ask_in("peru", "peru", token, &a));
    assert_true(a.active);
    OK(ask_in("chile", NULL, token, &a));
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
    OK(ask_in("chile", "peru", token, &a)); /* peru's trust is not chile's business */
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
    OK(ask_in(REALM_MASTER, NULL, token, &a));
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
    OK(ask_in(REALM_MASTER, "peru", token, &a));
    assert_true(a.active);
    OK(ask_in(REALM_MASTER, "bolivia", token, &a));
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
    FAILS(ask_in("peru", "chile", token, &a), ERR_INVALID_REQUEST);
}

static void a_claim_may_name_the_tenant_AD_02(void **state)
{
    (void)state;
    struct validation_answer a;
    struct trusted_issuer issuer = partner_terms();
    struct says other = good();
    issuer.tenant_claim = STR("org.id");
    trust(&issuer);
    REASON(UNKNOWN_ISSUER, (void)s);
    REASON(ACTIVE, s.more = ",\"org\":{\"id\":\"peru\"}");
    REASON(ACTIVE, s.more = ",\"org.id\":\"peru\"");
    REASON(UNKNOWN_ISSUER, s.more = ",\"org\":{\"id\":\"chile\"}");
    REASON(UNKNOWN_ISSUER, s.more = ",\"org\":{\"id\":[\"peru\"]}");
    REASON(UNKNOWN_ISSUER, s.more = ",\"org\":\"peru\"");
    other.more = ",\"org\":{\"id\":\"chile\"}";
    FAILS(ask_in("peru", "peru", token_from(other), &a), ERR_INVALID_REQUEST);
}

static void a_gate_with_nothing_but_the_token_asks_the_named_realm(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct validation_answer a;
    trust(&issuer);
    struct validation_question q = {.token = token_from(good())};
    struct validation_call call = call_of(str_of(NULL, 0));
    OK(validation_check_shown(&call, &q, &a));
    assert_true(a.active && a.trusted);
    call.default_realm = str_of(NULL, 0);
    OK(validation_check_shown(&call, &q, &a));
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
    q.realm = STR("peru");
    OK(validation_check_shown(&call, &q, &a));
    assert_true(a.active);
    q.realm = STR("nowhere");
    OK(validation_check_shown(&call, &q, &a));
    assert_int_equal(a.reason, VALIDATION_UNKNOWN_ISSUER);
}

static void a_disabled_realm_trusts_nobody(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms();
    struct validation_answer a;
    trust(&issuer);
    make_another_realm(REALM_MASTER);
    struct realm realm = realm_now();
    realm.enabled = false;
    set_realm(&realm);
    OK(ask_in(REALM_MASTER, "peru", token_from(good()), &a));
    assert_int_equal(a.reason, VALIDATION_REALM_DISABLED);
}

/* --- terms --- */

#define REFUSED(change, field_name)                                                                \
    do {                                                                                           \
        struct trusted_issuer issuer = partner_terms();                                            \
        change;                                                                                    \
        struct store_write *w = begin_write();                                                     \
        FAILS(admin_issuer_insert(&t.ctx, w, &issuer), ERR_INVALID_REQUEST);                       \
        assert_string_equal(t.err.field, field_name);                                              \
        store_rollback(w);                                                                         \
    } while (0)

static struct strs one(const char *text)
{
    struct strs list = {NULL, 0};
    OK(strs_add(&list, &test_arena, str_c(text)));
    return list;
}

static void terms_must_make_sense(void **state)
{
    (void)state;
    REFUSED(issuer.issuer = STR(""), "issuer");
    REFUSED(issuer.issuer = STR("http://partner.example"), "issuer");
    REFUSED(issuer.issuer = STR("https://partner.example?x=1"), "issuer");
    REFUSED(issuer.issuer = STR("javascript:alert(1)"), "issuer");
    REFUSED(issuer.jwks_uri = STR("http://partner.example/keys"), "jwksUri");
    REFUSED(issuer.jwks_uri = STR("file:///etc/passwd"), "jwksUri");
    REFUSED(issuer.jwks_uri = STR(""), "jwksUri");
    REFUSED(issuer.jwks = partner_set(&test_arena), "jwksUri");
    REFUSED(issuer.jwks_uri = STR(""); issuer.jwks = STR("{}"), "jwks");
    REFUSED(issuer.jwks_uri = STR("");
            issuer.jwks = STR("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"), "jwks");
    REFUSED(issuer.algorithms = (struct strs){0}, "algorithms");
    REFUSED(issuer.algorithms = one("HS256"), "algorithms");
    REFUSED(issuer.algorithms = one("none"), "algorithms");
    REFUSED(issuer.audiences = (struct strs){0}, "audiences");
    REFUSED(issuer.audiences = one(""), "audiences");
    REFUSED(issuer.clock_skew_s = 61, "clockSkewSeconds");
    REFUSED(issuer.clock_skew_s = -1, "clockSkewSeconds");
    REFUSED(issuer.max_lifetime_s = 0, "maxLifetimeSeconds");
    REFUSED(issuer.max_lifetime_s = INT64_MAX, "maxLifetimeSeconds");
    REFUSED(issuer.not_before_s = -1, "notBefore");
    REFUSED(issuer.subject_claim = STR(""), "subjectClaim");
}

static void private_keys_are_not_stored(void **state)
{
    (void)state;
    struct str set = partner_set(&test_arena);
    struct str end = STR("}]}");
    assert_true(str_ends(set, end));
    struct str with =
        ARENA_CONCAT(&test_arena, str_sub(set, 0, set.len - end.len), STR(",\"d\":\"AAAA\"}]}"));
    REFUSED(issuer.jwks_uri = STR(""); issuer.jwks = with, "jwks");
}

static void trust_is_bounded_and_recorded_AU_03(void **state)
{
    (void)state;
    struct trusted_issuer issuer = partner_terms(), changed;
    trust(&issuer);
    struct trusted_issuer again = partner_terms();
    struct store_write *w = begin_write();
    FAILS(admin_issuer_insert(&t.ctx, w, &again), ERR_CONFLICT);
    store_rollback(w);
    changed = issuer;
    changed.max_lifetime_s = 600;
    change_terms(&issuer, &changed);
    distrust(&changed);
    assert_int_equal(events_of("IssuerTrusted"), 1);
    assert_int_equal(events_of("IssuerModified"), 1);
    assert_int_equal(events_of("IssuerDistrusted"), 1);
    w = begin_write();
    for (int i = 0; i < TRUSTED_ISSUERS_MAX; i++) {
        struct trusted_issuer more = partner_terms();
        more.issuer = arena_printf(&test_arena, "https://partner%d.example", i);
        OK(admin_issuer_insert(&t.ctx, w, &more));
    }
    again = partner_terms();
    FAILS(admin_issuer_insert(&t.ctx, w, &again), ERR_LIMIT_REACHED);
    OK(store_commit(w, DURABLE_LOCAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUSTED_TEST(told_by_the_terms_of_trust),
        TRUSTED_TEST(roles_come_only_where_a_claim_is_named),
        TRUSTED_TEST(no_role_of_theirs_reads_as_one_of_a_client_of_ours),
        TRUSTED_TEST(every_deviation_has_its_reason_JO_10),
        TRUSTED_TEST(other_kinds_of_tokens_are_refused_OT_15_JO_09),
        TRUSTED_TEST(keys_and_algorithms_are_those_of_the_issuer_JO_01_JO_02_JO_05),
        TRUSTED_TEST(the_set_may_stand_in_the_settings),
        TRUSTED_TEST(a_new_key_is_asked_for_once_JO_04),
        TRUSTED_TEST(a_key_that_is_taken_away_counts_after_ten_minutes),
        TRUSTED_TEST(while_the_issuer_is_away_its_keys_last_an_hour),
        TRUSTED_TEST(nobody_is_asked_for_an_issuer_that_is_not_trusted_SS_04),
        TRUSTED_TEST(not_before_ends_them_too_OT_08),
        TRUSTED_TEST(no_trusted_issuer_speaks_for_a_realm_of_ours),
        TRUSTED_TEST(it_does_not_name_people_of_ours),
        TRUSTED_TEST(it_is_no_token_anywhere_else_OT_15),
        TRUSTED_TEST(introspection_tells_what_the_terms_vouch_for),
        TRUSTED_TEST(only_its_audience_may_ask_OT_11),
        TRUSTED_TEST(realms_trust_for_themselves_AD_02),
        TRUSTED_TEST(a_claim_may_name_the_tenant_AD_02),
        TRUSTED_TEST(a_gate_with_nothing_but_the_token_asks_the_named_realm),
        TRUSTED_TEST(a_disabled_realm_trusts_nobody),
        TRUSTED_TEST(terms_must_make_sense),
        TRUSTED_TEST(private_keys_are_not_stored),
        TRUSTED_TEST(trust_is_bounded_and_recorded_AU_03),
    };
    return cmocka_run_group_tests(tests, NULL, partner_free);
}
