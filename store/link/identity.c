#include "store/link/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/ct.h"
#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/crypto/pk.h"
#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define KEY_NAME      "link.key"
#define KEY_MAX_BYTES 512
#define SCRATCH_BYTES ((size_t)64 << 10)
#define DAY_S         86400

bool link_pin_equal(const struct link_pin *a, const struct link_pin *b)
{
    return ct_eq(str_of((const char *)a->bytes, sizeof(a->bytes)),
                 str_of((const char *)b->bytes, sizeof(b->bytes)));
}

void link_pin_of(const mbedtls_x509_crt *certificate, struct link_pin *ret_pin)
{
    sha256_of(str_of((const char *)certificate->pk_raw.p, certificate->pk_raw.len), ret_pin->bytes);
}

/* --- The file: PKCS#8, DER --- */

static int read_key(int fd, struct secret *ret_der)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_uid != geteuid() || st.st_mode & 077)
        return ERR_CONFIG;
    if (st.st_size <= 0 || st.st_size > KEY_MAX_BYTES)
        return ERR_BAD_KEY;
    TRY(secret_alloc(ret_der, (size_t)st.st_size));
    if (pread(fd, ret_der->ptr, ret_der->len, 0) == (ssize_t)ret_der->len)
        return 0;
    secret_free(ret_der);
    return ERR_IO;
}

static int load_key(int data_dir_fd, struct secret *ret_der)
{
    int dir, fd;
    TRY(node_folder_open(data_dir_fd, &dir));
    int err = plain_file_open(dir, KEY_NAME, O_RDONLY, &fd);
    (void)close(dir);
    TRY(err);
    err = read_key(fd, ret_der);
    (void)close(fd);
    return err;
}

static int make_key(int data_dir_fd)
{
    CLEANUP(pk_key_free) struct pk_key *key = NULL;
    CLEANUP(secret_free) struct secret der = {NULL, 0};
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    int dir;
    TRY(pk_generate(PK_P256, 0, &key));
    TRY(pk_export_private(key, &der));
    TRY(node_folder_make(data_dir_fd, &dir));
    TRY(whole_file_create(dir, STR(KEY_NAME), &file));
    TRY(whole_file_write(&file, der.ptr, der.len));
    return whole_file_publish(&file);
}

/* --- For TLS --- */

static int library_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    rng_bytes(out, len);
    return 0;
}

static int take_key(struct link_identity *identity, struct str der)
{
    CLEANUP(pk_key_free) struct pk_key *key = NULL;
    CLEANUP(arena_free) struct arena a;
    struct str certificate;
    arena_init(&a, SCRATCH_BYTES);
    TRY(pk_import_private(der, &key));
    if (pk_key_type(key) != PK_P256)
        return ERR_BAD_KEY;
    TRY(pk_self_signed_certificate(key, &a, STR("garita"), clock_now().wall_ms / 1000 - DAY_S,
                                   &certificate));
    if (mbedtls_pk_parse_key(&identity->key, (const unsigned char *)der.ptr, der.len, NULL, 0,
                             library_random, NULL) != 0 ||
        mbedtls_x509_crt_parse_der(&identity->certificate, (const unsigned char *)certificate.ptr,
                                   certificate.len) != 0)
        return ERR_BAD_KEY;
    link_pin_of(&identity->certificate, &identity->pin);
    return 0;
}

int link_identity_load(int data_dir_fd, bool may_make, struct link_identity *ret_identity)
{
    CLEANUP(secret_free) struct secret der = {NULL, 0};
    int err = load_key(data_dir_fd, &der);
    if (err == ERR_NOT_FOUND && may_make) {
        TRY(make_key(data_dir_fd));
        err = load_key(data_dir_fd, &der);
    }
    TRY(err);
    mbedtls_x509_crt_init(&ret_identity->certificate);
    mbedtls_pk_init(&ret_identity->key);
    err = take_key(ret_identity, secret_view(&der));
    if (err != 0)
        link_identity_free(ret_identity);
    return err;
}

void link_identity_free(struct link_identity *identity)
{
    mbedtls_x509_crt_free(&identity->certificate);
    mbedtls_pk_free(&identity->key);
}
