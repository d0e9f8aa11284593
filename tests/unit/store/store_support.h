/* What the tests of the store share: a data folder that goes away, a realm with a client and a
 * user, and steps that must succeed. */
#ifndef GARITA_TESTS_UNIT_STORE_STORE_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "core/port/clients.h"
#include "core/port/device_codes.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "core/port/limits.h"
#include "core/port/pushed_requests.h"
#include "core/port/roles.h"
#include "core/port/sessions.h"
#include "core/port/signer.h"
#include "core/port/users.h"
#include "store/store_open.h"

#define ok(expr)         assert_string_equal(err_name(expr), err_name(0))
#define fails(expr, err) assert_string_equal(err_name(expr), err_name(err))
#define assert_str(s, text)                                                                        \
    do {                                                                                           \
        struct str s_ = (s);                                                                       \
        assert_int_equal(s_.len, strlen(text));                                                    \
        assert_memory_equal(s_.ptr, text, s_.len);                                                 \
    } while (0)

static char test_dir[256];
static struct store *store;
static struct arena arena;

UNUSED static void make_dir(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(test_dir, sizeof(test_dir), "%s/garita-test-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(test_dir));
}

UNUSED static void remove_dir(void)
{
    char command[512];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", test_dir);
    assert_int_equal(system(command), 0);
}

UNUSED static int try_open(struct err_ctx *ctx)
{
    struct store_config config = {.data_dir = test_dir, .ctx = ctx, .wait_ms = 20000};
    return store_open(&config, &store);
}

UNUSED static void open_store(void)
{
    ok(try_open(NULL));
}

UNUSED static void close_store(void)
{
    store_close(store);
    store = NULL;
}

UNUSED static void reopen_store(void)
{
    close_store();
    open_store();
}

UNUSED static struct realm realm_named(const char *name)
{
    struct realm realm = {0};
    fields_default(&realm_fields, &realm);
    realm.id = uuid_new(&arena);
    realm.name = str_c(name);
    realm.display_name = STR("A realm");
    return realm;
}

UNUSED static void make_realm(const char *name)
{
    struct realm realm = realm_named(name);
    struct now now = clock_now();
    ok(store_realm_create(store, &realm, &now, NULL, NULL));
}

UNUSED static struct realm_view *view_of(const char *name)
{
    struct realm_view *view;
    ok(realm_view_acquire(store, str_c(name), &view));
    return view;
}

UNUSED static struct store_write *begin_write(struct realm_view *view)
{
    struct store_write *w;
    struct now now = clock_now();
    ok(store_write_begin(view, &now, &w));
    return w;
}

UNUSED static struct store_read *begin_read(struct realm_view *view)
{
    struct store_read *r;
    ok(store_read_begin(view, &r));
    return r;
}

UNUSED static void commit(struct store_write *w)
{
    ok(store_commit(w, DURABLE_LOCAL));
}

UNUSED static struct user user_named(const char *name)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.id = uuid_new(&arena);
    user.username = str_c(name);
    user.created_ms = clock_now().wall_ms;
    return user;
}

UNUSED static struct user add_user(struct realm_view *view, const char *name)
{
    struct user user = user_named(name);
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &user));
    commit(w);
    return user;
}

UNUSED static struct client client_named(const char *client_id)
{
    struct client client = {0};
    fields_default(&client_fields, &client);
    client.id = uuid_new(&arena);
    client.client_id = str_c(client_id);
    return client;
}

UNUSED static struct client add_client(struct realm_view *view, const char *client_id)
{
    struct client client = client_named(client_id);
    struct store_write *w = begin_write(view);
    ok(client_insert(w, &client));
    commit(w);
    return client;
}

/* A session of a user with one client. */
UNUSED static void add_session(struct realm_view *view, int64_t user_pk, int64_t client_pk,
                               struct user_session *s, struct client_session *cs)
{
    struct store_write *w = begin_write(view);
    int64_t now_ms = store_write_now(w)->wall_ms;
    *s = (struct user_session){.id = uuid_new(&arena),
                               .user_pk = user_pk,
                               .started_ms = now_ms,
                               .last_access_ms = now_ms,
                               .auth_time_ms = now_ms};
    ok(session_insert(w, s));
    *cs = (struct client_session){.session_pk = s->pk,
                                  .client_pk = client_pk,
                                  .started_ms = now_ms,
                                  .last_access_ms = now_ms,
                                  .scope = STR("openid")};
    ok(client_session_insert(w, cs));
    commit(w);
}

UNUSED static int start_test(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    open_store();
    make_realm("peru");
    return 0;
}

UNUSED static int end_test(void **state)
{
    (void)state;
    close_store();
    arena_free(&arena);
    remove_dir();
    return 0;
}

#endif
