/* Certificates as a text that goes from a primary to its standby: [{"host": ..., "certificate": PEM, "privateKey":
 * PEM}], the default one first and without a host. */
#include <mbedtls/pk.h>

#include "core/codec/json.h"
#include "web/tls/tls_internal.h"

#include "core/base/banned.h"

static int write_one(struct json_writer *w, struct arena *a, const struct tls_cert *c)
{
    struct str certificate, key;
    TRY(tls_pair_write(a, c, &certificate, &key));
    jw_begin_object(w);
    if (c->host)
        jw_member_c(w, "host", c->host);
    jw_member_str(w, "certificate", certificate);
    jw_member_str(w, "privateKey", key);
    jw_end_object(w);
    return 0;
}

static int write_all_of(const struct tls_state *state, struct arena *a, struct str *ret_text)
{
    struct json_writer w;
    struct buf b;
    if (state->cert_count > TLS_GIVEN_MAX)
        return ERR_TOO_LARGE;
    buf_init(&b, a, WEB_TLS_EXPORT_MAX);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < state->cert_count; i++)
        TRY(write_one(&w, a, &state->certs[i]));
    jw_end_array(&w);
    return jw_finish(&w, ret_text);
}

/* What is served and nothing else: files that are being replaced are not looked at. */
int tls_export(struct tls *tls, struct arena *a, struct str *ret_text)
{
    struct tls_state *state = tls_state_acquire(tls);
    int rc = write_all_of(state, a, ret_text);
    tls_state_release(state);
    return rc;
}

int tls_given_parse(struct arena *a, struct str text, struct tls_given *ret_given)
{
    const struct json_value *list, *item;
    if (json_parse(a, text, WEB_TLS_EXPORT_MAX, &list) != 0 || !json_is_array(list) ||
        json_count(list) == 0 || json_count(list) > TLS_GIVEN_MAX)
        return ERR_INVALID_REQUEST;
    ret_given->count = 0;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        size_t i = ret_given->count++;
        struct str host = json_get_str(item, "host");
        ret_given->pairs[i].host = host;
        ret_given->pairs[i].certificate = json_get_str(item, "certificate");
        ret_given->pairs[i].key = json_get_str(item, "privateKey");
        if (str_absent(host) != (i == 0) || str_absent(ret_given->pairs[i].certificate) ||
            str_absent(ret_given->pairs[i].key) || host.len > TLS_HOST_MAX)
            return ERR_INVALID_REQUEST;
    }
    return 0;
}

int tls_export_check(struct arena *a, struct str text, struct err_ctx *err)
{
    struct tls_given given;
    int rc = tls_given_parse(a, text, &given);
    if (rc != 0)
        return err_set(err, rc, "this is no list of certificates");
    for (size_t i = 0; i < given.count && rc == 0; i++) {
        struct tls_cert c = {.host = NULL};
        mbedtls_x509_crt_init(&c.chain);
        mbedtls_pk_init(&c.key);
        rc = tls_pair_read(a, given.pairs[i].certificate, given.pairs[i].key, &c, err);
        mbedtls_x509_crt_free(&c.chain);
        mbedtls_pk_free(&c.key);
    }
    return rc;
}
