/* What handlers ask of a request: parsed on demand, strictly, once. */
#include "web/request.h"

#include <stdio.h>

#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/codec/cookie.h"
#include "core/codec/header.h"

#include "core/base/banned.h"

#define NONCE_BYTES 16

struct str request_header(const struct request *req, struct str name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (str_ieq(req->headers[i].name, name))
            return req->headers[i].value;
    return str_of(NULL, 0);
}

struct str request_cookie(const struct request *req, struct str name)
{
    struct cookies cookies;
    struct str header = request_header(req, STR("Cookie"));
    /* As respond_cookie set it: with the prefix on HTTPS, where nobody else can plant one (WE-01). */
    if (req->https && !str_starts(name, STR("__Host-")))
        name = ARENA_CONCAT(req->arena, STR("__Host-"), name);
    if (str_absent(name) || str_absent(header) || cookie_parse(req->arena, header, &cookies) != 0)
        return str_of(NULL, 0);
    return cookie_get(&cookies, name);
}

static int parse_form(struct request *req, struct str text, bool may_repeat,
                      const struct form **ret_form)
{
    struct str where = {NULL, 0};
    char field[sizeof(req->err.field)];
    struct form *form = ARENA_NEW(req->arena, struct form);
    if (!form)
        return err_set(&req->err, ERR_NO_MEMORY, "request is too large");
    int rc = form_parse(req->arena, text, NULL, form, &where);
    if (rc == 0 && (may_repeat || str_absent(form->repeated))) {
        *ret_form = form;
        return 0;
    }
    struct str name = rc == 0 ? form->repeated : where;
    (void)snprintf(field, sizeof(field), "%.*s", (int)(name.len < 60 ? name.len : 60),
                   name.ptr ? name.ptr : "");
    if (rc == ERR_NO_MEMORY || rc == ERR_TOO_LARGE)
        return err_field(&req->err, rc, field, "too many or too long parameters");
    return err_field(&req->err, ERR_INVALID_REQUEST, field,
                     rc == 0 ? "parameter sent more than once" : "malformed parameter");
}

/* RFC 6749 3.1: a parameter that comes twice is an error, not a choice (OA-05). */
static int parse_once(struct request *req, struct str text, const struct form **ret_form)
{
    return parse_form(req, text, false, ret_form);
}

int request_query(struct request *req, const struct form **ret_form)
{
    if (!req->query_form)
        TRY(parse_once(req, req->raw_query, &req->query_form));
    *ret_form = req->query_form;
    return 0;
}

int request_query_with_lists(struct request *req, const struct form **ret_form)
{
    if (!req->query_form)
        TRY(parse_form(req, req->raw_query, true, &req->query_form));
    *ret_form = req->query_form;
    return 0;
}

static int read_form(struct request *req, bool may_repeat, const struct form **ret_form)
{
    struct media_type type;
    struct str value = request_header(req, STR("Content-Type"));
    if (req->body_form) {
        *ret_form = req->body_form;
        return 0;
    }
    if (str_absent(value) || media_type_parse(value, &type) != 0 ||
        !media_type_is(&type, "application", "x-www-form-urlencoded"))
        return err_set(&req->err, ERR_UNSUPPORTED_MEDIA_TYPE, "a form is expected");
    struct str charset = media_type_param(&type, "charset");
    if (!str_absent(charset) && !str_ieq(charset, STR("utf-8")))
        return err_set(&req->err, ERR_UNSUPPORTED_MEDIA_TYPE, "forms are UTF-8");
    TRY(parse_form(req, req->body, may_repeat, &req->body_form));
    *ret_form = req->body_form;
    return 0;
}

int request_form(struct request *req, const struct form **ret_form)
{
    return read_form(req, false, ret_form);
}

int request_form_with_lists(struct request *req, const struct form **ret_form)
{
    return read_form(req, true, ret_form);
}

struct str request_nonce(struct request *req)
{
    unsigned char bytes[NONCE_BYTES];
    struct buf text;
    if (!str_absent(req->nonce))
        return req->nonce;
    rng_bytes(bytes, sizeof(bytes));
    buf_init(&text, req->arena, 64);
    base64url_add(&text, str_of((const char *)bytes, sizeof(bytes)));
    if (buf_finish(&text, &req->nonce) != 0)
        req->nonce = str_of(NULL, 0);
    return req->nonce;
}

bool request_wants_html(const struct request *req)
{
    struct str accept = request_header(req, STR("Accept"));
    return !str_absent(accept) && str_find_str(accept, STR("text/html")) >= 0;
}
