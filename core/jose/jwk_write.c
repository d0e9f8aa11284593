/* Writing public keys, and their names. There is no code here that could write a private member
 * (JO-16). */
#include "core/base/err.h"
#include "core/codec/base64.h"
#include "core/jose/jwk.h"

#include "core/base/banned.h"

static struct str curve_name(enum pk_type type)
{
    switch (type) {
    case PK_P256: return STR("P-256");
    case PK_P384: return STR("P-384");
    case PK_P521: return STR("P-521");
    case PK_ED25519: return STR("Ed25519");
    case PK_RSA: break;
    }
    return str_of(NULL, 0);
}

static struct str key_type_name(enum pk_type type)
{
    switch (type) {
    case PK_RSA: return STR("RSA");
    case PK_ED25519: return STR("OKP");
    case PK_P256:
    case PK_P384:
    case PK_P521: break;
    }
    return STR("EC");
}

/* --- JWK --- */

static void write_number(struct json_writer *w, struct arena *a, const char *name,
                         struct str number)
{
    if (!str_absent(number))
        jw_member_str(w, name, base64url_encode(a, number));
}

static int write_numbers(struct json_writer *w, struct arena *a, const struct pk_key *key)
{
    struct pk_numbers n;
    TRY(pk_export_numbers(key, a, &n));
    write_number(w, a, "n", n.n);
    write_number(w, a, "e", n.e);
    jw_member_str_opt(w, "crv", curve_name(n.type));
    write_number(w, a, "x", n.x);
    write_number(w, a, "y", n.y);
    return 0;
}

/* RFC 7517 4.7 to 4.9 */
static void write_certificate(struct json_writer *w, struct arena *a, struct str der)
{
    unsigned char hash[DIGEST_MAX_BYTES];
    jw_member_array(w, "x5c");
    jw_str(w, base64_encode(a, der));
    jw_end_array(w);
    digest_of(DIGEST_SHA1, der, hash); /* the member is defined with SHA-1 (RFC 7517 4.8) */
    jw_member_str(w, "x5t", base64url_encode(a, str_of((const char *)hash, 20)));
    sha256_of(der, hash);
    jw_member_str(w, "x5t#S256", base64url_encode(a, str_of((const char *)hash, SHA256_BYTES)));
}

void jwk_write(struct json_writer *w, struct arena *scratch, const struct pk_key *key,
               struct str kid, enum jose_alg alg, struct str certificate_der)
{
    jw_begin_object(w);
    jw_member_str_opt(w, "kid", kid);
    jw_member_str(w, "kty", key_type_name(pk_key_type(key)));
    jw_member_str_opt(w, "alg", jose_alg_name(alg));
    jw_member_str(w, "use", STR("sig"));
    int err = write_numbers(w, scratch, key);
    if (!str_absent(certificate_der))
        write_certificate(w, scratch, certificate_der);
    jw_end_object(w);
    if (scratch->exhausted)
        err = ERR_NO_MEMORY;
    if (err != 0 && w->err == 0)
        w->err = err;
}

/* --- names --- */

static int hash_name(struct arena *a, struct str text, struct str *ret_name)
{
    unsigned char hash[SHA256_BYTES];
    sha256_of(text, hash);
    *ret_name = base64url_encode(a, str_of((const char *)hash, sizeof(hash)));
    return str_absent(*ret_name) ? ERR_NO_MEMORY : 0;
}

/* RFC 7638 3.2 and RFC 8037 2: the required members only, in the order of their names. */
int jwk_thumbprint(struct arena *a, const struct pk_key *key, struct str *ret_thumbprint)
{
    struct pk_numbers n;
    struct buf b;
    struct json_writer w;
    struct str text;
    TRY(pk_export_numbers(key, a, &n));
    buf_init(&b, a, 4096);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str_opt(&w, "crv", curve_name(n.type));
    write_number(&w, a, "e", n.e);
    jw_member_str(&w, "kty", key_type_name(n.type));
    write_number(&w, a, "n", n.n);
    write_number(&w, a, "x", n.x);
    write_number(&w, a, "y", n.y);
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    if (a->exhausted) /* a number may be missing in the text */
        return ERR_NO_MEMORY;
    return hash_name(a, text, ret_thumbprint);
}

int jwk_default_kid(struct arena *a, const struct pk_key *key, struct str *ret_kid)
{
    struct str der;
    TRY(pk_export_spki(key, a, &der));
    return hash_name(a, der, ret_kid);
}
