/* Another certificate at run time: looked at before anything changes, written as one file with its key, so that a
 * crash leaves the old pair or the new one. Keys never leave the folder and are wiped from memory. */
#include "web/tls/tls_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/pem.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/x509_csr.h>

#include "core/base/buf.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

#define REQUEST_KEY_FILE  "request.key"
#define CERTIFICATE_BEGIN "-----BEGIN CERTIFICATE-----\n"
#define CERTIFICATE_END   "-----END CERTIFICATE-----\n"
#define KEY_PEM_MAX       16384
#define REQUEST_PEM_MAX   4096
#define RSA_BITS_MIN      2048
#define TRAIL_BYTES       8

static int own_folder(const struct tls *tls, struct err_ctx *err)
{
    if (!tls->config->cert_file && tls->config->folder)
        return 0;
    return err_set(
        err, ERR_CONFLICT,
        "The configuration names the certificate (tls-cert-file): replace those files and "
        "reload the service");
}

/* --- Files --- */

static int path_in(const struct tls *tls, const char *name, char out[600], struct err_ctx *err)
{
    int n = snprintf(out, 600, "%s/%s", tls->config->folder, name);
    return n > 0 && n < 600 ? 0 : err_set(err, ERR_CONFIG, "the path of a TLS file is too long");
}

/* A name beside the place, that nobody else uses. */
static int temporary_in(const struct tls *tls, char out[600], struct err_ctx *err)
{
    unsigned char trail[TRAIL_BYTES];
    char name[32] = "new-";
    rng_bytes(trail, sizeof(trail));
    for (size_t i = 0; i < sizeof(trail); i++)
        (void)snprintf(name + 4 + 2 * i, 3, "%02x", trail[i]);
    return path_in(tls, name, out, err);
}

static int folder_to_disk(const struct tls *tls)
{
    int fd = open(tls->config->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int rc = fsync(fd) == 0 ? 0 : ERR_IO;
    (void)close(fd);
    return rc;
}

static int move_to(const struct tls *tls, const char *temporary, const char *name,
                   struct err_ctx *err)
{
    char place[600];
    TRY(path_in(tls, name, place, err));
    if (rename(temporary, place) != 0 || folder_to_disk(tls) != 0)
        return err_set(err, ERR_IO, "%s: %s", place, strerror(errno));
    return 0;
}

/* --- Looking at a pair --- */

static int say(struct err_ctx *err, const char *member, const char *what)
{
    return err_field(err, ERR_INVALID_REQUEST, member, "%s", what);
}

/* The parsers count the NUL behind PEM text. */
static const char *pem_text(struct arena *a, struct str pem)
{
    return pem.len > 0 && pem.len <= TLS_PEM_MAX_BYTES && str_find(pem, '\0') < 0
               ? arena_cstr(a, pem)
               : NULL;
}

static int read_certificate(struct arena *a, struct str pem, struct tls_cert *c,
                            struct err_ctx *err)
{
    const char *text = pem_text(a, pem);
    int rc =
        text ? mbedtls_x509_crt_parse(&c->chain, (const unsigned char *)text, pem.len + 1) : -1;
    /* Above 0: that many could not be read. */
    return rc == 0 ? 0 : say(err, "certificate", "The certificate is not PEM that can be read");
}

static int read_given_key(struct arena *a, struct str pem, struct tls_cert *c, struct err_ctx *err)
{
    static const char locked[] = "The private key is protected by a password: take that off first";
    const char *text = pem_text(a, pem);
    /* PKCS #8; of the older form the library tells by itself. */
    if (text && strstr(text, "BEGIN ENCRYPTED PRIVATE KEY"))
        return say(err, "privateKey", locked);
    int rc = text ? mbedtls_pk_parse_key(&c->key, (const unsigned char *)text, pem.len + 1, NULL, 0,
                                         tls_random, NULL)
                  : -1;
    if (rc == MBEDTLS_ERR_PK_PASSWORD_REQUIRED)
        return say(err, "privateKey", locked);
    return rc == 0 ? 0
                   : say(err, "privateKey",
                         "The private key is not PEM of an RSA or EC key that can be read");
}

static int read_kept_key(const struct tls *tls, struct tls_cert *c, struct err_ctx *err)
{
    char path[600];
    TRY(path_in(tls, REQUEST_KEY_FILE, path, err));
    if (access(path, F_OK) != 0)
        return say(err, "privateKey", "The private key is missing, and no request was made here");
    return mbedtls_pk_parse_keyfile(&c->key, path, NULL, tls_random, NULL) == 0
               ? 0
               : err_set(err, ERR_CONFIG, "the key of the request cannot be read");
}

static int64_t time_of(const mbedtls_x509_time *t)
{
    struct tm tm = {.tm_year = t->year - 1900,
                    .tm_mon = t->mon - 1,
                    .tm_mday = t->day,
                    .tm_hour = t->hour,
                    .tm_min = t->min,
                    .tm_sec = t->sec};
    return (int64_t)timegm(&tm);
}

static int check_key(struct tls_cert *c, struct err_ctx *err)
{
    if (mbedtls_pk_check_pair(&c->chain.pk, &c->key, tls_random, NULL) == 0)
        return 0;
    return say(err, "privateKey",
               "The private key does not belong to the first certificate; that one must be the "
               "server's own");
}

int tls_pair_read(struct arena *a, struct str certificate, struct str key, struct tls_cert *c,
                  struct err_ctx *err)
{
    TRY(read_certificate(a, certificate, c, err));
    TRY(read_given_key(a, key, c, err));
    return check_key(c, err);
}

static int check_pair(struct tls_cert *c, int64_t now_s, struct err_ctx *err)
{
    TRY(check_key(c, err));
    if (mbedtls_pk_get_type(&c->key) == MBEDTLS_PK_RSA &&
        mbedtls_pk_get_bitlen(&c->key) < RSA_BITS_MIN)
        return say(err, "privateKey", "An RSA key has 2048 bits or more");
    if (time_of(&c->chain.valid_to) <= now_s)
        return say(err, "certificate", "The certificate has expired");
    if (time_of(&c->chain.valid_from) > now_s)
        return say(err, "certificate", "The certificate is not valid yet");
    return 0;
}

/* --- Writing it --- */

static int add_certificate(struct arena *a, struct buf *out, const mbedtls_x509_crt *crt)
{
    size_t len;
    unsigned char *text = arena_alloc(a, TLS_PEM_MAX_BYTES * 2);
    if (!text)
        return ERR_NO_MEMORY;
    if (mbedtls_pem_write_buffer(CERTIFICATE_BEGIN, CERTIFICATE_END, crt->raw.p, crt->raw.len, text,
                                 TLS_PEM_MAX_BYTES * 2, &len) != 0)
        return ERR_TOO_LARGE;
    buf_add(out, str_c((const char *)text));
    return 0;
}

/* As the library writes them: whatever else stood in the texts is gone. */
int tls_pair_write(struct arena *a, const struct tls_cert *c, struct str *ret_certificate,
                   struct str *ret_key)
{
    struct buf text;
    unsigned char key[KEY_PEM_MAX];
    buf_init(&text, a, TLS_PEM_MAX_BYTES * 4);
    for (const mbedtls_x509_crt *crt = &c->chain; crt && crt->raw.p; crt = crt->next)
        TRY(add_certificate(a, &text, crt));
    TRY(buf_finish(&text, ret_certificate));
    int rc = mbedtls_pk_write_key_pem(&c->key, key, sizeof(key)) == 0 ? 0 : ERR_TOO_LARGE;
    if (rc == 0) {
        *ret_key = arena_str_c(a, (const char *)key);
        rc = str_absent(*ret_key) ? ERR_NO_MEMORY : 0;
    }
    mbedtls_platform_zeroize(key, sizeof(key));
    return rc;
}

static int write_pair(struct arena *a, const struct tls_cert *c, const char *file,
                      struct err_ctx *err)
{
    struct str certificate, key;
    int rc = tls_pair_write(a, c, &certificate, &key);
    if (rc == ERR_TOO_LARGE)
        return say(err, "privateKey", "The private key cannot be kept");
    TRY(rc);
    struct str whole = ARENA_CONCAT(a, certificate, key);
    return str_absent(whole) ? ERR_NO_MEMORY : tls_write_new_file(file, 0600, whole.ptr, err);
}

static void describe(struct tls_staged *s, const struct tls_cert *c)
{
    if (mbedtls_x509_dn_gets(s->subject, sizeof(s->subject), &c->chain.subject) < 0)
        s->subject[0] = '\0';
    s->expires_s = time_of(&c->chain.valid_to);
}

static int stage(struct tls *tls, struct arena *a, struct tls_cert *c, struct tls_staged *s,
                 struct err_ctx *err)
{
    char file[600];
    TRY(temporary_in(tls, file, err));
    describe(s, c);
    TRY(write_pair(a, c, file, err));
    memcpy(s->temporary, file, sizeof(file));
    return 0;
}

int tls_stage(struct tls *tls, struct arena *a, struct str certificate, struct str key,
              int64_t now_s, struct tls_staged *ret_staged, struct err_ctx *err)
{
    struct tls_cert c = {.host = NULL};
    *ret_staged = (struct tls_staged){.temporary = ""};
    TRY(own_folder(tls, err));
    mbedtls_x509_crt_init(&c.chain);
    mbedtls_pk_init(&c.key);
    int rc = read_certificate(a, certificate, &c, err);
    if (rc == 0)
        rc = str_absent(key) ? read_kept_key(tls, &c, err) : read_given_key(a, key, &c, err);
    if (rc == 0)
        rc = check_pair(&c, now_s, err);
    if (rc == 0)
        rc = stage(tls, a, &c, ret_staged, err);
    mbedtls_x509_crt_free(&c.chain);
    mbedtls_pk_free(&c.key);
    return rc;
}

int tls_publish(struct tls *tls, struct tls_staged *staged, struct err_ctx *err)
{
    TRY(move_to(tls, staged->temporary, TLS_INSTALLED_FILE, err));
    staged->temporary[0] = '\0';
    if (tls->config->forget_given)
        tls->config->forget_given(tls->config->given_arg);
    return 0;
}

void tls_staged_drop(struct tls_staged *staged)
{
    if (staged->temporary[0])
        (void)unlink(staged->temporary);
    staged->temporary[0] = '\0';
}

/* --- A request for one --- */

static bool is_host(struct str name)
{
    if (name.len == 0 || name.len > TLS_HOST_MAX || name.ptr[0] == '.' || name.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == ':' || (c == '*' && i == 0);
        if (!fits)
            return false;
    }
    return true;
}

static int read_names(struct arena *a, const struct str *names, size_t count,
                      const char *ret_hosts[TLS_NAMES_MAX], struct err_ctx *err)
{
    if (count == 0 || count > TLS_NAMES_MAX)
        return err_field(err, ERR_INVALID_REQUEST, "names", "A request names 1 to %d hosts",
                         TLS_NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!is_host(names[i]))
            return err_field(err, ERR_INVALID_REQUEST, "names", "This is no name of a host");
        ret_hosts[i] = arena_cstr(a, names[i]);
        if (!ret_hosts[i])
            return ERR_NO_MEMORY;
    }
    return 0;
}

static int write_request(mbedtls_pk_context *key, const char *const *hosts, size_t count,
                         unsigned char pem[REQUEST_PEM_MAX])
{
    struct tls_name names[TLS_NAMES_MAX];
    char subject[TLS_HOST_MAX + 4];
    mbedtls_x509write_csr csr;
    /* The library writes the last one first. */
    for (size_t i = 0; i < count; i++)
        tls_name_set(&names[i], hosts[i], i > 0 ? &names[i - 1] : NULL);
    /* A common name has 64 characters at most (RFC 5280); what counts are the names. */
    (void)snprintf(subject, sizeof(subject), "CN=%s", strlen(hosts[0]) <= 64 ? hosts[0] : "garita");
    mbedtls_x509write_csr_init(&csr);
    mbedtls_x509write_csr_set_md_alg(&csr, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&csr, key);
    int rc = mbedtls_x509write_csr_set_subject_name(&csr, subject);
    if (rc == 0)
        rc = mbedtls_x509write_csr_set_subject_alternative_name(&csr, &names[count - 1].san);
    if (rc == 0)
        rc = mbedtls_x509write_csr_pem(&csr, pem, REQUEST_PEM_MAX, tls_random, NULL);
    mbedtls_x509write_csr_free(&csr);
    return rc;
}

static int keep_key(struct tls *tls, const mbedtls_pk_context *key, struct err_ctx *err)
{
    unsigned char pem[KEY_PEM_MAX];
    char file[600];
    TRY(temporary_in(tls, file, err));
    int rc = mbedtls_pk_write_key_pem(key, pem, sizeof(pem)) == 0 ? 0 : ERR_INTERNAL;
    if (rc == 0)
        rc = tls_write_new_file(file, 0600, (const char *)pem, err);
    mbedtls_platform_zeroize(pem, sizeof(pem));
    TRY(rc);
    rc = move_to(tls, file, REQUEST_KEY_FILE, err);
    if (rc != 0)
        (void)unlink(file);
    return rc;
}

int tls_request(struct tls *tls, struct arena *a, const struct str *names, size_t count,
                struct str *ret_pem, struct err_ctx *err)
{
    const char *hosts[TLS_NAMES_MAX];
    unsigned char pem[REQUEST_PEM_MAX];
    mbedtls_pk_context key;
    TRY(own_folder(tls, err));
    TRY(read_names(a, names, count, hosts, err));
    mbedtls_pk_init(&key);
    int rc = tls_key_generate(&key);
    if (rc == 0)
        rc = write_request(&key, hosts, count, pem);
    rc = rc == 0 ? keep_key(tls, &key, err)
                 : err_set(err, ERR_INTERNAL, "cannot make a request (%d)", rc);
    mbedtls_pk_free(&key);
    TRY(rc);
    *ret_pem = arena_str(a, str_c((const char *)pem));
    return str_absent(*ret_pem) ? ERR_NO_MEMORY : 0;
}
