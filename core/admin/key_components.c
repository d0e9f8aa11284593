/* Keys of a realm as components. */
#include "core/admin/key_components.h"

#include "core/admin/component_records.h"
#include "core/admin/keys.h"
#include "core/admin/provider_config.h"
#include "core/codec/base64.h"
#include "core/jose/alg.h"
#include "core/port/keys.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define PUBLIC_JWK_MAX ((size_t)32 << 10)
#define NUMBER_MAX     24

/* --- Kinds of keys --- */

static const struct {
    const char *provider;
    enum jose_family family;
} generated[] = {
    {"rsa-generated", JOSE_RSA},
    {"ecdsa-generated", JOSE_EC},
    {"eddsa-generated", JOSE_OKP},
    {"hmac-generated", JOSE_HMAC},
};

static const struct {
    const char *curve, *alg;
} curves[] = {{"P-256", "ES256"}, {"P-384", "ES384"}, {"P-521", "ES512"}};

static const char *provider_of(const struct realm_key *key)
{
    const struct jose_alg_info *info = jose_alg_info(jose_alg_of(key->alg));
    for (size_t i = 0; info && i < ARRAY_LEN(generated); i++)
        if (generated[i].family == info->family)
            return generated[i].provider;
    return "";
}

static struct str value_or(const struct attrs *config, const char *name, const char *fallback)
{
    struct str value = attrs_first(config, str_c(name));
    return str_empty(value) ? str_c(fallback) : value;
}

static struct str alg_of(const struct component *c)
{
    if (str_eq(c->provider_id, STR("eddsa-generated")))
        return STR("EdDSA");
    if (str_eq(c->provider_id, STR("hmac-generated")))
        return value_or(&c->config, "algorithm", "HS512");
    if (!str_eq(c->provider_id, STR("ecdsa-generated")))
        return value_or(&c->config, "algorithm", "RS256");
    struct str curve = value_or(&c->config, "ecdsaEllipticCurveKey", "P-256");
    for (size_t i = 0; i < ARRAY_LEN(curves); i++)
        if (str_eq_c(curve, curves[i].curve))
            return str_c(curves[i].alg);
    return STR("");
}

/* --- From a key to its component --- */

static int set_value(struct component *c, struct arena *a, const char *name, struct str value)
{
    return attrs_set(&c->config, a, str_c(name), (struct strs){&value, 1});
}

/* RFC 7518 6.3.1.1: as many bytes as the modulus has. */
static int set_rsa_size(struct component *c, struct arena *a, const struct realm_key *key)
{
    const struct json_value *jwk;
    if (json_parse(a, key->public_jwk, PUBLIC_JWK_MAX, &jwk) != 0)
        return ERR_STORE_CORRUPT;
    size_t bits = json_get_str(jwk, "n").len * 6 / 8 * 8;
    struct str text = arena_printf(a, "%zu", bits);
    return str_absent(text) ? ERR_NO_MEMORY : set_value(c, a, "keySize", text);
}

static int set_kind(struct component *c, struct arena *a, const struct realm_key *key)
{
    if (str_eq(c->provider_id, STR("rsa-generated")))
        TRY(set_rsa_size(c, a, key));
    if (str_eq(c->provider_id, STR("eddsa-generated")))
        return set_value(c, a, "eddsaEllipticCurveKey", STR("Ed25519"));
    if (str_eq(c->provider_id, STR("hmac-generated")))
        TRY(set_value(c, a, "secretSize", STR("64")));
    if (!str_eq(c->provider_id, STR("ecdsa-generated")))
        return set_value(c, a, "algorithm", key->alg);
    for (size_t i = 0; i < ARRAY_LEN(curves); i++)
        if (str_eq_c(key->alg, curves[i].alg))
            return set_value(c, a, "ecdsaEllipticCurveKey", str_c(curves[i].curve));
    return 0;
}

/* What is given and never given out is a mask from here on. */
static int set_given(struct component *c, struct arena *a, const struct realm_key *key)
{
    if (!str_eq(c->provider_id, STR("rsa")))
        return 0;
    struct str certificate = base64_encode(a, key->certificate);
    if (str_absent(certificate))
        return ERR_NO_MEMORY;
    TRY(set_value(c, a, "privateKey", STR(SECRET_MASK)));
    return set_value(c, a, "certificate", certificate);
}

/* A key that is disabled has forgotten whether it was active; its record has not. */
static int set_status(struct component *c, struct arena *a, const struct realm_key *key,
                      const struct component *record)
{
    struct str active = STR("true");
    struct str priority = arena_printf(a, "%lld", (long long)key->priority);
    if (str_absent(priority))
        return ERR_NO_MEMORY;
    if (key->status == KEY_PASSIVE)
        active = STR("false");
    else if (key->status == KEY_DISABLED && record)
        active = value_or(&record->config, "active", "true");
    TRY(set_value(c, a, "priority", priority));
    TRY(set_value(c, a, "enabled", key->status == KEY_DISABLED ? STR("false") : STR("true")));
    return set_value(c, a, "active", active);
}

static int make(const struct auth_ctx *ctx, const struct realm_key *key,
                const struct component *record, struct component *ret_component)
{
    struct component c = {.id = key->kid, .provider_id = str_c(provider_of(key))};
    c.name = c.provider_id;
    if (record) {
        c.id = record->id;
        c.name = record->name;
        c.provider_id = record->provider_id;
    }
    c.provider_type = STR(PROVIDER_KEY);
    c.parent_id = auth_realm(ctx)->id;
    c.sub_type = STR("");
    TRY(set_kind(&c, ctx->arena, key));
    TRY(set_given(&c, ctx->arena, key));
    TRY(set_status(&c, ctx->arena, key, record));
    *ret_component = c;
    return 0;
}

static struct str kid_of(const struct component *record)
{
    struct str kid = attrs_first(&record->config, STR("kid"));
    return str_empty(kid) ? record->id : kid;
}

const struct component *key_component_record(const struct components *records, struct str kid)
{
    for (size_t i = 0; i < records->count; i++)
        if (str_eq(records->items[i].provider_type, STR(PROVIDER_KEY)) &&
            str_eq(kid_of(&records->items[i]), kid))
            return &records->items[i];
    return NULL;
}

struct str key_component_id(const struct components *records, struct str kid)
{
    const struct component *record = key_component_record(records, kid);
    return record ? record->id : kid;
}

int key_components(const struct auth_ctx *ctx, struct store_read *r,
                   const struct components *records, struct components *io_list)
{
    struct realm_keys keys;
    TRY(key_list(r, ctx->arena, &keys));
    for (size_t i = 0; i < keys.count; i++) {
        struct component c;
        TRY(make(ctx, &keys.items[i], key_component_record(records, keys.items[i].kid), &c));
        TRY(components_add(io_list, ctx->arena, &c));
    }
    return 0;
}

/* The key that a component stands for, and its record when it has one. */
static int find_key(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                    struct realm_key *ret_key, struct component *ret_record, bool *ret_recorded)
{
    int rc = component_record_find(ctx, r, id, ret_record);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    *ret_recorded = rc == 0 && str_eq(ret_record->provider_type, STR(PROVIDER_KEY));
    return admin_key_find(ctx, r, *ret_recorded ? kid_of(ret_record) : id, ret_key);
}

int key_component_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                       struct component *ret_component)
{
    struct realm_key key;
    struct component record;
    bool recorded;
    TRY(find_key(ctx, r, id, &key, &record, &recorded));
    return make(ctx, &key, recorded ? &record : NULL, ret_component);
}

/* --- From a component to its key --- */

static enum key_status status_of(const struct component *c)
{
    if (str_eq(value_or(&c->config, "enabled", "true"), STR("false")))
        return KEY_DISABLED;
    return str_eq(value_or(&c->config, "active", "true"), STR("false")) ? KEY_PASSIVE : KEY_ACTIVE;
}

/* Numbers were checked by their settings. */
static int64_t number_of(const struct component *c, const char *name, const char *fallback)
{
    int64_t number = 0;
    return str_to_i64(value_or(&c->config, name, fallback), &number) == 0 ? number : 0;
}

int key_component_certificate(const struct auth_ctx *ctx, struct str text, struct str *ret_der)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END";
    struct buf b;
    struct str clean, body = text;
    if (str_starts(body, STR(begin)))
        body = str_from(body, sizeof(begin) - 1);
    ptrdiff_t at = str_find_str(body, STR(end));
    if (at >= 0)
        body = str_sub(body, 0, (size_t)at);
    buf_init(&b, ctx->arena, PK_DER_MAX_BYTES * 2);
    for (size_t i = 0; i < body.len; i++)
        if ((unsigned char)body.ptr[i] > ' ')
            buf_add_byte(&b, body.ptr[i]);
    TRY(buf_finish(&b, &clean));
    int rc = base64_decode(ctx->arena, clean, BASE64_PADDING_OPTIONAL, ret_der);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc
                                          : err_field(ctx->err, ERR_INVALID_REQUEST, "certificate",
                                                      "certificate must be PEM or base64");
}

static int record_key(const struct auth_ctx *ctx, struct store_write *w, struct component *c,
                      struct str kid)
{
    struct component record = *c;
    record.config = (struct attrs){0};
    TRY(set_value(&record, ctx->arena, "kid", kid));
    TRY(set_value(&record, ctx->arena, "active", value_or(&c->config, "active", "true")));
    int rc = component_record_update(ctx, w, &record);
    if (rc == ERR_NOT_FOUND)
        rc = component_record_insert(ctx, w, &record);
    c->id = record.id;
    return rc;
}

static int read_key(const struct auth_ctx *ctx, const struct component *c,
                    struct realm_key *ret_key, struct str *ret_private)
{
    struct str certificate = attrs_first(&c->config, STR("certificate"));
    *ret_key = (struct realm_key){.alg = alg_of(c),
                                  .status = status_of(c),
                                  .priority = number_of(c, "priority", "0"),
                                  .rsa_bits = (int)number_of(c, "keySize", "2048")};
    *ret_private = attrs_first(&c->config, STR("privateKey"));
    if (!str_empty(certificate))
        TRY(key_component_certificate(ctx, certificate, &ret_key->certificate));
    return 0;
}

static int check_id(const struct auth_ctx *ctx, struct store_read *r, struct str id)
{
    struct component other;
    int rc = str_empty(id) ? ERR_NOT_FOUND : key_component_find(ctx, r, id, &other);
    if (rc == ERR_NOT_FOUND)
        return 0;
    return rc != 0 ? rc
                   : err_field(ctx->err, ERR_CONFLICT, "id",
                               "There is a component with this id already");
}

int key_component_insert(const struct auth_ctx *ctx, struct store_write *w,
                         struct component *io_component)
{
    struct realm_key key;
    struct str private_key;
    TRY(check_id(ctx, store_write_reader(w), io_component->id));
    TRY(read_key(ctx, io_component, &key, &private_key));
    TRY(admin_key_add(ctx, w, &key, private_key));
    return record_key(ctx, w, io_component, key.kid);
}

/* --- Changes --- */

static bool is_about_status(const char *name)
{
    static const char *const names[] = {"priority", "enabled", "active"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(str_c(name), names[i]))
            return true;
    return false;
}

static int check_same_key(const struct auth_ctx *ctx, const struct component *before,
                          const struct component *after)
{
    const struct provider *provider = provider_find(STR(PROVIDER_KEY), before->provider_id);
    const struct provider_setting *s = NULL;
    while (provider && (s = provider_setting_next(provider, s)) != NULL) {
        struct str value = attrs_first(&after->config, str_c(s->name));
        if (!str_empty(value) && !is_about_status(s->name) &&
            !str_eq(value, attrs_first(&before->config, str_c(s->name))))
            return err_field(ctx->err, ERR_INVALID_REQUEST, s->name,
                             "A key stays as it is: add another one for a new %s", s->name);
    }
    return 0;
}

int key_component_update(const struct auth_ctx *ctx, struct store_write *w,
                         const struct component *before, struct component *after)
{
    struct realm_key key;
    struct component record;
    bool recorded;
    TRY(find_key(ctx, store_write_reader(w), before->id, &key, &record, &recorded));
    TRY(check_same_key(ctx, before, after));
    TRY(admin_key_change(ctx, w, &key, status_of(after), number_of(after, "priority", "0")));
    return record_key(ctx, w, after, key.kid);
}

int key_component_delete(const struct auth_ctx *ctx, struct store_write *w,
                         const struct component *component)
{
    struct realm_key key;
    struct component record;
    bool recorded;
    TRY(find_key(ctx, store_write_reader(w), component->id, &key, &record, &recorded));
    TRY(admin_key_delete(ctx, w, &key));
    return recorded ? record_delete(w, RECORD_COMPONENT, record.id) : 0;
}
