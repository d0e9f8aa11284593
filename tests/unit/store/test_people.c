/* People in the audit chain: what is personal is sealed with their own key, and erasing somebody
 * destroys it. */
#include "tests/unit/store/store_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#define ANA "5b1f9f4e-1111-4000-8000-000000000001"
#define EVA "5b1f9f4e-2222-4000-8000-000000000002"

static struct event event_by(const char *user_id, const char *name, const char *ip)
{
    return (struct event){.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = str_c(user_id),
                                    .username = str_c(name),
                                    .client_id = STR("app"),
                                    .ip = str_c(ip),
                                    .user_agent = STR("Canary-Browser/7")},
                          .data = STR("{\"username\":\"canary-in-data\"}")};
}

static void append(struct realm_view *view, const struct event *event)
{
    struct store_write *w = begin_write(view);
    ok(event_append(w, event));
    commit(w);
}

static void erase(struct realm_view *view, const char *user_id, bool expect_key)
{
    bool had;
    struct store_write *w = begin_write(view);
    ok(person_key_destroy(w, str_c(user_id), &had));
    assert_int_equal(had, expect_key);
    commit(w);
    ok(store_forget(view));
}

static struct event_record *list(struct realm_view *view, const struct event_filter *filter,
                                 size_t *count)
{
    struct event_record *items;
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, filter, 1000, &items, count));
    store_read_end(r);
    return items;
}

static struct event_verdict verify(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    return verdict;
}

/* --- Bytes of the data folder --- */

static bool file_has(const char *path, const char *text)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    (void)close(fd);
    bool has = st.st_size > 0 && memmem(bytes, (size_t)st.st_size, text, strlen(text)) != NULL;
    free(bytes);
    return has;
}

static int files_with(const char *folder, const char *text)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[600];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        assert_int_equal(stat(path, &st), 0);
        if (S_ISDIR(st.st_mode))
            count += files_with(path, text);
        else
            count += file_has(path, text);
    }
    (void)closedir(dir);
    return count;
}

static int files_with_id(const char *user_id)
{
    unsigned char bytes[16];
    char text[17] = "";
    size_t n = 0;
    for (const char *at = user_id; *at && n < sizeof(bytes); at++) {
        unsigned value;
        if (*at == '-')
            continue;
        assert_int_equal(sscanf(at, "%2x", &value), 1);
        bytes[n++] = (unsigned char)value;
        at++;
    }
    memcpy(text, bytes, sizeof(bytes));
    return files_with(test_dir, text);
}

/* --- Boxes --- */

static void test_sealed_and_opened(void **state)
{
    (void)state;
    size_t count;
    struct realm_view *view = view_of("peru");
    struct event self = event_by(ANA, "ana", "10.1.2.3");
    struct event other = event_by(EVA, "eva", "10.4.5.6");
    other.subject_kind = STR("user");
    other.subject_id = STR(ANA);
    append(view, &self);
    append(view, &other);
    assert_int_equal(files_with(test_dir, "canary-in-data"), 0);
    assert_int_equal(files_with(test_dir, "10.1.2.3"), 0);
    assert_int_equal(files_with(test_dir, "Canary-Browser"), 0);
    struct event_filter open_all = {0}, sealed = {.sealed = true};
    struct event_record *e = list(view, &open_all, &count);
    assert_int_equal(count, 2);
    assert_str(e[0].ip, "10.1.2.3");
    assert_str(e[0].user_agent, "Canary-Browser/7");
    assert_str(e[0].data, "{\"username\":\"canary-in-data\"}");
    assert_str(e[0].metadata, "{\"username\":\"ana\"}");
    assert_str(e[1].ip, "10.4.5.6");
    assert_str(e[1].data, "{\"username\":\"canary-in-data\"}");
    assert_true(e[0].opened && !e[0].erased);
    e = list(view, &sealed, &count);
    assert_true(str_absent(e[0].ip) && str_absent(e[1].ip) && !e[0].opened);
    assert_str(e[0].data, "{}");
    assert_false(str_absent(e[0].boxes[EVENT_BOX_BOTH]));
    assert_false(str_absent(e[1].boxes[EVENT_BOX_ACTOR]) ||
                 str_absent(e[1].boxes[EVENT_BOX_SUBJECT]));
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* After the erasure the events stay, the chain verifies, and nothing says who it was. */
static void test_erased(void **state)
{
    (void)state;
    size_t count;
    struct realm_view *view = view_of("peru");
    struct event ana = event_by(ANA, "ana", "10.1.2.3"), eva = event_by(EVA, "eva", "10.4.5.6");
    struct event both = event_by(EVA, "eva", "10.4.5.6");
    both.subject_kind = STR("user");
    both.subject_id = STR(ANA);
    for (int i = 0; i < 70; i++) {
        append(view, &ana);
        append(view, &eva);
    }
    append(view, &both);
    erase(view, ANA, true);
    erase(view, ANA, false);
    append(view, &ana); /* a late event of somebody who is gone gets no new key */
    struct event_filter all = {0};
    struct event_record *e = list(view, &all, &count);
    assert_int_equal(count, 142);
    for (size_t i = 0; i < 140; i += 2) {
        assert_true(e[i].erased);
        assert_true(str_absent(e[i].ip) && str_absent(e[i].user_agent));
        assert_str(e[i].data, "{}");
        assert_str(e[i].metadata, "{}");
        assert_str(e[i].user_id, ANA);
        assert_str(e[i + 1].ip, "10.4.5.6");
        assert_false(e[i + 1].erased);
    }
    assert_str(e[140].ip, "10.4.5.6"); /* who changed her is still known */
    assert_str(e[140].data, "{}");
    assert_true(e[140].erased);
    assert_str(e[141].data, "{}");
    assert_true(str_absent(e[141].boxes[EVENT_BOX_BOTH]));
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    assert_true(list(view, &all, &count)[0].erased);
    realm_view_release(view);
}

/* What was typed as a name and is nobody's may be a password: sealed, and unreadable after a while. */
static void test_typed_names(void **state)
{
    (void)state;
    size_t count;
    int64_t expired;
    const int64_t october = INT64_C(1791763200000), november = INT64_C(1794441600000);
    struct realm_view *view = view_of("peru");
    struct event event = {.type = EVENT_UserLoginAttempted,
                          .subject_kind = STR("realm"),
                          .subject_id = STR("r"),
                          .actor = {.username = STR("my-secret-password"),
                                    .client_id = STR("app"),
                                    .ip = STR("10.7.7.7")},
                          .name_is_unknown = true,
                          .data = STR("{\"error\":\"user_not_found\"}")};
    const int64_t times[] = {october, november};
    for (size_t i = 0; i < 2; i++) {
        struct now now = {.wall_ms = times[i]};
        struct store_write *w;
        ok(store_write_begin(view, &now, &w));
        ok(event_append(w, &event));
        commit(w);
    }
    assert_int_equal(files_with(test_dir, "my-secret-password"), 0);
    struct event_filter all = {0};
    struct event_record *e = list(view, &all, &count);
    assert_str(e[0].metadata, "{\"username\":\"my-secret-password\"}");
    struct store_write *w = begin_write(view);
    ok(person_unknown_expire(w, november, &expired));
    assert_int_equal(expired, 1);
    ok(person_unknown_expire(w, november, &expired));
    assert_int_equal(expired, 0);
    commit(w);
    e = list(view, &all, &count);
    assert_true(e[0].erased && !e[1].erased);
    assert_str(e[0].metadata, "{}");
    assert_str(e[0].data, "{\"error\":\"user_not_found\"}");
    assert_str(e[1].metadata, "{\"username\":\"my-secret-password\"}");
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* A transaction that is undone takes the key that it made along. */
static void test_key_of_undone_write(void **state)
{
    (void)state;
    size_t count;
    struct realm_view *view = view_of("peru");
    struct event ana = event_by(ANA, "ana", "10.1.2.3");
    struct store_write *w = begin_write(view);
    ok(event_append(w, &ana));
    store_rollback(w);
    append(view, &ana);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    struct event_filter all = {0};
    struct event_record *e = list(view, &all, &count);
    assert_int_equal(count, 1);
    assert_str(e[0].ip, "10.1.2.3");
    realm_view_release(view);
}

/* PW-07: no byte of a deleted person is left in the data folder, neither in pages that were
 * split and merged nor in the log. */
static void test_pw_07_no_bytes_left(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct user canary = {0};
    for (int i = 0; i < 400; i++) {
        char name[60];
        (void)snprintf(name, sizeof(name), "user-%d-%u", i, (unsigned)rng_below(1000000));
        struct user user = user_named(name);
        char mail[80];
        (void)snprintf(mail, sizeof(mail), "%s@example.pe", name);
        user.email = str_c(mail);
        if (i == 200) {
            user.username = STR("canary-name");
            user.email = STR("canary-mail@example.pe");
            user.first_name = STR("Canary-First");
            user.last_name = STR("Canary-Last");
        }
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        if (i == 200) {
            struct credential c = {.id = STR("11111111-0000-4000-8000-000000000001"),
                                   .type = STR("password"),
                                   .user_label = STR("canary-label"),
                                   .secret_data = STR("{}"),
                                   .credential_data = STR("{\"canary\":\"canary-credential\"}")};
            ok(credential_insert(w, user.pk, &c));
            canary = user;
        }
        commit(w);
    }
    struct event event = event_by(ANA, "canary-name", "10.123.123.123");
    append(view, &event);
    assert_true(files_with(test_dir, "canary-name") > 0); /* it was there */
    struct store_write *w = begin_write(view);
    bool had;
    ok(user_delete(w, canary.pk));
    ok(person_key_destroy(w, STR(ANA), &had));
    commit(w);
    ok(store_forget(view));
    static const char *const canaries[] = {"canary-name",   "canary-mail",  "Canary-First",
                                           "Canary-Last",   "canary-label", "canary-credential",
                                           "10.123.123.123"};
    for (size_t i = 0; i < ARRAY_LEN(canaries); i++)
        if (files_with(test_dir, canaries[i]) != 0)
            fail_msg("%s is still there", canaries[i]);
    assert_true(files_with_id(ANA) >
                0); /* the pseudonym stays, and the search can find something */
    realm_view_release(view);
}

/* OT-09: a process that is killed right then leaves an empty log, and a database that opens. */
static void test_killed_after_forgetting(void **state)
{
    (void)state;
    char copy[sizeof(test_dir) + 16], command[2 * sizeof(copy) + 64];
    struct realm_view *view = view_of("peru");
    struct event event = event_by(ANA, "ana", "10.1.2.3");
    for (int i = 0; i < 3; i++)
        append(view, &event); /* the log is flushed, and known from then on */
    erase(view, ANA, true);
    (void)snprintf(copy, sizeof(copy), "%s-killed", test_dir);
    (void)snprintf(command, sizeof(command), "cp -a '%s' '%s'", test_dir, copy);
    assert_int_equal(system(command), 0);
    for (int i = 0; i < 3; i++)
        append(view, &event); /* nor is what comes after it another log */
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);

    close_store();
    const struct store_config config = {.data_dir = copy, .wait_ms = 2000};
    ok(store_open(&config, &store));
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
    close_store();
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", copy);
    assert_int_equal(system(command), 0);
    open_store();
}

/* Names that sort in another order than they came, so that pages are split and rebuilt everywhere. */
static struct user crowd_member(int i, const char *more)
{
    struct str name = arena_printf(&arena, "%08x-crowd-%d.", (unsigned)i * 2654435761U, i);
    struct user user = user_named(name.ptr);
    user.email = arena_printf(&arena, "%.*s@example.pe", STR_ARG(name));
    user.first_name = str_from(name, 9);
    user.last_name =
        arena_printf(&arena, "%s%.*s", more, i % 40, "........................................");
    return user;
}

static void add_crowd(struct realm_view *view, int64_t *pks, int count)
{
    for (int i = 0; i < count; i++) {
        struct user user = crowd_member(i, "");
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        commit(w);
        pks[i] = user.pk;
    }
}

static void erase_some(struct realm_view *view, const int64_t *pks, int count)
{
    for (int i = 0; i < count; i += 7) {
        struct store_write *w = begin_write(view);
        ok(user_delete(w, pks[i]));
        commit(w);
    }
    ok(store_forget(view));
}

static void none_is_left_of_some(int count)
{
    for (int i = 0; i < count; i += 7) {
        char name[32];
        (void)snprintf(name, sizeof(name), "-crowd-%d.", i);
        if (files_with(test_dir, name + 1) != 0)
            fail_msg("%s is still there", name);
    }
}

/* PW-07: rebuilding a page leaves copies of rows between those that it has; they go as well, and do not
 * come back when somebody's neighbour changes. */
static void test_pw_07_no_copies_left(void **state)
{
    enum { CROWD = 700 };
    static int64_t pks[CROWD];
    struct realm_view *view = view_of("peru");
    (void)state;
    add_crowd(view, pks, CROWD);
    erase_some(view, pks, CROWD);
    none_is_left_of_some(CROWD);
    for (int i = 0; i < CROWD; i++) {
        if (i % 7 == 0)
            continue;
        struct user user = crowd_member(i, "changed");
        user.pk = pks[i];
        struct store_write *w = begin_write(view);
        ok(user_update(w, &user));
        commit(w);
    }
    none_is_left_of_some(CROWD);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sealed_and_opened, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_erased, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_typed_names, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_key_of_undone_write, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_killed_after_forgetting, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_pw_07_no_bytes_left, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_pw_07_no_copies_left, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
