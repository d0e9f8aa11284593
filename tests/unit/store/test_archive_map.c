/* The map of an archived month: a search that reads few blocks finds what one in the database found; a map
 * that hides something is told by who proves the chain (AU-02). */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/archive/archive.h"

#define DAY_MS   INT64_C(86400000)
#define OCTOBER  INT64_C(1790812800000) /* 2026-10-01 */
#define NOVEMBER (OCTOBER + 31 * DAY_MS)

#define EVENTS  3300 /* four blocks, the last one small */
#define USERS   500
#define CLIENTS 7

static const struct event_actor jobs = {.client_id = STR_INIT("garita-jobs")};

static struct str user_of(int i)
{
    return arena_printf(&arena, "5b1f9f4e-1111-4000-8000-%012d", i);
}

static struct str client_of(int i)
{
    return arena_printf(&arena, "app-%d", i);
}

/* Some users and clients come often, some once; times go back now and then. */
static void append(struct store_write *w, int i)
{
    bool rare = i % 800 == 799;
    bool about = i % 90 == 89;
    struct event event = {.type = rare    ? EVENT_UserCreated
                                  : i % 3 ? EVENT_UserLoggedIn
                                          : EVENT_UserLoginAttempted,
                          .actor = {.user_id = user_of(i * i % USERS),
                                    .username = STR("a-name"),
                                    .client_id = client_of(rare ? CLIENTS : i % CLIENTS),
                                    .ip = STR("10.1.2.3")},
                          .subject_kind = about ? STR("user") : STR(""),
                          .subject_id = about ? user_of(i % 11) : STR("")};
    ok(event_append(w, &event));
}

static void fill(struct realm_view *view)
{
    for (int i = 0; i < EVENTS;) {
        struct now now = {.wall_ms = OCTOBER + i * 60000 - (i % 50 == 49 ? 3 * 3600000 : 0)};
        struct store_write *w;
        ok(store_write_begin(view, &now, &w));
        for (int n = 0; n < 10 && i < EVENTS; n++)
            append(w, i++);
        commit(w);
    }
}

static void archive(struct realm_view *view)
{
    struct now now = {.wall_ms = NOVEMBER + 40 * DAY_MS};
    struct event_archived archived;
    bool done, more = true;
    ok(event_archive_month(view, &now, &jobs, NOVEMBER, &arena, &archived, &done));
    assert_true(done);
    assert_int_equal(archived.last_seq, EVENTS);
    while (more)
        ok(event_archive_prune(view, &now, &more));
}

static int list_seqs(struct realm_view *view, const struct event_filter *filter, size_t limit,
                     int64_t *seqs, size_t *ret_count)
{
    struct event_record *items;
    struct arena a;
    arena_init(&a, (size_t)64 << 20);
    struct store_read *r = begin_read(view);
    int err = event_list(r, &a, filter, limit, &items, ret_count);
    for (size_t i = 0; err == 0 && i < *ret_count; i++)
        seqs[i] = items[i].seq;
    store_read_end(r);
    arena_free(&a);
    return err;
}

/* --- Searching --- */

#define FILTERS 400
#define LIMIT   40

static struct event_filter random_filter(void)
{
    static struct str types[2];
    struct event_filter f = {.to_ms = NOVEMBER - 1, .newest_first = rand() % 2};
    if (rand() % 2)
        f.user_id = user_of(rand() % (USERS + 5));
    if (rand() % 3 == 0)
        f.client_id = client_of(rand() % (CLIENTS + 2));
    if (rand() % 3 == 0) {
        types[0] = rand() % 2 ? STR("UserCreated") : STR("UserLoginAttempted");
        types[1] = STR("SessionCreated");
        f.types = (struct strs){types, 1 + (size_t)(rand() % 2)};
    }
    if (rand() % 2) {
        f.from_ms = OCTOBER + rand() % (EVENTS * 60000);
        f.to_ms = f.from_ms + rand() % (6 * 3600000);
    }
    if (rand() % 3 == 0)
        f.after_seq = 1 + rand() % EVENTS;
    if (rand() % 3 == 0)
        f.first = (size_t)(rand() % 30);
    f.or_about_user = !f.newest_first && rand() % 3 == 0;
    return f;
}

static void a_search_finds_what_it_found_in_the_database(void **state)
{
    static struct event_filter filters[FILTERS];
    static struct {
        int64_t seqs[LIMIT];
        size_t count;
    } found[FILTERS];
    struct realm_view *view = view_of("peru");
    size_t some = 0;
    (void)state;
    fill(view);
    srand(7);
    for (int i = 0; i < FILTERS; i++) {
        filters[i] = random_filter();
        if (filters[i].types.count > 0) /* the texts are constants, the list is not */
            filters[i].types.items =
                memcpy(arena_alloc(&arena, sizeof(struct str) * 2), filters[i].types.items,
                       sizeof(struct str) * filters[i].types.count);
        ok(list_seqs(view, &filters[i], LIMIT, found[i].seqs, &found[i].count));
        some += found[i].count > 0;
    }
    assert_in_range(some, FILTERS / 4, FILTERS - 20);
    archive(view);
    for (int i = 0; i < FILTERS; i++) {
        int64_t seqs[LIMIT];
        size_t count;
        ok(list_seqs(view, &filters[i], LIMIT, seqs, &count));
        assert_int_equal(count, found[i].count);
        assert_memory_equal(seqs, found[i].seqs, count * sizeof(seqs[0]));
    }
    realm_view_release(view);
}

/* --- What somebody with the folder in hand does --- */

static char path[600];
static unsigned char bytes[4 << 20];
static size_t len;

static void read_archive(void)
{
    char command[700];
    (void)snprintf(command, sizeof(command), "ls '%s'/audit/*/2026-10-*.zst", test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(path, sizeof(path), pipe));
    assert_int_equal(pclose(pipe), 0);
    path[strcspn(path, "\n")] = '\0';
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    len = fread(bytes, 1, sizeof(bytes), f);
    assert_int_equal(fclose(f), 0);
    assert_in_range(len, 1000, sizeof(bytes) - 1);
}

static void write_archive(const void *data, size_t count)
{
    assert_int_equal(chmod(path, 0600), 0);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, count, f), count);
    assert_int_equal(fclose(f), 0);
}

static struct str frame_of_map(void)
{
    struct str all = str_of((const char *)bytes, len);
    size_t frame = segment_map_frame_bytes(str_from(all, len - SEGMENT_MAP_TAIL_BYTES));
    assert_in_range(frame, 1, len - 1);
    return str_from(all, len - frame);
}

static int64_t bad_seq(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    return verdict.bad_seq;
}

static size_t count_of_user(struct realm_view *view, int user)
{
    int64_t seqs[LIMIT];
    size_t count = 0;
    struct event_filter filter = {.user_id = user_of(user)};
    ok(list_seqs(view, &filter, LIMIT, seqs, &count));
    return count;
}

static struct realm_view *archived_world(void)
{
    struct realm_view *view = view_of("peru");
    fill(view);
    archive(view);
    read_archive();
    return view;
}

static void a_file_without_a_map_is_read_as_a_whole(void **state)
{
    (void)state;
    struct realm_view *view = archived_world();
    size_t before = count_of_user(view, 1);
    assert_true(before > 0);
    write_archive(bytes, len - frame_of_map().len);
    assert_int_equal(count_of_user(view, 1), before);
    assert_int_equal(bad_seq(view), 0);
    realm_view_release(view);
}

/* As if the filters of all blocks were empty, with the right checksum. */
static void a_map_that_hides_events_is_told(void **state)
{
    (void)state;
    struct segment_map map;
    struct segment_map_writer w;
    static struct segment_block_sum sum;
    struct buf frame;
    struct realm_view *view = archived_world();
    struct str old = frame_of_map();
    ok(segment_map_parse(old, (int64_t)(len - old.len), &map));
    assert_int_equal(map.count, 4);
    segment_map_writer_init(&w);
    for (size_t i = 0; i < map.count; i++) {
        sum = (struct segment_block_sum){.block = segment_map_block(&map, i)};
        segment_map_put(&w, &sum, sum.block.offset, sum.block.bytes);
    }
    buf_init(&frame, NULL, SEGMENT_MAP_MAX_BYTES);
    ok(segment_map_finish(&w, &frame));
    memcpy(bytes + len - old.len, frame.ptr, frame.len);
    write_archive(bytes, len - old.len + frame.len);
    assert_int_equal(count_of_user(view, 1), 0);
    assert_true(bad_seq(view) > 0);
    buf_free(&frame);
    segment_map_writer_free(&w);
    realm_view_release(view);
}

static void a_damaged_map_is_told(void **state)
{
    (void)state;
    int64_t seqs[LIMIT];
    size_t count;
    struct event_filter filter = {.user_id = user_of(1)};
    struct realm_view *view = archived_world();
    size_t start = len - frame_of_map().len;
    for (size_t at = start; at < len - 8; at += 1 + (len - start) / 12) {
        bytes[at] ^= 4;
        write_archive(bytes, len);
        assert_int_equal(list_seqs(view, &filter, LIMIT, seqs, &count), ERR_AUDIT_ARCHIVE);
        assert_true(bad_seq(view) > 0);
        bytes[at] ^= 4;
    }
    write_archive(bytes, len);
    assert_int_equal(bad_seq(view), 0);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_search_finds_what_it_found_in_the_database, start_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(a_file_without_a_map_is_read_as_a_whole, start_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(a_map_that_hides_events_is_told, start_test, end_test),
        cmocka_unit_test_setup_teardown(a_damaged_map_is_told, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
