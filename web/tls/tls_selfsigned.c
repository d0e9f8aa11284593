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

#define VALID_DAYS     825 /* the longest that today's clients take */
#define DAY_S          ((int64_t)86400)
#define PEM_MAX_BYTES  4096
#define HOST_MAX_BYTES 253

/* In one step, never through a link that someone planted. */
static int write_new_file(const char *file, mode_t mode, const char *text, struct err_ctx *err)
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

static mbedtls_x509_san_list san_dns(const char *name, mbedtls_x509_san_list *next)
{
    mbedtls_x509_san_list san = {.next = next};
    san.node.type = MBEDTLS_X509_SAN_DNS_NAME;
    /* The library only reads it. */
    san.node.san.unstructured_name.p = (unsigned char *)(uintptr_t)name;
    san.node.san.unstructured_name.len = strlen(name);
    return san;
}

static mbedtls_x509_san_list san_ip(unsigned char *address, size_t len, mbedtls_x509_san_list *next)
{
    mbedtls_x509_san_list san = {.next = next};
    san.node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    san.node.san.unstructured_name.p = address;
    san.node.san.unstructured_name.len = len;
    return san;
}

static int set_names(mbedtls_x509write_cert *crt, const char *host)
{
    unsigned char v4[4] = {127, 0, 0, 1};
    unsigned char v6[16] = {[15] = 1};
    unsigned char own[16];
    mbedtls_x509_san_list six = san_ip(v6, sizeof(v6), NULL);
    mbedtls_x509_san_list four = san_ip(v4, sizeof(v4), &six);
    mbedtls_x509_san_list local = san_dns("localhost", &four);
    mbedtls_x509_san_list first = san_dns(host, &local);
    if (inet_pton(AF_INET, host, own) == 1)
        first = san_ip(own, 4, &local);
    else if (inet_pton(AF_INET6, host, own) == 1)
        first = san_ip(own, 16, &local);
    bool same = strcmp(host, "localhost") == 0;
    return mbedtls_x509write_crt_set_subject_alternative_name(crt, same ? &local : &first);
}

static int describe(mbedtls_x509write_cert *crt, mbedtls_pk_context *key, const char *host,
                    int64_t now_s)
{
    static const unsigned usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    mbedtls_asn1_sequence server_auth = {0};
    unsigned char serial[16];
    char from[16], to[16], name[HOST_MAX_BYTES + 4];
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

static int generate_key(mbedtls_pk_context *key, char *pem)
{
    TRY(mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    TRY(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), tls_random, NULL));
    return mbedtls_pk_write_key_pem(key, (unsigned char *)pem, PEM_MAX_BYTES);
}

static int make_pair(const char *host, int64_t now_s, char *key_pem, char *cert_pem)
{
    mbedtls_pk_context key;
    mbedtls_x509write_cert crt;
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&crt);
    int rc = generate_key(&key, key_pem);
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
    char name[HOST_MAX_BYTES + 1] = "localhost";
    char key_pem[PEM_MAX_BYTES], cert_pem[PEM_MAX_BYTES];
    if (host.len > 0 && host.len <= HOST_MAX_BYTES) {
        memcpy(name, host.ptr, host.len);
        name[host.len] = '\0';
    }
    int rc = make_pair(name, now_s, key_pem, cert_pem);
    rc = rc == 0 ? 0 : err_set(err, ERR_INTERNAL, "cannot make a certificate (%d)", rc);
    if (rc == 0)
        rc = write_new_file(key_file, 0600, key_pem, err);
    if (rc == 0)
        rc = write_new_file(cert_file, 0644, cert_pem, err);
    mbedtls_platform_zeroize(key_pem, sizeof(key_pem));
    return rc;
}
