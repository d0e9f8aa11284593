/* Reading public keys. A key is called by the hash of itself, whatever its file calls it. */
#include "appliance/audit_verify/keys.h"

#include "appliance/file.h"
#include "core/base/err.h"
#include "core/jose/jwk.h"

#include "core/base/banned.h"

#define KEY_FILE_MAX_BYTES ((size_t)256 << 10)

static int add(struct arena *a, struct pk_key *pk, struct audit_keys *io_keys)
{
    if (!io_keys->items)
        io_keys->items = ARENA_ARRAY(a, KEYS_MAX, struct audit_key);
    if (!io_keys->items)
        return ERR_NO_MEMORY;
    if (pk_key_type(pk) != PK_ED25519)
        return ERR_BAD_KEY;
    if (io_keys->count == KEYS_MAX)
        return ERR_TOO_LARGE;
    struct audit_key *key = &io_keys->items[io_keys->count];
    TRY(jwk_default_kid(a, pk, &key->kid));
    key->pk = pk_key_ref(pk);
    io_keys->count++;
    return 0;
}

static int add_pem(struct arena *a, struct str pem, struct audit_keys *io_keys)
{
    struct pk_key *pk;
    TRY(pk_import_public(pem, &pk));
    int err = add(a, pk, io_keys);
    pk_key_free(&pk);
    return err;
}

static int read_pem(struct arena *a, struct str text, struct audit_keys *io_keys)
{
    struct str end_mark = STR("-----END PUBLIC KEY-----");
    ptrdiff_t begin = str_find_str(text, STR("-----BEGIN PUBLIC KEY-----"));
    while (begin >= 0) {
        text = str_from(text, (size_t)begin);
        ptrdiff_t end = str_find_str(text, end_mark);
        if (end < 0)
            return ERR_BAD_KEY;
        size_t len = (size_t)end + end_mark.len;
        TRY(add_pem(a, str_sub(text, 0, len), io_keys));
        text = str_from(text, len);
        begin = str_find_str(text, STR("-----BEGIN PUBLIC KEY-----"));
    }
    return 0;
}

static int add_jwk(struct arena *a, const struct json_value *v, struct audit_keys *io_keys)
{
    struct jwk jwk;
    TRY(jwk_parse(a, v, JWK_PUBLIC_ONLY, &jwk));
    int err = add(a, jwk.pk, io_keys);
    jwk_free(&jwk);
    return err;
}

static int read_json(struct arena *a, struct str text, struct audit_keys *io_keys)
{
    const struct json_value *v, *key;
    TRY(json_parse(a, text, KEY_FILE_MAX_BYTES, &v));
    if (!json_is_array(json_get(v, "keys")))
        return add_jwk(a, v, io_keys);
    struct json_iter it = json_iter(json_get(v, "keys"));
    while (json_next(&it, NULL, &key))
        TRY(add_jwk(a, key, io_keys));
    return 0;
}

int keys_read(struct arena *a, const char *file, struct audit_keys *io_keys)
{
    struct str text;
    size_t before = io_keys->count;
    TRY(file_read(a, file, KEY_FILE_MAX_BYTES, &text));
    bool pem = str_find_str(text, STR("-----BEGIN PUBLIC KEY-----")) >= 0;
    TRY(pem ? read_pem(a, text, io_keys) : read_json(a, text, io_keys));
    return io_keys->count > before ? 0 : ERR_BAD_KEY;
}
