/* A standby follows its primary: what is committed there is seen here, and what ended there is over. */
#include "tests/unit/store/follow_support.h"

#include "core/port/endings.h"
#include "core/port/footing.h"

static void test_what_is_committed_is_seen(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    settle();
    assert_true(standby_has_user("peru", "ana"));
    assert_false(standby_has_user("peru", "eva"));
    for (int i = 0; i < 50; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "user%d", i);
        add_user(view, name);
    }
    settle();
    assert_true(standby_has_user("peru", "user49"));
    same_everywhere(str_c(file_of("peru")));
    same_everywhere(STR(REALM_MASTER));
    realm_view_release(view);
}

/* Acknowledged is what is on disk, in the end the last commit. */
static void test_acknowledges_the_last(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct whole w = {0};
    add_user(view, "ana");
    settle();
    whole_read(primary, str_c(file_of("peru")), &w);
    (void)pthread_mutex_lock(&heard.lock);
    struct said *said = said_of(str_c(file_of("peru")));
    while (memcmp(&said->acknowledged, &w.at, sizeof(w.at)) != 0)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    (void)pthread_mutex_unlock(&heard.lock);
    whole_free(&w);
    realm_view_release(view);
}

/* RP-02: answers that a standby keeps are over with the commit that ends them. */
static void test_rp_02_what_ended_is_over(void **state)
{
    (void)state;
    struct footing_rows rows = {.rights = true};
    struct footing before, after;
    struct realm_view *view = view_of("peru"), *there;
    struct user ana = add_user(view, "ana"), eva = add_user(view, "eva");
    struct client client = add_client(view, "app");
    struct user_session s;
    struct client_session cs;
    add_session(view, ana.pk, client.pk, &s, &cs);
    settle();

    there = standby_view("peru");
    rows.user_pk = ana.pk;
    rows.session_pk = s.pk;
    rows.client_session_pk = cs.pk;
    store_footing(there, &rows, &before);
    eva.enabled = false;
    struct store_write *w = begin_write(view);
    ok(user_update(w, &eva));
    commit(w);
    settle();
    store_footing(there, &rows, &after);
    assert_int_equal(before.session, after.session);
    assert_int_equal(before.config, after.config);

    w = begin_write(view);
    ok(session_delete(w, s.pk));
    commit(w);
    settle();
    store_footing(there, &rows, &after);
    assert_int_not_equal(before.session, after.session);
    realm_view_release(there);
    realm_view_release(view);
}

static void test_rp_02_a_revoked_token_is_over(void **state)
{
    (void)state;
    struct footing_rows rows = {.jti = STR("a-token")};
    struct footing before, after;
    struct realm_view *view = view_of("peru"), *there = standby_view("peru");
    struct user ana = add_user(view, "ana");
    settle();
    uint64_t changes = store_changes(there);
    store_footing(there, &rows, &before);
    struct store_write *w = begin_write(view);
    ok(user_update(w, &ana)); /* as the mark alone changes no row */
    write_mark_revoked(w, STR("a-token"));
    commit(w);
    settle();
    store_footing(there, &rows, &after);
    assert_int_not_equal(before.revoked, after.revoked);
    assert_int_not_equal(changes, store_changes(there));
    realm_view_release(there);
    realm_view_release(view);
}

static void test_a_changed_configuration_shows(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru"), *there = standby_view("peru");
    struct store_write *w = begin_write(view);
    struct realm realm = *realm_view_realm(view);
    realm.display_name = STR("Republic of Peru");
    ok(store_realm_update(w, &realm));
    commit(w);
    settle();
    ok(realm_view_refresh(&there));
    assert_str(realm_view_realm(there)->display_name, "Republic of Peru");
    realm_view_release(there);
    realm_view_release(view);
}

static void count_wake(void *context)
{
    ++*(int *)context;
}

static void test_who_watches_a_standby_is_told(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru"), *there = standby_view("peru");
    struct user ana = add_user(view, "ana");
    struct client client = add_client(view, "app");
    struct user_session s;
    struct client_session cs;
    struct ending_watch *watch;
    struct ending ending;
    int woken = 0;
    add_session(view, ana.pk, client.pk, &s, &cs);
    settle();
    ok(store_endings_watch(there, count_wake, &woken, &watch));
    add_user(view, "eva");
    settle();
    assert_false(store_endings_next(watch, &ending));
    struct store_write *w = begin_write(view);
    ok(session_delete(w, s.pk));
    commit(w);
    settle();
    assert_true(store_endings_next(watch, &ending));
    assert_int_equal(ending.kind, ENDING_SESSION);
    assert_string_equal(ending.id, s.id.ptr);
    assert_true(woken > 0);
    store_endings_unwatch(watch);
    realm_view_release(there);
    realm_view_release(view);
}

static void rename_realm(const char *from, const char *to)
{
    struct realm_view *view = view_of(from);
    struct store_write *w = begin_write(view);
    struct realm realm = *realm_view_realm(view);
    realm.name = str_c(to);
    ok(store_realm_update(w, &realm));
    commit(w);
    realm_view_release(view);
}

/* Realms come, get other names and go. */
static void test_the_list_of_realms_is_followed(void **state)
{
    (void)state;
    struct realm_view *view;
    fails(realm_view_acquire(standby, STR("chile"), &view), ERR_NOT_FOUND);
    make_realm("chile");
    bring_wanted();
    view = standby_view("chile");
    realm_view_release(view);
    same_everywhere(str_c(file_of("chile")));

    rename_realm("peru", "tawantinsuyu");
    settle();
    fails(realm_view_acquire(standby, STR("peru"), &view), ERR_NOT_FOUND);
    view = standby_view("tawantinsuyu");
    realm_view_release(view);
    rename_realm("chile", "peru"); /* a name that another one had */
    settle();
    view = standby_view("peru");
    assert_str(realm_view_realm(view)->name, "peru");
    realm_view_release(view);

    char file[FILE_NAME_MAX + 1];
    (void)snprintf(file, sizeof(file), "%s", file_of("peru"));
    ok(store_realm_delete(primary, STR("peru")));
    settle();
    fails(realm_view_acquire(standby, STR("peru"), &view), ERR_NOT_FOUND);
    const struct repl_message gone = {.type = REPL_GONE, .file = str_c(file)};
    ok(deliver(&gone));
    settle();
    assert_int_equal(folder_db_bytes(&standby->folder, str_c(file)), -1);
}

/* What a standby has it need not get again, whether it was away or started anew. */
static void test_goes_on_where_it_stood(void **state)
{
    (void)state;
    struct follower_state told;
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    settle();
    close_standby();
    open_standby();
    attach();
    bring_all();
    settle();
    add_user(view, "eva");
    settle();
    follower_state(follower, &told);
    assert_int_equal(told.snapshots, 1); /* master never had a position of its own */
    assert_int_equal(told.resyncs, 0);
    assert_true(standby_has_user("peru", "eva"));

    follower_detach(follower);
    attach();
    bring_all();
    add_user(view, "leo");
    settle();
    assert_true(standby_has_user("peru", "leo"));
    same_everywhere(str_c(file_of("peru")));
    realm_view_release(view);
}

/* RP-03: what does not follow is not put in place, and asked for once. */
static void test_rp_03_a_gap_is_noticed(void **state)
{
    (void)state;
    struct follower_state told;
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    settle();
    lost_file = file_of("peru");
    add_user(view, "lost");
    lost_file = NULL;
    add_user(view, "eva");
    add_user(view, "leo");
    settle();
    assert_true(standby_has_user("peru", "ana"));
    assert_false(standby_has_user("peru", "eva"));
    follower_state(follower, &told);
    assert_int_equal(told.resyncs, 1);
    bring_wanted();
    assert_true(standby_has_user("peru", "lost"));
    same_everywhere(str_c(file_of("peru")));
    add_user(view, "rosa");
    settle();
    assert_true(standby_has_user("peru", "rosa"));
    realm_view_release(view);
}

static struct said *ask_for_hashes(struct str file)
{
    const struct repl_message ask = {.type = REPL_HASHES,
                                     .hashes = {.file = file, .hashes = STR("")}};
    struct said *said = said_of(file);
    said->hash_count = 0;
    said->hashed = false;
    ok(deliver(&ask));
    (void)pthread_mutex_lock(&heard.lock);
    while (!said->hashed)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    (void)pthread_mutex_unlock(&heard.lock);
    return said;
}

static void test_rp_03_a_difference_is_enough(void **state)
{
    (void)state;
    struct whole w = {0};
    struct realm_view *view = view_of("peru");
    struct str file = str_c(file_of("peru"));
    for (int i = 0; i < 30; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "user%d", i);
        add_user(view, name);
    }
    settle();
    lost_file = file.ptr;
    add_user(view, "lost");
    lost_file = NULL;
    const struct said *said = ask_for_hashes(file);
    whole_read(primary, file, &w);
    only_what_differs(&w, said);
    assert_in_range(w.count, 1, w.page_count / 2);
    ok(deliver_whole(file, &w, true));
    settle();
    whole_free(&w);
    same_everywhere(file);
    assert_true(standby_has_user("peru", "lost"));
    add_user(view, "eva");
    settle();
    assert_true(standby_has_user("peru", "eva"));
    realm_view_release(view);
}

static void ends_in(int err)
{
    struct follower_state told;
    do {
        (void)sqlite3_sleep(1);
        follower_state(follower, &told);
    } while (told.waiting_bytes > 0);
    fails(told.trouble, err);
}

/* A difference from what nobody knows is none. */
static void test_rp_03_a_difference_without_hashes(void **state)
{
    (void)state;
    struct whole w = {0};
    whole_read(primary, str_c(file_of("peru")), &w);
    w.count = 1;
    ok(deliver_whole(str_c(file_of("peru")), &w, true));
    whole_free(&w);
    ends_in(ERR_INVALID_REQUEST);
}

static int deliver_one(enum repl_message_type type, uint32_t page)
{
    static unsigned char image[PAGE_BYTES];
    static struct repl_message m;
    m = (struct repl_message){.type = type};
    switch (type) {
    case REPL_PAGES:
        m.pages.count = 1;
        m.pages.pages[0] = (struct repl_page){page, image};
        break;
    case REPL_COMMIT:
        m.commit = (struct repl_commit_head){
            .realm = STR("peru"), .file = STR("some-file"), .page_count = 9, .count = page};
        break;
    case REPL_SNAPSHOT:
        m.snapshot = (struct repl_snapshot){
            .realm = STR("peru"), .file = STR("some-file"), .page_count = 9, .count = page};
        break;
    case REPL_BYTES: m.bytes = STR("bytes"); break;
    default: m.file = STR("another-file"); break;
    }
    return deliver(&m);
}

/* RP-03: whatever comes in whatever order, it is refused and nothing is put in place. */
static void test_rp_03_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum repl_message_type types[3];
        uint32_t pages[3];
    } bad[] = {
        {{REPL_PAGES}, {1}},
        {{REPL_BYTES}, {0}},
        {{REPL_SNAPSHOT_END}, {0}},
        {{REPL_ARCHIVE_END}, {0}},
        {{REPL_AT_END}, {0}},
        {{REPL_COMMIT}, {0}},
        {{REPL_COMMIT, REPL_GONE}, {2}},
        {{REPL_COMMIT, REPL_PAGES}, {2, 10}},
        {{REPL_COMMIT, REPL_PAGES, REPL_PAGES}, {2, 2, 2}},
        {{REPL_COMMIT, REPL_PAGES, REPL_PAGES}, {1, 1, 2}},
        {{REPL_SNAPSHOT}, {8}},
        {{REPL_SNAPSHOT, REPL_SNAPSHOT_END}, {9}},
        {{REPL_SNAPSHOT, REPL_SNAPSHOT}, {9, 9}},
        {{REPL_SNAPSHOT, REPL_COMMIT, REPL_SNAPSHOT_END}, {9, 1, 0}},
        {{REPL_SNAPSHOT, REPL_PAGES, REPL_BYTES}, {9, 1}},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int err = 0;
        for (size_t j = 0; j < 3 && bad[i].types[j] && err == 0; j++)
            err = deliver_one(bad[i].types[j], bad[i].pages[j]);
        fails(err, ERR_INVALID_REQUEST);
        follower_detach(follower);
        attach();
    }
    bring_all();
    settle();
    same_everywhere(str_c(file_of("peru")));
    assert_int_equal(folder_db_bytes(&standby->folder, STR("some-file")), -1);
}

/* A database that is damaged on the standby comes anew, while the others go on. */
static void test_a_damaged_database_comes_anew(void **state)
{
    (void)state;
    struct realm_view *view;
    char command[1000];
    close_standby();
    (void)snprintf(command, sizeof(command),
                   "dd if=/dev/urandom of='%s/s/realms/%s.db' bs=2048 seek=3 count=40"
                   " conv=notrunc status=none",
                   test_dir, file_of("peru"));
    assert_int_equal(system(command), 0);
    open_standby();
    fails(realm_view_acquire(standby, STR("peru"), &view), ERR_STORE_CORRUPT);
    attach();
    bring(str_c(file_of("peru")));
    settle();
    view = standby_view("peru");
    realm_view_release(view);
    same_everywhere(str_c(file_of("peru")));
}

/* --- Archives --- */

static const char month[] = "events of a month";

static int offer_archive(const char *content, bool removed)
{
    struct repl_message m = {.type = REPL_ARCHIVE,
                             .archive = {.file = str_c(file_of("peru")),
                                         .name = STR("2026-01.events"),
                                         .bytes = removed ? 0 : strlen(content),
                                         .removed = removed}};
    blake2b_256_of(str_c(content), m.archive.hash);
    return deliver(&m);
}

static int send_bytes(const char *content, size_t from, size_t to)
{
    const struct repl_message m = {.type = REPL_BYTES, .bytes = str_of(content + from, to - from)};
    return deliver(&m);
}

static int end_archive(void)
{
    const struct repl_message m = {.type = REPL_ARCHIVE_END, .file = str_c(file_of("peru"))};
    return deliver(&m);
}

static bool has_archive(const char *suffix)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/s/audit/%s/2026-01.events%s", test_dir, file_of("peru"),
                   suffix);
    return access(path, F_OK) == 0;
}

/* Whole files are looked at apart from what the connection brings. */
static void until_archives(size_t count)
{
    (void)pthread_mutex_lock(&heard.lock);
    while (heard.archives < count)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    assert_int_equal(heard.archives, count);
    (void)pthread_mutex_unlock(&heard.lock);
}

static void until_trouble(int err)
{
    struct follower_state told = {0};
    for (; told.trouble == 0; follower_state(follower, &told))
        (void)sqlite3_sleep(1);
    assert_int_equal(told.trouble, err);
    follower_detach(follower);
    attach();
}

static void test_archives_are_whole_or_not_there(void **state)
{
    (void)state;
    heard.archives = 0;
    ok(offer_archive("events of another", false));
    ok(send_bytes(month, 0, sizeof(month) - 1));
    ok(end_archive());
    until_trouble(ERR_INVALID_REQUEST);
    assert_false(has_archive(""));
    assert_false(has_archive(".new"));
    ok(offer_archive(month, false));
    assert_int_equal(heard.there, 0);
    ok(send_bytes(month, 0, sizeof(month) - 1));
    ok(end_archive());
    until_archives(1);
    assert_true(has_archive(""));
    assert_false(has_archive(".new"));
    ok(offer_archive(month, false)); /* it is there already */
    until_archives(2);
    fails(send_bytes(month, 0, 1), ERR_INVALID_REQUEST);
    ok(offer_archive("", true));
    assert_false(has_archive(""));
    assert_int_equal(heard.archives, 3);
}

/* What came of a file before a break does not come again; commits come between its pieces. */
static void test_an_archive_goes_on_after_a_break(void **state)
{
    (void)state;
    heard.archives = 0;
    ok(offer_archive(month, false));
    fails(offer_archive(month, false), ERR_INVALID_REQUEST); /* one at a time */
    follower_detach(follower);
    attach();
    ok(offer_archive(month, false));
    ok(send_bytes(month, 0, 7));
    bring_all(); /* as much as a pairing brings, and changes go on */
    struct realm_view *view = view_of("peru");
    (void)add_user(view, "ana");
    realm_view_release(view);
    settle();
    assert_true(standby_has_user("peru", "ana"));
    follower_detach(follower);
    attach();
    fails(send_bytes(month, 7, 8), ERR_INVALID_REQUEST); /* it was not offered */
    follower_detach(follower);
    attach();
    ok(offer_archive(month, false));
    assert_int_equal(heard.there, 7);
    fails(end_archive(), ERR_INVALID_REQUEST);
    ok(offer_archive(month, false));
    ok(send_bytes(month, 7, sizeof(month) - 1));
    assert_int_equal(heard.archives, 0);
    follower_detach(follower); /* before its end */
    attach();
    ok(offer_archive(month, false));
    until_archives(1);
    assert_true(has_archive(""));
    fails(end_archive(), ERR_INVALID_REQUEST);
}

/* Another file than the one that a break left half done, and a realm that goes. */
static void test_a_half_archive_is_no_obstacle(void **state)
{
    const struct repl_message gone = {.type = REPL_GONE, .file = str_c(file_of("peru"))};
    (void)state;
    ok(offer_archive("events of another", false));
    ok(send_bytes(month, 0, 7));
    follower_detach(follower);
    attach();
    ok(offer_archive(month, false));
    assert_int_equal(heard.there, 0);
    ok(send_bytes(month, 0, 7));
    ok(deliver(&gone));
    assert_false(has_archive(".new"));
    fails(send_bytes(month, 7, 8), ERR_INVALID_REQUEST);
    settle();
}

/* RP-02: leases last while a file is looked at that takes long, as the connection goes on meanwhile. */
static void test_rp_02_a_large_archive_holds_nothing_up(void **state)
{
    const off_t large = (off_t)16 << 30; /* without a block on disk */
    char path[512];
    struct repl_message m = {.type = REPL_ARCHIVE,
                             .archive = {.file = str_c(file_of("peru")),
                                         .name = STR("2026-01.events"),
                                         .bytes = (uint64_t)large}};
    const struct repl_message beat = {.type = REPL_HEARTBEAT};
    (void)state;
    heard.archives = 0;
    heard.there = 1;
    ok(offer_archive(month, false));
    ok(send_bytes(month, 0, sizeof(month) - 1));
    ok(end_archive());
    until_archives(1);
    (void)snprintf(path, sizeof(path), "%s/s/audit/%s/2026-01.events", test_dir, file_of("peru"));
    assert_int_equal(truncate(path, large), 0);
    ok(deliver(&m));
    ok(deliver(&beat));
    assert_int_equal(heard.there, sizeof(month) - 1); /* no answer yet */
    fails(deliver(&m), ERR_INVALID_REQUEST);          /* one at a time */
    follower_detach(follower);                        /* waits for no hash */
    assert_int_equal(heard.there, sizeof(month) - 1);
    attach();

    /* One of the same length that is another comes anew. */
    assert_int_equal(truncate(path, sizeof(month) - 1), 0);
    ok(offer_archive("events of a march", false));
    (void)pthread_mutex_lock(&heard.lock);
    while (heard.there != 0)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    (void)pthread_mutex_unlock(&heard.lock);
    ok(send_bytes("events of a march", 0, sizeof(month) - 1));
    ok(end_archive());
    until_archives(2);
}

/* --- How old it is --- */

static int64_t staleness(void)
{
    struct follower_state state;
    follower_state(follower, &state);
    return state.stale_ms;
}

/* What the primary answers to what was said so long ago. */
static void hear_beat(int64_t ago_ms, bool complete)
{
    const struct repl_message beat = {
        .type = REPL_HEARTBEAT,
        .heartbeat = {.said_ms = clock_now().monotonic_ms - ago_ms, .complete = complete}};
    ok(deliver(&beat));
    settle();
}

static void test_how_old_it_is(void **state)
{
    const struct repl_message no_answer = {.type = REPL_HEARTBEAT, .heartbeat.complete = true};
    (void)state;
    assert_true(staleness() < 0);
    hear_beat(0, false); /* the primary has more than it sent */
    ok(deliver(&no_answer));
    hear_beat(-60000, true); /* nobody said that */
    assert_true(staleness() < 0);
    hear_beat(0, true);
    assert_in_range(staleness(), 0, 10000);
    (void)sqlite3_sleep(60);
    assert_in_range(staleness(), 60, 10000);
    ok(store_fresh(standby)); /* no limit was set */
    close_standby();
    open_standby();
    const struct follower_config config = {.cluster = STR(CLUSTER), .max_stale_ms = 3000};
    ok(follower_new(standby, &config, &follower));
    fails(store_fresh(standby), ERR_STANDBY_STALE); /* nothing was heard yet */
    attach();
    hear_beat(0, true);
    ok(store_fresh(standby));
    (void)sqlite3_sleep(3100);
    fails(store_fresh(standby), ERR_STANDBY_STALE);
    hear_beat(0, true);
    ok(store_fresh(standby));
}

/* RP-02: a link that delivers late does not make a standby younger than it is. */
static void test_rp_02_what_comes_late_is_old(void **state)
{
    (void)state;
    close_standby();
    open_standby();
    const struct follower_config config = {.cluster = STR(CLUSTER), .max_stale_ms = 2000};
    ok(follower_new(standby, &config, &follower));
    attach();
    hear_beat(6000, true);
    assert_in_range(staleness(), 6000, 60000);
    fails(store_fresh(standby), ERR_STANDBY_STALE);
    hear_beat(0, true);
    hear_beat(6000, true); /* out of its order */
    assert_in_range(staleness(), 0, 5999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_committed_is_seen, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_acknowledges_the_last, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_02_what_ended_is_over, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_02_a_revoked_token_is_over, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_a_changed_configuration_shows, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_who_watches_a_standby_is_told, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_the_list_of_realms_is_followed, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_goes_on_where_it_stood, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_03_a_gap_is_noticed, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_03_a_difference_is_enough, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_03_a_difference_without_hashes, start_pair,
                                        end_pair),
        cmocka_unit_test_setup_teardown(test_rp_03_what_makes_no_sense_is_refused, start_pair,
                                        end_pair),
        cmocka_unit_test_setup_teardown(test_a_damaged_database_comes_anew, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_archives_are_whole_or_not_there, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_an_archive_goes_on_after_a_break, start_pair,
                                        end_pair),
        cmocka_unit_test_setup_teardown(test_a_half_archive_is_no_obstacle, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_02_a_large_archive_holds_nothing_up, start_pair,
                                        end_pair),
        cmocka_unit_test_setup_teardown(test_how_old_it_is, start_pair, end_pair),
        cmocka_unit_test_setup_teardown(test_rp_02_what_comes_late_is_old, start_pair, end_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
