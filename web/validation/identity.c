/* Who a token speaks for, as header fields. */
#include "web/validation/identity.h"

#include "core/codec/json.h"

#include "core/base/banned.h"

#define HEADER_MAX_BYTES ((size_t)8 << 10)

/* Names are what people call themselves: bytes that mean something in a header or a list of ours go
 * out as %XX. */
static void add_text(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '%' || c == ',')
            buf_printf(b, "%%%02X", c);
        else
            buf_add_byte(b, (char)c);
    }
}

static int write_text(struct arena *a, struct str text, struct str *ret_value)
{
    struct buf b;
    buf_init(&b, a, HEADER_MAX_BYTES);
    add_text(&b, text);
    return buf_finish(&b, ret_value);
}

static void add_item(struct buf *b, struct str client_id, struct str name)
{
    if (b->len > 0)
        buf_add_byte(b, ',');
    if (!str_absent(client_id)) {
        add_text(b, client_id);
        buf_add_byte(b, '/');
    }
    add_text(b, name);
}

/* "auditor,account/view-profile" */
static int write_roles(struct arena *a, const struct validation_answer *answer,
                       struct str *ret_value)
{
    struct buf b;
    buf_init(&b, a, HEADER_MAX_BYTES);
    for (size_t i = 0; i < answer->realm_roles.count; i++)
        add_item(&b, str_of(NULL, 0), answer->realm_roles.items[i]);
    for (size_t i = 0; i < answer->client_role_count; i++)
        for (size_t k = 0; k < answer->client_roles[i].roles.count; k++)
            add_item(&b, answer->client_roles[i].client_id, answer->client_roles[i].roles.items[k]);
    return buf_finish(&b, ret_value);
}

/* Scopes have no characters that would have to be changed (RFC 6749 3.3). */
static int write_scopes(struct arena *a, const struct validation_answer *answer,
                        struct str *ret_value)
{
    struct buf b;
    buf_init(&b, a, HEADER_MAX_BYTES);
    for (size_t i = 0; i < answer->scopes.count; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        add_text(&b, answer->scopes.items[i]);
    }
    return buf_finish(&b, ret_value);
}

int identity_of(struct arena *a, const struct validation_answer *answer,
                struct identity *ret_identity)
{
    const struct json_value *claims;
    TRY(json_parse(a, answer->claims, answer->claims.len, &claims));
    const struct http_header texts[] = {
        {STR("X-Auth-Request-User"), answer->subject},
        {STR("X-Auth-Request-Preferred-Username"), answer->username},
        {STR("X-Auth-Request-Email"), answer->trusted ? STR("") : json_get_str(claims, "email")},
        {STR("X-Auth-Client"), answer->client_id},
        {STR("X-Auth-Session"), answer->session_id},
        {STR("X-Auth-Issuer"), answer->issuer},
        {STR("X-Auth-Realm"), answer->realm},
        {STR("X-Tenant-ID"), answer->tenant},
    };
    struct http_header *h = ret_identity->headers;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++, h++) {
        h->name = texts[i].name;
        TRY(write_text(a, texts[i].value, &h->value));
    }
    h->name = STR("X-Auth-Roles");
    TRY(write_roles(a, answer, &h->value));
    h++;
    h->name = STR("X-Auth-Scopes");
    return write_scopes(a, answer, &h->value);
}
