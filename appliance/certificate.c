/* When a certificate file stops being valid. */
#include "appliance/certificate.h"

#include <mbedtls/x509_crt.h>
#include <time.h>

#include "appliance/file.h"
#include "core/base/err.h"

#include "core/base/banned.h"

#define PEM_MAX_BYTES ((size_t)256 << 10)

int certificate_expires(struct arena *a, const char *path, int64_t *ret_expires_s)
{
    struct str pem;
    mbedtls_x509_crt crt;
    TRY(file_read(a, path, PEM_MAX_BYTES, &pem));
    mbedtls_x509_crt_init(&crt);
    /* The parser counts the NUL behind PEM text. */
    int rc = mbedtls_x509_crt_parse(&crt, (const unsigned char *)pem.ptr, pem.len + 1);
    if (rc == 0) {
        struct tm tm = {.tm_year = crt.valid_to.year - 1900,
                        .tm_mon = crt.valid_to.mon - 1,
                        .tm_mday = crt.valid_to.day,
                        .tm_hour = crt.valid_to.hour,
                        .tm_min = crt.valid_to.min,
                        .tm_sec = crt.valid_to.sec};
        *ret_expires_s = (int64_t)timegm(&tm);
    }
    mbedtls_x509_crt_free(&crt);
    return rc == 0 ? 0 : ERR_INVALID_SYNTAX;
}
