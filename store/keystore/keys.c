/* Making, importing, listing and changing the keys of a realm. */
#include "core/port/keys.h"

#include "core/base/rng.h"
#include "core/jose/jwk.h"
#include "store/keystore/ring.h"
#include "store/sql/key_row.h"
#include "store/view.h"

#include "core/base/banned.h"

#define RSA_BITS       2048
#define HMAC_KEY_BYTES 64
#define JWK_MAX_BYTES  ((size_t)32 << 10)

static void free_pk(struct pk_key **pk)
{
    pk_key_free(pk);
}

static enum pk_type type_of(const struct jose_alg_info *info)
{
    if (info->family == JOSE_RSA)
        return PK_RSA;
    if (info->family == JOSE_OKP)
        return PK_ED25519;
    if (info->pk == PK_ES256)
        return PK_P256;
    return info->pk == PK_ES384 ? PK_P384 : PK_P521;
}

static int write_public_jwk(struct arena *a, const struct pk_key *pk, struct realm_key *key,
                            enum jose_alg alg)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, JWK_MAX_BYTES);
    jw_init(&w, &b);
    jwk_write(&w, a, pk, key->kid, alg, key->certificate);
    return jw_finish(&w, &key->public_jwk);
}

/* What is public of a key pair: kid (kept when it has one), certificate, JWK. */
static int describe(struct store_write *w, struct arena *a, const struct pk_key *pk,
                    enum jose_alg alg, struct realm_key *key)
{
    enum pk_type type = pk_key_type(pk);
    if (str_empty(key->kid))
        TRY(jwk_default_kid(a, pk, &key->kid));
    if (str_empty(key->certificate) && type != PK_ED25519) {
        struct str name = w->reader.view ? w->reader.view->realm.name : STR("realm");
        TRY(pk_self_signed_certificate(pk, a, name, now_s(&w->now), &key->certificate));
    }
    return write_public_jwk(a, pk, key, alg);
}

static int insert(struct store_write *w, struct realm_key *key, struct str private_key)
{
    struct seal_place place;
    struct str sealed;
    TRY(ring_seal_place(w->reader.slot, &w->arena, key->kid, key->alg, &place));
    TRY(seal_value(&place, &w->arena, private_key, &sealed));
    return key_row_insert(w, key, sealed);
}

static int store_pair(struct store_write *w, struct arena *a, const struct pk_key *pk,
                      enum jose_alg alg, struct realm_key *key)
{
    CLEANUP(secret_free) struct secret der = {NULL, 0};
    TRY(describe(w, a, pk, alg, key));
    TRY(pk_export_private(pk, &der));
    return insert(w, key, secret_view(&der));
}

static void complete(const struct store_write *w, struct realm_key *key)
{
    if (str_empty(key->use))
        key->use = STR("sig");
    if (key->created_ms == 0)
        key->created_ms = w->now.wall_ms;
}

static int store_hmac(struct store_write *w, struct arena *a, struct realm_key *key,
                      struct str secret)
{
    if (str_empty(key->kid))
        key->kid = uuid_new(a);
    key->public_jwk = key->certificate = str_of(NULL, 0);
    return str_absent(key->kid) ? ERR_NO_MEMORY : insert(w, key, secret);
}

int key_generate(struct store_write *w, struct arena *a, struct realm_key *key)
{
    CLEANUP(free_pk) struct pk_key *pk = NULL;
    enum jose_alg alg = jose_alg_of(key->alg);
    const struct jose_alg_info *info = jose_alg_info(alg);
    if (!info)
        return ERR_BAD_ALGORITHM;
    key->kid = key->certificate = str_of(NULL, 0);
    complete(w, key);
    if (info->family == JOSE_HMAC) {
        unsigned char secret[HMAC_KEY_BYTES];
        rng_bytes(secret, sizeof(secret));
        int err = store_hmac(w, a, key, str_of((const char *)secret, sizeof(secret)));
        secret_wipe(secret, sizeof(secret));
        return err;
    }
    TRY(pk_generate(type_of(info), key->rsa_bits ? key->rsa_bits : RSA_BITS, &pk));
    return store_pair(w, a, pk, alg, key);
}

int key_import(struct store_write *w, struct arena *a, struct realm_key *key,
               struct str private_key)
{
    CLEANUP(free_pk) struct pk_key *pk = NULL;
    enum jose_alg alg = jose_alg_of(key->alg);
    const struct jose_alg_info *info = jose_alg_info(alg);
    if (!info)
        return ERR_BAD_ALGORITHM;
    complete(w, key);
    if (info->family == JOSE_HMAC) {
        if (private_key.len * 8 < (size_t)info->min_key_bits)
            return ERR_BAD_KEY;
        return store_hmac(w, a, key, private_key);
    }
    TRY(pk_import_private(private_key, &pk));
    if (!pk_alg_fits(pk, info->pk))
        return ERR_BAD_KEY;
    return store_pair(w, a, pk, alg, key);
}

int key_list(struct store_read *r, struct arena *a, struct realm_keys *ret_keys)
{
    struct key_ring ring;
    TRY(ring_load(r, a, &ring));
    *ret_keys = ring.keys;
    return 0;
}

int key_private_copy(struct store_read *r, struct arena *a, const struct realm_key *key,
                     struct str *ret_private)
{
    struct key_ring ring;
    struct seal_place place;
    size_t at = 0;
    TRY(ring_load(r, a, &ring));
    while (at < ring.keys.count && ring.keys.items[at].pk != key->pk)
        at++;
    if (at == ring.keys.count)
        return ERR_NOT_FOUND;
    TRY(ring_seal_place(r->slot, a, key->kid, key->alg, &place));
    return seal_open(&place, a, ring.items[at].sealed, ret_private);
}
