/* The audit chain (core/port/events.h). */
#include "tests/unit/store/store_support.h"

#include <sqlite3.h>

static struct event login_of(const char *user_id)
{
    return (struct event){.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = str_c(user_id),
                                    .username = STR("ana"),
                                    .session_id = STR("5b1f9f4e-0000-4000-8000-000000000001"),
                                    .client_id = STR("app"),
                                    .ip = STR("10.1.2.3"),
                                    .user_agent = STR("Browser/1"),
                                    .trace_id = STR("trace")},
                          .data = STR("{\"a\":1}")};
}

#define ANA "5b1f9f4e-1111-4000-8000-000000000001"
#define EVA "5b1f9f4e-2222-4000-8000-000000000002"

static void append(struct realm_view *view, const struct event *event)
{
    struct store_write *w = begin_write(view);
    ok(event_append(w, event));
    commit(w);
}

static struct event_verdict verify(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    return verdict;
}

static void test_append_list_verify(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_record *items;
    size_t count;
    struct event ana = login_of(ANA);
    struct event eva = login_of(EVA);
    struct event made = {.type = EVENT_ClientCreated,
                         .subject_kind = STR("client"),
                         .subject_id = STR("not-a-uuid"),
                         .actor = {.client_id = STR("garita-cli")}};
    eva.actor.user_agent = str_of(NULL, 0);
    assert_int_equal(verify(view).checked, 0);
    append(view, &ana);
    append(view, &eva);
    append(view, &made);
    struct store_write *w = begin_write(view);
    ok(event_append(w, &ana));
    store_rollback(w); /* no change, no event */
    append(view, &ana);
    struct event_filter all = {0};
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &all, 10, &items, &count));
    assert_int_equal(count, 4);
    assert_int_equal(items[3].seq, 4);
    assert_str(items[0].type, "UserLoggedIn");
    assert_str(items[0].stream_id, "user:" ANA);
    assert_str(items[0].user_id, ANA);
    assert_str(items[0].tenant, "peru");
    assert_str(items[0].data, "{\"a\":1}");
    assert_str(items[0].metadata, "{\"username\":\"ana\",\"trace_id\":\"trace\"}");
    assert_str(items[0].user_agent, "Browser/1");
    assert_true(str_absent(items[1].user_agent));
    assert_str(items[2].stream_id, "client:not-a-uuid");
    assert_str(items[2].data, "{}");
    assert_true(str_eq(items[1].prev_hash, items[0].hash));
    assert_true(uuid_v7_ms(items[0].id) > 0);
    struct event_filter eva_only = {.user_id = STR(EVA)};
    ok(event_list(r, &arena, &eva_only, 10, &items, &count));
    assert_int_equal(count, 1);
    struct str logged_in = STR("UserLoggedIn");
    struct event_filter by_type = {.types = {&logged_in, 1}, .newest_first = true};
    ok(event_list(r, &arena, &by_type, 2, &items, &count));
    assert_int_equal(count, 2);
    assert_int_equal(items[0].seq, 4);
    by_type.after_seq = items[1].seq;
    ok(event_list(r, &arena, &by_type, 10, &items, &count));
    assert_int_equal(count, 1);
    assert_int_equal(items[0].seq, 1);
    struct event_filter by_client = {.client_id = STR("garita-cli"), .after_seq = 1};
    ok(event_list(r, &arena, &by_client, 10, &items, &count));
    assert_int_equal(count, 1);
    struct event_filter later = {.from_ms = clock_now().wall_ms + 60000};
    ok(event_list(r, &arena, &later, 10, &items, &count));
    assert_int_equal(count, 0);
    struct event_filter earlier = {.from_ms = 1, .to_ms = clock_now().wall_ms + 60000};
    ok(event_list(r, &arena, &earlier, 10, &items, &count));
    assert_int_equal(count, 4);
    store_read_end(r);
    struct event_verdict verdict = verify(view);
    assert_int_equal(verdict.checked, 4);
    assert_int_equal(verdict.bad_seq, 0);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    append(view, &ana);
    assert_int_equal(verify(view).checked, 5);
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* SK-02: what is no UTF-8 or too long does not get in as it is. */
static void test_hostile_user_agent(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    char text[600];
    struct event_record *items;
    size_t count;
    struct event event = login_of(ANA);
    struct event_filter all = {0};
    memset(text, 'x', sizeof(text));
    event.actor.user_agent = str_of(text, sizeof(text));
    append(view, &event);
    memset(text, 0xff, sizeof(text));
    event.actor.username = event.actor.client_id = str_of(text, 5);
    append(view, &event);
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &all, 10, &items, &count));
    assert_int_equal(items[0].user_agent.len, 256);
    assert_true(str_is_utf8(items[1].user_agent) && str_is_utf8(items[1].client_id));
    store_read_end(r);
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* --- AU-02: whatever somebody with the file in hand changes is found --- */

static char db_path[400];

static void find_db_path(void)
{
    char command[512];
    (void)snprintf(command, sizeof(command), "ls '%s'/realms/*.db | grep -v master.db", test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(db_path, sizeof(db_path), pipe));
    assert_int_equal(pclose(pipe), 0);
    db_path[strcspn(db_path, "\n")] = '\0';
}

static void tamper(const char *sql)
{
    static const char unlock[] =
        "DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete;"
        "DROP TRIGGER event_head_no_update; DROP TRIGGER event_head_no_delete;"
        "DROP TRIGGER event_text_no_update; DROP TRIGGER event_text_no_delete;";
    sqlite3 *db;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys=OFF; BEGIN", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite3_exec(db, unlock, NULL, NULL, NULL), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        print_message("%s: %s\n", sql, sqlite3_errmsg(db));
    assert_int_equal(rc, SQLITE_OK);
    assert_true(sqlite3_total_changes(db) > 0);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void copy_file(const char *from, const char *to)
{
    char command[900];
    (void)snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

/* Whether the change was found. */
static bool found(const char *saved, const char *sql)
{
    copy_file(saved, db_path);
    tamper(sql);
    open_store();
    struct realm_view *view = view_of("peru");
    struct event_verdict verdict = verify(view);
    realm_view_release(view);
    close_store();
    if (verdict.bad_seq == 0)
        print_message("not found: %s\n", sql);
    else
        assert_true(verdict.reason.len > 0);
    return verdict.bad_seq != 0;
}

/* The next text that is not the one that stands there. */
#define OTHER_TEXT(column)                                                                         \
    column " = (SELECT pk FROM event_text WHERE pk IS NOT event." column " LIMIT 1)"

/* Every column of a row, changed and, where it has a value, taken away. */
static const char *const event_changes[] = {
    "id = x'00112233445566778899aabbccddeeff'",
    OTHER_TEXT("type"),
    "version = version + 1",
    "time_ms = time_ms - 1",
    OTHER_TEXT("tenant"),
    "tenant = NULL",
    OTHER_TEXT("stream_kind"),
    "stream_id = 'x'",
    "stream_id = NULL",
    "user_id = 'x'",
    "session_id = 'x'",
    OTHER_TEXT("client_id"),
    "ip = '10.1.2.4'",
    OTHER_TEXT("user_agent"),
    "data = '{\"a\":2}'",
    "metadata = '{\"x\":1}'",
    "hash = zeroblob(32)",
    "hash = x'00'",
    "format = 1",
    "format = 7",
    "actor_box = x'00'",
    "subject_box = x'00'",
    "both_box = x'00'",
};
static const char *const event_removals[] = {"user_id",   "session_id",  "client_id", "ip",
                                             "actor_box", "subject_box", "both_box",  "data",
                                             "metadata",  "user_agent"};

/* Rows of each kind: about oneself, about another, by nobody known, about a thing. */
static void append_kinds(struct realm_view *view)
{
    struct event self = login_of(ANA);
    struct event other = {.type = EVENT_UserModified,
                          .subject_kind = STR("user"),
                          .subject_id = STR(EVA),
                          .actor = self.actor,
                          .data = STR("{\"after\":{\"email\":\"eva@example.pe\"}}")};
    struct event unknown = {.type = EVENT_UserLoginAttempted,
                            .actor = {.username = STR("typed"), .ip = STR("10.9.9.9")},
                            .name_is_unknown = true,
                            .data = STR("{\"error\":\"user_not_found\"}")};
    struct event thing = {.type = EVENT_ClientCreated,
                          .subject_kind = STR("client"),
                          .subject_id = STR("thing"),
                          .actor = {.client_id = STR("garita-cli"),
                                    .username = STR("uid:0"),
                                    .ip = STR("10.1.1.1"),
                                    .user_agent = STR("Tool/1")},
                          .data = STR("{\"clientId\":\"thing\"}")};
    append(view, &self);
    append(view, &other);
    append(view, &unknown);
    append(view, &thing);
}

static void test_au_02_every_column(void **state)
{
    (void)state;
    char saved[500], sql[300];
    int missed = 0;
    struct realm_view *view = view_of("peru");
    append_kinds(view);
    realm_view_release(view);
    close_store();
    find_db_path();
    (void)snprintf(saved, sizeof(saved), "%s.saved", db_path);
    copy_file(db_path, saved);
    for (int seq = 1; seq <= 4; seq++) {
        for (size_t i = 0; i < ARRAY_LEN(event_changes); i++) {
            (void)snprintf(sql, sizeof(sql), "UPDATE event SET %s WHERE seq = %d", event_changes[i],
                           seq);
            missed += !found(saved, sql);
        }
    }
    /* A column that is empty in all four would be taken away from none. */
    for (size_t i = 0; i < ARRAY_LEN(event_removals); i++) {
        (void)snprintf(sql, sizeof(sql), "UPDATE event SET %s = NULL WHERE %s IS NOT NULL",
                       event_removals[i], event_removals[i]);
        missed += !found(saved, sql);
    }
    assert_int_equal(missed, 0);
    copy_file(saved, db_path);
    open_store();
}

static void test_au_02_mutations(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE event_text SET text = 'other' WHERE text = 'app'",
        "DELETE FROM event_text WHERE text = 'UserLoggedIn'",
        "DELETE FROM event WHERE seq = 70",
        "DELETE FROM event WHERE seq = 1",
        "DELETE FROM event WHERE seq >= 120",
        "UPDATE event SET seq = 1000 WHERE seq = 130",
        "UPDATE event SET seq = CASE seq WHEN 70 THEN -71 ELSE -70 END WHERE seq IN (70, 71);"
        "UPDATE event SET seq = -seq WHERE seq < 0",
        "INSERT INTO event SELECT -5, id, type, version, time_ms, tenant, stream_kind, stream_id,"
        " user_id, session_id, client_id, ip, user_agent, data, metadata, hash, format, actor_box,"
        " subject_box, both_box FROM event WHERE seq = 70",
        "INSERT INTO event SELECT 131, id, type, version, time_ms, tenant, stream_kind, stream_id,"
        " user_id, session_id, client_id, ip, user_agent, data, metadata, hash, format, actor_box,"
        " subject_box, both_box FROM event WHERE seq = 130",
        "UPDATE event_head SET seq = 65 WHERE seq = 64",
        "UPDATE event_head SET first_seq = 2 WHERE seq = 64",
        "UPDATE event_head SET prev_hash = zeroblob(31) WHERE seq = 128",
        "UPDATE event_head SET hash = zeroblob(32) WHERE seq = 64",
        "UPDATE event_head SET time_ms = time_ms + 1 WHERE seq = 64",
        "UPDATE event_head SET kid = 'x' WHERE seq = 64",
        "UPDATE event_head SET signature = zeroblob(64) WHERE seq = 64",
        "DELETE FROM event_head WHERE seq = 64",
        "DELETE FROM event_head",
        /* the tail, with the head that signs it: the numbered head before it is missed */
        "DELETE FROM event_head WHERE seq >= 128; DELETE FROM event WHERE seq > 129",
        /* a key that somebody put there is not opened by the master key */
        "UPDATE signing_key SET private_key = zeroblob(80) WHERE use = 'audit'",
    };
    char saved[500];
    int missed = 0;
    struct realm_view *view = view_of("peru");
    struct event event = login_of(ANA);
    for (int i = 0; i < 130; i++)
        append(view, &event);
    assert_int_equal(verify(view).bad_seq, 0);
    assert_int_equal(verify(view).checked, 130);
    assert_int_equal(verify(view).signed_seq, 128);
    realm_view_release(view);
    close_store();
    find_db_path();
    (void)snprintf(saved, sizeof(saved), "%s.saved", db_path);
    copy_file(db_path, saved);
    for (size_t i = 0; i + 1 < ARRAY_LEN(changes); i++)
        missed += !found(saved, changes[i]);
    assert_int_equal(missed, 0);
    copy_file(saved, db_path);
    tamper(changes[ARRAY_LEN(changes) - 1]);
    open_store();
    view = view_of("peru");
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    fails(event_verify(r, &arena, &verdict), ERR_SEAL);
    store_read_end(r);
    realm_view_release(view);
    close_store();
    /* The control: untouched it is whole, and signed at the close. */
    copy_file(saved, db_path);
    open_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    assert_int_equal(verify(view).signed_seq, 130);
    realm_view_release(view);
}

/* The first bad event is named. */
static void test_au_02_first_bad_event(void **state)
{
    (void)state;
    struct event_record *items;
    size_t count;
    struct event_filter all = {0};
    struct realm_view *view = view_of("peru");
    struct event event = login_of(ANA);
    for (int i = 0; i < 10; i++)
        append(view, &event);
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &all, 10, &items, &count));
    store_read_end(r);
    realm_view_release(view);
    close_store();
    find_db_path();
    tamper("UPDATE event SET version = 9 WHERE seq IN (4, 7)");
    open_store();
    view = view_of("peru");
    struct event_verdict verdict = verify(view);
    assert_int_equal(verdict.bad_seq, 4);
    assert_true(str_eq(verdict.bad_id, items[3].id));
    assert_str(verdict.reason, "the event was changed");
    assert_int_equal(verdict.checked, 3);
    realm_view_release(view);
}

/* Part of a chain by time. */
static void test_au_02_between(void **state)
{
    (void)state;
    struct event_verdict verdict;
    struct realm_view *view = view_of("peru");
    struct event event = login_of(ANA);
    int64_t times[30];
    for (int i = 0; i < 30; i++) {
        struct now now = {.wall_ms = INT64_C(1790000000000) + i * 1000};
        struct store_write *w;
        times[i] = now.wall_ms;
        ok(store_write_begin(view, &now, &w));
        ok(event_append(w, &event));
        commit(w);
    }
    struct store_read *r = begin_read(view);
    ok(event_verify_between(r, &arena, times[10], times[19], &verdict));
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.first_seq, 11);
    assert_int_equal(verdict.checked, 10);
    ok(event_verify_between(r, &arena, times[29] + 1, 0, &verdict));
    assert_int_equal(verdict.bad_seq, 0);
    store_read_end(r);
    realm_view_release(view);
    close_store();
    find_db_path();
    tamper("UPDATE event SET version = 9 WHERE seq = 5");
    open_store();
    view = view_of("peru");
    r = begin_read(view);
    ok(event_verify_between(r, &arena, times[10], 0, &verdict));
    assert_int_equal(verdict.bad_seq, 0);
    ok(event_verify_between(r, &arena, 0, times[9], &verdict));
    assert_int_equal(verdict.bad_seq, 5);
    store_read_end(r);
    realm_view_release(view);
}

/* A new key signs from now on; what the old one signed verifies, and it can sign no more. */
static void test_au_02_key_rotation(void **state)
{
    (void)state;
    struct realm_key key;
    struct audit_key_info *keys;
    struct str old_kid, token;
    size_t count;
    bool is_signed;
    struct realm_view *view = view_of("peru");
    struct event event = login_of(ANA);
    for (int round = 0; round < 3; round++) {
        append(view, &event);
        struct store_write *w = begin_write(view);
        ok(event_sign_head(w, &is_signed));
        assert_true(is_signed);
        ok(event_sign_head(w, &is_signed));
        assert_false(is_signed);
        ok(audit_key_rotate(w, &arena, &old_kid, &key));
        commit(w);
        assert_int_equal(verify(view).bad_seq, 0);
        assert_int_equal(verify(view).signed_seq, round + 1);
    }
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    struct store_read *r = begin_read(view);
    ok(audit_key_list(r, &arena, &keys, &count));
    assert_int_equal(count, 4);
    assert_true(keys[0].active && !keys[1].active && !keys[3].active);
    assert_true(str_eq(keys[0].kid, key.kid));
    assert_true(str_find_str(keys[0].public_jwk, STR("\"crv\":\"Ed25519\"")) > 0);
    /* No token is ever signed with one, and none is among the keys that are published. */
    ok(signer_sign(view, &arena, STR("EdDSA"), STR("JWT"), STR("{}"), &token));
    realm_view_release(view);
    view = view_of("peru");
    const struct realm_keys *published = realm_view_keys(view);
    for (size_t i = 0; i < published->count; i++)
        for (size_t k = 0; k < count; k++)
            assert_false(str_eq(published->items[i].kid, keys[k].kid));
    store_read_end(r);
    realm_view_release(view);
}

/* A chain written anew by somebody without the master key has no seals (AU-02): the events of
 * another store's realm, hashes and all, do not pass here. */
static void test_au_02_forged_chain(void **state)
{
    (void)state;
    char other[500];
    char attach[1200];
    struct realm_view *view = view_of("peru");
    struct event event = login_of(ANA);
    make_realm("chile");
    struct realm_view *chile = view_of("chile");
    for (int i = 0; i < 70; i++) {
        append(view, &event);
        append(chile, &event);
    }
    realm_view_release(view);
    realm_view_release(chile);
    close_store();
    find_db_path();
    (void)snprintf(other, sizeof(other), "%s.other", db_path);
    copy_file(db_path, other);
    /* Whichever of the two realms came first in the folder gets the other's events. */
    char command[1200];
    (void)snprintf(command, sizeof(command), "ls '%s'/realms/*.db | grep -v master.db | tail -1",
                   test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(fgets(other, sizeof(other), pipe));
    assert_int_equal(pclose(pipe), 0);
    other[strcspn(other, "\n")] = '\0';
    assert_string_not_equal(other, db_path);
    (void)snprintf(attach, sizeof(attach),
                   "COMMIT; ATTACH '%s' AS o; BEGIN; DELETE FROM event; DELETE FROM event_text;"
                   "DELETE FROM event_head; INSERT INTO event SELECT * FROM o.event;"
                   "INSERT INTO event_text SELECT * FROM o.event_text;"
                   "INSERT INTO event_head SELECT * FROM o.event_head;",
                   other);
    tamper(attach);
    open_store();
    int bad = 0;
    view = view_of("peru");
    bad += verify(view).bad_seq == 64;
    realm_view_release(view);
    view = view_of("chile");
    bad += verify(view).bad_seq == 64;
    realm_view_release(view);
    assert_int_equal(bad, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_append_list_verify, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_hostile_user_agent, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_mutations, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_every_column, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_first_bad_event, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_between, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_key_rotation, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_forged_chain, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
