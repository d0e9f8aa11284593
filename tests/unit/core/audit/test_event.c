/* The catalogue of events and the hash of the chain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/audit/event.h"

static struct event_record record_of(void)
{
    return (struct event_record){
        .seq = 7,
        .id = STR("0192f3c4-0000-7000-8000-000000000001"),
        .stream_id = STR("user:1"),
        .type = STR("UserCreated"),
        .version = 1,
        .time_ms = 1795363200123,
        .tenant = STR("peru"),
        .user_id = STR("u"),
        .session_id = STR("s"),
        .client_id = STR("garita-cli"),
        .ip = STR("127.0.0.1"),
        .user_agent = STR("x"),
        .data = STR("{}"),
        .metadata = STR("{}"),
        .prev_hash = str_of("0123456789abcdef0123456789abcdef", 32),
    };
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
        enum event_type type = (enum event_type)i;
        assert_int_equal(event_type_find(str_c(event_type_name(type))), i);
        assert_true(event_type_version(type) >= 1);
        assert_true(strlen(event_type_keycloak(type)) > 0);
    }
    assert_int_equal(event_type_find(STR("Nothing")), -1);
    assert_int_equal(event_type_find(STR("userloggedin")), -1);
    assert_string_equal(event_type_keycloak(EVENT_UserLoggedIn), "LOGIN");
}

/* AU-02: a change of any field is seen. */
static void test_every_field_counts(void **state)
{
    unsigned char first[32], other[32];
    struct event_record r = record_of();
    (void)state;
    event_hash(&r, first);
#define COUNTS(change)                                                                             \
    do {                                                                                           \
        r = record_of();                                                                           \
        change;                                                                                    \
        event_hash(&r, other);                                                                     \
        assert_memory_not_equal(first, other, 32);                                                 \
    } while (0)
    COUNTS(r.seq++);
    COUNTS(r.id = STR("x"));
    COUNTS(r.stream_id = STR("user:2"));
    COUNTS(r.type = STR("UserDeleted"));
    COUNTS(r.version++);
    COUNTS(r.time_ms++);
    COUNTS(r.tenant = STR("chile"));
    COUNTS(r.user_id = STR(""));
    COUNTS(r.session_id = STR("t"));
    COUNTS(r.client_id = STR("y"));
    COUNTS(r.ip = STR("::1"));
    COUNTS(r.user_agent = STR("z"));
    COUNTS(r.data = STR("{\"a\":1}"));
    COUNTS(r.metadata = STR("{\"a\":1}"));
    COUNTS(r.prev_hash = str_of("1123456789abcdef0123456789abcdef", 32));
    r = record_of();
    event_hash(&r, other);
    assert_memory_equal(first, other, 32);
}

/* Bytes cannot move from one field to its neighbour unseen. */
static void test_fields_are_framed(void **state)
{
    unsigned char first[32], other[32];
    struct event_record r = record_of();
    (void)state;
    r.user_id = STR("ab");
    r.session_id = STR("c");
    event_hash(&r, first);
    r.user_id = STR("a");
    r.session_id = STR("bc");
    event_hash(&r, other);
    assert_memory_not_equal(first, other, 32);
}

/* The definition in docs/audit.md: this value may never change. */
static void test_known_value(void **state)
{
    static const unsigned char known[32] = {0xbb, 0xc4, 0x0d, 0xcf, 0x3d, 0xd5, 0x41, 0xcf,
                                            0x66, 0x51, 0xa1, 0x67, 0xee, 0xda, 0x82, 0x66,
                                            0xfe, 0xf5, 0x75, 0xc3, 0x6e, 0xe2, 0x68, 0x48,
                                            0xe6, 0x7b, 0xb1, 0xf3, 0xfa, 0x71, 0x41, 0x42};
    unsigned char hash[32];
    struct event_record r = record_of();
    (void)state;
    event_hash(&r, hash);
    assert_memory_equal(hash, known, 32);
    r.user_id = STR("");
    event_hash(&r, hash);
    struct event_record absent = r;
    unsigned char same[32];
    absent.user_id = str_of(NULL, 0);
    event_hash(&absent, same);
    assert_memory_equal(hash, same, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_every_field_counts),
        cmocka_unit_test(test_fields_are_framed),
        cmocka_unit_test(test_known_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
