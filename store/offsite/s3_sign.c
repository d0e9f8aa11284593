/* https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
#include "store/offsite/s3_sign.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/secret.h"
#include "core/codec/base64.h"
#include "core/crypto/hmac.h"

#include "core/base/banned.h"

#define CANONICAL_MAX_BYTES ((size_t)16 << 10)
#define DAY_LEN             8
#define SECRET_MAX_BYTES    256

void s3_date(int64_t wall_ms, char out[S3_DATE_LEN + 1])
{
    char time[25];
    size_t n = 0;
    clock_rfc3339(wall_ms, time); /* 2013-05-24T00:00:00.000Z */
    for (const char *c = time; *c && *c != '.' && n < S3_DATE_LEN - 1; c++)
        if (*c != '-' && *c != ':')
            out[n++] = *c;
    out[n++] = 'Z';
    out[n] = '\0';
}

static void add_names(struct buf *b, const struct s3_request *r)
{
    for (size_t i = 0; i < r->header_count; i++) {
        buf_add_c(b, i > 0 ? ";" : "");
        buf_add(b, r->headers[i].name);
    }
}

/* Task 1: without a query. */
static int canonical(struct arena *a, const struct s3_request *r, struct str *ret_text)
{
    struct buf b;
    buf_init(&b, a, CANONICAL_MAX_BYTES);
    buf_printf(&b, "%s\n%.*s\n\n", r->method, STR_ARG(r->path));
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(&b, "%.*s:%.*s\n", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
    buf_add_c(&b, "\n");
    add_names(&b, r);
    buf_printf(&b, "\n%.*s", STR_ARG(r->body_sha256));
    return buf_finish(&b, ret_text);
}

static struct str scope_of(struct arena *a, const struct s3_request *r)
{
    return ARENA_CONCAT(a, str_sub(r->date, 0, DAY_LEN), STR("/"), r->region,
                        STR("/s3/aws4_request"));
}

/* Task 2. */
static int to_sign(struct arena *a, const struct s3_request *r, struct str *ret_text)
{
    unsigned char hash[SHA256_BYTES];
    struct str text;
    TRY(canonical(a, r, &text));
    sha256_of(text, hash);
    *ret_text = ARENA_CONCAT(a, STR("AWS4-HMAC-SHA256\n"), r->date, STR("\n"), scope_of(a, r),
                             STR("\n"), hex_encode(a, str_of((const char *)hash, sizeof(hash))));
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

/* Task 3: a key of the day, the region and the service. */
static int signing_key(const struct s3_request *r, unsigned char key[SHA256_BYTES])
{
    char first[SECRET_MAX_BYTES + 4] = {'A', 'W', 'S', '4'};
    const struct str words[] = {str_sub(r->date, 0, DAY_LEN), r->region, STR("s3"),
                                STR("aws4_request")};
    if (r->secret.len == 0 || r->secret.len > SECRET_MAX_BYTES)
        return ERR_CONFIG;
    memcpy(first + 4, r->secret.ptr, r->secret.len);
    struct str with = str_of(first, r->secret.len + 4);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        unsigned char next[SHA256_BYTES];
        hmac_of(DIGEST_SHA256, with, words[i], next);
        memcpy(key, next, sizeof(next));
        with = str_of((const char *)key, SHA256_BYTES);
        secret_wipe(next, sizeof(next));
    }
    secret_wipe(first, sizeof(first));
    return 0;
}

int s3_sign(struct arena *a, const struct s3_request *r, struct str *ret_authorization)
{
    unsigned char key[SHA256_BYTES], mac[SHA256_BYTES];
    struct str text;
    struct buf b;
    TRY(to_sign(a, r, &text));
    TRY(signing_key(r, key));
    hmac_of(DIGEST_SHA256, str_of((const char *)key, sizeof(key)), text, mac);
    secret_wipe(key, sizeof(key));
    struct str hex = hex_encode(a, str_of((const char *)mac, sizeof(mac)));
    buf_init(&b, a, CANONICAL_MAX_BYTES);
    buf_printf(&b, "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=", STR_ARG(r->key_id),
               STR_ARG(scope_of(a, r)));
    add_names(&b, r);
    buf_printf(&b, ", Signature=%.*s", STR_ARG(hex));
    return str_absent(hex) ? ERR_NO_MEMORY : buf_finish(&b, ret_authorization);
}
