/* The certificate of the first start, so that nothing is ever served without TLS by accident. */
#include "web/tls/tls_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/platform_util.h>

#include "core/base/rng.h"

#include "core/base/banned.h"

#define VALID_DAYS    825 /* the longest that today's clients take */
#define DAY_S         ((int64_t)86400)
#define PEM_MAX_BYTES 4096

int tls_write_new_file(const char *file, mode_t mode, const char *text, struct err_ctx *err)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", file, strerror(errno));
    size_t len = strlen(text);
    bool ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok)
        return 0;
    int rc = err_set(err, ERR_IO, "%s: %s", file, strerror(errno));
    (void)unlink(file);
    return rc;
}

static void certificate_date(int64_t at_s, char text[16])
{
    struct tm tm;
    time_t t = (time_t)at_s;
    gmtime_r(&t, &tm);
    (void)strftime(text, 16, "%Y%m%d%H%M%S", &tm);
}

void tls_name_set(struct tls_name *n, const char *host, struct tls_name *next)
{
    bool is_v4 = inet_pton(AF_INET, host, n->address) == 1;
    bool is_v6 = !is_v4 && inet_pton(AF_INET6, host, n->address) == 1;
    n->san = (mbedtls_x509_san_list){.next = next ? &next->san : NULL};
    n->san.node.type = is_v4 || is_v6 ? MBEDTLS_X509_SAN_IP_ADDRESS : MBEDTLS_X509_SAN_DNS_NAME;
    /* The library only reads it. */
    n->san.node.san.unstructured_name.p =
        is_v4 || is_v6 ? n->address : (unsigned char *)(uintptr_t)host;
    n->san.node.san.unstructured_name.len = is_v4 ? 4 : is_v6 ? 16 : strlen(host);
}

static int set_names(mbedtls_x509write_cert *crt, const char *host)
{
    struct tls_name six, four, local, first;
    tls_name_set(&six, "::1", NULL);
    tls_name_set(&four, "127.0.0.1", &six);
    tls_name_set(&local, "localhost", &four);
    tls_name_set(&first, host, &local);
    bool same = strcmp(host, "localhost") == 0;
    return mbedtls_x509write_crt_set_subject_alternative_name(crt, same ? &local.san : &first.san);
}

static int describe(mbedtls_x509write_cert *crt, mbedtls_pk_context *key, const char *host,
                    int64_t now_s)
{
    static const unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    mbedtls_asn1_sequence server_auth = {0};
    unsigned char serial[16];
    char from[16], to[16], name[TLS_HOST_MAX + 4];
    rng_bytes(serial, sizeof(serial));
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, fixed length */
    certificate_date(now_s - DAY_S, from);
    certificate_date(now_s + (VALID_DAYS - 1) * DAY_S, to);
    (void)snprintf(name, sizeof(name), "CN=%s", strlen(host) <= 64 ? host : "localhost");
    server_auth.buf.tag = MBEDTLS_ASN1_OID;
    server_auth.buf.p = (unsigned char *)(uintptr_t)MBEDTLS_OID_SERVER_AUTH;
    server_auth.buf.len = MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH);
    mbedtls_x509write_crt_set_version(crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(crt, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(crt, key);
    mbedtls_x509write_crt_set_issuer_key(crt, key);
    TRY(mbedtls_x509write_crt_set_serial_raw(crt, serial, sizeof(serial)));
    TRY(mbedtls_x509write_crt_set_validity(crt, from, to));
    TRY(mbedtls_x509write_crt_set_subject_name(crt, name));
    TRY(mbedtls_x509write_crt_set_issuer_name(crt, name));
    TRY(mbedtls_x509write_crt_set_basic_constraints(crt, 0, -1));
    TRY(mbedtls_x509write_crt_set_key_usage(crt, usage));
    TRY(mbedtls_x509write_crt_set_ext_key_usage(crt, &server_auth));
    return set_names(crt, host);
}

int tls_key_generate(mbedtls_pk_context *key)
{
    TRY(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    return mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), tls_random, NULL);
}

static int make_pair(const char *host, int64_t now_s, char *key_pem, char *cert_pem)
{
    mbedtls_pk_context key;
    mbedtls_x509write_cert crt;
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&crt);
    int rc = tls_key_generate(&key);
    if (rc == 0)
        rc = mbedtls_pk_write_key_pem(&key, (unsigned char *)key_pem, PEM_MAX_BYTES);
    if (rc == 0)
        rc = describe(&crt, &key, host, now_s);
    if (rc == 0)
        rc = mbedtls_x509write_crt_pem(&crt, (unsigned char *)cert_pem, PEM_MAX_BYTES, tls_random,
                                       NULL);
    mbedtls_x509write_crt_free(&crt);
    mbedtls_pk_free(&key);
    return rc;
}

int tls_make_self_signed(const char *cert_file, const char *key_file, struct str host,
                         int64_t now_s, struct err_ctx *err)
{
    char name[TLS_HOST_MAX + 1] = "localhost";
    char key_pem[PEM_MAX_BYTES], cert_pem[PEM_MAX_BYTES];
    if (host.len > 0 && host.len <= TLS_HOST_MAX) {
        memcpy(name, host.ptr, host.len);
        name[host.len] = '\0';
    }
    int rc = make_pair(name, now_s, key_pem, cert_pem);
    rc = rc == 0 ? 0 : err_set(err, ERR_INTERNAL, "cannot make a certificate (%d)", rc);
    if (rc == 0)
        rc = tls_write_new_file(key_file, 0600, key_pem, err);
    if (rc == 0)
        rc = tls_write_new_file(cert_file, 0644, cert_pem, err);
    mbedtls_platform_zeroize(key_pem, sizeof(key_pem));
    return rc;
}
