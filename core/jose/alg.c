/* The table of algorithms as data. */
#include "core/jose/alg.h"

#include "core/codec/base64.h"

#include "core/base/banned.h"

static const struct jose_alg_info infos[JOSE_ALG_COUNT] = {
#define A(name, family, digest, pk, bits, uses)                                                    \
    [JOSE_##name] = {STR_INIT(#name), JOSE_##family, digest, pk, bits, uses},
#include "core/jose/alg.def"
#undef A
};

enum jose_alg jose_alg_of(struct str name)
{
    /* RFC 9864 2.2 names the curve where RFC 8037 named the family; we know one curve of it. */
    if (str_eq(name, STR("Ed25519")))
        return JOSE_EdDSA;
    for (enum jose_alg alg = JOSE_ALG_UNKNOWN + 1; alg < JOSE_ALG_COUNT; alg++)
        if (str_eq(name, infos[alg].name))
            return alg;
    return JOSE_ALG_UNKNOWN;
}

const struct jose_alg_info *jose_alg_info(enum jose_alg alg)
{
    return alg > JOSE_ALG_UNKNOWN && alg < JOSE_ALG_COUNT ? &infos[alg] : NULL;
}

struct str jose_alg_name(enum jose_alg alg)
{
    const struct jose_alg_info *info = jose_alg_info(alg);
    return info ? info->name : str_of(NULL, 0);
}

bool jose_alg_allowed(enum jose_alg alg, enum jose_use use)
{
    const struct jose_alg_info *info = jose_alg_info(alg);
    return info && (info->uses & (unsigned)use) != 0;
}

enum jose_alg jose_alg_default(const struct pk_key *key)
{
    switch (pk_key_type(key)) {
    case PK_RSA: return JOSE_RS256;
    case PK_P256: return JOSE_ES256;
    case PK_P384: return JOSE_ES384;
    case PK_P521: return JOSE_ES512;
    case PK_ED25519: return JOSE_EdDSA;
    }
    return JOSE_ALG_UNKNOWN;
}

struct str jose_half_hash(struct arena *a, enum jose_alg alg, struct str value)
{
    unsigned char hash[DIGEST_MAX_BYTES];
    const struct jose_alg_info *info = jose_alg_info(alg);
    if (!info)
        return str_of(NULL, 0);
    digest_of(info->digest, value, hash);
    return base64url_encode(a, str_of((const char *)hash, digest_bytes(info->digest) / 2));
}
