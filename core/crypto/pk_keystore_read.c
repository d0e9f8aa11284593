/* Certificates out of key stores that others made. Private halves stay locked: they are not needed here. */
#include <openssl/pkcs12.h>

#include "core/base/err.h"
#include "core/base/secret.h"
#include "core/crypto/pk_internal.h"

#include "core/base/banned.h"

#define SAFES_MAX  8
#define BAGS_MAX   64
#define ROUNDS_MAX 300000 /* what the file asks for would be any amount of work */

/* libcrypto wants texts that end. */
static int ended_text(struct str text, char out[PK_KEYSTORE_TEXT_MAX + 1])
{
    if (text.len > PK_KEYSTORE_TEXT_MAX || str_find(text, '\0') >= 0)
        return ERR_TOO_LARGE;
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return 0;
}

/* --- How much work is asked for --- */

static bool number_fits(const ASN1_INTEGER *rounds)
{
    int64_t number = 0;
    return !rounds || (ASN1_INTEGER_get_int64(&number, rounds) == 1 && number <= ROUNDS_MAX);
}

static bool pbkdf2_fits(const X509_ALGOR *kdf)
{
    if (!kdf || OBJ_obj2nid(kdf->algorithm) != NID_id_pbkdf2)
        return false;
    PBKDF2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf->parameter);
    bool fits = p && p->iter && number_fits(p->iter);
    PBKDF2PARAM_free(p);
    return fits;
}

static bool pbes2_fits(const X509_ALGOR *alg)
{
    PBE2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), alg->parameter);
    bool fits = p && pbkdf2_fits(p->keyfunc);
    PBE2PARAM_free(p);
    return fits;
}

static bool pbe_fits(const X509_ALGOR *alg)
{
    if (OBJ_obj2nid(alg->algorithm) == NID_pbes2)
        return pbes2_fits(alg);
    PBEPARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), alg->parameter);
    bool fits = p && number_fits(p->iter);
    PBEPARAM_free(p);
    return fits;
}

/* Without a MAC nothing says that the file is as it was written. */
static bool mac_is_good(PKCS12 *store, const char *password)
{
    const ASN1_INTEGER *rounds = NULL;
    if (!PKCS12_mac_present(store))
        return false;
    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, store);
    return number_fits(rounds) && PKCS12_verify_mac(store, password, -1) == 1;
}

/* --- What is in it --- */

struct wanted {
    const char *alias; /* "": the only one */
    X509 *found;
    int certificates;
};

static bool has_name(const struct wanted *w, PKCS12_SAFEBAG *bag)
{
    char *name = PKCS12_get_friendlyname(bag);
    bool same = name && strcmp(name, w->alias) == 0;
    OPENSSL_free(name);
    return same;
}

static void look_at(struct wanted *w, PKCS12_SAFEBAG *bag)
{
    if (PKCS12_SAFEBAG_get_nid(bag) != NID_certBag)
        return;
    w->certificates++;
    if (w->found || (w->alias[0] && !has_name(w, bag)))
        return;
    w->found = PKCS12_SAFEBAG_get1_cert(bag);
}

static STACK_OF(PKCS12_SAFEBAG) * open_safe(PKCS7 *safe, const char *password)
{
    if (PKCS7_type_is_data(safe))
        return PKCS12_unpack_p7data(safe);
    if (!PKCS7_type_is_encrypted(safe) || !pbe_fits(safe->d.encrypted->enc_data->algorithm))
        return NULL;
    return PKCS12_unpack_p7encdata(safe, password, -1);
}

static int look_into(struct wanted *w, PKCS7 *safe, const char *password)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = open_safe(safe, password);
    int count = bags ? sk_PKCS12_SAFEBAG_num(bags) : -1;
    for (int i = 0; i < count && count <= BAGS_MAX; i++)
        look_at(w, sk_PKCS12_SAFEBAG_value(bags, i));
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return count < 0 || count > BAGS_MAX ? ERR_BAD_KEY : 0;
}

static int look_everywhere(PKCS12 *store, const char *password, struct wanted *w)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(store);
    int count = safes ? sk_PKCS7_num(safes) : -1;
    int rc = count < 0 || count > SAFES_MAX ? ERR_BAD_KEY : 0;
    for (int i = 0; i < count && rc == 0; i++)
        rc = look_into(w, sk_PKCS7_value(safes, i), password);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    /* Which one is meant must be clear. */
    if (rc == 0 && (!w->found || (!w->alias[0] && w->certificates != 1)))
        rc = ERR_NOT_FOUND;
    return rc;
}

static int take_certificate(struct arena *a, X509 *found, struct str *ret_der)
{
    unsigned char *der = NULL;
    int len = i2d_X509(found, &der);
    if (len <= 0)
        return ERR_BAD_KEY;
    *ret_der = arena_str(a, str_of((const char *)der, (size_t)len));
    OPENSSL_free(der);
    return str_absent(*ret_der) ? ERR_NO_MEMORY : 0;
}

static int read_store(struct arena *a, struct str file, const char *password, struct wanted *w,
                      struct str *ret_der)
{
    const unsigned char *at = (const unsigned char *)file.ptr;
    PKCS12 *store = d2i_PKCS12(NULL, &at, (long)file.len);
    int rc =
        store && mac_is_good(store, password) ? look_everywhere(store, password, w) : ERR_BAD_KEY;
    if (rc == 0)
        rc = take_certificate(a, w->found, ret_der);
    X509_free(w->found);
    PKCS12_free(store);
    return rc == 0 ? 0 : pk_failed(rc);
}

int pk_keystore_read(struct arena *a, struct str file, struct str alias, struct str password,
                     struct str *ret_certificate)
{
    char name[PK_KEYSTORE_TEXT_MAX + 1], secret[PK_KEYSTORE_TEXT_MAX + 1];
    struct wanted wanted = {.alias = name};
    TRY(ended_text(alias, name));
    TRY(ended_text(password, secret));
    int rc = read_store(a, file, secret, &wanted, ret_certificate);
    secret_wipe(secret, sizeof(secret));
    return rc;
}
