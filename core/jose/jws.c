/* JWS compact: taking apart, verifying, signing. */
#include "core/jose/jws.h"

#include "core/base/err.h"
#include "core/codec/base64.h"
#include "core/crypto/hmac.h"

#include "core/base/banned.h"

/* --- taking apart --- */

/* The three segments, views into the token. Counted before anything is decoded (JO-08). */
struct segments {
    struct str header, payload, signature;
    struct str signing_input;
};

static int split(struct str token, struct segments *ret_segments)
{
    ptrdiff_t first = str_find(token, '.');
    if (first < 0)
        return ERR_TOKEN_MALFORMED;
    struct str rest = str_from(token, (size_t)first + 1);
    ptrdiff_t second = str_find(rest, '.');
    if (second < 0)
        return ERR_TOKEN_MALFORMED;
    struct segments s = {
        .header = str_of(token.ptr, (size_t)first),
        .payload = str_of(rest.ptr, (size_t)second),
        .signature = str_from(rest, (size_t)second + 1),
        .signing_input = str_of(token.ptr, (size_t)first + 1 + (size_t)second),
    };
    /* Five segments would be JWE; an empty signature is how "none" looks. */
    if (str_find(s.signature, '.') >= 0 || s.header.len == 0 || s.signature.len == 0)
        return ERR_TOKEN_MALFORMED;
    if (s.header.len > base64url_chars(JWS_MAX_HEADER_BYTES))
        return ERR_TOO_LARGE;
    if (s.signature.len > base64url_chars(PK_SIGNATURE_MAX_BYTES))
        return ERR_TOKEN_MALFORMED;
    *ret_segments = s;
    return 0;
}

/* Out of memory stays what it is; all other trouble means that this is not a token. */
static int malformed(int err)
{
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_TOKEN_MALFORMED;
}

static int parse_header(struct arena *a, struct str text, struct jws *jws)
{
    static const struct json_options options = {JWS_MAX_HEADER_BYTES, JWS_MAX_DEPTH, false};
    struct str alg = {NULL, 0};
    TRY(malformed(json_parse_with(a, text, &options, &jws->header)));
    if (!json_is_object(jws->header))
        return ERR_TOKEN_MALFORMED;
    /* We understand no extension, so a header that marks any as critical is refused, and b64
     * without crit is no better (RFC 7515 4.1.11, RFC 7797 6; JO-06). */
    if (json_get(jws->header, "crit") || json_get(jws->header, "b64"))
        return ERR_TOKEN_MALFORMED;
    TRY(malformed(json_opt_str(jws->header, "alg", &alg)));
    TRY(malformed(json_opt_str(jws->header, "kid", &jws->kid)));
    TRY(malformed(json_opt_str(jws->header, "typ", &jws->typ)));
    TRY(malformed(json_opt_str(jws->header, "cty", &jws->cty)));
    if (jws->kid.len > JWS_MAX_KID_BYTES)
        return ERR_TOKEN_MALFORMED;
    jws->alg = jose_alg_of(alg);
    return jws->alg == JOSE_ALG_UNKNOWN ? ERR_BAD_ALGORITHM : 0;
}

int jws_decode(struct arena *a, struct str token, size_t max_bytes, struct jws *ret_jws)
{
    struct segments s;
    struct str header;
    struct jws jws = {.alg = JOSE_ALG_UNKNOWN};
    if (token.len > max_bytes || token.len > JWS_MAX_BYTES)
        return ERR_TOO_LARGE;
    TRY(split(token, &s));
    TRY(malformed(base64url_decode(a, s.header, &header)));
    TRY(parse_header(a, header, &jws));
    TRY(malformed(base64url_decode(a, s.payload, &jws.payload)));
    TRY(malformed(base64url_decode(a, s.signature, &jws.signature)));
    jws.signing_input = s.signing_input;
    *ret_jws = jws;
    return 0;
}

/* --- keys --- */

/* Whether key can be used with its algorithm at all: kind of key, curve, size (JO-03). HMAC keys
 * are at least as long as the hash (RFC 7518 3.2; JO-14). A key pair is never a secret (JO-01). */
static int check_key(const struct jws_key *key, const struct jose_alg_info **ret_info)
{
    const struct jose_alg_info *info = jose_alg_info(key->alg);
    if (!info)
        return ERR_BAD_ALGORITHM;
    bool fits = info->family == JOSE_HMAC
                    ? !key->pk && key->secret.len >= digest_bytes(info->digest)
                    : key->pk && str_absent(key->secret) && pk_alg_fits(key->pk, info->pk) &&
                          pk_key_bits(key->pk) >= info->min_key_bits;
    if (!fits)
        return ERR_BAD_KEY;
    *ret_info = info;
    return 0;
}

int jws_verify(const struct jws *jws, const struct jws_key *key)
{
    const struct jose_alg_info *info;
    TRY(check_key(key, &info));
    if (jws->alg != key->alg) /* RFC 8725 3.1: the key says which algorithm, not the token */
        return ERR_BAD_ALGORITHM;
    if (info->family != JOSE_HMAC)
        return pk_verify(key->pk, info->pk, jws->signing_input, jws->signature);
    return hmac_verify(info->digest, key->secret, jws->signing_input, jws->signature) == 0
               ? 0
               : ERR_BAD_SIGNATURE;
}

/* --- signing --- */

#define HEADER_TEXT_MAX_BYTES 1024

static int header_text(struct arena *a, enum jose_alg alg, struct str kid, struct str typ,
                       struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    struct str name = jose_alg_name(alg);
    if (str_absent(name))
        return ERR_BAD_ALGORITHM;
    buf_init(&b, a, HEADER_TEXT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "alg", name);
    jw_member_str_opt(&w, "typ", typ);
    jw_member_str_opt(&w, "kid", kid);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

int jws_signing_input(struct arena *a, enum jose_alg alg, struct str kid, struct str typ,
                      struct str payload, struct str *ret_input)
{
    struct str header;
    TRY(header_text(a, alg, kid, typ, &header));
    size_t header_chars = base64url_chars(header.len);
    size_t chars = header_chars + 1 + base64url_chars(payload.len);
    char *out = arena_alloc(a, chars + 1);
    if (!out)
        return ERR_NO_MEMORY;
    base64url_write(out, header.ptr, header.len);
    out[header_chars] = '.';
    base64url_write(out + header_chars + 1, payload.ptr, payload.len);
    *ret_input = str_of(out, chars);
    return 0;
}

int jws_assemble(struct arena *a, struct str signing_input, struct str signature,
                 struct str *ret_token)
{
    size_t chars = signing_input.len + 1 + base64url_chars(signature.len);
    char *out = arena_alloc(a, chars + 1);
    if (!out)
        return ERR_NO_MEMORY;
    memcpy(out, signing_input.ptr, signing_input.len);
    out[signing_input.len] = '.';
    base64url_write(out + signing_input.len + 1, signature.ptr, signature.len);
    *ret_token = str_of(out, chars);
    return 0;
}

_Static_assert(PK_SIGNATURE_MAX_BYTES >= DIGEST_MAX_BYTES, "room for every HMAC");

int jws_sign_raw(const struct jws_key *key, struct str input, unsigned char *signature,
                 size_t *ret_len)
{
    const struct jose_alg_info *info;
    TRY(check_key(key, &info));
    if (info->family != JOSE_HMAC)
        return pk_sign(key->pk, info->pk, input, signature, ret_len);
    hmac_of(info->digest, key->secret, input, signature);
    *ret_len = digest_bytes(info->digest);
    return 0;
}

int jws_sign(struct arena *a, const struct jws_key *key, struct str typ, struct str payload,
             struct str *ret_token)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len;
    struct str input;
    TRY(jws_signing_input(a, key->alg, key->kid, typ, payload, &input));
    TRY(jws_sign_raw(key, input, signature, &len));
    return jws_assemble(a, input, str_of((const char *)signature, len), ret_token);
}
