/* Files of backups: what was written comes back, and nothing else is ever read from one (BK-01). */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/store/store_support.h"

#include "core/crypto/init.h"
#include "store/repl/sealed_file.h"

#define CONTEXT STR("20261126T190000.000Z/master.db")
#define LARGE   ((size_t)300 << 10)

static struct secret key;

static int set_up(void **state)
{
    (void)state;
    ok(crypto_init());
    make_dir();
    ok(secret_random(&key, 32));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(&key);
    remove_dir();
    return 0;
}

static int open_dir(void)
{
    int fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Bytes that repeat a little. */
static void fill(unsigned char *bytes, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = i % 3 == 0 ? (unsigned char)(seed >> 24) : 7;
    }
}

static void seal(const char *name, const unsigned char *bytes, size_t len)
{
    struct whole_file file;
    struct sealed_writer *w;
    struct stat st;
    char path[512];
    int64_t size;
    ok(whole_file_create(open_dir(), str_c(name), &file));
    ok(sealed_writer_open(&file, &key, SEALED_DATABASE, CONTEXT, &w));
    for (size_t at = 0; at < len; at += 1000)
        ok(sealed_write(w, bytes + at, len - at < 1000 ? len - at : 1000));
    ok(sealed_writer_end(w, &size));
    sealed_writer_close(w);
    ok(whole_file_publish(&file));
    whole_file_close(&file);
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, size);
}

/* Reads all in pieces; tells the first error. */
static int unseal_as(const char *name, const struct secret *with, enum sealed_kind kind,
                     struct str context, unsigned char *out, size_t *ret_len)
{
    struct sealed_reader *r;
    char path[512];
    size_t n = 1;
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    *ret_len = 0;
    int err = sealed_reader_open(open(path, O_RDONLY | O_CLOEXEC), with, kind, context, &r);
    if (err != 0)
        return err;
    while (err == 0 && n > 0) {
        err = sealed_read(r, out + *ret_len, 777, &n);
        *ret_len += n;
    }
    sealed_reader_close(r);
    return err;
}

static int unseal(const char *name, unsigned char *out, size_t *ret_len)
{
    return unseal_as(name, &key, SEALED_DATABASE, CONTEXT, out, ret_len);
}

static void comes_back_as_it_was(void **state)
{
    static const size_t sizes[] = {0, 1, 999, 65536, 65537, LARGE};
    unsigned char *in = malloc(LARGE), *out = malloc(LARGE + 1000);
    size_t len;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        fill(in, sizes[i], (uint32_t)i);
        seal("a", in, sizes[i]);
        ok(unseal("a", out, &len));
        assert_int_equal(len, sizes[i]);
        assert_memory_equal(in, out, len);
    }
    free(in);
    free(out);
}

static void random_bytes_fill_many_pieces(void **state)
{
    unsigned char *in = malloc(LARGE), *out = malloc(LARGE + 1000);
    size_t len;
    (void)state;
    rng_bytes(in, LARGE);
    seal("a", in, LARGE);
    ok(unseal("a", out, &len));
    assert_int_equal(len, LARGE);
    assert_memory_equal(in, out, len);
    free(in);
    free(out);
}

static void only_in_its_place(void **state)
{
    CLEANUP(secret_free) struct secret other = {NULL, 0};
    unsigned char in[500], out[2000];
    size_t len;
    (void)state;
    fill(in, sizeof(in), 1);
    seal("a", in, sizeof(in));
    ok(secret_random(&other, 32));
    fails(unseal_as("a", &other, SEALED_DATABASE, CONTEXT, out, &len), ERR_BAD_KEY);
    fails(unseal_as("a", &key, SEALED_MANIFEST, CONTEXT, out, &len), ERR_SEAL);
    fails(unseal_as("a", &key, SEALED_DATABASE, STR("20261126T190000.001Z/master.db"), out, &len),
          ERR_SEAL);
    assert_int_equal(len, 0);
}

static void put(const char *name, const unsigned char *bytes, size_t len)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    (void)close(fd);
}

static size_t get(const char *name, unsigned char *bytes, size_t most)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", test_dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, bytes, most);
    (void)close(fd);
    assert_true(n > 0);
    return (size_t)n;
}

static void every_flipped_bit_is_refused(void **state)
{
    unsigned char in[100], file[1000], out[2000];
    size_t len;
    (void)state;
    fill(in, sizeof(in), 2);
    seal("a", in, sizeof(in));
    size_t size = get("a", file, sizeof(file));
    for (size_t bit = 0; bit < size * 8; bit++) {
        file[bit / 8] ^= (unsigned char)(1u << bit % 8);
        put("b", file, size);
        assert_int_not_equal(unseal("b", out, &len), 0);
        assert_int_equal(len, 0);
        file[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    put("b", file, size);
    ok(unseal("b", out, &len)); /* the control */
}

static void every_other_length_is_refused(void **state)
{
    unsigned char in[100], file[1001] = {0}, out[2000];
    size_t len;
    (void)state;
    fill(in, sizeof(in), 3);
    seal("a", in, sizeof(in));
    size_t size = get("a", file, sizeof(file) - 1);
    for (size_t i = 0; i < size; i++) {
        put("b", file, i);
        assert_int_not_equal(unseal("b", out, &len), 0);
    }
    put("b", file, size + 1);
    assert_int_not_equal(unseal("b", out, &len), 0);
}

/* Whole pieces may be missing, doubled or in another order. */
static void pieces_stay_in_their_order(void **state)
{
    enum { HEADER = 115, PIECE = 4 + 65536 + 17 };
    unsigned char *in = malloc(LARGE), *file = malloc(2 * LARGE), *out = malloc(LARGE + 1000);
    size_t len;
    (void)state;
    rng_bytes(in, LARGE);
    seal("a", in, LARGE);
    size_t size = get("a", file, 2 * LARGE);
    unsigned char *first = file + HEADER, *second = first + PIECE;
    put("b", file, size - PIECE / 2); /* the end */
    assert_int_not_equal(unseal("b", out, &len), 0);
    memcpy(out, first, PIECE);
    memcpy(first, second, PIECE);
    put("b", file, size);
    fails(unseal("b", out, &len), ERR_SEAL);
    free(in);
    free(file);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(random_bytes_fill_many_pieces),
        cmocka_unit_test(only_in_its_place),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_other_length_is_refused),
        cmocka_unit_test(pieces_stay_in_their_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
