/* What an administrator commits in the very moment in which a page is answered counts: no session
 * comes from a password, or for a person, that is not good any more (WE-03, WE-12). The page has read
 * and waits for its turn to write, which the administrator has. */
#include "tests/unit/core/oidc/oidc_support.h"

#include <pthread.h>

#include "core/auth/session.h"
#include "store/view.h"

#define NEW_PASSWORD "another one entirely"

struct answer {
    struct auth_ctx ctx;
    struct arena arena;
    struct err_ctx err;
    struct str state;
    const char *password; /* NULL: it is the consent page */
    struct authz_step step;
    int rc;
    atomic_bool done;
};

static void *answer(void *arg)
{
    struct answer *a = arg;
    if (a->password)
        a->rc = authz_update_password(&a->ctx, &t.browser, a->state, str_c(a->password),
                                      str_c(a->password), &a->step);
    else
        a->rc = authz_consent(&a->ctx, &t.browser, a->state, true, &a->step);
    atomic_store(&a->done, true);
    return NULL;
}

/* Until the answer waits for its turn, or has ended without. */
static void wait_for_turn(struct answer *a)
{
    struct turnstile *turn = &t.view->slot->db->turn;
    bool waits = false;
    while (!waits && !atomic_load(&a->done)) {
        (void)usleep(1000);
        (void)pthread_mutex_lock(&turn->lock);
        waits = turn->waiting > 0;
        (void)pthread_mutex_unlock(&turn->lock);
    }
    assert_true(waits);
}

typedef void overtake(struct store_write *w);

/* The kind of page that the answer ends with, when that was committed while it waited. */
static enum authz_step_kind answer_overtaken(struct str state, const char *password,
                                             overtake *change)
{
    static struct answer a;
    pthread_t thread;
    a = (struct answer){.ctx = t.ctx, .state = state, .password = password};
    arena_init(&a.arena, ARENA_REQUEST_MAX_BYTES);
    a.ctx.arena = &a.arena;
    a.ctx.err = &a.err;
    struct store_write *w = begin_write();
    assert_int_equal(pthread_create(&thread, NULL, answer, &a), 0);
    wait_for_turn(&a);
    if (change)
        change(w);
    OK(store_commit(w, DURABLE_LOCAL));
    assert_int_equal(pthread_join(thread, NULL), 0);
    OK(a.rc);
    enum authz_step_kind kind = a.step.kind;
    if (kind != AUTHZ_STEP_REPLY)
        assert_true(str_absent(a.step.set_sso_cookie));
    arena_free(&a.arena);
    return kind;
}

static struct password_change new_password;

static void change_password(struct store_write *w)
{
    OK(password_change_store(&t.ctx, w, &new_password, false, 0, EVENT_CredentialsReset));
}

static void set_not_before(struct store_write *w)
{
    struct user ana = user_now(t.ana.pk);
    ana.not_before_s = t.now.wall_ms / 1000 + 1;
    OK(user_update(w, &ana));
}

static void disable(struct store_write *w)
{
    struct user ana = user_now(t.ana.pk);
    ana.enabled = false;
    OK(user_update(w, &ana));
}

static size_t sessions(void)
{
    struct user_session *items;
    struct store_read *r;
    size_t count;
    OK(store_read_begin(t.view, &r));
    OK(session_list_of_user(r, &test_arena, t.ana.pk, &items, &count));
    store_read_end(r);
    return count;
}

static struct authz_step consent_page(void)
{
    struct client web = client_now("web");
    web.consent_required = true;
    set_client(&web);
    OK(password_change_prepare(&t.ctx, &t.ana, STR(NEW_PASSWORD), &new_password, NULL));
    struct authz_step step = full_login(REQUEST_WEB);
    assert_int_equal(step.kind, AUTHZ_STEP_CONSENT);
    return step;
}

static void a_consent_page_that_nothing_overtakes_is_answered(void **state)
{
    (void)state;
    struct authz_step page = consent_page();
    assert_int_equal(answer_overtaken(page.state, NULL, NULL), AUTHZ_STEP_REPLY);
    assert_int_equal(sessions(), 1);
}

static void no_session_of_an_old_password_WE_03(void **state)
{
    (void)state;
    struct authz_step page = consent_page();
    advance_ms(5);
    assert_int_equal(answer_overtaken(page.state, NULL, change_password), AUTHZ_STEP_LOGIN);
    assert_int_equal(sessions(), 0);
}

/* The request that changes the password may have begun before the login, and hashed meanwhile. */
static void a_change_that_began_before_the_login_counts_WE_03(void **state)
{
    struct authz_step page, step;
    (void)state;
    page = consent_page();
    advance_ms(-50);
    struct store_write *w = begin_write();
    change_password(w);
    OK(store_commit(w, DURABLE_LOCAL));
    advance_ms(100);
    OK(authz_consent(&t.ctx, &t.browser, page.state, true, &step));
    assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
    assert_int_equal(sessions(), 0);
}

/* Two changes that bear the same time are still two. */
static void every_change_counts_WE_03(void **state)
{
    struct authz_step page, step;
    (void)state;
    page = consent_page();
    for (int i = 0; i < 2; i++) {
        struct store_write *w = begin_write();
        change_password(w);
        OK(store_commit(w, DURABLE_LOCAL));
        OK(authz_consent(&t.ctx, &t.browser, page.state, true, &step));
        assert_int_equal(step.kind, AUTHZ_STEP_LOGIN);
        page = login(step.state, "ana", NEW_PASSWORD);
        assert_int_equal(page.kind, AUTHZ_STEP_CONSENT);
    }
    OK(authz_consent(&t.ctx, &t.browser, page.state, true, &step));
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
}

static void no_session_from_before_not_before_WE_03(void **state)
{
    (void)state;
    struct authz_step page = consent_page();
    assert_int_equal(answer_overtaken(page.state, NULL, set_not_before), AUTHZ_STEP_LOGIN);
    assert_int_equal(sessions(), 0);
}

static void no_session_for_the_disabled_WE_03(void **state)
{
    (void)state;
    struct authz_step page = consent_page();
    assert_int_equal(answer_overtaken(page.state, NULL, disable), AUTHZ_STEP_LOGIN);
    assert_int_equal(sessions(), 0);
}

/* Likewise where an SSO session vouches: it ended with the change. */
static void no_session_goes_on_after_a_change_WE_03(void **state)
{
    struct authz_step page, step;
    (void)state;
    page = consent_page();
    OK(authz_consent(&t.ctx, &t.browser, page.state, true, &step));
    assert_int_equal(step.kind, AUTHZ_STEP_REPLY);
    keep_cookies(&step);
    page = begin(REQUEST_WEB "&prompt=consent");
    assert_int_equal(page.kind, AUTHZ_STEP_CONSENT);
    keep_cookies(&page);
    assert_int_equal(answer_overtaken(page.state, NULL, change_password), AUTHZ_STEP_LOGIN);
    assert_int_equal(sessions(), 0);
}

/* Who has the old password must not set the next one, once an administrator has set another. */
static void an_old_password_sets_no_new_one_WE_03_PW_08(void **state)
{
    struct user ana = t.ana;
    struct str action = STR(REQUIRED_ACTION_UPDATE_PASSWORD);
    struct authz_step page, step;
    (void)state;
    OK(password_change_prepare(&t.ctx, &t.ana, STR(NEW_PASSWORD), &new_password, NULL));
    ana.required_actions = (struct strs){&action, 1};
    set_user(&ana);
    page = full_login(REQUEST_WEB);
    assert_int_equal(page.kind, AUTHZ_STEP_UPDATE_PASSWORD);
    assert_int_equal(answer_overtaken(page.state, "chosen by the thief", change_password),
                     AUTHZ_STEP_LOGIN);
    OK(password_login("web", "ana", NEW_PASSWORD, NULL));
    FAILS(password_login("web", "ana", "chosen by the thief", NULL), ERR_INVALID_CREDENTIALS);
    /* and without anybody in between it is set */
    set_user(&ana);
    step = begin(REQUEST_WEB "&prompt=login");
    keep_cookies(&step);
    page = login(step.state, "ana", NEW_PASSWORD);
    assert_int_equal(page.kind, AUTHZ_STEP_UPDATE_PASSWORD);
    assert_int_equal(answer_overtaken(page.state, "chosen by the owner", NULL), AUTHZ_STEP_REPLY);
    OK(password_login("web", "ana", "chosen by the owner", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(a_consent_page_that_nothing_overtakes_is_answered),
        REALM_TEST(no_session_of_an_old_password_WE_03),
        REALM_TEST(a_change_that_began_before_the_login_counts_WE_03),
        REALM_TEST(every_change_counts_WE_03),
        REALM_TEST(no_session_from_before_not_before_WE_03),
        REALM_TEST(no_session_for_the_disabled_WE_03),
        REALM_TEST(no_session_goes_on_after_a_change_WE_03),
        REALM_TEST(an_old_password_sets_no_new_one_WE_03_PW_08),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
