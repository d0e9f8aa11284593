/* Finds the end of a chunked body. Decoding is the HTTP engine's; this decides whether it may. */
#include "web/http_check.h"

#include "core/base/banned.h"

#define STATUS_BAD_REQUEST 400
#define STATUS_TOO_LARGE   413
#define MOST_DIGITS        8

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, LAST_LF, END_CR, END_LF, DONE };

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits and nothing else: chunk extensions (RFC 9112 7.1.1) have no use here and a history. */
static int take_size(struct http_chunks *k, unsigned char c)
{
    int digit = hex_value(c);
    if (digit >= 0 && k->digits < MOST_DIGITS) {
        k->left = k->left * 16 + (uint64_t)digit;
        k->digits++;
        return 0;
    }
    if (c != '\r' || k->digits == 0)
        return STATUS_BAD_REQUEST;
    k->state = k->left ? SIZE_LF : LAST_LF;
    return 0;
}

static int take_size_end(struct http_chunks *k, unsigned char c, uint64_t max_body_bytes)
{
    if (c != '\n')
        return STATUS_BAD_REQUEST;
    k->total += k->left;
    k->state = DATA;
    return k->total > max_body_bytes ? STATUS_TOO_LARGE : 0;
}

static int expect_byte(struct http_chunks *k, unsigned char c, char wanted, int next)
{
    if (c != (unsigned char)wanted)
        return STATUS_BAD_REQUEST;
    k->state = next;
    k->digits = 0;
    return 0;
}

static int take_byte(struct http_chunks *k, unsigned char c, uint64_t max_body_bytes)
{
    switch (k->state) {
    case SIZE: return take_size(k, c);
    case SIZE_LF: return take_size_end(k, c, max_body_bytes);
    case DATA_CR: return expect_byte(k, c, '\r', DATA_LF);
    case DATA_LF: return expect_byte(k, c, '\n', SIZE);
    case LAST_LF: return expect_byte(k, c, '\n', END_CR);
    case END_CR: return expect_byte(k, c, '\r', END_LF);
    default: return expect_byte(k, c, '\n', DONE);
    }
}

int http_check_chunks(struct http_chunks *k, struct str bytes, uint64_t max_body_bytes,
                      size_t *ret_used)
{
    size_t i = 0;
    while (i < bytes.len && k->state != DONE) {
        if (k->state == DATA) {
            size_t take = bytes.len - i < k->left ? bytes.len - i : (size_t)k->left;
            k->left -= take;
            i += take;
            if (k->left == 0)
                k->state = DATA_CR;
            continue;
        }
        TRY(take_byte(k, (unsigned char)bytes.ptr[i++], max_body_bytes));
    }
    *ret_used = i;
    return k->state == DONE ? 0 : HTTP_CHECK_MORE;
}
