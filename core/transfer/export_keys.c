/* Keys of the realm as Keycloak's key providers, one for each. Their names (kid) go along: tokens and
 * signatures of before are found by them. */
#include "core/transfer/export_parts.h"

#include <stdlib.h>

#include "core/admin/key_components.h"
#include "core/admin/providers.h"
#include "core/codec/base64.h"
#include "core/jose/alg.h"
#include "core/port/keys.h"

#include "core/base/banned.h"

#define PUBLIC_JWK_MAX ((size_t)32 << 10)

static const char *provider_of(enum jose_family family)
{
    switch (family) {
    case JOSE_RSA: return "rsa-generated";
    case JOSE_EC: return "ecdsa-generated";
    case JOSE_OKP: return "eddsa-generated";
    case JOSE_HMAC: break;
    }
    return "hmac-generated";
}

static void write_one(struct json_writer *w, const char *name, struct str value)
{
    jw_member_array(w, name);
    jw_str(w, value);
    jw_end_array(w);
}

static void write_number(struct exporter *e, const char *name, int64_t number)
{
    write_one(&e->w, name, arena_printf(e->scratch, "%lld", (long long)number));
}

/* Both halves of a key pair on a curve. */
static int write_curve_pair(struct exporter *e, const struct realm_key *key, bool ed,
                            struct str private_key, struct str public_key)
{
    const struct json_value *jwk;
    if (json_parse(e->scratch, key->public_jwk, PUBLIC_JWK_MAX, &jwk) != 0)
        return ERR_STORE_CORRUPT;
    write_one(&e->w, ed ? "eddsaPrivateKey" : "ecdsaPrivateKey", private_key);
    write_one(&e->w, ed ? "eddsaPublicKey" : "ecdsaPublicKey", public_key);
    write_one(&e->w, ed ? "eddsaEllipticCurveKey" : "ecdsaEllipticCurveKey",
              json_get_str(jwk, "crv"));
    return 0;
}

static int public_of(struct exporter *e, struct str private_key, struct str *ret_base64)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    struct str spki;
    TRY(pk_import_private(private_key, &pk));
    TRY(pk_export_spki(pk, e->scratch, &spki));
    *ret_base64 = base64_encode(e->scratch, spki);
    return 0;
}

static int write_pair(struct exporter *e, const struct realm_key *key,
                      const struct jose_alg_info *info, struct str private_key)
{
    struct str base64 = base64_encode(e->scratch, private_key), public_key;
    if (info->family == JOSE_RSA) {
        write_one(&e->w, "privateKey", base64);
        write_one(&e->w, "keyUse", STR("SIG"));
    } else {
        TRY(public_of(e, private_key, &public_key));
        TRY(write_curve_pair(e, key, info->family == JOSE_OKP, base64, public_key));
    }
    if (!str_empty(key->certificate))
        write_one(&e->w, "certificate", base64_encode(e->scratch, key->certificate));
    return 0;
}

static int write_secrets(struct exporter *e, const struct realm_key *key,
                         const struct jose_alg_info *info)
{
    struct str private_key;
    TRY(key_private_copy(e->r, e->scratch, key, &private_key));
    write_one(&e->w, "kid", key->kid);
    if (info->family != JOSE_HMAC)
        return write_pair(e, key, info, private_key);
    write_one(&e->w, "secret", base64url_encode(e->scratch, private_key));
    return 0;
}

/* A key that nobody has named is called after its kind. */
static void write_names(struct exporter *e, const struct component *record, enum jose_family family)
{
    if (record)
        jw_member_str(&e->w, "id", record->id);
    jw_member_str(&e->w, "name", record ? record->name : str_c(provider_of(family)));
    jw_member_str(&e->w, "providerId", record ? record->provider_id : str_c(provider_of(family)));
}

/* Without secrets, whoever reads the file makes new keys of the same kind. */
static int write_key(struct exporter *e, const struct realm_key *key,
                     const struct component *record)
{
    const struct jose_alg_info *info = jose_alg_info(jose_alg_of(key->alg));
    if (!info)
        return 0;
    jw_begin_object(&e->w);
    write_names(e, record, info->family);
    jw_member_object(&e->w, "config");
    if (e->options->secrets)
        TRY(write_secrets(e, key, info));
    write_number(e, "priority", key->priority);
    write_one(&e->w, "algorithm", key->alg);
    if (key->status != KEY_ACTIVE)
        write_one(&e->w, "active", STR("false"));
    if (key->status == KEY_DISABLED)
        write_one(&e->w, "enabled", STR("false"));
    if (key->not_after_ms != 0)
        write_number(e, KEY_CONFIG_NOT_AFTER, key->not_after_ms);
    jw_end_object(&e->w);
    jw_member_object(&e->w, "subComponents");
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    return export_next(e);
}

/* As they were made: among equals the newest signs, and the order of the file is that of making. */
static int by_age(const void *left, const void *right)
{
    const struct realm_key *a = left, *b = right;
    return a->pk < b->pk ? -1 : a->pk > b->pk;
}

int export_keys(struct exporter *e, const struct components *records)
{
    struct realm_keys keys;
    TRY(key_list(e->r, e->kept, &keys));
    if (keys.count > 0)
        qsort(keys.items, keys.count, sizeof(*keys.items), by_age);
    jw_member_array(&e->w, PROVIDER_KEY);
    for (size_t i = 0; i < keys.count; i++)
        TRY(write_key(e, &keys.items[i], key_component_record(records, keys.items[i].kid)));
    jw_end_array(&e->w);
    return 0;
}
