/* Keys of an imported realm, with the ids under which tokens name them: what was signed before still
 * verifies. Private parts go to the keystore and nowhere else. */
#include "core/transfer/import_parts.h"

#include "core/admin/component_records.h"
#include "core/admin/key_components.h"
#include "core/admin/keys.h"
#include "core/admin/providers.h"
#include "core/codec/base64.h"
#include "core/jose/alg.h"
#include "core/port/keys.h"

#include "core/base/banned.h"

static const struct kind {
    const char *provider;
    const char *secret; /* the member of its config that is the key */
    const char *alg;    /* when the config does not say; NULL: as the curve says */
} kinds[] = {
    {"rsa-generated", "privateKey", "RS256"},     {"rsa", "privateKey", "RS256"},
    {"ecdsa-generated", "ecdsaPrivateKey", NULL}, {"eddsa-generated", "eddsaPrivateKey", "EdDSA"},
    {"hmac-generated", "secret", "HS256"},        {"hmac-generated-hs512", "secret", "HS512"},
};

static const struct {
    const char *curve, *alg;
} curves[] = {{"P-256", "ES256"}, {"P-384", "ES384"}, {"P-521", "ES512"}};

/* Values of a component's config are lists of one. */
static struct str config_of(const struct json_value *config, const char *name)
{
    const struct json_value *value = json_get(config, name);
    return json_is_array(value) ? json_str(json_at(value, 0)) : json_str(value);
}

static bool config_is_off(const struct json_value *config, const char *name)
{
    return str_ieq(config_of(config, name), STR("false"));
}

static struct str alg_of(const struct kind *kind, const struct json_value *config)
{
    struct str alg = config_of(config, "algorithm");
    struct str curve = config_of(config, "ecdsaEllipticCurveKey");
    if (!str_empty(alg))
        return alg;
    for (size_t i = 0; !kind->alg && i < ARRAY_LEN(curves); i++)
        if (str_eq_c(curve, curves[i].curve))
            return str_c(curves[i].alg);
    return kind->alg ? str_c(kind->alg) : str_of(NULL, 0);
}

static enum key_status status_of(const struct json_value *config)
{
    if (config_is_off(config, "enabled"))
        return KEY_DISABLED;
    return config_is_off(config, "active") ? KEY_PASSIVE : KEY_ACTIVE;
}

/* Secrets of HMAC keys are base64url there, with or without padding. */
static int secret_bytes(struct import *im, const struct realm_key *key, struct str text,
                        struct str *ret_bytes)
{
    *ret_bytes = text;
    if (!str_starts(key->alg, STR("HS")))
        return 0;
    while (str_ends(text, STR("=")))
        text.len--;
    if (base64url_decode(import_arena(im), text, ret_bytes) == 0)
        return 0;
    return base64_decode(import_arena(im), text, BASE64_PADDING_OPTIONAL, ret_bytes);
}

static int take_key(struct import *im, struct realm_key *key, struct str text,
                    const struct import_at *at)
{
    struct str bytes;
    if (im->key_count >= ADMIN_KEYS_MAX)
        return import_fail(im, at, "a realm has at most %d keys", ADMIN_KEYS_MAX);
    if (jose_alg_of(key->alg) == JOSE_ALG_UNKNOWN) {
        import_left(im, at, "keys of this algorithm are not used here");
        return 0;
    }
    int rc = secret_bytes(im, key, text, &bytes);
    if (rc == 0)
        rc = admin_key_take_over(&im->ctx, im->w, key, bytes);
    if (rc == ERR_BAD_KEY || rc == ERR_INVALID_SYNTAX) {
        import_left(im, at, "the key cannot be used: broken, too short or of another kind");
        return 0;
    }
    TRY(import_explain(im, at, rc));
    im->key_count++;
    import_report_took(im->report, "keys", 1);
    return 0;
}

/* A key that nobody named has no component of its own in the file, and needs none here. */
static bool is_named(const struct component *c)
{
    return !str_empty(c->id) || !(str_empty(c->name) || str_eq(c->name, c->provider_id)) ||
           !str_ends(c->provider_id, STR("-generated"));
}

/* The component keeps its id and name and says which key it stands for (key_components.h). */
static int keep_component(struct import *im, const struct json_value *json,
                          const struct realm_key *key, const struct import_at *at)
{
    struct component c = {.id = {NULL, 0}};
    struct str kid = key->kid, active = key->status == KEY_PASSIVE ? STR("false") : STR("true");
    fields_default(&component_fields, &c);
    TRY(import_id(im, json, at, &c.id));
    TRY(import_str(im, json, "name", at, &c.name));
    TRY(import_str(im, json, "providerId", at, &c.provider_id));
    if (!is_named(&c))
        return 0;
    c.provider_type = STR(PROVIDER_KEY);
    c.parent_id = im->realm.id;
    TRY(attrs_set(&c.config, import_arena(im), STR("kid"), (struct strs){&kid, 1}));
    TRY(attrs_set(&c.config, import_arena(im), STR("active"), (struct strs){&active, 1}));
    return import_explain(im, at, component_record_insert(&im->ctx, im->w, &c));
}

/* Until when a passive key verifies: Keycloak has no such thing. */
static int read_overlap(struct import *im, const struct json_value *config,
                        const struct import_at *at, struct realm_key *key)
{
    struct str text = config_of(config, KEY_CONFIG_NOT_AFTER);
    if (str_empty(text) || (str_to_i64(text, &key->not_after_ms) == 0 && key->not_after_ms >= 0))
        return 0;
    return import_fail(im, AT_MEMBER(AT_MEMBER(at, "config"), KEY_CONFIG_NOT_AFTER),
                       "a time in milliseconds is expected here");
}

/* One that cannot be read is made anew. */
static int read_certificate(struct import *im, const struct json_value *config,
                            const struct import_at *at, struct realm_key *key)
{
    struct str text = config_of(config, "certificate");
    if (str_empty(text))
        return 0;
    int rc = key_component_certificate(&im->ctx, text, &key->certificate);
    if (rc != ERR_INVALID_REQUEST)
        return rc;
    key->certificate = str_of(NULL, 0);
    import_left(im, AT_MEMBER(AT_MEMBER(at, "config"), "certificate"),
                "the certificate cannot be read: the key gets a new one");
    return 0;
}

static int component(struct import *im, const struct json_value *json, const struct import_at *at)
{
    struct str provider = {NULL, 0}, priority;
    const struct json_value *config;
    struct realm_key key = {.use = STR("sig")};
    const struct kind *kind = NULL;
    TRY(import_expect_object(im, json, at));
    TRY(import_str(im, json, "providerId", at, &provider));
    TRY(import_object(im, json, "config", at, &config));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq_c(provider, kinds[i].provider))
            kind = &kinds[i];
    if (!kind) {
        import_left(im, at, "keys of this kind are not used here");
        return 0;
    }
    struct str text = config_of(config, kind->secret);
    if (str_empty(text)) {
        import_left(im, at,
                    "the key itself is not in the file: a new one is made where one is needed");
        return 0;
    }
    priority = config_of(config, "priority");
    if (!str_empty(priority) && str_to_i64(priority, &key.priority) != 0)
        return import_fail(im, AT_MEMBER(AT_MEMBER(at, "config"), "priority"),
                           "a whole number is expected here");
    key.kid = config_of(config, "kid");
    key.alg = alg_of(kind, config);
    key.status = status_of(config);
    TRY(read_overlap(im, config, at, &key));
    TRY(read_certificate(im, config, at, &key));
    int64_t before = im->key_count;
    TRY(take_key(im, &key, text, at));
    return im->key_count > before ? keep_component(im, json, &key, at) : 0;
}

/* Exports from before version 2 have one pair. */
static int old_pair(struct import *im)
{
    struct realm_key key = {.use = STR("sig"), .alg = STR("RS256"), .priority = 100};
    struct str text = {NULL, 0};
    TRY(import_str(im, im->main->top, "privateKey", NULL, &text));
    return str_empty(text) ? 0 : take_key(im, &key, text, AT_MEMBER(NULL, "privateKey"));
}

int import_keys(struct import *im)
{
    const struct import_at *at = AT_MEMBER(NULL, "components");
    const struct import_at *of_keys = AT_MEMBER(at, PROVIDER_KEY);
    const struct json_value *components, *keys, *key;
    TRY(old_pair(im));
    TRY(import_object(im, im->main->top, "components", NULL, &components));
    TRY(import_list(im, components, PROVIDER_KEY, at, &keys));
    struct json_iter it = json_iter(keys);
    for (size_t i = 0; json_next(&it, NULL, &key); i++) {
        TRY(component(im, key, AT_INDEX(of_keys, i)));
        arena_reset(import_arena(im));
    }
    return 0;
}
