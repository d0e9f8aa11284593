/* One request each, with libcurl. */
#include "store/offsite/s3.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/codec/base64.h"
#include "core/codec/uri.h"
#include "core/crypto/digest.h"
#include "store/fetch/outward.h"
#include "store/offsite/s3_sign.h"

#include "core/base/banned.h"

#define ARENA_BYTES        ((size_t)1 << 20)
#define READ_BYTES         ((size_t)64 << 10)
#define CONNECT_TIMEOUT_MS 10000
#define STALLED_S          60 /* without a byte */
#define HEADERS            3

struct exchange {
    const struct s3_target *target;
    const char *method;
    struct arena arena;
    struct str path;
    int fd; /* of the body; -1: none */
    int64_t bytes;
    struct str sha256; /* of the body, in hex */
    char date[S3_DATE_LEN + 1];
    bool cancelled;
    struct err_ctx *ctx;
};

/* --- Where to --- */

/* Then the path is its own canonical form. */
static bool is_plain(struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
        if (!plain)
            return false;
    }
    return path.len > 1 && str_find_str(path, STR("//")) < 0 && path.ptr[path.len - 1] != '/';
}

int s3_target_of(struct str url, struct s3_target *io_target, struct err_ctx *ctx)
{
    struct uri u;
    bool good = uri_parse(url, &u) == 0 && uri_is_https(&u) && uri_is_web(&u) &&
                str_absent(u.query) && str_absent(u.fragment) && is_plain(u.path);
    if (!good)
        return err_set(ctx, ERR_CONFIG,
                       "a place for copies of backups is https://HOST/BUCKET or "
                       "https://HOST/BUCKET/PREFIX");
    size_t authority = (size_t)(u.path.ptr - url.ptr) - strlen("https://");
    io_target->url = url;
    io_target->host = str_sub(url, strlen("https://"), authority);
    io_target->path = u.path;
    io_target->port = uri_effective_port(&u);
    return 0;
}

/* --- One request --- */

static bool goes_on(struct exchange *x)
{
    x->cancelled = x->cancelled || (x->target->goes_on && !x->target->goes_on(x->target->arg));
    return !x->cancelled;
}

static int hash_body(struct exchange *x)
{
    unsigned char hash[SHA256_BYTES];
    struct digest d;
    char *piece = arena_alloc(&x->arena, READ_BYTES);
    if (!piece)
        return ERR_NO_MEMORY;
    digest_init(&d, DIGEST_SHA256);
    for (int64_t at = 0; at < x->bytes;) {
        ssize_t n = pread(x->fd, piece, READ_BYTES, (off_t)at);
        if (n <= 0)
            return ERR_IO;
        if (!goes_on(x))
            return ERR_CANCELLED;
        digest_update(&d, str_of(piece, (size_t)n));
        at += n;
    }
    digest_final(&d, hash);
    x->sha256 = hex_encode(&x->arena, str_of((const char *)hash, sizeof(hash)));
    return str_absent(x->sha256) ? ERR_NO_MEMORY : 0;
}

static size_t send_body(char *out, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    if (!goes_on(x))
        return CURL_READFUNC_ABORT;
    ssize_t n = read(x->fd, out, size * count);
    return n < 0 ? CURL_READFUNC_ABORT : (size_t)n;
}

/* What a store says besides its status is for its own log. */
static size_t drop_answer(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static int sign(struct exchange *x, struct str *ret_authorization)
{
    const struct s3_target *t = x->target;
    const struct s3_header headers[HEADERS] = {{STR("host"), t->host},
                                               {STR("x-amz-content-sha256"), x->sha256},
                                               {STR("x-amz-date"), str_c(x->date)}};
    const struct s3_request request = {.method = x->method,
                                       .path = x->path,
                                       .headers = headers,
                                       .header_count = HEADERS,
                                       .body_sha256 = x->sha256,
                                       .date = str_c(x->date),
                                       .region = t->region,
                                       .key_id = t->key_id,
                                       .secret = t->secret};
    return s3_sign(&x->arena, &request, ret_authorization);
}

static int add_header(struct exchange *x, struct curl_slist **io_list, struct str name,
                      struct str value)
{
    struct str line = ARENA_CONCAT(&x->arena, name, STR(": "), value);
    const char *text = str_absent(line) ? NULL : arena_cstr(&x->arena, line);
    struct curl_slist *longer = text ? curl_slist_append(*io_list, text) : NULL;
    if (!longer)
        return ERR_NO_MEMORY;
    *io_list = longer;
    return 0;
}

static int add_headers(struct exchange *x, struct curl_slist **io_list)
{
    struct str authorization;
    s3_date(clock_now().wall_ms, x->date);
    TRY(sign(x, &authorization));
    TRY(add_header(x, io_list, STR("Authorization"), authorization));
    TRY(add_header(x, io_list, STR("x-amz-content-sha256"), x->sha256));
    TRY(add_header(x, io_list, STR("x-amz-date"), str_c(x->date)));
    struct curl_slist *longer =
        curl_slist_append(*io_list, "Expect:"); /* nothing is asked before */
    if (!longer)
        return ERR_NO_MEMORY;
    *io_list = longer;
    return 0;
}

/* As long as bytes go, it takes as long as it takes. */
static void set_way(CURL *curl, const struct s3_target *t, const char *url)
{
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
    (void)curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)t->bytes_per_s);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "garita");
}

static void set_request(CURL *curl, struct exchange *x, struct curl_slist *headers)
{
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_answer);
    if (x->fd < 0) {
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->bytes);
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, send_body);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, x);
}

static int perform(CURL *curl, struct exchange *x, const struct outward *o, long *ret_status)
{
    CURLcode rc = curl_easy_perform(curl);
    if (x->cancelled)
        return ERR_CANCELLED;
    if (outward_error(rc, o) == ERR_FORBIDDEN)
        return err_set(x->ctx, ERR_FORBIDDEN, "%.*s is not public: fetch-networks must allow it",
                       STR_ARG(str_sub(x->target->host, 0, 100)));
    if (rc != CURLE_OK)
        return err_set(x->ctx, ERR_UPSTREAM, "%.*s cannot be reached: %s",
                       STR_ARG(str_sub(x->target->host, 0, 100)), curl_easy_strerror(rc));
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
    return 0;
}

static int run(struct exchange *x, long *ret_status)
{
    struct curl_slist *headers = NULL;
    struct str text = ARENA_CONCAT(&x->arena, STR("https://"), x->target->host, x->path);
    const char *url = str_absent(text) ? NULL : arena_cstr(&x->arena, text);
    struct outward o = {.ports = &x->target->port, .port_count = 1};
    CURL *curl = url ? outward_new(&o, CONNECT_TIMEOUT_MS) : NULL;
    int err = curl ? add_headers(x, &headers) : ERR_NO_MEMORY;
    if (err == 0) {
        set_way(curl, x->target, url);
        set_request(curl, x, headers);
        err = perform(curl, x, &o, ret_status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return err;
}

static int begin(struct exchange *x, struct str name)
{
    arena_init(&x->arena, ARENA_BYTES);
    x->path = ARENA_CONCAT(&x->arena, x->target->path, STR("/"), name);
    if (str_absent(x->path))
        return ERR_NO_MEMORY;
    return is_plain(x->path) ? hash_body(x) : ERR_CONFIG;
}

static int refused(const struct exchange *x, long status)
{
    return err_set(x->ctx, ERR_UPSTREAM, "%.*s answered %ld to %s %.*s",
                   STR_ARG(str_sub(x->target->host, 0, 60)), status, x->method,
                   STR_ARG(str_sub(x->path, 0, 100)));
}

int s3_put(const struct s3_target *target, struct str name, int fd, struct err_ctx *ctx)
{
    struct stat st;
    long status = 0;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_size > S3_OBJECT_MAX_BYTES)
        return err_set(ctx, ERR_TOO_LARGE, "%.*s is larger than 5 GiB",
                       STR_ARG(str_sub(name, 0, 100)));
    struct exchange x = {
        .target = target, .method = "PUT", .fd = fd, .bytes = st.st_size, .ctx = ctx};
    int err = begin(&x, name);
    if (err == 0)
        err = run(&x, &status);
    if (err == 0 && status != 200)
        err = refused(&x, status);
    arena_free(&x.arena);
    return err;
}

int s3_has(const struct s3_target *target, struct str name, bool *ret_has, struct err_ctx *ctx)
{
    long status = 0;
    struct exchange x = {.target = target, .method = "HEAD", .fd = -1, .ctx = ctx};
    int err = begin(&x, name);
    if (err == 0)
        err = run(&x, &status);
    if (err == 0 && status != 200 && status != 404)
        err = refused(&x, status);
    *ret_has = status == 200;
    arena_free(&x.arena);
    return err;
}
