/* Random interleavings of issuing, validating and everything that ends a token, against a reference
 * that knows no cache: each answer must be what a fresh look would say, on every path (OT-06, OT-07,
 * OT-08, OT-11). A run prints its seed; GARITA_MODEL_SEED repeats one, GARITA_MODEL_STEPS makes it
 * longer. */
#include "tests/unit/core/validation/partner.h"

#include <stdlib.h>

#include "core/admin/keys.h"
#include "core/oidc/introspect.h"
#include "core/oidc/mint.h"
#include "core/oidc/revoke.h"
#include "core/oidc/userinfo.h"

#define USERS      4
#define CLIENTS    2
#define SESSIONS   400
#define TOKENS     800
#define TOKEN_S    90
#define STEPS      1500
#define SEEDS      3
#define FOREIGN    16
#define LATEST_MAX 8 /* tokens that are validated: the newest ones, so that many are alive */

static const char *const client_names[CLIENTS] = {"api", "other"};

/* --- the reference --- */

struct m_user {
    struct user user;
    struct password_change password;
    bool enabled, gone;
    int64_t not_before_s;
};

struct m_session {
    int user, client;
    struct str id;
    int64_t pk, auth_s;
    bool ended, client_ended;
};

struct m_token {
    char text[4096];
    struct str token;
    int session;
    int64_t issued_s;
    int key; /* the how manieth key of the realm signed it */
    bool revoked;
    struct ground ground; /* of an active answer to gate */
    int64_t answered_ms;
};

/* Of a trusted issuer; the newest take the places of the oldest. */
struct m_foreign {
    char text[1024];
    struct str token;
    int64_t issued_s;
};

static struct {
    uint64_t random;
    struct arena arena; /* of one step */
    struct m_user users[USERS];
    struct m_session sessions[SESSIONS];
    struct m_token tokens[TOKENS];
    int session_count, token_count, key;
    bool client_enabled[CLIENTS];
    int64_t client_not_before_s[CLIENTS], realm_not_before_s;
    struct m_foreign foreign[FOREIGN];
    size_t foreign_count;
    struct trusted_issuer terms;
    bool trusted;
    size_t asked, active, kept, foreign_kept, held;
} m;

static uint32_t pick(uint32_t below)
{
    m.random ^= m.random << 13;
    m.random ^= m.random >> 7;
    m.random ^= m.random << 17;
    return (uint32_t)(m.random >> 32) % below;
}

static bool is_good(const struct m_token *token)
{
    const struct m_session *s = &m.sessions[token->session];
    const struct m_user *u = &m.users[s->user];
    int64_t not_before_s = m.realm_not_before_s;
    if (u->not_before_s > not_before_s)
        not_before_s = u->not_before_s;
    return !token->revoked && !s->ended && !s->client_ended && !u->gone && u->enabled &&
           m.client_enabled[s->client] && token->key == m.key &&
           token->issued_s >= m.client_not_before_s[s->client] && token->issued_s >= not_before_s &&
           s->auth_s >= not_before_s && t.now.wall_ms / 1000 < token->issued_s + TOKEN_S;
}

/* --- steps --- */

static void mint_for(int session)
{
    struct m_session *ms = &m.sessions[session];
    struct m_token *token = &m.tokens[m.token_count];
    const struct client *client;
    struct store_read *r;
    struct minted minted;
    struct subject s = {.user = m.users[ms->user].user, .has_session = true, .grant = GRANT_CODE};
    OK(realm_view_client(t.view, str_c(client_names[ms->client]), &client));
    s.client = client;
    OK(store_read_begin(t.view, &r));
    OK(session_find_by_pk(r, &m.arena, ms->pk, &s.session));
    OK(subject_load(&t.ctx, r, STR("openid"), &s));
    OK(mint_access_token(&t.ctx, r, &s, &minted));
    store_read_end(r);
    assert_true(minted.token.len < sizeof(token->text));
    memcpy(token->text, minted.token.ptr, minted.token.len);
    token->token = str_of(token->text, minted.token.len);
    token->session = session;
    token->issued_s = t.now.wall_ms / 1000;
    token->key = m.key;
    token->revoked = false;
    ground_init(&token->ground);
    m.token_count++;
}

/* A login; the id is kept in the test's arena. */
static void step_issue(void)
{
    struct m_session *ms = &m.sessions[m.session_count];
    int user = (int)pick(USERS), client = (int)pick(CLIENTS);
    struct session_new from = {.user = &m.users[user].user,
                               .auth_time_ms = t.now.wall_ms,
                               .acr = STR("1"),
                               .amr = STR("pwd")};
    struct user_session session;
    struct client_session cs;
    const struct client *found;
    if (m.session_count == SESSIONS || m.token_count == TOKENS || m.users[user].gone)
        return;
    OK(realm_view_client(t.view, str_c(client_names[client]), &found));
    OK(session_prepare(&t.ctx, &from, &session, NULL));
    struct store_write *w = begin_write();
    OK(session_insert(w, &session));
    OK(client_session_open(&t.ctx, w, &session, found, STR("openid"), STR(CALLBACK), &cs));
    OK(store_commit(w, DURABLE_LOCAL));
    *ms = (struct m_session){.user = user,
                             .client = client,
                             .id = arena_str(&test_arena, session.id),
                             .pk = session.pk,
                             .auth_s = t.now.wall_ms / 1000};
    mint_for(m.session_count++);
}

/* What a refresh does to the rows: they are touched, and another token is there. */
static void step_refresh(void)
{
    if (m.session_count == 0 || m.token_count == TOKENS)
        return;
    int session = (int)pick((uint32_t)m.session_count);
    struct m_session *ms = &m.sessions[session];
    if (ms->ended || ms->client_ended)
        return;
    struct store_write *w = begin_write();
    OK(session_touch(w, ms->pk, t.now.wall_ms));
    OK(store_commit(w, DURABLE_NONE));
    mint_for(session);
}

static int some_token(void)
{
    int newest = m.token_count < LATEST_MAX ? m.token_count : LATEST_MAX;
    return m.token_count - 1 - (int)pick((uint32_t)newest);
}

static void check_introspection(const struct m_token *token)
{
    struct store_read *r;
    struct access_token checked;
    struct str json;
    const struct introspect_caller all = {.any_token = true};
    OK(introspect_token(&t.ctx, &all, token->token, &json));
    assert_int_equal(str_eq(json, STR(INTROSPECT_INACTIVE)), !is_good(token));
    OK(store_read_begin(t.view, &r));
    assert_int_equal(token_check(&t.ctx, r, token->token, &checked) == 0, is_good(token));
    store_read_end(r);
}

/* While the ground of an active answer holds, that is the answer. */
static void check_ground(const struct m_token *token)
{
    const struct ground *g = &token->ground;
    if (!g->firm || t.now.wall_ms < token->answered_ms || t.now.wall_ms >= g->until_ms ||
        !store_ground_holds(g->pins, g->count))
        return;
    assert_true(is_good(token));
    m.held++;
}

static void step_validate(void)
{
    if (m.token_count == 0)
        return;
    struct m_token *token = &m.tokens[some_token()];
    check_ground(token);
    const char *client = pick(2) ? "gate" : client_names[m.sessions[token->session].client];
    struct validation_call call = call_of(basic_of(client, SECRET));
    struct validation_question question = {.token = token->token};
    struct validation_caller caller;
    struct validation_answer answer;
    struct ground ground;
    ground_init(&ground);
    call.arena = &m.arena;
    call.ground = &ground;
    int rc = validation_caller_find(&call, &caller);
    bool caller_enabled =
        strcmp(client, "gate") == 0 || m.client_enabled[m.sessions[token->session].client];
    assert_int_equal(rc == 0, caller_enabled);
    if (rc != 0)
        return;
    OK(validation_check(&call, &caller, &question, &answer));
    if (answer.active != is_good(token))
        print_message("answered %s, kept %d\n", validation_reason_name(answer.reason),
                      answer.from_cache);
    assert_int_equal(answer.active, is_good(token));
    m.asked++;
    m.active += answer.active;
    m.kept += answer.from_cache;
    assert_true(!ground.firm || (answer.active && answer.from_cache));
    if (ground.firm) {
        token->ground = ground;
        token->answered_ms = t.now.wall_ms;
    }
    if (pick(8) == 0)
        check_introspection(token);
}

static void step_revoke(void)
{
    if (m.token_count == 0)
        return;
    struct m_token *token = &m.tokens[some_token()];
    const struct m_session *s = &m.sessions[token->session];
    const struct client *client;
    OK(realm_view_client(t.view, str_c(client_names[s->client]), &client));
    OK(revoke_token_of(&t.ctx, client, token->token));
    token->revoked = true; /* also one that may not be used now */
}

/* One that has not ended; NULL when chance finds none. The rows of those that have may be others' by
 * now. */
static struct m_session *some_session(void)
{
    struct m_session *s = m.session_count ? &m.sessions[pick((uint32_t)m.session_count)] : NULL;
    return s && !s->ended ? s : NULL;
}

static void step_logout(void)
{
    struct m_session *s = some_session();
    if (!s)
        return;
    struct store_write *w = begin_write();
    OK(session_delete(w, s->pk));
    OK(store_commit(w, DURABLE_LOCAL));
    s->ended = true;
}

static void step_end_client_session(void)
{
    struct m_session *s = some_session();
    struct client_session cs;
    struct store_read *r;
    const struct client *client;
    if (!s)
        return;
    OK(realm_view_client(t.view, str_c(client_names[s->client]), &client));
    OK(store_read_begin(t.view, &r));
    int rc = client_session_find(r, &m.arena, s->pk, client->pk, &cs);
    store_read_end(r);
    if (rc != 0)
        return;
    struct store_write *w = begin_write();
    OK(client_session_revoke(w, cs.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    s->client_ended = true;
}

static void end_sessions_of(int user)
{
    for (int i = 0; i < m.session_count; i++)
        if (m.sessions[i].user == user)
            m.sessions[i].ended = true;
}

static void step_user(void)
{
    int which = (int)pick(USERS);
    struct m_user *u = &m.users[which];
    if (u->gone)
        return;
    struct user user = user_now(u->user.pk);
    user.enabled = u->enabled = pick(3) > 0;
    if (pick(4) == 0)
        user.not_before_s = u->not_before_s = t.now.wall_ms / 1000 + (int)pick(3) - 1;
    set_user(&user);
}

static void step_logout_user(void)
{
    int which = (int)pick(USERS);
    int64_t count;
    struct store_write *w = begin_write();
    OK(session_delete_of_user(w, m.users[which].user.pk, 0, &count));
    OK(store_commit(w, DURABLE_LOCAL));
    end_sessions_of(which);
}

static void step_password(void)
{
    int which = (int)pick(USERS);
    if (m.users[which].gone)
        return;
    struct store_write *w = begin_write();
    OK(password_change_store(&t.ctx, w, &m.users[which].password, false, 0,
                             EVENT_CredentialsReset));
    OK(store_commit(w, DURABLE_LOCAL));
    end_sessions_of(which);
}

static void step_delete_user(void)
{
    int which = (int)pick(USERS * 2); /* never the first */
    if (which == 0 || which >= USERS || m.users[which].gone)
        return;
    struct store_write *w = begin_write();
    OK(user_delete(w, m.users[which].user.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    m.users[which].gone = true;
    end_sessions_of(which);
}

static void step_client(void)
{
    int which = (int)pick(CLIENTS);
    struct client client = client_now(client_names[which]);
    client.enabled = m.client_enabled[which] = pick(3) > 0;
    if (pick(4) == 0)
        client.not_before_s = m.client_not_before_s[which] =
            t.now.wall_ms / 1000 + (int)pick(3) - 1;
    set_client(&client);
}

static void step_realm(void)
{
    struct realm realm = realm_now();
    realm.not_before_s = m.realm_not_before_s = t.now.wall_ms / 1000 + (int)pick(3) - 1;
    set_realm(&realm);
}

static void step_key(void)
{
    struct realm_key key;
    struct store_write *w = begin_write();
    OK(admin_key_rotate(&t.ctx, w, STR("ES256"), 0, &key));
    OK(store_commit(w, DURABLE_LOCAL));
    m.key++;
    refresh_view();
}

/* --- of a trusted issuer --- */

static bool is_good_foreign(const struct m_foreign *f)
{
    return m.trusted && m.terms.enabled && f->issued_s >= m.terms.not_before_s &&
           f->issued_s >= m.realm_not_before_s &&
           t.now.wall_ms / 1000 < f->issued_s + TOKEN_S + m.terms.clock_skew_s;
}

static void step_foreign_issue(void)
{
    struct m_foreign *f = &m.foreign[m.foreign_count % FOREIGN];
    int64_t now = t.now.wall_ms / 1000;
    struct str payload = arena_printf(
        &m.arena,
        "{\"iss\":\"" PARTNER
        "\",\"sub\":\"maria\",\"aud\":\"api\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"%zu\"}",
        (long long)now, (long long)now + TOKEN_S, m.foreign_count);
    struct str token = partner_sign((int)pick(PARTNER_KEY_COUNT), NULL, payload);
    assert_true(token.len < sizeof(f->text));
    *f = (struct m_foreign){.issued_s = now};
    memcpy(f->text, token.ptr, token.len);
    f->token = str_of(f->text, token.len);
    m.foreign_count++;
}

static void step_foreign_validate(void)
{
    size_t there = m.foreign_count < FOREIGN ? m.foreign_count : FOREIGN;
    if (there == 0)
        return;
    const struct m_foreign *f = &m.foreign[pick((uint32_t)there)];
    struct validation_call call = call_of(basic_of("gate", SECRET));
    struct validation_question question = {.token = f->token};
    struct validation_caller caller;
    struct validation_answer answer;
    call.arena = &m.arena;
    OK(validation_caller_find(&call, &caller));
    OK(validation_check(&call, &caller, &question, &answer));
    if (answer.active != is_good_foreign(f))
        print_message("foreign: answered %s\n", validation_reason_name(answer.reason));
    assert_int_equal(answer.active, is_good_foreign(f));
    m.foreign_kept += answer.from_cache;
}

/* Trust ends, begins anew, is switched, and forgets what was issued before. */
static void step_terms(void)
{
    struct trusted_issuer before = m.terms;
    if (!m.trusted) {
        m.terms = partner_terms();
        trust(&m.terms);
        m.trusted = true;
        return;
    }
    if (pick(4) == 0) {
        distrust(&m.terms);
        m.trusted = false;
        return;
    }
    m.terms.enabled = pick(4) > 0;
    if (pick(3) == 0)
        m.terms.not_before_s = t.now.wall_ms / 1000 + (int)pick(3) - 1;
    change_terms(&before, &m.terms);
}

static void step_wait(void)
{
    advance_ms((int64_t)pick(4000));
}

static void step_restart(void)
{
    struct store_config config = {
        .wait_ms = 60000, .data_dir = t.dir, .cache_disk_bytes = 16 << 20};
    for (int i = 0; i < m.token_count; i++)
        m.tokens[i].ground.firm = false; /* the counters go with the store */
    realm_view_release(t.view);
    for (size_t i = 0; i < t.former_count; i++)
        realm_view_release(t.former[i]);
    t.former_count = 0;
    store_close(t.store);
    OK(store_open(&config, &t.store));
    OK(realm_view_acquire(t.store, STR("peru"), &t.view));
    t.ctx.view = t.view;
}

static const struct {
    void (*step)(void);
    uint32_t weight;
} steps[] = {
    {step_validate, 600},
    {step_issue, 40},
    {step_refresh, 12},
    {step_wait, 12},
    {step_revoke, 12},
    {step_logout, 8},
    {step_user, 6},
    {step_client, 2},
    {step_end_client_session, 6},
    {step_logout_user, 3},
    {step_password, 2},
    {step_realm, 1},
    {step_key, 1},
    {step_delete_user, 1},
    {step_restart, 1},
    {step_foreign_issue, 20},
    {step_foreign_validate, 200},
    {step_terms, 5},
};

static void one_step(void)
{
    uint32_t total = 0, at;
    size_t i = 0;
    for (size_t k = 0; k < ARRAY_LEN(steps); k++)
        total += steps[k].weight;
    for (at = pick(total); at >= steps[i].weight; i++)
        at -= steps[i].weight;
    steps[i].step();
    if (t.former_count > ARRAY_LEN(t.former) / 2)
        step_restart();
    arena_reset(&m.arena);
}

static void begin_model(uint64_t seed)
{
    struct realm realm = realm_now();
    memset(&m, 0, sizeof(m));
    m.random = seed;
    arena_init(&m.arena, (size_t)32 << 20);
    realm.access_token_lifespan_s = TOKEN_S;
    realm.default_signature_algorithm = STR("ES256");
    set_realm(&realm);
    for (int i = 0; i < CLIENTS; i++)
        m.client_enabled[i] = true;
    step_key();
    for (int i = 0; i < USERS; i++) {
        struct m_user *u = &m.users[i];
        u->user = i == 0 ? t.ana : add_person(arena_printf(&test_arena, "user%d", i).ptr, PASSWORD);
        u->enabled = true;
        if (i == 0)
            OK(password_change_prepare(&t.ctx, &u->user, STR("another fine password"), &u->password,
                                       NULL));
        else
            u->password = m.users[0].password;
        u->password.user_pk = u->user.pk;
        u->password.user_id = u->user.id;
    }
    partner_reset();
    for (int i = 0; i < PARTNER_KEY_COUNT; i++)
        partner.published[i] = true;
    step_terms();
    t.ctx.arena = &m.arena;
}

static long setting(const char *name, long fallback)
{
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : fallback;
}

static void run_model(uint64_t seed)
{
    long count = setting("GARITA_MODEL_STEPS", STEPS);
    print_message("seed %llu, %ld steps\n", (unsigned long long)seed, count);
    begin_model(seed);
    for (long i = 0; i < count; i++)
        one_step();
    print_message("%zu asked, %zu active, %zu kept, %zu held; %zu of others kept\n", m.asked,
                  m.active, m.kept, m.held, m.foreign_kept);
    arena_free(&m.arena);
    t.ctx.arena = &test_arena;
}

static void answers_are_those_of_the_reference_OT_06_OT_07_OT_08_OT_11(void **state)
{
    static int runs;
    static size_t all_kept, all_active, all_foreign, all_held;
    uint64_t seed;
    (void)state;
    rng_bytes(&seed, sizeof(seed));
    seed = (uint64_t)setting("GARITA_MODEL_SEED", (long)(seed >> 2) | 1) + (uint64_t)runs++;
    run_model(seed);
    all_kept += m.kept;
    all_active += m.active;
    all_foreign += m.foreign_kept;
    all_held += m.held;
    /* Otherwise nothing was tested; the odds against it are astronomical. */
    if (runs == SEEDS)
        assert_true(all_kept > 100 && all_active > all_kept && all_foreign > 20 && all_held > 100);
}

/* --- others are left alone --- */

static struct validation_answer ask_gate(struct str token)
{
    return ask("gate", (struct validation_question){.token = token});
}

static void logins_and_refreshes_end_no_kept_answer_of_others(void **state)
{
    const struct json_value *json;
    (void)state;
    struct issued mine = issue_to("web", ""), other = issue_to("web", "");
    assert_false(ask_gate(mine.access).from_cache);
    assert_true(ask_gate(mine.access).from_cache);
    (void)issue_to("web", "");
    assert_true(ask_gate(mine.access).from_cache);
    OK(token_of(NULL, refresh_form(other.refresh), &json));
    assert_true(ask_gate(mine.access).from_cache);
    OK(token_of(NULL, refresh_form(mine.refresh), &json)); /* nor its own */
    assert_true(ask_gate(mine.access).from_cache);
    struct user bea = add_person("bea", PASSWORD);
    assert_true(ask_gate(mine.access).from_cache);
    bea.enabled = false;
    set_user(&bea);
    assert_true(ask_gate(mine.access).active);
}

static void a_change_of_configuration_makes_a_fresh_look(void **state)
{
    (void)state;
    struct issued mine = issue_to("web", "");
    (void)ask_gate(mine.access);
    assert_true(ask_gate(mine.access).from_cache);
    struct realm realm = realm_now();
    realm.display_name = STR("Peru");
    set_realm(&realm);
    struct validation_answer answer = ask_gate(mine.access);
    assert_true(answer.active && !answer.from_cache);
    assert_true(ask_gate(mine.access).from_cache);
}

static void a_role_that_is_taken_counts_at_once(void **state)
{
    (void)state;
    struct issued mine = issue_to("web", "");
    struct store_read *r;
    struct user account;
    struct role role;
    struct client gate = client_now("gate");
    assert_true(ask_gate(mine.access).active);
    OK(store_read_begin(t.view, &r));
    OK(user_find_by_id(r, &test_arena, gate.service_account_user_id, &account));
    OK(role_find(r, &test_arena, 0, STR(ROLE_TOKEN_VALIDATOR), &role));
    store_read_end(r);
    struct store_write *w = begin_write();
    OK(user_role_remove(w, account.pk, role.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    assert_int_equal(ask_gate(mine.access).reason, VALIDATION_NOT_PERMITTED);
    give_validator_role("gate");
    assert_true(ask_gate(mine.access).active);
}

static void kept_answers_end_with_what_was_known_to_end(void **state)
{
    (void)state;
    struct realm realm = realm_now();
    realm.sso_session_idle_s = 120;
    set_realm(&realm);
    struct issued mine = issue_to("web", "");
    (void)ask_gate(mine.access);
    assert_true(ask_gate(mine.access).from_cache);
    advance_ms(INT64_C(119) * 1000);
    assert_true(ask_gate(mine.access).active);
    advance_ms(INT64_C(1000));
    assert_false(ask_gate(mine.access).active);
}

int main(void)
{
    struct CMUnitTest tests[SEEDS + 4];
    size_t count = 0;
    for (int i = 0; i < SEEDS; i++)
        tests[count++] = (struct CMUnitTest)VALIDATION_TEST(
            answers_are_those_of_the_reference_OT_06_OT_07_OT_08_OT_11);
    tests[count++] =
        (struct CMUnitTest)VALIDATION_TEST(logins_and_refreshes_end_no_kept_answer_of_others);
    tests[count++] =
        (struct CMUnitTest)VALIDATION_TEST(a_change_of_configuration_makes_a_fresh_look);
    tests[count++] = (struct CMUnitTest)VALIDATION_TEST(a_role_that_is_taken_counts_at_once);
    tests[count++] =
        (struct CMUnitTest)VALIDATION_TEST(kept_answers_end_with_what_was_known_to_end);
    return cmocka_run_group_tests(tests, NULL, partner_free);
}
