/* Signatures of the S3 protocol: the examples of its documentation. */
#include "tests/unit/store/store_support.h"

#include "core/base/clock.h"
#include "store/offsite/s3.h"
#include "store/offsite/s3_sign.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HELLO "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct s3_request request_of(const struct s3_header *headers, size_t count)
{
    return (struct s3_request){.headers = headers,
                               .header_count = count,
                               .date = STR("20130524T000000Z"),
                               .region = STR("us-east-1"),
                               .key_id = STR("AKIAIOSFODNN7EXAMPLE"),
                               .secret = STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
}

static void a_get_is_signed(void **state)
{
    (void)state;
    struct str authorization;
    const struct s3_header headers[] = {{STR("host"), STR("examplebucket.s3.amazonaws.com")},
                                        {STR("range"), STR("bytes=0-9")},
                                        {STR("x-amz-content-sha256"), STR(EMPTY)},
                                        {STR("x-amz-date"), STR("20130524T000000Z")}};
    struct s3_request r = request_of(headers, ARRAY_LEN(headers));
    r.method = "GET";
    r.path = STR("/test.txt");
    r.body_sha256 = STR(EMPTY);
    ok(s3_sign(&arena, &r, &authorization));
    assert_true(str_eq_c(
        authorization,
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

static void a_put_is_signed(void **state)
{
    (void)state;
    struct str authorization;
    const struct s3_header headers[] = {{STR("date"), STR("Fri, 24 May 2013 00:00:00 GMT")},
                                        {STR("host"), STR("examplebucket.s3.amazonaws.com")},
                                        {STR("x-amz-content-sha256"), STR(HELLO)},
                                        {STR("x-amz-date"), STR("20130524T000000Z")},
                                        {STR("x-amz-storage-class"), STR("REDUCED_REDUNDANCY")}};
    struct s3_request r = request_of(headers, ARRAY_LEN(headers));
    r.method = "PUT";
    r.path = STR("/test%24file.text");
    r.body_sha256 = STR(HELLO);
    ok(s3_sign(&arena, &r, &authorization));
    assert_true(str_ends(
        authorization,
        STR("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")));
}

static void dates_are_of_utc(void **state)
{
    char date[S3_DATE_LEN + 1];
    (void)state;
    s3_date(INT64_C(1369353600000), date);
    assert_string_equal(date, "20130524T000000Z");
    s3_date(INT64_C(1369353600999), date);
    assert_string_equal(date, "20130524T000000Z");
}

static void places_are_https_and_plain(void **state)
{
    static const char *const bad[] = {"http://h/bucket",
                                      "https://h",
                                      "https://h/",
                                      "https://h/b/",
                                      "https://h/b?x=1",
                                      "https://h/b c",
                                      "https://u:p@h/b",
                                      "ftp://h/b",
                                      "https://h/a//b",
                                      "https://h/%61",
                                      "",
                                      "h/b",
                                      "https://h/b#there"};
    struct s3_target target = {0};
    struct err_ctx err = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        fails(s3_target_of(str_c(bad[i]), &target, &err), ERR_CONFIG);
    ok(s3_target_of(STR("https://s3.example.pe:9000/backups/node-1"), &target, &err));
    assert_true(str_eq_c(target.host, "s3.example.pe:9000"));
    assert_true(str_eq_c(target.path, "/backups/node-1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(a_get_is_signed),
        TEST(a_put_is_signed),
        TEST(dates_are_of_utc),
        TEST(places_are_https_and_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
