/* Searching people and events (core/port/users.h, core/port/events.h): what is found, that every
 * way of asking finds the same, and that every statement uses an index (AD-12). */
#include "tests/unit/store/store_support.h"

#include "core/base/asset.h"
#include "core/model/name_search.h"
#include "store/conn.h"
#include "store/migrate.h"
#include "store/tx.h"

#define ANA "5b1f9f4e-1111-4000-8000-000000000001"
#define EVA "5b1f9f4e-2222-4000-8000-000000000002"

static void set_attribute(struct user *user, const char *name, const char *const *values,
                          size_t count)
{
    struct strs list = {0};
    for (size_t i = 0; i < count; i++)
        ok(strs_add(&list, &arena, str_c(values[i])));
    ok(attrs_set(&user->attributes, &arena, str_c(name), list));
}

/* 300 people: every third called Rosa, every tenth of Lima, all with an address. */
static void fill(struct realm_view *view)
{
    struct store_write *w = begin_write(view);
    for (int i = 0; i < 300; i++) {
        struct str name = arena_printf(&arena, "user%03d", i);
        struct user user = user_named(arena_cstr(&arena, name));
        const char *tags[] = {i % 2 ? "odd" : "even", "all"};
        user.email = ARENA_CONCAT(&arena, name, STR("@example.pe"));
        user.first_name = i % 3 ? STR("Luz") : STR("Rosa");
        user.last_name = arena_printf(&arena, "Quispe %d", i);
        set_attribute(&user, "tag", tags, 2);
        if (i % 10 == 0)
            set_attribute(&user, "city", &(const char *){"Lima"}, 1);
        ok(user_insert(w, &user));
    }
    commit(w);
}

static void expect(struct store_read *r, struct user_filter f, int64_t total, const char *first)
{
    struct user *items;
    size_t count;
    int64_t all;
    ok(user_list_count(r, &arena, &f, &all));
    assert_int_equal(all, total);
    ok(user_list(r, &arena, &f, 7, &items, &count));
    assert_int_equal(count, total < 7 ? total : 7);
    if (first)
        assert_str(items[0].username, first);
    for (size_t i = 1; i < count; i++)
        assert_true(str_cmp(items[i - 1].username, items[i].username) < 0);
}

static void test_users(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    struct store_read *r = begin_read(view);
    expect(r, (struct user_filter){0}, 300, "user000");
    expect(r, (struct user_filter){.username = STR("USER01")}, 10, "user010");
    expect(r, (struct user_filter){.username = STR("user01"), .exact = true}, 0, NULL);
    expect(r, (struct user_filter){.username = STR("user017"), .exact = true}, 1, "user017");
    expect(r, (struct user_filter){.email = STR("user29")}, 10, "user290");
    expect(r, (struct user_filter){.email = STR("user290@example.pe"), .exact = true}, 1,
           "user290");
    expect(r, (struct user_filter){.first_name = STR("ro")}, 100, "user000");
    expect(r, (struct user_filter){.first_name = STR("ro"), .exact = true}, 0, NULL);
    expect(r, (struct user_filter){.last_name = STR("quispe 1")}, 111, "user001");
    expect(r, (struct user_filter){.last_name = STR("QUISPE 1"), .exact = true}, 1, "user001");
    expect(r, (struct user_filter){.search = STR("quispe 29")}, 11, "user029");
    expect(r, (struct user_filter){.search = STR("user00")}, 10, "user000");
    expect(r, (struct user_filter){.attribute = STR("city"), .value = STR("Lima")}, 30, "user000");
    expect(r, (struct user_filter){.attribute = STR("city"), .value = STR("lima")}, 0, NULL);
    expect(r, (struct user_filter){.attribute = STR("city"), .value = STR("Lim")}, 0, NULL);
    expect(r, (struct user_filter){.attribute = STR("tag"), .value = STR("odd")}, 150, "user001");
    expect(r, (struct user_filter){.attribute = STR("tag"), .value = STR("all")}, 300, "user000");
    /* Conditions together. */
    expect(r,
           (struct user_filter){.first_name = STR("rosa"),
                                .attribute = STR("city"),
                                .value = STR("Lima"),
                                .search = STR("quispe 2")},
           3, "user210");
    expect(r,
           (struct user_filter){.username = STR("user1"),
                                .email = STR("user1"),
                                .last_name = STR("quispe"),
                                .attribute = STR("tag"),
                                .value = STR("even")},
           50, "user100");
    expect(r, (struct user_filter){.username = STR("user1"), .email = STR("user2")}, 0, NULL);
    store_read_end(r);
    realm_view_release(view);
}

static void test_search_conditions(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = user_named("off");
    fill(view);
    struct store_write *w = begin_write(view);
    user.enabled = false;
    user.email = STR("user-off@example.pe");
    user.email_verified = true;
    ok(user_insert(w, &user));
    commit(w);
    struct store_read *r = begin_read(view);
    expect(r, (struct user_filter){.enabled = FLAG_OFF}, 1, "off");
    expect(r, (struct user_filter){.search = STR("user"), .enabled = FLAG_OFF}, 1, "off");
    expect(r, (struct user_filter){.search = STR("user"), .enabled = FLAG_ON}, 300, "user000");
    expect(r, (struct user_filter){.search = STR("user"), .email_verified = FLAG_ON}, 1, "off");
    expect(r, (struct user_filter){.email = STR("user"), .email_verified = FLAG_OFF}, 300,
           "user000");
    expect(r, (struct user_filter){.search = STR(" ")}, 301, "off");
    char text[NAME_SEARCH_MAX_BYTES + 2];
    struct user *items;
    size_t count;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    fails(user_list(r, &arena, &(struct user_filter){.search = str_c(text)}, 5, &items, &count),
          ERR_TOO_LARGE);
    store_read_end(r);
    realm_view_release(view);
}

/* Whatever index is asked, pages together are the whole, by user name and by number. */
static void test_pages(void **state)
{
    (void)state;
    const struct user_filter filters[] = {
        {0},
        {.search = STR("quispe")},
        {.email = STR("user")},
        {.first_name = STR("rosa")},
        {.attribute = STR("tag"), .value = STR("even")},
        {.username = STR("user"), .last_name = STR("quispe 1")},
    };
    struct realm_view *view = view_of("peru");
    fill(view);
    struct store_read *r = begin_read(view);
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        struct user_filter turn = filters[i];
        struct user_filter skip = filters[i];
        struct user *a, *b;
        size_t count, same;
        int64_t all;
        ok(user_list_count(r, &arena, &turn, &all));
        for (int64_t seen = 0; seen < all; seen += (int64_t)count) {
            skip.first = (size_t)seen;
            ok(user_list(r, &arena, &turn, 9, &a, &count));
            ok(user_list(r, &arena, &skip, 9, &b, &same));
            assert_int_equal(count, same);
            assert_true(count == 9 || (int64_t)count == all - seen);
            for (size_t k = 0; k < count; k++)
                assert_true(str_eq(a[k].username, b[k].username));
            turn.after = a[count - 1].username;
        }
        ok(user_list(r, &arena, &turn, 9, &a, &count));
        assert_int_equal(count, 0);
    }
    store_read_end(r);
    realm_view_release(view);
}

static int64_t with_attribute(struct realm_view *view, const char *name, const char *value)
{
    struct store_read *r = begin_read(view);
    struct user_filter f = {.attribute = str_c(name), .value = str_c(value)};
    int64_t all;
    ok(user_list_count(r, &arena, &f, &all));
    store_read_end(r);
    return all;
}

/* The table of attributes follows the users through every change. */
static void test_attributes_follow(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = user_named("ana");
    char text[400];
    set_attribute(&user, "city", (const char *const[]){"Lima", "Cusco", "Lima"}, 3);
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &user));
    commit(w);
    assert_int_equal(with_attribute(view, "city", "Lima"), 1);
    assert_int_equal(with_attribute(view, "city", "Cusco"), 1);
    set_attribute(&user, "city", (const char *const[]){"Puno"}, 1);
    set_attribute(&user, "a.b \"c\"", (const char *const[]){"d'e\\f"}, 1);
    w = begin_write(view);
    ok(user_update(w, &user));
    commit(w);
    assert_int_equal(with_attribute(view, "city", "Lima"), 0);
    assert_int_equal(with_attribute(view, "city", "Puno"), 1);
    assert_int_equal(with_attribute(view, "a.b \"c\"", "d'e\\f"), 1);
    memset(text, 'x', sizeof(text));
    text[256] = '\0';
    set_attribute(&user, "long", (const char *const[]){text}, 1);
    w = begin_write(view);
    ok(user_update(w, &user));
    commit(w);
    assert_int_equal(with_attribute(view, "long", text), 0);
    assert_int_equal(with_attribute(view, "city", "Puno"), 1);
    w = begin_write(view);
    ok(user_delete(w, user.pk));
    commit(w);
    assert_int_equal(with_attribute(view, "city", "Puno"), 0);
    w = begin_write(view);
    QUERY(q);
    static const struct sql left = {"SELECT count(*) FROM user_attribute"};
    ok(query_open(write_conn(w), &left, &q));
    ok(query_one(&q));
    assert_int_equal(query_col_i64(&q, 0), 0);
    query_close(&q);
    store_rollback(w);
    realm_view_release(view);
}

/* --- Events --- */

#define HOUR INT64_C(3600000)
#define DAY0 (INT64_C(1700000000) * 1000)

static void append(struct realm_view *view, int64_t time_ms, enum event_type type, const char *user,
                   const char *client)
{
    struct store_write *w;
    struct now now = clock_now();
    struct event event = {
        .type = type,
        .actor = {.user_id = user ? str_c(user) : str_of(NULL, 0), .client_id = str_c(client)}};
    now.wall_ms = time_ms;
    ok(store_write_begin(view, &now, &w));
    ok(event_append(w, &event));
    commit(w);
}

/* One event an hour; Ana's and Eva's in turn, every tenth a refresh, every fourth by another
 * client; times of neighbours are swapped as requests at the same moment swap them. */
static void fill_events(struct realm_view *view, int count)
{
    for (int i = 0; i < count; i++)
        append(view, DAY0 + HOUR * i + (i % 2 ? 0 : 1000),
               i % 10 ? EVENT_UserLoggedIn : EVENT_TokenRefreshed, i % 2 ? EVA : ANA,
               i % 4 ? "app" : "portal");
}

static size_t events_of(struct realm_view *view, struct event_filter f, int64_t first_seq)
{
    struct event_record *items;
    size_t count;
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &f, 1000, &items, &count));
    for (size_t i = 1; i < count; i++)
        assert_true(f.newest_first ? items[i].seq < items[i - 1].seq
                                   : items[i].seq > items[i - 1].seq);
    if (count > 0)
        assert_int_equal(items[0].seq, first_seq);
    store_read_end(r);
    return count;
}

static struct strs one(const char *type)
{
    struct strs types = {0};
    ok(strs_add(&types, &arena, str_c(type)));
    return types;
}

static void test_events(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill_events(view, 200);
    struct str two[] = {STR("TokenRefreshed"), STR("UserLoggedIn")};
    struct event_filter f = {0};
    for (int newest = 0; newest < 2; newest++) {
        f = (struct event_filter){.newest_first = newest};
        assert_int_equal(events_of(view, f, newest ? 200 : 1), 200);
        f.user_id = STR(EVA);
        assert_int_equal(events_of(view, f, newest ? 200 : 2), 100);
        f.types = one("TokenRefreshed");
        assert_int_equal(events_of(view, f, 0), 0);
        f.user_id = str_of(NULL, 0);
        assert_int_equal(events_of(view, f, newest ? 191 : 1), 20);
        f.client_id = STR("portal");
        assert_int_equal(events_of(view, f, newest ? 181 : 1), 10);
        f.from_ms = DAY0 + HOUR * 50;
        f.to_ms = DAY0 + HOUR * 150;
        assert_int_equal(events_of(view, f, newest ? 141 : 61), 5);
        f.types = (struct strs){two, 2};
        assert_int_equal(events_of(view, f, newest ? 149 : 53), 25);
        f.types = (struct strs){0};
        assert_int_equal(events_of(view, f, newest ? 149 : 53), 25);
        f.first = 20;
        assert_int_equal(events_of(view, f, newest ? 69 : 133), 5);
        f = (struct event_filter){.newest_first = newest, .types = one("NoSuchType")};
        assert_int_equal(events_of(view, f, 0), 0);
        f = (struct event_filter){.newest_first = newest, .client_id = STR("nobody")};
        assert_int_equal(events_of(view, f, 0), 0);
        f = (struct event_filter){.newest_first = newest, .from_ms = DAY0 + HOUR * 500};
        assert_int_equal(events_of(view, f, 0), 0);
        f = (struct event_filter){.newest_first = newest, .to_ms = 1};
        assert_int_equal(events_of(view, f, 0), 0);
        f = (struct event_filter){.newest_first = newest, .after_seq = 100};
        assert_int_equal(events_of(view, f, newest ? 99 : 101), newest ? 99 : 100);
    }
    realm_view_release(view);
}

/* A clock that was put back: nothing is missed, at whichever end of a window it stands. */
static void test_clock_put_back(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    const struct event_filter late = {.from_ms = DAY0 + HOUR * 18};
    const struct event_filter early = {.to_ms = DAY0 + HOUR * 1 + 5000, .newest_first = true};
    fill_events(view, 20);
    assert_int_equal(events_of(view, late, 19), 2);
    assert_int_equal(events_of(view, early, 2), 2);
    append(view, DAY0 + HOUR * 19 - 200000, EVENT_UserLoggedIn, ANA, "app"); /* as requests do */
    assert_int_equal(events_of(view, late, 19), 3);
    append(view, DAY0 - HOUR * 90, EVENT_UserLoggedIn, ANA, "app");
    assert_int_equal(events_of(view, late, 19), 3);
    assert_int_equal(events_of(view, early, 22), 3);
    append(view, DAY0 + HOUR * 30, EVENT_UserLoggedIn, ANA, "app");
    assert_int_equal(events_of(view, late, 19), 4);
    assert_int_equal(events_of(view, early, 22), 3);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    append(view, DAY0 - HOUR * 80, EVENT_UserLoggedIn, ANA,
           "app"); /* what was latest is known again */
    assert_int_equal(events_of(view, late, 19), 4);
    assert_int_equal(events_of(view, early, 24), 4);
    realm_view_release(view);
}

/* --- AD-12: indexes --- */

/* What may be passed whole: what has one row, what a plan makes itself, and tables that stay small
 * however many people there are. */
static bool is_small(const char *line)
{
    static const char *const small[] = {
        "CONSTANT ROW", "(",     "event_step", "event_segment", "signing_key", "scope",
        "above",        "owned", "issuer",     "sqlite_schema", "json_each",   "opening"};
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        if (str_starts(str_from(str_c(line), strlen("SCAN ")), str_c(small[i])))
            return true;
    return false;
}

/* Lines of a plan that pass a whole table or index. */
static int scans_in(struct conn *conn, const char *text)
{
    struct str explain = ARENA_CONCAT(&arena, STR("EXPLAIN QUERY PLAN "), str_c(text), STR("\0"));
    sqlite3_stmt *plan;
    int scans = 0;
    assert_int_equal(sqlite3_prepare_v2(conn->db, explain.ptr, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(plan, 3);
        if (strncmp(line, "SCAN ", strlen("SCAN ")) != 0 || is_small(line))
            continue;
        scans++;
        print_message("%s\n  of %s\n", line, text);
    }
    (void)sqlite3_finalize(plan);
    return scans;
}

/* Of all statements that ran on a connection. */
static int scans_of(struct conn *ran)
{
    struct conn *plain;
    char path[400];
    int scans = 0;
    int statements = 0;
    (void)snprintf(path, sizeof(path), "%s", sqlite3_db_filename(ran->db, "main"));
    ok(conn_open(path, "unix-excl", CONN_READER, false, &plain));
    for (sqlite3_stmt *stmt = NULL; (stmt = sqlite3_next_stmt(ran->db, stmt)) != NULL;) {
        scans += scans_in(plain, sqlite3_sql(stmt));
        statements++;
    }
    assert_true(statements > 0);
    conn_close(plain, true);
    return scans;
}

static void ask_users(struct store_read *r, struct user_filter f)
{
    struct user *items;
    size_t count;
    int64_t all;
    ok(user_list(r, &arena, &f, 3, &items, &count));
    ok(user_list_count(r, &arena, &f, &all));
}

static void test_ad_12_user_search_uses_indexes(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user found;
    fill(view);
    struct store_read *r = begin_read(view);
    const struct str rare[] = {STR("user017"), STR("zz")};
    for (size_t i = 0; i < ARRAY_LEN(rare); i++) {
        ask_users(r, (struct user_filter){.search = rare[i]});
        ask_users(r, (struct user_filter){.search = rare[i], .enabled = FLAG_ON});
        ask_users(r, (struct user_filter){.username = rare[i]});
        ask_users(r, (struct user_filter){.email = rare[i]});
        ask_users(r, (struct user_filter){.first_name = rare[i]});
        ask_users(r, (struct user_filter){.last_name = rare[i]});
        ask_users(r, (struct user_filter){.attribute = STR("tag"), .value = rare[i]});
    }
    ask_users(r, (struct user_filter){.attribute = STR("tag"), .value = STR("all")});
    fails(user_find_by_email(r, &arena, rare[1], &found), ERR_NOT_FOUND);
    fails(user_find_by_id(r, &arena, rare[1], &found), ERR_NOT_FOUND);
    fails(user_find_by_username(r, &arena, rare[1], &found), ERR_NOT_FOUND);
    assert_int_equal(scans_of(r->conn), 0);
    store_read_end(r);
    realm_view_release(view);
}

/* What a login asks and writes: no step of it grows with the realm. */
static void test_login_uses_indexes(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct client client = add_client(view, "app");
    struct user user = add_user(view, "ana");
    struct user_session s;
    struct client_session cs;
    struct credential credential = {.id = uuid_new(&arena),
                                    .type = STR("password"),
                                    .secret_data = STR("{}"),
                                    .credential_data = STR("{}")};
    struct credentials credentials;
    struct login_failures failures;
    struct roles roles;
    int64_t first, last;
    struct store_write *w = begin_write(view);
    ok(credential_insert(w, user.pk, &credential));
    commit(w);
    add_session(view, user.pk, client.pk, &s, &cs);
    struct store_read *r = begin_read(view);
    ok(user_find_by_username(r, &arena, user.username, &user));
    fails(user_find_by_username(r, &arena, STR("nobody"), &user), ERR_NOT_FOUND);
    ok(credential_list(r, &arena, user.pk, &credentials));
    ok(credential_span(r, &first, &last));
    ok(credential_from(r, &arena, first, STR("password"), &credential));
    ok(login_failures_find(r, &arena, user.pk, &failures));
    ok(user_roles_effective(r, &arena, user.pk, &roles));
    assert_int_equal(scans_of(r->conn), 0);
    store_read_end(r);
    w = begin_write(view);
    ok(login_failures_clear(w, user.pk));
    assert_int_equal(scans_of(write_conn(w)), 0);
    store_rollback(w);
    realm_view_release(view);
}

/* The writing side: names that collide. */
static void test_ad_12_user_changes_use_indexes(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user user = user_named("ana");
    user.email = STR("ana@example.pe");
    set_attribute(&user, "city", (const char *const[]){"Lima"}, 1);
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &user));
    set_attribute(&user, "city", (const char *const[]){"Cusco"}, 1);
    ok(user_update(w, &user));
    assert_int_equal(scans_of(write_conn(w)), 0);
    store_rollback(w);
    realm_view_release(view);
}

static void test_ad_12_event_search_uses_indexes(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_record *items;
    size_t count;
    fill_events(view, 5);
    struct store_read *r = begin_read(view);
    struct str types[] = {STR("UserLoggedIn"), STR("TokenRefreshed")};
    for (int mask = 0; mask < 64; mask++) {
        const struct event_filter f = {
            .user_id = mask & 1 ? STR(EVA) : str_of(NULL, 0),
            .types = {types, mask & 2 ? (mask & 32 ? 2 : 1) : 0},
            .client_id = mask & 4 ? STR("app") : str_of(NULL, 0),
            .from_ms = mask & 8 ? DAY0 : 0,
            .to_ms = mask & 8 ? DAY0 + HOUR : 0,
            .newest_first = mask & 16,
        };
        ok(event_list(r, &arena, &f, 3, &items, &count));
    }
    assert_int_equal(scans_of(r->conn), 0);
    store_read_end(r);
    realm_view_release(view);
}

/* The control: without an index the plan says so. */
static void test_scans_are_seen(void **state)
{
    (void)state;
    static const struct sql by_doc = {"SELECT pk FROM user WHERE doc = 'x'"};
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    {
        QUERY(q);
        ok(query_open(r->conn, &by_doc, &q));
    }
    assert_int_equal(scans_of(r->conn), 1);
    store_read_end(r);
    realm_view_release(view);
}

/* --- Databases from before --- */

static int64_t number(struct conn *conn, const char *sql)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

/* What schema 1 held is found as well, and its put-back clocks are known. */
static void test_migration_from_the_first_schema(void **state)
{
    (void)state;
    static const char old_rows[] =
        "INSERT INTO user (id, username, email_verified, enabled, created_ms, not_before_s, doc)"
        " VALUES ('a', 'ana', 0, 1, 0, 0, '{\"attributes\":{\"city\":[\"Lima\",\"Puno\"]}}'),"
        " ('b', 'eva', 0, 1, 0, 0, '{\"requiredActions\":[\"X\"]}'), ('c', 'luz', 0, 1, 0, 0, NULL);"
        "INSERT INTO event_text VALUES (1, 'x');"
        "INSERT INTO event (seq, id, type, version, time_ms, stream_kind, hash)"
        " VALUES (1, 'a', 1, 1, 1000000, 1, x'00'), (2, 'b', 1, 1, 800000, 1, x'00'),"
        " (3, 'c', 1, 1, 699999, 1, x'00'), (4, 'd', 1, 1, 1000001, 1, x'00')";
    char path[400];
    struct conn *conn;
    const struct asset *first = asset_find("store/migrations/0001_realm.sql");
    assert_non_null(first);
    (void)snprintf(path, sizeof(path), "%s/old.db", test_dir);
    ok(conn_open(path, "unix-excl", CONN_WRITER, true, &conn));
    ok(conn_exec(conn, (const char *)first->data));
    ok(conn_exec(conn, old_rows));
    ok(migrate(conn, false));
    assert_int_equal(number(conn, "SELECT count(*) FROM user_attribute"), 2);
    assert_int_equal(number(conn, "SELECT count(*) FROM user_attribute WHERE name = 'city'"
                                  " AND value = 'Puno' AND user_pk = 1"),
                     1);
    assert_int_equal(number(conn, "SELECT count(*) FROM event_step"), 1);
    assert_int_equal(number(conn, "SELECT seq FROM event_step"), 3);
    conn_close(conn, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_users, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_pages, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_search_conditions, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_attributes_follow, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_events, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_clock_put_back, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_ad_12_user_search_uses_indexes, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_ad_12_user_changes_use_indexes, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_ad_12_event_search_uses_indexes, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_login_uses_indexes, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_scans_are_seen, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_migration_from_the_first_schema, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
