/* Mails: whatever stands in names, subject and parts, there are the headers of a mail and no others, and
 * lines that SMTP takes (RE-05). The input is cut at its line feeds. */
#include "core/codec/mail.h"
#include "tests/fuzz/fuzz.h"

#define LINE_MAX_BYTES 998 /* RFC 5322 2.1.1 */

static void check_lines(struct str bytes)
{
    size_t start = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        PROMISE(c < 0x80 && c != 0);
        PROMISE(c != '\r' || (i + 1 < bytes.len && bytes.ptr[i + 1] == '\n'));
        if (c != '\n')
            continue;
        PROMISE(i > 0 && bytes.ptr[i - 1] == '\r');
        PROMISE(i - start <= LINE_MAX_BYTES);
        PROMISE(bytes.ptr[start] != '.');
        start = i + 1;
    }
    PROMISE(start == bytes.len);
}

static void check_headers(struct str bytes, bool with_reply_to)
{
    static const char *const names[] = {
        "Date:",       "From:",           "Reply-To:",     "To:",          "Subject:",
        "Message-ID:", "Auto-Submitted:", "MIME-Version:", "Content-Type:"};
    struct str line;
    size_t at = 0;
    while (str_next(&bytes, '\n', &line) && line.len > 1) {
        if (line.ptr[0] == ' ')
            continue;
        if (at == 2 && !with_reply_to)
            at++;
        PROMISE(at < sizeof(names) / sizeof(names[0]) && str_starts(line, str_c(names[at++])));
    }
    PROMISE(at == sizeof(names) / sizeof(names[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct mail_content mail = {.date_ms = 0};
    struct str rest = fuzz_input(data, size), bytes;
    struct str *const members[] = {&mail.from.address,     &mail.from.name, &mail.to.address,
                                   &mail.reply_to.address, &mail.subject,   &mail.text};
    arena_init(&a, FUZZ_ARENA_BYTES);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!str_next(&rest, '\n', members[i]))
            *members[i] = STR("");
    mail.html = rest;
    if (mail_write(&a, &mail, &bytes) != 0)
        return 0;
    PROMISE(mail_address_is_sound(mail.from.address) && mail_address_is_sound(mail.to.address));
    check_lines(bytes);
    check_headers(bytes, !str_empty(mail.reply_to.address));
    return 0;
}
