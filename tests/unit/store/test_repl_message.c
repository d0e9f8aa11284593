/* Messages between primary and standby: what is written comes back, and nothing else is taken (RP-03). */
#include "tests/unit/store/store_support.h"

#include "store/page_file.h"
#include "store/repl/message.h"

#define NODE    STR("0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c")
#define CLUSTER STR("5b1d7f0e-1f2a-4e55-8f4b-9a3a6f0c1d2e")

static struct repl_message there, back;
static unsigned char images[REPL_MESSAGE_PAGES][PAGE_BYTES];

static void write_message(struct buf *b, const struct repl_message *m)
{
    buf_init(b, NULL, (size_t)2 << 20);
    ok(repl_encode(b, m));
}

/* Writes what is there, reads it as back, and shows that no shorter or longer text is taken. */
static void travel(struct buf *b)
{
    write_message(b, &there);
    struct str content = str_from(buf_str(b), REPL_LENGTH_BYTES);
    uint32_t len = 0;
    for (size_t i = 0; i < REPL_LENGTH_BYTES; i++)
        len = len << 8 | (unsigned char)b->ptr[i];
    assert_int_equal(len, content.len);
    ok(repl_decode(content, &back));
    assert_int_equal(back.type, there.type);
}

static void is_exact(const struct buf *b)
{
    struct str content = str_from(buf_str(b), REPL_LENGTH_BYTES);
    struct buf longer;
    for (size_t i = 0; i < content.len; i++)
        assert_int_equal(repl_decode(str_sub(content, 0, i), &back), ERR_INVALID_REQUEST);
    buf_init(&longer, NULL, REPL_MESSAGE_MAX);
    buf_add(&longer, content);
    buf_add_byte(&longer, 0);
    assert_int_equal(repl_decode(buf_str(&longer), &back), ERR_INVALID_REQUEST);
    buf_free(&longer);
}

static void same_position(const struct repl_position *a, const struct repl_position *b)
{
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->lsn, b->lsn);
    assert_int_equal(a->mark, b->mark);
}

static const struct repl_hello a_hello = {
    .version = REPL_VERSION,
    .page_bytes = PAGE_BYTES,
    .cluster = {"5b1d7f0e-1f2a-4e55-8f4b-9a3a6f0c1d2e", 36},
    .node = {"0b54a7cc-63f6-4a7e-9d0c-0d3f7c1a2b3c", 36},
    .address = {"id.example:7443", 15},
    .role = REPL_STANDBY,
    .epoch = UINT64_C(0x0102030405060708),
    .wall_ms = -5,
};

static void a_hello_comes_back(void **state)
{
    (void)state;
    struct buf b;
    there = (struct repl_message){.type = REPL_HELLO, .hello = a_hello};
    travel(&b);
    assert_true(str_eq(back.hello.cluster, CLUSTER));
    assert_true(str_eq(back.hello.node, NODE));
    assert_true(str_eq(back.hello.address, a_hello.address));
    assert_int_equal(back.hello.role, REPL_STANDBY);
    assert_int_equal(back.hello.epoch, a_hello.epoch);
    assert_int_equal(back.hello.wall_ms, -5);
    is_exact(&b);
    buf_free(&b);
}

static void a_hello_of_another_version_tells_that(void **state)
{
    static const char newer[] = {REPL_HELLO, 0,   0,   0,   9,   'w', 'h',
                                 'o',        ' ', 'k', 'n', 'o', 'w', 's'};
    (void)state;
    ok(repl_decode(str_of(newer, sizeof(newer)), &back));
    assert_int_equal(back.hello.version, 9);
    assert_true(str_empty(back.hello.cluster));
}

static void a_commit_comes_back(void **state)
{
    (void)state;
    struct buf b;
    there = (struct repl_message){
        .type = REPL_COMMIT,
        .commit = {.realm = STR("fleet"),
                   .file = STR("0b54a7cc"),
                   .before = {1, 7, 70},
                   .after = {1, 8, 80},
                   .time_ms = 1700000000000,
                   .page_count = 900,
                   .count = 12,
                   .changed = REPL_CHANGED_CONFIG | REPL_CHANGED_ANY,
                   .changes = {{1, 5}, {2, UINT64_MAX}},
                   .change_count = 2},
    };
    travel(&b);
    assert_true(str_eq_c(back.commit.realm, "fleet"));
    same_position(&back.commit.before, &there.commit.before);
    same_position(&back.commit.after, &there.commit.after);
    assert_int_equal(back.commit.change_count, 2);
    assert_int_equal(back.commit.changes[1].kind, 2);
    assert_true(back.commit.changes[1].key == UINT64_MAX);
    is_exact(&b);
    buf_free(&b);
}

static void as_many_pages_as_fit_come_back(void **state)
{
    (void)state;
    struct buf b;
    there = (struct repl_message){.type = REPL_PAGES, .pages.count = REPL_MESSAGE_PAGES};
    for (size_t i = 0; i < REPL_MESSAGE_PAGES; i++) {
        memset(images[i], (int)i, PAGE_BYTES);
        there.pages.pages[i] = (struct repl_page){(uint32_t)(3 * i + 1), images[i]};
    }
    travel(&b);
    assert_int_equal(back.pages.count, REPL_MESSAGE_PAGES);
    for (size_t i = 0; i < REPL_MESSAGE_PAGES; i++) {
        assert_int_equal(back.pages.pages[i].number, 3 * i + 1);
        assert_memory_equal(back.pages.pages[i].image, images[i], PAGE_BYTES);
    }
    buf_free(&b);
}

static void settings_and_files_come_back(void **state)
{
    (void)state;
    struct buf b;
    there = (struct repl_message){
        .type = REPL_SETTINGS,
        .settings = {.names = {STR("hostname"), STR("file:tls/tls.crt")},
                     .values = {STR("https://id.example"), STR("-----BEGIN\nline\n")},
                     .count = 2},
    };
    travel(&b);
    assert_int_equal(back.settings.count, 2);
    assert_true(str_eq(back.settings.values[1], there.settings.values[1]));
    is_exact(&b);
    buf_free(&b);
}

static void the_others_come_back(void **state)
{
    static const enum repl_message_type empty[] = {REPL_AT_END};
    static const enum repl_message_type files[] = {REPL_SNAPSHOT_END, REPL_GONE, REPL_ARCHIVE_END};
    (void)state;
    struct buf b;
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        there = (struct repl_message){.type = empty[i]};
        travel(&b);
        is_exact(&b);
        buf_free(&b);
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        there = (struct repl_message){.type = files[i], .file = STR("master")};
        travel(&b);
        assert_true(str_eq_c(back.file, "master"));
        is_exact(&b);
        buf_free(&b);
    }
    there = (struct repl_message){
        .type = REPL_ARCHIVE,
        .archive = {.file = STR("f"), .name = STR("1-20.seg"), .bytes = 77, .there = 5}};
    memset(there.archive.hash, 9, sizeof(there.archive.hash));
    travel(&b);
    assert_memory_equal(back.archive.hash, there.archive.hash, sizeof(there.archive.hash));
    is_exact(&b);
    buf_free(&b);
}

static void requests_and_answers_come_back(void **state)
{
    (void)state;
    struct buf b;
    there = (struct repl_message){.type = REPL_ASK,
                                  .ask = {.id = UINT64_MAX,
                                          .bytes = REPL_ASK_BYTES_MAX,
                                          .client = STR("2001:db8::1"),
                                          .origin = STR("https://id.example.pe"),
                                          .own_origin = STR("https://id.example.pe:8444"),
                                          .secure = true,
                                          .door = 1}};
    travel(&b);
    assert_true(str_eq(back.ask.client, there.ask.client));
    assert_true(str_eq(back.ask.own_origin, there.ask.own_origin));
    assert_true(back.ask.secure && back.ask.door == 1 && back.ask.id == UINT64_MAX);
    is_exact(&b);
    buf_free(&b);
    there = (struct repl_message){
        .type = REPL_ANSWER, .answer = {.id = 3, .bytes = REPL_ANSWER_BYTES_MAX, .ends = true}};
    travel(&b);
    assert_true(back.answer.ends && back.answer.bytes == REPL_ANSWER_BYTES_MAX);
    is_exact(&b);
    buf_free(&b);
    there = (struct repl_message){.type = REPL_PIECE, .piece = {.id = 3, .bytes = STR("a piece")}};
    travel(&b);
    assert_true(str_eq(back.piece.bytes, STR("a piece")) && back.piece.id == 3);
    buf_free(&b);
}

static void refused(const struct repl_message *m)
{
    struct buf b;
    buf_init(&b, NULL, (size_t)2 << 20);
    assert_int_equal(repl_encode(&b, m), ERR_INVALID_REQUEST);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

/* The same limits hold for who writes and who reads; a byte of a message is changed for the latter. */
static void names_lead_out_of_no_folder(void **state)
{
    static const char *const names[] = {"", "..", ".hidden", "a/b", "a\\b", "a b", "a\n"};
    (void)state;
    struct buf b;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        there = (struct repl_message){.type = REPL_GONE, .file = str_c(names[i])};
        refused(&there);
    }
    there = (struct repl_message){.type = REPL_GONE, .file = STR("ab")};
    write_message(&b, &there);
    b.ptr[b.len - 1] = '/';
    assert_int_equal(repl_decode(str_from(buf_str(&b), REPL_LENGTH_BYTES), &back),
                     ERR_INVALID_REQUEST);
    buf_free(&b);
}

static void pages_come_in_order_and_begin_at_one(void **state)
{
    (void)state;
    there = (struct repl_message){.type = REPL_PAGES, .pages = {.count = 2}};
    there.pages.pages[0] = (struct repl_page){5, images[0]};
    there.pages.pages[1] = (struct repl_page){5, images[1]};
    refused(&there);
    there.pages.pages[0].number = 0;
    refused(&there);
    there.pages.count = 0;
    refused(&there);
    there.pages.count = REPL_MESSAGE_PAGES + 1;
    refused(&there);
}

static void counts_have_limits(void **state)
{
    (void)state;
    there = (struct repl_message){
        .type = REPL_COMMIT,
        .commit = {.realm = STR("r"), .file = STR("f"), .page_count = 4, .count = 5}};
    refused(&there);
    there.commit.count = 4;
    there.commit.change_count = REPL_MESSAGE_CHANGES + 1;
    refused(&there);
    there = (struct repl_message){
        .type = REPL_HASHES,
        .hashes = {
            .file = STR("f"), .first = 2, .page_count = 2, .hashes = STR("0123456789abcdef")}};
    refused(&there);
    there = (struct repl_message){.type = REPL_ASK, .ask = {.id = 1}};
    refused(&there); /* of nothing */
    there.ask.bytes = REPL_ASK_BYTES_MAX + 1;
    refused(&there);
    there.ask = (struct repl_ask){.bytes = 1, .door = 2};
    refused(&there);
    there.ask = (struct repl_ask){.bytes = 1, .client = STR("1.2.3.4\r\nHost: x")};
    refused(&there);
    there =
        (struct repl_message){.type = REPL_ANSWER, .answer = {.bytes = REPL_ANSWER_BYTES_MAX + 1}};
    refused(&there);
    there = (struct repl_message){.type = REPL_PIECE, .piece = {.bytes = STR("")}};
    refused(&there);
    there = (struct repl_message){
        .type = REPL_ARCHIVE,
        .archive = {.file = STR("f"), .name = STR("n"), .bytes = 7, .there = 8}};
    refused(&there);
    there.type = REPL_TYPES;
    refused(&there);
    assert_int_equal(repl_decode(STR(""), &back), ERR_INVALID_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_comes_back),
        cmocka_unit_test(a_hello_of_another_version_tells_that),
        cmocka_unit_test(a_commit_comes_back),
        cmocka_unit_test(as_many_pages_as_fit_come_back),
        cmocka_unit_test(settings_and_files_come_back),
        cmocka_unit_test(the_others_come_back),
        cmocka_unit_test(requests_and_answers_come_back),
        cmocka_unit_test(names_lead_out_of_no_folder),
        cmocka_unit_test(pages_come_in_order_and_begin_at_one),
        cmocka_unit_test(counts_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
