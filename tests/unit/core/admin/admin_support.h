/* What the tests of administration share: a data folder with master and realm peru, contexts and
 * transactions that must succeed. */
#ifndef GARITA_TESTS_UNIT_CORE_ADMIN_ADMIN_SUPPORT_H
#define GARITA_TESTS_UNIT_CORE_ADMIN_ADMIN_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/admin/bootstrap.h"
#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/admin/groups.h"
#include "core/admin/keys.h"
#include "core/admin/realms.h"
#include "core/admin/roles.h"
#include "core/admin/setup.h"
#include "core/admin/users.h"
#include "core/admin/void.h"
#include "core/auth/password_change.h"
#include "core/port/clients.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "core/port/roles.h"
#include "core/port/sessions.h"
#include "core/port/users.h"
#include "store/store_open.h"

#define ok(expr)         assert_string_equal(err_name(expr), err_name(0))
#define fails(expr, err) assert_string_equal(err_name(expr), err_name(err))

static char test_dir[256];
static struct store *store;
static struct arena arena;
static struct now now;
static struct err_ctx err;
static struct auth_ctx ctx; /* of the realm that use_realm named */
static struct store_write *w;

UNUSED static void leave_realm(void)
{
    if (w)
        store_rollback_p(&w);
    realm_view_release_p(&ctx.view);
}

UNUSED static void use_realm(const char *name)
{
    leave_realm();
    now = clock_now();
    err = (struct err_ctx){0};
    ctx = (struct auth_ctx){.arena = &arena,
                            .now = &now,
                            .err = &err,
                            .issuer = STR(""),
                            .base_url = STR(""),
                            .actor = {.client_id = STR("test")}};
    ok(realm_view_acquire(store, str_c(name), &ctx.view));
}

UNUSED static void begin(void)
{
    ok(store_write_begin(ctx.view, &now, &w));
}

UNUSED static struct store_read *reader(void)
{
    return store_write_reader(w);
}

UNUSED static void commit(void)
{
    const struct realm *realm = realm_view_realm(ctx.view);
    char name[80];
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(realm->name));
    ok(store_commit_p(&w, DURABLE_LOCAL));
    use_realm(name); /* what follows sees the change */
}

UNUSED static int64_t count_events(enum event_type type, struct str *ret_last_data)
{
    struct store_read *r;
    struct event_record *events;
    struct str name = str_c(event_type_name(type));
    struct event_filter filter = {.types = {&name, 1}};
    size_t count;
    ok(store_read_begin(ctx.view, &r));
    ok(event_list(r, &arena, &filter, 1000, &events, &count));
    if (ret_last_data && count > 0)
        *ret_last_data = events[count - 1].data;
    store_read_end(r);
    return (int64_t)count;
}

UNUSED static int setup_store(void **state)
{
    struct store_config config = {.data_dir = test_dir};
    struct realm realm;
    (void)state;
    (void)snprintf(test_dir, sizeof(test_dir), "/tmp/garita-admin-XXXXXX");
    assert_non_null(mkdtemp(test_dir));
    arena_init(&arena, (size_t)256 << 20);
    ok(store_open(&config, &store));
    now = clock_now();
    ctx = (struct auth_ctx){.arena = &arena, .now = &now, .err = &err};
    ok(bootstrap_settings(&arena, STR(REALM_MASTER), &realm));
    ok(admin_realm_create(&ctx, store, &realm));
    use_realm(REALM_MASTER);
    ok(bootstrap_settings(&arena, STR("peru"), &realm));
    ok(admin_realm_create(&ctx, store, &realm));
    use_realm("peru");
    return 0;
}

UNUSED static int teardown_store(void **state)
{
    char command[512];
    (void)state;
    leave_realm();
    store_close(store);
    arena_free(&arena);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", test_dir);
    return system(command);
}

UNUSED static struct user make_user(const char *name)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = str_c(name);
    ok(admin_user_prepare(&ctx, &user));
    begin();
    ok(admin_user_insert(&ctx, w, &user));
    commit();
    return user;
}

#endif
