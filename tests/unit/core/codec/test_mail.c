/* Mails as bytes. */
#include "tests/unit/core/check.h"

#include "core/codec/base64.h"
#include "core/codec/mail.h"

static struct mail_content sample(void)
{
    return (struct mail_content){
        .from = {STR("login@example.pe"), STR("Garita")},
        .to = {.address = STR("ana@example.pe")},
        .subject = STR("Hello"),
        .text = STR("first\nsecond\n"),
        .html = STR("<p>first</p>\n"),
        .date_ms = 0,
    };
}

static struct str written(const struct mail_content *mail)
{
    struct str bytes;
    OK(mail_write(&test_arena, mail, &bytes));
    return bytes;
}

/* The value of a header, folded lines included; absent when there is none, a failure when there are two. */
static struct str header(struct str bytes, const char *name)
{
    struct str head = str_sub(bytes, 0, (size_t)str_find_str(bytes, STR("\r\n\r\n")) + 2);
    struct str mark = arena_printf(&test_arena, "\r\n%s: ", name);
    struct str lines = ARENA_CONCAT(&test_arena, STR("\r\n"), head);
    ptrdiff_t at = str_find_str(lines, mark);
    if (at < 0)
        return str_of(NULL, 0);
    struct str value = str_from(lines, (size_t)at + mark.len);
    assert_true(str_find_str(value, mark) < 0);
    for (size_t i = 0; i + 2 < value.len; i++)
        if (value.ptr[i] == '\r' && value.ptr[i + 2] != ' ')
            return str_sub(value, 0, i);
    return str_sub(value, 0, value.len - 2);
}

/* The n-th part, decoded. */
static struct str part(struct str bytes, int n)
{
    struct str line, rest = bytes, text, coded = STR("");
    for (int i = 0; i <= n; i++) {
        ptrdiff_t at = str_find_str(rest, STR("base64\r\n\r\n"));
        assert_true(at >= 0);
        rest = str_from(rest, (size_t)at + 10);
    }
    while (str_next(&rest, '\n', &line) && !str_starts(line, STR("--"))) {
        assert_true(line.len <= 77 && str_ends(line, STR("\r")));
        coded = ARENA_CONCAT(&test_arena, coded, str_sub(line, 0, line.len - 1));
    }
    OK(base64_decode(&test_arena, coded, BASE64_PADDED, &text));
    return text;
}

static void a_mail_has_its_headers_once_and_two_parts(void **state)
{
    (void)state;
    struct mail_content mail = sample();
    struct str bytes = written(&mail);
    SAME(header(bytes, "Date"), "Thu, 01 Jan 1970 00:00:00 +0000");
    SAME(header(bytes, "From"), "\"Garita\"\r\n <login@example.pe>");
    SAME(header(bytes, "To"), "<ana@example.pe>");
    SAME(header(bytes, "Subject"), "Hello");
    SAME(header(bytes, "Auto-Submitted"), "auto-generated");
    SAME(header(bytes, "MIME-Version"), "1.0");
    ABSENT(header(bytes, "Reply-To"));
    assert_true(str_ends(header(bytes, "Message-ID"), STR("@example.pe>")));
    SAME(part(bytes, 0), "first\r\nsecond\r\n");
    SAME(part(bytes, 1), "<p>first</p>\r\n");
    mail.reply_to = (struct mail_address){STR("help@example.pe"), STR("")};
    SAME(header(written(&mail), "Reply-To"), "<help@example.pe>");
}

static void names_beyond_ascii_are_encoded_words(void **state)
{
    (void)state;
    struct mail_content mail = sample();
    mail.subject = STR("Contrase\xc3\xb1"
                       "a");
    mail.from.name = STR("a \"quoted\" \\ name");
    struct str bytes = written(&mail);
    SAME(header(bytes, "Subject"), "=?UTF-8?B?Q29udHJhc2XDsWE=?=");
    SAME(header(bytes, "From"), "\"a \\\"quoted\\\" \\\\ name\"\r\n <login@example.pe>");
    mail.subject = STR("=?UTF-8?B?SGVsbG8=?=");
    SAME(header(written(&mail), "Subject"), "=?UTF-8?B?PT9VVEYtOD9CP1NHVnNiRzg9Pz0=?=");
}

/* No word is cut inside of a character, and none is longer than RFC 2047 2 allows. */
static void long_subjects_are_folded_between_characters(void **state)
{
    (void)state;
    struct mail_content mail = sample();
    struct str line, whole = STR(""), coded, bytes;
    char subject[301];
    for (size_t i = 0; i < 300; i += 3)
        memcpy(subject + i, "\xe2\x82\xac", 3);
    mail.subject = str_of(subject, 300);
    coded = header(written(&mail), "Subject");
    while (str_next(&coded, '\n', &line)) {
        line = str_trim(str_ends(line, STR("\r")) ? str_sub(line, 0, line.len - 1) : line);
        assert_true(line.len <= 75);
        assert_true(str_starts(line, STR("=?UTF-8?B?")) && str_ends(line, STR("?=")));
        OK(base64_decode(&test_arena, str_sub(line, 10, line.len - 12), BASE64_PADDED, &bytes));
        assert_true(str_is_utf8(bytes));
        whole = ARENA_CONCAT(&test_arena, whole, bytes);
    }
    assert_true(str_eq(whole, mail.subject));
}

static void RE_05_nothing_begins_a_header_or_a_line_of_its_own(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\r\nBcc: x@y.z", "a\nb", "a\rb",
                                      "tab\there",       "\x7f", "\xff"};
    struct str bytes;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct mail_content subject = sample(), from = sample(), reply = sample(), to = sample();
        subject.subject = from.from.name = to.to.address = str_c(bad[i]);
        reply.reply_to = (struct mail_address){STR("a@b"), str_c(bad[i])};
        FAILS(mail_write(&test_arena, &subject, &bytes), ERR_INVALID_SYNTAX);
        FAILS(mail_write(&test_arena, &from, &bytes), ERR_INVALID_SYNTAX);
        FAILS(mail_write(&test_arena, &reply, &bytes), ERR_INVALID_SYNTAX);
        FAILS(mail_write(&test_arena, &to, &bytes), ERR_INVALID_SYNTAX);
    }
    /* In the parts everything may stand: it is encoded. */
    struct mail_content mail = sample();
    mail.text = STR(".\r\n--\r\nFrom x\n");
    SAME(part(written(&mail), 0), ".\r\r\n--\r\r\nFrom x\r\n");
}

static void RE_05_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b", "ana.quispe+x@example.pe", "o'neil@example.pe"};
    static const char *const bad[] = {"",        "a",         "@b",
                                      "a@",      "a@b@c",     "a b@c",
                                      "<a@b>",   "a@b>",      "a@b\r\nRCPT TO:<x@y>",
                                      "a@b,c@d", "\"a\"@b",   "a;@b",
                                      "a:b@c",   "(a)@b",     "a@[127.0.0.1]",
                                      "-f@b",    "\xc3\xb1@b"};
    char longest[MAIL_ADDRESS_MAX_BYTES + 2];
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(mail_address_is_sound(str_c(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (mail_address_is_sound(str_c(bad[i])))
            fail_msg("%s is taken", bad[i]);
    memset(longest, 'a', sizeof(longest));
    longest[1] = '@';
    assert_true(mail_address_is_sound(str_of(longest, MAIL_ADDRESS_MAX_BYTES)));
    assert_false(mail_address_is_sound(str_of(longest, MAIL_ADDRESS_MAX_BYTES + 1)));
    SAME(mail_address_domain(STR("a@example.pe")), "example.pe");
    ABSENT(mail_address_domain(STR("a")));
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct mail_content mail = sample();
    struct str bytes;
    char *big = arena_alloc(&test_arena, MAIL_MAX_BYTES);
    assert_non_null(big);
    memset(big, 'x', MAIL_MAX_BYTES);
    mail.text = str_of(big, MAIL_MAX_BYTES);
    FAILS(mail_write(&test_arena, &mail, &bytes), ERR_TOO_LARGE);
    mail = sample();
    mail.subject = str_of(big, MAIL_HEADER_MAX_BYTES + 1);
    FAILS(mail_write(&test_arena, &mail, &bytes), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mail_has_its_headers_once_and_two_parts),
        TEST(names_beyond_ascii_are_encoded_words),
        TEST(long_subjects_are_folded_between_characters),
        TEST(RE_05_nothing_begins_a_header_or_a_line_of_its_own),
        TEST(RE_05_addresses),
        TEST(too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
