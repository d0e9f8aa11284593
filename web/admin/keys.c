/* ~/keys: the realm's keys and which of them signs; private parts never. They are changed as components. */
#include "core/port/keys.h"
#include "core/admin/component_records.h"
#include "core/admin/key_components.h"
#include "core/codec/base64.h"
#include "core/jose/alg.h"
#include "core/jose/jwk.h"
#include "core/port/records.h"
#include "web/admin/admin.h"

#include "core/base/banned.h"

#define JWK_MAX_BYTES ((size_t)32 << 10)

static const char *status_name(enum key_status status)
{
    switch (status) {
    case KEY_ACTIVE: return "ACTIVE";
    case KEY_PASSIVE: return "PASSIVE";
    case KEY_DISABLED: break;
    }
    return "DISABLED";
}

/* As Keycloak and RFC 7518 6.1 name them. */
static const char *type_name(struct str alg)
{
    static const char *const names[] = {
        [JOSE_HMAC] = "OCT", [JOSE_RSA] = "RSA", [JOSE_EC] = "EC", [JOSE_OKP] = "OKP"};
    const struct jose_alg_info *info = jose_alg_info(jose_alg_of(alg));
    return info ? names[info->family] : "OCT";
}

/* The first active key of an algorithm signs: the list has them by priority. */
static bool signs(const struct realm_keys *keys, size_t at)
{
    const struct realm_key *key = &keys->items[at];
    for (size_t i = 0; i < at; i++)
        if (keys->items[i].status == KEY_ACTIVE && str_eq(keys->items[i].alg, key->alg))
            return false;
    return key->status == KEY_ACTIVE;
}

static int write_public_key(struct admin_call *call, const struct realm_key *key)
{
    CLEANUP(jwk_free) struct jwk jwk = {0};
    struct arena *a = call->req->arena;
    const struct json_value *json;
    struct str der;
    if (str_empty(key->public_jwk))
        return 0;
    TRY(json_parse(a, key->public_jwk, JWK_MAX_BYTES, &json));
    TRY(jwk_parse(a, json, JWK_PUBLIC_ONLY, &jwk));
    TRY(pk_export_spki(jwk.pk, a, &der));
    jw_member_str(&call->out, "publicKey", base64_encode(a, der));
    return 0;
}

static int write_certificate(struct admin_call *call, const struct realm_key *key)
{
    int64_t end_s;
    if (str_empty(key->certificate))
        return 0;
    TRY(pk_certificate_end(key->certificate, &end_s));
    jw_member_str(&call->out, "certificate", base64_encode(call->req->arena, key->certificate));
    jw_member_i64(&call->out, "validTo", end_s * 1000);
    return 0;
}

/* For who asks for them: Keycloak's clients know no such members. */
static void write_times(struct json_writer *w, const struct realm_key *key)
{
    jw_member_i64(w, "createdTimestamp", key->created_ms);
    if (key->not_after_ms > 0)
        jw_member_i64(w, "notAfter", key->not_after_ms);
}

static int write_key(struct admin_call *call, const struct realm_key *key,
                     const struct components *records, bool with_times)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "providerId", key_component_id(records, key->kid));
    jw_member_i64(w, "providerPriority", key->priority);
    jw_member_str(w, "kid", key->kid);
    jw_member_c(w, "status", status_name(key->status));
    jw_member_c(w, "type", type_name(key->alg));
    jw_member_str(w, "algorithm", key->alg);
    TRY(write_public_key(call, key));
    TRY(write_certificate(call, key));
    jw_member_c(w, "use", str_eq(key->use, STR("enc")) ? "ENC" : "SIG");
    if (with_times)
        write_times(w, key);
    jw_end_object(w);
    return 0;
}

static void write_active(struct admin_call *call, const struct realm_keys *keys)
{
    struct json_writer *w = &call->out;
    jw_member_object(w, "active");
    for (size_t i = 0; i < keys->count; i++) {
        if (!signs(keys, i))
            continue;
        jw_key_s(w, keys->items[i].alg);
        jw_str(w, keys->items[i].kid);
    }
    jw_end_object(w);
}

int rest_keys(struct admin_call *call)
{
    struct components records;
    struct realm_keys keys;
    bool with_times;
    TRY(admin_query_bool(call, "withTimes", false, &with_times));
    TRY(admin_read(call));
    TRY(component_records(&call->ctx, call->r, &records));
    TRY(key_list(call->r, call->req->arena, &keys));
    jw_begin_object(&call->out);
    write_active(call, &keys);
    jw_member_array(&call->out, "keys");
    for (size_t i = 0; i < keys.count; i++)
        TRY(write_key(call, &keys.items[i], &records, with_times));
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return 0;
}
