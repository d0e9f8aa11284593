/* Objects in a store that speaks Amazon's S3 protocol, over HTTPS and nothing else: put, and asked whether
 * they are there. What is put is sealed already. Addresses that are not public must be allowed
 * (store/fetch/outward.h). */
#ifndef GARITA_STORE_OFFSITE_S3_H
#define GARITA_STORE_OFFSITE_S3_H

#include "core/base/arena.h"
#include "core/base/err.h"

#define S3_OBJECT_MAX_BYTES (INT64_C(5) << 30) /* that is put in one go */

/* Texts live as long as the target. */
struct s3_target {
    struct str url;        /* "https://host[:port]/bucket/prefix", without a slash at the end */
    struct str host, path; /* of it: "host[:port]", "/bucket/prefix" */
    uint16_t port;
    struct str region, key_id, secret;
    int64_t bytes_per_s;        /* 0: as fast as it goes */
    bool (*goes_on)(void *arg); /* asked now and then; false: it breaks off */
    void *arg;
};

/* Splits and checks url: ERR_CONFIG with a sentence. */
MUST_CHECK int s3_target_of(struct str url, struct s3_target *io_target, struct err_ctx *ctx);
/* A file as the object of that name below the prefix. ERR_UPSTREAM and
 * ERR_FORBIDDEN with a sentence, ERR_CANCELLED,
 * ERR_TOO_LARGE, ERR_IO. */
MUST_CHECK int s3_put(const struct s3_target *target, struct str name, int fd, struct err_ctx *ctx);
MUST_CHECK int s3_has(const struct s3_target *target, struct str name, bool *ret_has,
                      struct err_ctx *ctx);

#endif
