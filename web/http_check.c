/* Checks request heads byte by byte. It refuses everything that two HTTP implementations are known
 * to read differently; it never repairs. */
#include "web/http_check.h"

#include "core/codec/header.h"

#include "core/base/banned.h"

#define STATUS_BAD_REQUEST    400
#define STATUS_URI_TOO_LONG   414
#define STATUS_EXPECTATION    417
#define STATUS_HEADER_TOO_BIG 431
#define STATUS_UNKNOWN_METHOD 501
#define STATUS_VERSION        505
#define VERSION_BYTES         9 /* " HTTP/1.1" */
#define LONGEST_METHOD        16
#define CONTENT_LENGTH_DIGITS 15

/* Headers that may stand once only; the bit tells which were seen. */
enum single {
    SINGLE_HOST,
    SINGLE_CONTENT_LENGTH,
    SINGLE_TRANSFER_ENCODING,
    SINGLE_EXPECT,
    SINGLE_CONNECTION,
    SINGLE_OTHER
};

static const struct str single_names[] = {
    STR_INIT("host"),           STR_INIT("content-length"), STR_INIT("transfer-encoding"),
    STR_INIT("expect"),         STR_INIT("connection"),     STR_INIT("content-type"),
    STR_INIT("authorization"),  STR_INIT("cookie"),         STR_INIT("origin"),
    STR_INIT("referer"),        STR_INIT("user-agent"),     STR_INIT("dpop"),
    STR_INIT("sec-fetch-site"), STR_INIT("traceparent"),    STR_INIT("x-forwarded-proto"),
    STR_INIT("date"),           STR_INIT("from"),           STR_INIT("x-forwarded-host"),
};

static int single_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(single_names); i++)
        if (str_ieq(name, single_names[i]))
            return (int)i;
    return -1;
}

/* RFC 9112 2.2: a bare CR or LF is where smuggling starts; other control bytes follow suit. Finds
 * the blank line; *scanned is moved so that a later call goes on from there. */
static int find_end(struct str bytes, const struct http_limits *limits, size_t *scanned,
                    size_t *ret_end)
{
    size_t i = *scanned;
    for (; i < bytes.len && i < limits->header_bytes; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        bool after_cr = i > 0 && bytes.ptr[i - 1] == '\r';
        if ((c == '\n') != after_cr)
            return STATUS_BAD_REQUEST;
        if (c == '\n' && i >= 3 && bytes.ptr[i - 2] == '\n') {
            *ret_end = i + 1;
            return 0;
        }
        if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return STATUS_BAD_REQUEST;
    }
    *scanned = i;
    return i >= limits->header_bytes ? STATUS_HEADER_TOO_BIG : HTTP_CHECK_MORE;
}

/* The first line is judged as soon as it is too long: nobody has to wait for its end. */
static int check_line_length(struct str bytes, const struct http_limits *limits, int otherwise)
{
    size_t most = LONGEST_METHOD + 1 + limits->uri_bytes + VERSION_BYTES;
    struct str start = str_sub(bytes, 0, most + 1);
    if (bytes.len > most && str_find(start, '\r') < 0)
        return STATUS_URI_TOO_LONG;
    return otherwise;
}

static int parse_method(struct str name, enum http_method *ret_method)
{
    static const struct {
        struct str name;
        enum http_method method;
    } methods[] = {
        {STR_INIT("GET"), HTTP_GET},         {STR_INIT("POST"), HTTP_POST},
        {STR_INIT("HEAD"), HTTP_HEAD},       {STR_INIT("PUT"), HTTP_PUT},
        {STR_INIT("DELETE"), HTTP_DELETE},   {STR_INIT("PATCH"), HTTP_PATCH},
        {STR_INIT("OPTIONS"), HTTP_OPTIONS},
    };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (str_eq(name, methods[i].name)) {
            *ret_method = methods[i].method;
            return 0;
        }
    }
    return header_is_token(name) ? STATUS_UNKNOWN_METHOD : STATUS_BAD_REQUEST;
}

static int parse_version(struct str version, int *ret_minor)
{
    if (str_eq(version, STR("HTTP/1.1")))
        *ret_minor = 1;
    else if (str_eq(version, STR("HTTP/1.0")))
        *ret_minor = 0;
    else
        return str_starts(version, STR("HTTP/")) && version.len == 8 ? STATUS_VERSION
                                                                     : STATUS_BAD_REQUEST;
    return 0;
}

/* Origin form, or absolute form, which servers must take (RFC 9112 3.2.2). Fragments, spaces,
 * backslashes and bytes beyond ASCII have no place in a target. */
static int parse_target(struct str target, const struct http_limits *limits, struct http_head *h)
{
    if (target.len > limits->uri_bytes)
        return STATUS_URI_TOO_LONG;
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\' || c == '"' || c == '<' || c == '>')
            return STATUS_BAD_REQUEST;
    }
    struct str scheme = STR("https://");
    if (str_ieq(str_sub(target, 0, 7), STR("http://")))
        scheme = STR("http://");
    if (str_ieq(str_sub(target, 0, scheme.len), scheme)) {
        struct str rest = str_from(target, scheme.len);
        ptrdiff_t slash = str_find(rest, '/');
        if (slash <= 0)
            return STATUS_BAD_REQUEST;
        h->authority = str_sub(rest, 0, (size_t)slash);
        target = str_from(rest, (size_t)slash);
    }
    if (target.len == 0 || target.ptr[0] != '/')
        return STATUS_BAD_REQUEST;
    h->target = target;
    return 0;
}

static int parse_request_line(struct str line, const struct http_limits *limits,
                              struct http_head *h)
{
    ptrdiff_t first = str_find(line, ' ');
    if (first <= 0)
        return STATUS_BAD_REQUEST;
    struct str rest = str_from(line, (size_t)first + 1);
    ptrdiff_t second = str_find(rest, ' ');
    if (second <= 0)
        return STATUS_BAD_REQUEST;
    TRY(parse_version(str_from(rest, (size_t)second + 1), &h->minor_version));
    TRY(parse_method(str_sub(line, 0, (size_t)first), &h->method));
    return parse_target(str_sub(rest, 0, (size_t)second), limits, h);
}

static int parse_content_length(struct str value, struct http_head *h)
{
    if (value.len == 0 || value.len > CONTENT_LENGTH_DIGITS)
        return STATUS_BAD_REQUEST;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return STATUS_BAD_REQUEST;
    return str_to_i64(value, &h->content_length) == 0 ? 0 : STATUS_BAD_REQUEST;
}

static void parse_connection(struct str value, struct http_head *h)
{
    struct str option;
    while (str_next(&value, ',', &option)) {
        if (str_ieq(str_trim(option), STR("close")))
            h->keep_alive = false;
        else if (h->minor_version == 0 && str_ieq(str_trim(option), STR("keep-alive")))
            h->keep_alive = true;
    }
}

static int parse_framing_header(int which, struct str value, struct http_head *h)
{
    switch (which) {
    case SINGLE_HOST: return value.len == 0 ? STATUS_BAD_REQUEST : 0;
    case SINGLE_CONTENT_LENGTH: return parse_content_length(value, h);
    case SINGLE_TRANSFER_ENCODING:
        /* RFC 9112 6.1: HTTP/1.0 has no transfer codings; of ours there is one. */
        if (h->minor_version == 0 || !str_ieq(value, STR("chunked")))
            return STATUS_BAD_REQUEST;
        h->chunked = true;
        return 0;
    case SINGLE_EXPECT:
        if (!str_ieq(value, STR("100-continue")))
            return STATUS_EXPECTATION;
        h->expects_continue = h->minor_version == 1;
        return 0;
    case SINGLE_CONNECTION: parse_connection(value, h); return 0;
    default: return 0;
    }
}

static int parse_header_line(struct str line, unsigned *seen, struct http_head *h)
{
    /* RFC 9112 5.2: a line that begins with a space continues the one before; obsolete. */
    ptrdiff_t colon = str_find(line, ':');
    if (colon <= 0)
        return STATUS_BAD_REQUEST;
    struct str name = str_sub(line, 0, (size_t)colon);
    struct str value = str_trim(str_from(line, (size_t)colon + 1));
    if (!header_is_token(name) || !str_is_utf8(value))
        return STATUS_BAD_REQUEST;
    int which = single_find(name);
    if (which < 0)
        return 0;
    if (*seen & (1U << which))
        return STATUS_BAD_REQUEST;
    *seen |= 1U << which;
    return parse_framing_header(which, value, h);
}

/* RFC 9112 6.3: both lengths at once is an attack; RFC 9112 3.2: HTTP/1.1 has exactly one Host. */
static int check_whole(unsigned seen, const struct http_head *h)
{
    bool host = seen & (1U << SINGLE_HOST);
    if (h->chunked && (seen & (1U << SINGLE_CONTENT_LENGTH)))
        return STATUS_BAD_REQUEST;
    return host || h->minor_version == 0 ? 0 : STATUS_BAD_REQUEST;
}

static struct str take_line(struct str *rest)
{
    size_t end = (size_t)str_find(*rest, '\r');
    struct str line = str_sub(*rest, 0, end);
    *rest = str_from(*rest, end + 2);
    return line;
}

static int parse_head(struct str head, const struct http_limits *limits, struct http_head *h)
{
    unsigned seen = 0;
    size_t count = 0;
    struct str rest = str_sub(head, 0, head.len - 2);
    TRY(parse_request_line(take_line(&rest), limits, h));
    h->keep_alive = h->minor_version == 1;
    while (rest.len) {
        if (++count > limits->header_count)
            return STATUS_HEADER_TOO_BIG;
        TRY(parse_header_line(take_line(&rest), &seen, h));
    }
    return check_whole(seen, h);
}

int http_check_head(struct str bytes, const struct http_limits *limits, size_t *scanned,
                    struct http_head *ret_head)
{
    struct http_head head = {0};
    size_t end = 0;
    int rc = find_end(bytes, limits, scanned, &end);
    if (rc == HTTP_CHECK_MORE || rc == STATUS_HEADER_TOO_BIG)
        return check_line_length(bytes, limits, rc);
    TRY(rc);
    TRY(parse_head(str_sub(bytes, 0, end), limits, &head));
    head.head_bytes = end;
    *ret_head = head;
    return 0;
}
