/* Statements, events as lines, and the walk along a chain (AU-02), without any store. */
#include "tests/unit/core/check.h"

#include "core/audit/chain.h"
#include "core/audit/line.h"

static struct pk_key *key;
static struct audit_key key_item;
static struct audit_keys keys = {&key_item, 1};
static const char zeros[AUDIT_HASH_BYTES];

static int start(void **state)
{
    (void)state;
    OK(crypto_init());
    OK(pk_generate(PK_ED25519, 0, &key));
    key_item = (struct audit_key){STR("the-kid"), key};
    return 0;
}

static int end(void **state)
{
    (void)state;
    pk_key_free(&key);
    return 0;
}

static struct statement statement_of(enum statement_kind kind)
{
    return (struct statement){.kind = kind,
                              .realm_id = STR("realm"),
                              .first_seq = 1,
                              .prev_hash = str_of(zeros, sizeof(zeros)),
                              .last_seq = 64,
                              .last_hash = STR("0123456789abcdef0123456789abcdef"),
                              .from_ms = kind == STATEMENT_SEGMENT ? 1000 : 0,
                              .to_ms = kind == STATEMENT_SEGMENT ? 2000 : 0,
                              .time_ms = INT64_C(1795363200123),
                              .kid = STR("the-kid")};
}

static void test_every_member_is_signed(void **state)
{
    (void)state;
    struct statement s = statement_of(STATEMENT_SEGMENT), t;
    OK(statement_sign(&s, key, &test_arena));
    OK(statement_verify(&s, &keys));
#define COUNTS(change)                                                                             \
    do {                                                                                           \
        t = s;                                                                                     \
        change;                                                                                    \
        FAILS(statement_verify(&t, &keys), ERR_BAD_SIGNATURE);                                     \
    } while (0)
    COUNTS(t.kind = STATEMENT_HEAD); /* none passes for another */
    COUNTS(t.kind = STATEMENT_REMOVAL);
    COUNTS(t.realm_id = STR("other"));
    COUNTS(t.first_seq++);
    COUNTS(t.prev_hash = STR("0123456789abcdef0123456789abcdef"));
    COUNTS(t.last_seq++);
    COUNTS(t.last_hash = str_of(zeros, sizeof(zeros)));
    COUNTS(t.from_ms++);
    COUNTS(t.to_ms++);
    COUNTS(t.time_ms++);
    COUNTS(t.signature = str_of(zeros, sizeof(zeros)));
    COUNTS(t.signature = STR(""));
    t = s;
    t.kid = STR("another");
    FAILS(statement_verify(&t, &keys), ERR_UNKNOWN_KEY);
}

/* The definition in docs/audit.md: these bytes may never change. */
static void test_known_bytes(void **state)
{
    (void)state;
    struct str bytes;
    struct statement s = {.kind = STATEMENT_HEAD,
                          .realm_id = STR("r"),
                          .first_seq = 1,
                          .prev_hash = STR("p"),
                          .last_seq = 2,
                          .last_hash = STR("h"),
                          .time_ms = 3,
                          .kid = STR("k")};
    static const char known[] =
        "\x13\0\0\0\0\0\0\0garita audit head 1\x01\0\0\0\0\0\0\0r\x08\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
        "\x01\0\0\0\0\0\0\0p\x08\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0h"
        "\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\x08\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0k";
    OK(statement_bytes(&s, &test_arena, &bytes));
    SAME_S(bytes, str_of(known, sizeof(known) - 1));
}

static void test_times(void **state)
{
    (void)state;
    static const int64_t times[] = {0,
                                    1,
                                    951782399999,
                                    951782400000,
                                    1709164800000,
                                    1795363200123,
                                    4102444800000,
                                    253402300799999};
    static const char *const wrong[] = {
        "",
        "2026-11-22T16:03:09Z",
        "2026-02-30T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-11-22T24:00:00.000Z",
        "2026-11-22T16:03:60.000Z",
        "2026-11-22t16:03:09.000Z",
        "2026-11-22T16:03:09.000z",
        "2026-11-22T16:03:09.000Z ",
        "+026-11-22T16:03:09.000Z",
    };
    int64_t ms;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        char text[25];
        clock_rfc3339(times[i], text);
        OK(audit_time_read(str_c(text), &ms));
        assert_int_equal(ms, times[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        FAILS(audit_time_read(str_c(wrong[i]), &ms), ERR_INVALID_SYNTAX);
}

/* --- A chain --- */

#define LENGTH 130

static struct event_record chain_of[LENGTH + 1]; /* by seq */

static void sign_head(struct event_record *e, int64_t first_seq)
{
    struct statement *s = ARENA_NEW(&test_arena, struct statement);
    *s = statement_of(STATEMENT_HEAD);
    s->first_seq = first_seq;
    s->prev_hash = first_seq == 1 ? str_of(zeros, sizeof(zeros)) : chain_of[first_seq - 1].hash;
    s->last_seq = e->seq;
    s->last_hash = e->hash;
    OK(statement_sign(s, key, &test_arena));
    e->head = s;
}

static void seal_record(struct event_record *e)
{
    unsigned char hash[AUDIT_HASH_BYTES];
    event_hash(e, hash);
    e->hash = arena_str(&test_arena, str_of((const char *)hash, sizeof(hash)));
}

static void make_chain(void)
{
    int64_t signed_seq = 0;
    for (int64_t seq = 1; seq <= LENGTH; seq++) {
        struct event_record *e = &chain_of[seq];
        *e = (struct event_record){
            .seq = seq,
            .id = arena_printf(&test_arena, "0192f3c4-0000-7000-8000-%012lld", (long long)seq),
            .stream_id = STR("user:u"),
            .type = STR("UserLoggedIn"),
            .version = 1,
            .time_ms = INT64_C(1795363200000) + seq,
            .tenant = STR("peru"),
            .user_id = STR("u"),
            .data = STR("{\"a\":\"\\u003cb>\",\"n\":[1,2.5,null]}"),
            .metadata = STR("{}"),
            .prev_hash = seq == 1 ? str_of(zeros, sizeof(zeros)) : chain_of[seq - 1].hash,
            .format = EVENT_FORMAT_BOXES,
        };
        if (seq % 3 == 0)
            e->boxes[EVENT_BOX_ACTOR] = STR("\x01\x02\x03");
        seal_record(e);
        if (seq % AUDIT_HEAD_EVERY == 0 || seq == LENGTH) {
            sign_head(e, signed_seq + 1);
            signed_seq = seq;
        }
    }
}

static struct chain walk_from(int64_t first)
{
    struct chain c;
    chain_init(&c, &keys, STR("realm"));
    for (int64_t seq = first; seq <= LENGTH && chain_add(&c, &chain_of[seq]); seq++)
        continue;
    return c;
}

static void test_walk(void **state)
{
    (void)state;
    make_chain();
    struct chain c = walk_from(1);
    assert_int_equal(c.bad_seq, 0);
    assert_int_equal(c.checked, LENGTH);
    assert_int_equal(c.signed_seq, LENGTH);
    c = walk_from(50); /* an export of a later part */
    assert_int_equal(c.bad_seq, 0);
    assert_int_equal(c.first_seq, 50);
}

#define BAD(change, seq, why)                                                                      \
    do {                                                                                           \
        make_chain();                                                                              \
        change;                                                                                    \
        struct chain c_ = walk_from(1);                                                            \
        assert_int_equal(c_.bad_seq, seq);                                                         \
        assert_string_equal(c_.reason, why);                                                       \
    } while (0)

static void test_au_02_walk_finds(void **state)
{
    (void)state;
    struct statement other;
    BAD(chain_of[7].type = STR("UserCreated"), 7, "the event was changed");
    BAD(chain_of[7].boxes[EVENT_BOX_BOTH] = STR("x"), 7, "the event was changed");
    BAD(chain_of[6].boxes[EVENT_BOX_ACTOR] = str_of(NULL, 0), 6, "the event was changed");
    BAD(chain_of[7].format = EVENT_FORMAT_CLEAR, 7, "the event was changed");
    BAD(chain_of[7] = chain_of[8], 8, "an event is missing before it");
    BAD(chain_of[7] = chain_of[6], 6, "an event appears twice or out of order");
    BAD((chain_of[7].type = STR("x"), seal_record(&chain_of[7])), 8,
        "it does not follow the event before it");
    BAD(chain_of[64].head = NULL, 64, "its signed head is missing");
    BAD(chain_of[64].head = chain_of[128].head, 64, "its signed head does not fit the chain");
    make_chain();
    other = *chain_of[LENGTH].head;
    other.kid = STR("x");
    BAD(chain_of[LENGTH].head = &other, LENGTH, "it is signed with a key that is not known");
    make_chain();
    other = *chain_of[LENGTH].head;
    other.time_ms++;
    BAD(chain_of[LENGTH].head = &other, LENGTH, "the signature of its head is wrong");
    /* A head was taken away: the next one does not begin where the one before ended. */
    make_chain();
    sign_head(&chain_of[100], 65);
    sign_head(&chain_of[128], 101);
    chain_of[100].head = NULL;
    struct chain c = walk_from(1);
    assert_int_equal(c.bad_seq, 128);
    assert_string_equal(c.reason, "a signed head before it is missing");
    /* What was opened does not count, what is stored does. */
    make_chain();
    chain_of[6].opened = true;
    chain_of[6].ip = STR("10.1.2.3");
    assert_int_equal(walk_from(1).bad_seq, 0);
    chain_of[6].opened = false;
    assert_int_equal(walk_from(1).bad_seq, 6);
}

static void test_removal(void **state)
{
    (void)state;
    make_chain();
    struct statement s = statement_of(STATEMENT_REMOVAL);
    s.last_seq = 40;
    s.last_hash = chain_of[40].hash;
    OK(statement_sign(&s, key, &test_arena));
    chain_of[41].removal = &s;
    struct chain c = walk_from(41);
    assert_int_equal(c.bad_seq, 0);
    assert_true(c.removal_seen);
    chain_of[42].removal = &s;
    assert_int_not_equal(walk_from(42).bad_seq, 0);
    s.last_hash = chain_of[39].hash;
    assert_int_not_equal(walk_from(41).bad_seq, 0);
}

/* --- Lines --- */

static void check_line(const struct event_record *e)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    const struct json_value *v;
    struct event_record back;
    unsigned char first[AUDIT_HASH_BYTES], second[AUDIT_HASH_BYTES];
    buf_init(&b, &test_arena, EVENT_LINE_MAX_BYTES);
    jw_init(&w, &b);
    event_line_write(&w, &test_arena, e);
    OK(jw_finish(&w, &text));
    OK(json_parse(&test_arena, text, EVENT_LINE_MAX_BYTES, &v));
    OK(event_line_read(&test_arena, v, &back));
    event_hash(e, first);
    event_hash(&back, second);
    assert_memory_equal(first, second, sizeof(first));
    SAME_S(back.data, e->data);
    SAME_S(back.hash, e->hash);
    SAME_S(back.prev_hash, e->prev_hash);
    assert_int_equal(back.head != NULL, e->head != NULL);
    if (back.head)
        OK(statement_verify(back.head, &keys));
    assert_int_equal(back.opened, e->opened);
}

static void test_lines_round(void **state)
{
    (void)state;
    make_chain();
    for (int64_t seq = 1; seq <= LENGTH; seq++)
        check_line(&chain_of[seq]);
    struct event_record e = chain_of[6];
    e.opened = true;
    e.ip = STR("::1");
    e.user_agent = STR("ñ \"quoted\" <b>");
    check_line(&e);
}

static int read_line(struct str text)
{
    const struct json_value *v;
    struct event_record e;
    OK(json_parse(&test_arena, text, EVENT_LINE_MAX_BYTES, &v));
    return event_line_read(&test_arena, v, &e);
}

static struct str line_of(const struct event_record *e)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, &test_arena, EVENT_LINE_MAX_BYTES);
    jw_init(&w, &b);
    event_line_write(&w, &test_arena, e);
    OK(jw_finish(&w, &text));
    return text;
}

/* A member that no hash and no signature covers could say anything. */
static void test_au_02_no_member_without_proof(void **state)
{
    static const char *const places[] = {"{\"seq\":", "\"sealed\":{", "\"signedHead\":{"};
    static const char *const added[] = {"\"outcome\":\"denied\",", "\"from\":\"x\",",
                                        "\"segment\":{},"};
    (void)state;
    make_chain();
    sign_head(&chain_of[6], 1);
    struct str line = line_of(&chain_of[6]);
    OK(read_line(line));
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        ptrdiff_t at = str_find_str(line, str_c(places[i]));
        assert_true(at >= 0);
        size_t after = (size_t)str_find(str_from(line, (size_t)at), '{') + (size_t)at + 1;
        for (size_t k = 0; k < ARRAY_LEN(added); k++)
            FAILS(read_line(ARENA_CONCAT(&test_arena, str_sub(line, 0, after), str_c(added[k]),
                                         str_from(line, after))),
                  ERR_INVALID_SYNTAX);
    }
}

/* Numbers at the ends of their range, in chains whose hashes are right. */
static void test_au_02_extreme_numbers(void **state)
{
    static const int64_t seqs[] = {INT64_MIN, -1, 0, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
        struct chain c;
        make_chain();
        chain_of[2].seq = seqs[i];
        seal_record(&chain_of[2]);
        assert_int_not_equal(walk_from(1).bad_seq, 0);
        chain_init(&c, &keys, STR("realm"));
        assert_int_equal(chain_add(&c, &chain_of[2]), seqs[i] == INT64_MAX);
        assert_false(chain_add(&c, &chain_of[3]));
        chain_of[3].seq = INT64_MIN;
        chain_init(&c, &keys, STR("realm"));
        (void)chain_add(&c, &chain_of[2]);
        assert_false(chain_add(&c, &chain_of[3]));
        assert_int_not_equal(c.bad_seq, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_member_is_signed),
        TEST(test_known_bytes),
        TEST(test_times),
        TEST(test_walk),
        TEST(test_au_02_walk_finds),
        TEST(test_removal),
        TEST(test_lines_round),
        TEST(test_au_02_no_member_without_proof),
        TEST(test_au_02_extreme_numbers),
    };
    return cmocka_run_group_tests(tests, start, end);
}
