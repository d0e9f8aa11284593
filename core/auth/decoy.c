/* Choosing decoys. */
#include "core/auth/decoy.h"

#include "core/auth/password_change.h"
#include "core/port/signer.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define PURPOSE "login-decoy"

/* The bucket of a key among count, so that of all keys only one in count + 1 moves when there is one
 * bucket more (J. Lamping, E. Veach: A Fast, Minimal Memory, Consistent Hash Algorithm). */
static int64_t bucket_of(uint64_t key, int64_t count)
{
    int64_t bucket = 0, next = 0;
    while (next < count) {
        bucket = next;
        key = key * UINT64_C(2862933555777941757) + 1;
        double part = (double)((key >> 33) + 1) / (double)(INT64_C(1) << 31); /* of 1, never 0 */
        next = (int64_t)((double)(bucket + 1) / part);
    }
    return bucket;
}

static int key_of(const struct auth_ctx *ctx, struct str name, uint64_t *ret_key)
{
    unsigned char mac[SIGNER_MAC_BYTES];
    TRY(signer_mac(ctx->view, STR(PURPOSE), str_absent(name) ? STR("") : name, mac));
    *ret_key = 0;
    for (int i = 0; i < 8; i++)
        *ret_key = *ret_key << 8 | mac[i];
    return 0;
}

int decoy_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
               struct credential *ret_credential)
{
    struct str type = STR(CREDENTIAL_PASSWORD);
    int64_t first, last;
    uint64_t key;
    TRY(credential_span(r, &first, &last));
    TRY(key_of(ctx, name, &key));
    /* Beyond this number the last ones are nobody's decoy. */
    int64_t count = last - first < INT32_MAX ? last - first + 1 : INT32_MAX;
    int64_t pk = first + bucket_of(key, count);
    int rc = credential_from(r, ctx->arena, pk, type, ret_credential);
    if (rc == ERR_NOT_FOUND)
        rc = credential_from(r, ctx->arena, first, type, ret_credential);
    /* A damaged record is its owner's trouble, not that of whoever logs in. */
    return rc == ERR_SEAL ? ERR_NOT_FOUND : rc;
}
