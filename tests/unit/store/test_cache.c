/* The token cache: what is put is found until its time, memory and file stay within their bounds, and
 * a file that is not exactly the one we closed is begun anew. */
#include "tests/unit/core/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/port/token_cache.h"
#include "store/cache/cache.h"
#include "store/cache/disk.h"
#include "store/cache/hot.h"
#include "store/store.h"

#define NOW_MS   INT64_C(1800000000000)
#define LATER_MS (NOW_MS + INT64_C(3600000))

static struct {
    char dir[256];
    struct store *store;
} t;

static void open_store(int64_t memory_bytes, int64_t disk_bytes)
{
    struct store_config config = {
        .data_dir = t.dir, .cache_memory_bytes = memory_bytes, .cache_disk_bytes = disk_bytes};
    OK(store_open(&config, &t.store));
}

static void reopen(void)
{
    store_close(t.store);
    open_store(0, 8 << 20);
}

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)arena_setup(state);
    (void)snprintf(t.dir, sizeof(t.dir), "%s/garita-cache-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(t.dir));
    OK(crypto_init());
    open_store(0, 8 << 20);
    return 0;
}

static int teardown(void **state)
{
    char command[512];
    store_close(t.store);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", t.dir);
    assert_int_equal(system(command), 0);
    return arena_teardown(state);
}

#define CACHE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

static struct token_cache_key key_of(int number)
{
    struct token_cache_key key;
    struct str subject = arena_printf(&test_arena, "token %d", number);
    token_cache_key(t.store, TOKEN_CACHE_SIGNATURE, STR("https://id.example"), subject, &key);
    return key;
}

static void put(int number, const char *value, int64_t expires_ms)
{
    struct token_cache_key key = key_of(number);
    token_cache_put(t.store, &key, str_c(value), token_cache_generation(t.store), NOW_MS,
                    expires_ms);
}

static int get_at(int number, int64_t now_ms, struct str *ret_value)
{
    struct token_cache_key key = key_of(number);
    return token_cache_get(t.store, &key, &test_arena, now_ms, ret_value);
}

static bool has(int number)
{
    struct str value;
    return get_at(number, NOW_MS, &value) == 0;
}

static void what_is_put_is_found_until_its_time(void **state)
{
    struct str value;
    (void)state;
    assert_false(has(1));
    put(1, "one", NOW_MS + 1000);
    OK(get_at(1, NOW_MS + 999, &value));
    SAME(value, "one");
    FAILS(get_at(1, NOW_MS + 1000, &value), ERR_NOT_FOUND);
    put(2, "two", NOW_MS);
    assert_false(has(2));
    put(3, "three", LATER_MS);
    put(3, "THREE", LATER_MS);
    OK(get_at(3, NOW_MS, &value));
    SAME(value, "THREE");
}

static void keys_say_nothing_and_do_not_run_together(void **state)
{
    struct token_cache_key a, b;
    (void)state;
    token_cache_key(t.store, TOKEN_CACHE_SIGNATURE, STR("ab"), STR("c"), &a);
    token_cache_key(t.store, TOKEN_CACHE_SIGNATURE, STR("a"), STR("bc"), &b);
    assert_true(memcmp(&a, &b, sizeof(a)) != 0);
    token_cache_key(t.store, TOKEN_CACHE_KEYS, STR("ab"), STR("c"), &b);
    assert_true(memcmp(&a, &b, sizeof(a)) != 0);
    store_close(t.store);
    char command[512];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", t.dir);
    assert_int_equal(system(command), 0);
    open_store(0, 0); /* another master key */
    token_cache_key(t.store, TOKEN_CACHE_SIGNATURE, STR("ab"), STR("c"), &b);
    assert_true(memcmp(&a, &b, sizeof(a)) != 0);
}

/* What becomes of one kind is not told as of another. */
static void each_kind_is_counted_by_itself(void **state)
{
    struct cache_counts counts;
    struct token_cache_key keys[TOKEN_CACHE_KINDS];
    struct str value;
    struct buf b;
    (void)state;
    for (int i = 0; i < TOKEN_CACHE_KINDS; i++) {
        token_cache_key(t.store, (enum token_cache_kind)i, STR("a"), STR("b"), &keys[i]);
        assert_int_equal(token_cache_kind_of(&keys[i]), i);
        FAILS(token_cache_get(t.store, &keys[i], &test_arena, NOW_MS, &value), ERR_NOT_FOUND);
        token_cache_put(t.store, &keys[i], STR("x"), token_cache_generation(t.store), NOW_MS,
                        LATER_MS);
        for (int k = 0; k <= i; k++)
            OK(token_cache_get(t.store, &keys[i], &test_arena, NOW_MS, &value));
    }
    hot_cache_counts(t.store->cache.hot, &counts);
    for (int i = 0; i < TOKEN_CACHE_KINDS; i++) {
        assert_int_equal(counts.hits[i], i + 1);
        assert_int_equal(counts.misses[i], 1);
    }
    buf_init(&b, &test_arena, 1 << 16);
    cache_metrics(t.store, &b);
    assert_true(str_find_str(buf_str(&b),
                             STR("garita_token_cache_memory_hits_total{kind=\"jwks_keys\"} 3\n")) >
                0);
    assert_true(
        str_find_str(buf_str(&b),
                     STR("garita_token_cache_disk_misses_total{kind=\"user_context\"} 1\n")) > 0);
}

static void a_full_table_tells_what_kind_made_room(void **state)
{
    struct hot_cache *cache = hot_cache_new(1 << 16);
    struct cache_counts counts;
    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        struct token_cache_key key = {{(unsigned char)i}};
        memcpy(key.bytes + 1, &i, sizeof(i));
        key.bytes[sizeof(key.bytes) - 1] = TOKEN_CACHE_PERSON;
        hot_cache_put(cache, &key, STR("x"), NOW_MS, LATER_MS);
    }
    hot_cache_counts(cache, &counts);
    assert_int_equal(counts.evictions[TOKEN_CACHE_PERSON], 5000 - counts.entries);
    assert_true(counts.evictions[TOKEN_CACHE_PERSON] > 0);
    assert_int_equal(counts.evictions[TOKEN_CACHE_SIGNATURE], 0);
    hot_cache_free(cache);
}

/* --- memory --- */

static struct token_cache_key plain_key(unsigned number)
{
    struct token_cache_key key = {{0}};
    key.bytes[0] = (unsigned char)number;
    memcpy(key.bytes + 1, &number, sizeof(number));
    return key;
}

static bool hot_has(struct hot_cache *cache, unsigned number, int64_t now_ms)
{
    struct token_cache_key key = plain_key(number);
    struct str value;
    int64_t expires_ms;
    return hot_cache_get(cache, &key, &test_arena, now_ms, &value, &expires_ms) == 0;
}

static void nothing_stays_in_memory_longer_than_five_minutes(void **state)
{
    struct hot_cache *cache = hot_cache_new(1 << 20);
    struct token_cache_key key = plain_key(7);
    (void)state;
    hot_cache_put(cache, &key, STR("x"), NOW_MS, LATER_MS);
    assert_true(hot_has(cache, 7, NOW_MS + HOT_LIFE_MS - 1));
    assert_false(hot_has(cache, 7, NOW_MS + HOT_LIFE_MS));
    hot_cache_free(cache);
}

static void memory_is_bounded_and_what_is_used_stays(void **state)
{
    struct cache_counts counts;
    char value[1000];
    const size_t bytes = 1 << 20;
    struct hot_cache *cache = hot_cache_new(bytes);
    struct token_cache_key key = plain_key(0);
    (void)state;
    memset(value, 'x', sizeof(value));
    for (unsigned i = 0; i < 20000; i++) {
        key = plain_key(i);
        hot_cache_put(cache, &key, str_of(value, sizeof(value)), NOW_MS, LATER_MS);
        (void)hot_has(cache, 0, NOW_MS); /* the first is used all the time */
    }
    hot_cache_counts(cache, &counts);
    assert_true(counts.bytes <= bytes && counts.bytes > bytes / 2);
    assert_true(counts.evictions[TOKEN_CACHE_SIGNATURE] == 20000 - counts.entries);
    assert_true(hot_has(cache, 0, NOW_MS));
    assert_false(hot_has(cache, 64, NOW_MS)); /* came next in the same piece, and was not */
    assert_true(hot_has(cache, 19999, NOW_MS));
    hot_cache_sweep(cache, NOW_MS + HOT_LIFE_MS);
    hot_cache_counts(cache, &counts);
    assert_int_equal(counts.entries, 0);
    assert_int_equal(counts.bytes, 0);
    hot_cache_put(cache, &key, str_of(value, sizeof(value)), NOW_MS, LATER_MS);
    assert_true(hot_has(cache, 19999, NOW_MS));
    hot_cache_free(cache);
}

static void too_much_for_its_piece_is_not_kept(void **state)
{
    struct hot_cache *cache = hot_cache_new(64 * 1024);
    struct token_cache_key key = plain_key(1);
    char value[2000] = "x";
    (void)state;
    hot_cache_put(cache, &key, str_of(value, sizeof(value)), NOW_MS, LATER_MS);
    assert_false(hot_has(cache, 1, NOW_MS));
    hot_cache_free(cache);
}

static void without_memory_nothing_is_kept(void **state)
{
    (void)state;
    store_close(t.store);
    open_store(-1, 8 << 20);
    put(1, "one", LATER_MS);
    assert_false(has(1));
}

/* --- the file --- */

static struct cache_counts disk_counts(void)
{
    struct cache_counts counts = {.entries = 0};
    if (t.store->cache.disk)
        disk_cache_counts(t.store->cache.disk, &counts);
    return counts;
}

static void answers_outlive_the_process(void **state)
{
    struct str value;
    (void)state;
    for (int i = 0; i < 500; i++)
        put(i, "value", LATER_MS);
    reopen();
    assert_int_equal(disk_counts().entries, 500);
    for (int i = 0; i < 500; i++)
        assert_true(has(i));
    assert_int_equal(disk_counts().hits[TOKEN_CACHE_SIGNATURE], 500);
    assert_true(has(1)); /* by now from memory */
    assert_int_equal(disk_counts().hits[TOKEN_CACHE_SIGNATURE], 500);
    FAILS(get_at(3, LATER_MS, &value), ERR_NOT_FOUND);
}

static const char *path_of(const char *name)
{
    return arena_printf(&test_arena, "%s/cache/%s", t.dir, name).ptr;
}

static void damage(int what)
{
    const char *file = path_of("tokens.mdb");
    struct stat st;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    unsigned char byte;
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    if (what >= 0) {
        off_t at = st.st_size * what / 16;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    } else {
        assert_int_equal(ftruncate(fd, st.st_size / -what), 0);
    }
    assert_int_equal(close(fd), 0);
}

static bool file_has(const char *text)
{
    int fd = open(path_of("tokens.mdb"), O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return false;
    assert_int_equal(fstat(fd, &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
    assert_int_equal(close(fd), 0);
    bool has_it = memmem(bytes, (size_t)st.st_size, text, strlen(text)) != NULL;
    free(bytes);
    return has_it;
}

/* PW-07: removing an entry would leave its bytes in pages that are free. */
static void what_is_forgotten_is_in_no_file_PW_07(void **state)
{
    (void)state;
    put(1, "canary of the first", LATER_MS);
    reopen();
    assert_true(file_has("canary of the first"));
    put(2, "canary that is still waiting", LATER_MS);
    cache_forget(t.store);
    assert_false(file_has("canary"));
    assert_int_equal(disk_counts().entries, 0);
    put(3, "canary of the third", LATER_MS);
    reopen();
    assert_false(file_has("canary that is still waiting"));
    assert_true(has(3) && !has(1) && !has(2));
    store_close(t.store);
    open_store(0, 0); /* as a command on a stopped folder does */
    assert_true(file_has("canary of the third"));
    cache_forget(t.store);
    assert_false(file_has("canary"));
}

/* PW-07: a validation is between its last look at the person and its answer's way into the cache while
 * the person is erased. */
static void answers_under_way_reach_no_new_file_PW_07(void **state)
{
    (void)state;
    struct token_cache_key key = key_of(1);
    uint64_t generation = token_cache_generation(t.store);
    cache_forget(t.store);
    token_cache_put(t.store, &key, STR("canary of the erased"), generation, NOW_MS, LATER_MS);
    put(2, "canary of who stays", LATER_MS);
    reopen();
    assert_false(file_has("canary of the erased"));
    assert_true(file_has("canary of who stays"));
}

#define FORGETTERS 4
#define FORGETS    50

/* Each waits for a file that was begun after its own wish, not for one that somebody else asked for. */
static void *forget_often(void *arg)
{
    struct token_cache_key *key = arg;
    for (int i = 0; i < FORGETS; i++) {
        uint64_t before = token_cache_generation(t.store);
        token_cache_put(t.store, key, STR("canary of the erased"), before, NOW_MS, LATER_MS);
        cache_forget(t.store);
        if (token_cache_generation(t.store) <= before)
            return arg;
    }
    return NULL;
}

static void many_forget_at_once_PW_07(void **state)
{
    (void)state;
    struct token_cache_key keys[FORGETTERS];
    pthread_t threads[FORGETTERS];
    for (int i = 0; i < FORGETTERS; i++) {
        keys[i] = key_of(i);
        assert_int_equal(pthread_create(&threads[i], NULL, forget_often, &keys[i]), 0);
    }
    for (int i = 0; i < FORGETTERS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    reopen();
    assert_false(file_has("canary of the erased"));
}

static void fill_and_close(void)
{
    open_store(0, 8 << 20);
    for (int i = 0; i < 100; i++)
        put(i, "value", LATER_MS);
    store_close(t.store);
}

/* Works as if it had been empty, and keeps again. */
static void expect_begun_anew(void)
{
    open_store(0, 8 << 20);
    for (int i = 0; i < 100; i++)
        assert_false(has(i));
    assert_non_null(t.store->cache.disk);
    put(1, "one", LATER_MS);
    reopen();
    assert_true(has(1));
    store_close(t.store);
}

static void a_damaged_file_is_begun_anew(void **state)
{
    (void)state;
    store_close(t.store);
    for (int what = -4; what < 16; what++) {
        if (what == -1)
            continue;
        fill_and_close();
        damage(what);
        expect_begun_anew();
    }
    open_store(0, 0);
}

static void write_file(const char *name, const char *content)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(close(fd), 0);
}

/* Something else under the names of our files must not keep the start waiting, nor be written to. */
static void what_is_no_file_is_begun_anew_SK_05(void **state)
{
    static const char *const names[] = {"tokens.mdb", "tokens.seal", "tokens.mdb-lock"};
    struct stat st;
    (void)state;
    store_close(t.store);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        fill_and_close();
        (void)unlink(path_of(names[i]));
        assert_int_equal(mkfifo(path_of(names[i]), 0600), 0);
        open_store(0, 8 << 20);
        assert_non_null(t.store->cache.disk);
        store_close(t.store);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        fill_and_close();
        (void)unlink(path_of(names[i]));
        write_file("elsewhere", "");
        assert_int_equal(symlink(path_of("elsewhere"), path_of(names[i])), 0);
        open_store(0, 8 << 20);
        put(1, "one", LATER_MS);
        store_close(t.store);
        assert_int_equal(stat(path_of("elsewhere"), &st), 0);
        assert_int_equal(st.st_size, 0);
    }
    open_store(0, 0);
}

static void a_file_that_is_not_ours_is_begun_anew(void **state)
{
    (void)state;
    store_close(t.store);
    fill_and_close();
    write_file("tokens.mdb", "this was never a database of tokens");
    expect_begun_anew();
    fill_and_close();
    write_file("tokens.mdb", "");
    expect_begun_anew();
    fill_and_close();
    write_file("tokens.seal", "short");
    expect_begun_anew();
    fill_and_close();
    assert_int_equal(unlink(path_of("tokens.mdb")), 0);
    expect_begun_anew();
    fill_and_close();
    assert_int_equal(unlink(path_of("tokens.mdb")), 0);
    assert_int_equal(symlink("/etc/passwd", path_of("tokens.mdb")), 0);
    expect_begun_anew();
    open_store(0, 0);
}

/* A crash leaves no seal. */
static void after_a_crash_the_file_is_begun_anew(void **state)
{
    (void)state;
    store_close(t.store);
    fill_and_close();
    assert_int_equal(unlink(path_of("tokens.seal")), 0);
    expect_begun_anew();
    open_store(0, 0);
}

/* Nothing can be written there, whoever we are: level one serves alone. */
static void without_a_place_for_the_file_the_server_runs(void **state)
{
    (void)state;
    store_close(t.store);
    assert_int_equal(unlink(path_of("tokens.mdb")), 0);
    assert_int_equal(mkdir(path_of("tokens.mdb"), 0700), 0);
    open_store(0, 8 << 20);
    assert_null(t.store->cache.disk);
    put(1, "one", LATER_MS);
    assert_true(has(1));
}

static void the_file_is_bounded_and_the_newest_stay(void **state)
{
    static char value[1500];
    const int64_t bytes = 1 << 20;
    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    store_close(t.store);
    open_store(0, bytes);
    for (int i = 0; i < 4000; i++)
        put(i, value, LATER_MS);
    store_close(t.store);
    open_store(0, bytes);
    assert_true(disk_counts().bytes <= (uint64_t)bytes);
    assert_true(disk_counts().entries > 150 && disk_counts().entries < 4000);
    assert_false(has(0));
    assert_true(has(3999));
}

static void sweeping_removes_what_is_over(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++)
        put(i, "value", i % 2 ? LATER_MS : NOW_MS + 1000);
    reopen();
    assert_int_equal(disk_counts().entries, 5000);
    store_cache_sweep(t.store, NOW_MS + 1000);
    reopen(); /* an orderly end does what was asked before */
    assert_int_equal(disk_counts().entries, 2500);
    assert_true(has(1));
    assert_false(has(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(what_is_put_is_found_until_its_time),
        CACHE_TEST(keys_say_nothing_and_do_not_run_together),
        CACHE_TEST(each_kind_is_counted_by_itself),
        CACHE_TEST(a_full_table_tells_what_kind_made_room),
        CACHE_TEST(nothing_stays_in_memory_longer_than_five_minutes),
        CACHE_TEST(memory_is_bounded_and_what_is_used_stays),
        CACHE_TEST(too_much_for_its_piece_is_not_kept),
        CACHE_TEST(without_memory_nothing_is_kept),
        CACHE_TEST(answers_outlive_the_process),
        CACHE_TEST(what_is_forgotten_is_in_no_file_PW_07),
        CACHE_TEST(answers_under_way_reach_no_new_file_PW_07),
        CACHE_TEST(many_forget_at_once_PW_07),
        CACHE_TEST(a_damaged_file_is_begun_anew),
        CACHE_TEST(a_file_that_is_not_ours_is_begun_anew),
        CACHE_TEST(what_is_no_file_is_begun_anew_SK_05),
        CACHE_TEST(after_a_crash_the_file_is_begun_anew),
        CACHE_TEST(without_a_place_for_the_file_the_server_runs),
        CACHE_TEST(the_file_is_bounded_and_the_newest_stay),
        CACHE_TEST(sweeping_removes_what_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
