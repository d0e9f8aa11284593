/* Which log belongs to a database: missing, foreign and damaged ones are refused, what a crash leaves is
 * taken (OT-05). */
#include "tests/unit/store/damage_support.h"

#define LOG_HEADER_BYTES 32

/* --- Logs --- */

/* A process that commits and is killed leaves a log that counts. For each step: 'w' writes, '-' ends a
 * transaction that changed nothing. */
static void leave_log_after(const char *realm, const char *steps)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        store = NULL;
        if (try_open(NULL) != 0)
            _exit(1);
        struct realm_view *view = view_of(realm);
        struct event event = {.type = EVENT_UserLoggedIn};
        for (; *steps; steps++) {
            struct store_write *w = begin_write(view);
            if (*steps == 'w')
                ok(event_append(w, &event));
            commit(w);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void leave_log(const char *realm)
{
    leave_log_after(realm, "ww");
}

static int open_peru(struct str *ret_reason)
{
    struct realm_view *view;
    open_store();
    int err = realm_view_acquire(store, STR("peru"), &view);
    if (err == 0)
        realm_view_release(view);
    *ret_reason = STR("");
    (void)store_realm_trouble(store, STR("peru"), &arena, ret_reason);
    others_are_well();
    close_store();
    return err;
}

static void test_ot_05_missing_and_foreign_logs(void **state)
{
    (void)state;
    struct str reason;
    size_t len, foreign_len;
    char log[500], foreign[500];
    leave_log("chile");
    (void)snprintf(foreign, sizeof(foreign), "%s-wal", kept_path);
    unsigned char *foreign_log = read_file(foreign, &foreign_len);
    assert_true(foreign_len > PAGE_BYTES);
    leave_log("peru");
    (void)snprintf(log, sizeof(log), "%s-wal", db_path);
    unsigned char *own_log = read_file(log, &len);
    assert_true(len > PAGE_BYTES);

    assert_int_equal(unlink(log), 0);
    fails(open_peru(&reason), ERR_STORE_CORRUPT);
    assert_true(str_find_str(reason, STR("missing")) >= 0);
    assert_int_not_equal(access(log, F_OK), 0);

    write_file(log, own_log, 0);
    fails(open_peru(&reason), ERR_STORE_CORRUPT);
    assert_true(str_find_str(reason, STR("empty")) >= 0);

    write_file(log, foreign_log, foreign_len);
    fails(open_peru(&reason), ERR_STORE_CORRUPT);
    assert_true(str_find_str(reason, STR("belongs to another database")) >= 0);

    own_log[13] ^= 1; /* its header */
    write_file(log, own_log, len);
    own_log[13] ^= 1;
    fails(open_peru(&reason), ERR_STORE_CORRUPT);
    size_t after_len;
    unsigned char *after = read_file(log, &after_len);
    assert_int_equal(after_len, len); /* untouched */
    free(after);

    write_file(log, own_log, len);
    ok(open_peru(&reason));
    /* After a clean end it has none, and takes none. */
    assert_int_not_equal(access(log, F_OK), 0);
    write_file(log, foreign_log, foreign_len);
    fails(open_peru(&reason), ERR_STORE_CORRUPT);
    assert_true(str_find_str(reason, STR("move it away")) >= 0);
    assert_int_equal(unlink(log), 0);
    ok(open_peru(&reason));
    free(own_log);
    free(foreign_log);
    open_store();
}

/* A crash may leave a log that has a header and nothing else. SQLite gives it another number when it is
 * first written to: until then nobody may take its number for good. */
static void test_ot_05_log_without_content(void **state)
{
    (void)state;
    struct str reason;
    size_t len;
    leave_log_after("peru", "w");
    unsigned char *log = read_file(beside(db_path, "-wal"), &len);
    write_file(beside(db_path, "-wal"), log, LOG_HEADER_BYTES);
    free(log);
    leave_log_after("peru", "-ww");
    ok(open_peru(&reason));
    leave_log_after("peru", "-w-w");
    ok(open_peru(&reason));
    open_store();
}

/* The eight bytes that say which log belongs to a database. */
static void test_ot_05_damaged_mark(void **state)
{
    (void)state;
    struct str reason;
    for (int bit = 0; bit < 64; bit += 5) {
        size_t at = PAGE_BYTES - PAGE_STATE_BYTES + (size_t)bit / 8;
        unsigned char byte = (unsigned char)(kept[at] ^ (1u << (bit % 8)));
        poke(db_path, (off_t)at, &byte, 1);
        fails(open_peru(&reason), ERR_STORE_CORRUPT);
        restore();
    }
    open_store();
}

/* The same bytes cut off by a crash while they were changed: there is a log, and it counts. */
static void test_ot_05_torn_mark(void **state)
{
    (void)state;
    struct str reason;
    size_t len;
    leave_log("peru");
    unsigned char *crashed = read_file(db_path, &len);
    for (int byte = 0; byte < PAGE_STATE_BYTES; byte++) {
        size_t at = PAGE_BYTES - PAGE_STATE_BYTES + (size_t)byte;
        unsigned char torn = (unsigned char)(crashed[at] ^ 0x55);
        poke(db_path, (off_t)at, &torn, 1);
        ok(open_peru(&reason)); /* and ends in order */
        ok(open_peru(&reason));
        leave_log("peru");
    }
    free(crashed);
    open_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ot_05_missing_and_foreign_logs, start, end),
        cmocka_unit_test_setup_teardown(test_ot_05_log_without_content, start, end),
        cmocka_unit_test_setup_teardown(test_ot_05_damaged_mark, start, end),
        cmocka_unit_test_setup_teardown(test_ot_05_torn_mark, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
