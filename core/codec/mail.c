/* Writing mails. */
#include "core/codec/mail.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"

#include "core/base/banned.h"

#define CRLF        "\r\n"
#define BASE64_LINE 76 /* RFC 2045 6.8 */
#define WORD_MAX_BYTES                                                                             \
    42 /* of one encoded word: with its marks 70 characters, 75 may be (RFC 2047 2) */
#define PLAIN_MAX_BYTES 60 /* what is longer is folded, as encoded words */

/* --- Addresses --- */

static bool is_of_address(unsigned char c)
{
    return c > 0x20 && c < 0x7f && !strchr("<>()[]\\\",:;", c);
}

bool mail_address_is_sound(struct str address)
{
    ptrdiff_t at = str_find(address, '@');
    if (at <= 0 || (size_t)at + 1 == address.len || address.len > MAIL_ADDRESS_MAX_BYTES ||
        str_find(str_from(address, (size_t)at + 1), '@') >= 0)
        return false;
    for (size_t i = 0; i < address.len; i++)
        if (!is_of_address((unsigned char)address.ptr[i]))
            return false;
    return address.ptr[0] != '-'; /* which some server could take for an option */
}

struct str mail_address_domain(struct str address)
{
    ptrdiff_t at = str_find(address, '@');
    return at < 0 ? str_of(NULL, 0) : str_from(address, (size_t)at + 1);
}

/* --- Headers --- */

static int check_text(struct str text)
{
    return text.len <= MAIL_HEADER_MAX_BYTES && str_is_utf8(text) && str_has_no_control(text)
               ? 0
               : ERR_INVALID_SYNTAX;
}

static int check_address(const struct mail_address *address)
{
    TRY(check_text(address->name));
    return mail_address_is_sound(address->address) ? 0 : ERR_INVALID_SYNTAX;
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x7f)
            return false;
    /* "=?" would be read as an encoded word. */
    return text.len <= PLAIN_MAX_BYTES && str_find_str(text, STR("=?")) < 0;
}

/* As much as an encoded word takes without cutting a character in two (RFC 2047 5). */
static size_t word_bytes(struct str text)
{
    size_t len = text.len < WORD_MAX_BYTES ? text.len : WORD_MAX_BYTES;
    while (len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void add_encoded(struct buf *b, struct str text)
{
    for (size_t len; text.len > 0; text = str_from(text, len)) {
        len = word_bytes(text);
        buf_add_c(b, "=?UTF-8?B?");
        base64_add(b, str_sub(text, 0, len));
        buf_add_c(b, len < text.len ? "?=" CRLF " " : "?=");
    }
}

static void add_quoted(struct buf *b, struct str text)
{
    buf_add_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_add_byte(b, '\\');
        buf_add_byte(b, text.ptr[i]);
    }
    buf_add_byte(b, '"');
}

static void add_address(struct buf *b, const char *header, const struct mail_address *address)
{
    buf_add_c(b, header);
    if (!str_empty(address->name)) {
        if (is_plain(address->name))
            add_quoted(b, address->name);
        else
            add_encoded(b, address->name);
        buf_add_c(b, CRLF " ");
    }
    buf_add_byte(b, '<');
    buf_add(b, address->address);
    buf_add_c(b, ">" CRLF);
}

static void add_subject(struct buf *b, struct str subject)
{
    buf_add_c(b, "Subject: ");
    if (is_plain(subject))
        buf_add(b, subject);
    else
        add_encoded(b, subject);
    buf_add_c(b, CRLF);
}

static void add_headers(struct buf *b, const struct mail_content *mail, const char *boundary)
{
    char date[30], id[TOKEN_TEXT_LEN + 1];
    clock_http_date(mail->date_ms, date); /* which is that of RFC 5322 but for the zone's name */
    token_random(id);
    buf_printf(b, "Date: %.25s +0000" CRLF, date);
    add_address(b, "From: ", &mail->from);
    if (!str_empty(mail->reply_to.address))
        add_address(b, "Reply-To: ", &mail->reply_to);
    add_address(b, "To: ", &mail->to);
    add_subject(b, mail->subject);
    buf_printf(b, "Message-ID: <%s@%.*s>" CRLF, id,
               STR_ARG(mail_address_domain(mail->from.address)));
    buf_add_c(b, "Auto-Submitted: auto-generated" CRLF /* RFC 3834 5 */
                 "MIME-Version: 1.0" CRLF);
    buf_printf(b, "Content-Type: multipart/alternative; boundary=\"%s\"" CRLF CRLF, boundary);
}

/* --- Parts --- */

static void add_crlf_lines(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            buf_add_byte(b, '\r');
        buf_add_byte(b, text.ptr[i]);
    }
}

static int add_part(struct arena *a, struct buf *b, const char *boundary, const char *type,
                    struct str content)
{
    struct buf lines;
    struct str bytes;
    buf_init(&lines, a, MAIL_MAX_BYTES);
    add_crlf_lines(&lines, content);
    TRY(buf_finish(&lines, &bytes));
    struct str encoded = base64_encode(a, bytes);
    if (str_absent(encoded))
        return ERR_NO_MEMORY;
    buf_printf(b,
               "--%s" CRLF "Content-Type: %s; charset=UTF-8" CRLF
               "Content-Transfer-Encoding: base64" CRLF CRLF,
               boundary, type);
    for (; encoded.len > 0; encoded = str_from(encoded, BASE64_LINE)) {
        buf_add(b, str_sub(encoded, 0, BASE64_LINE));
        buf_add_c(b, CRLF);
    }
    return 0;
}

int mail_write(struct arena *a, const struct mail_content *mail, struct str *ret_bytes)
{
    char boundary[TOKEN_TEXT_LEN + 1];
    struct buf b;
    TRY(check_address(&mail->from));
    TRY(check_address(&mail->to));
    if (!str_empty(mail->reply_to.address))
        TRY(check_address(&mail->reply_to));
    TRY(check_text(mail->subject));
    token_random(boundary);
    buf_init(&b, a, MAIL_MAX_BYTES);
    add_headers(&b, mail, boundary);
    TRY(add_part(a, &b, boundary, "text/plain", mail->text));
    TRY(add_part(a, &b, boundary, "text/html", mail->html));
    buf_printf(&b, "--%s--" CRLF, boundary);
    return buf_finish(&b, ret_bytes);
}
