/* Signatures of requests to stores that speak Amazon's S3 protocol: AWS Signature Version 4, with the hash of
 * the body in it. */
#ifndef GARITA_STORE_OFFSITE_S3_SIGN_H
#define GARITA_STORE_OFFSITE_S3_SIGN_H

#include "core/base/arena.h"

#define S3_DATE_LEN 16 /* "20130524T000000Z" */

struct s3_header {
    struct str name, value; /* the name in lower case */
};

/* What is signed. Paths have none but unreserved characters, '/' and escapes in upper case. */
struct s3_request {
    const char *method;
    struct str path; /* from '/' on */
    const struct s3_header
        *headers; /* by name; host, x-amz-content-sha256 and x-amz-date among them */
    size_t header_count;
    struct str body_sha256; /* in hex */
    struct str date;        /* S3_DATE_LEN, as x-amz-date says */
    struct str region, key_id, secret;
};

/* YYYYMMDDTHHMMSSZ in UTC. */
void s3_date(int64_t wall_ms, char out[S3_DATE_LEN + 1]);
/* The value of the header Authorization. ERR_NO_MEMORY. */
MUST_CHECK int s3_sign(struct arena *a, const struct s3_request *request,
                       struct str *ret_authorization);

#endif
