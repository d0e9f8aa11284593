/* envoy.service.auth.v3.Authorization: lets a proxy ask about the bearer token of a request, with the
 * messages of static/proto/envoy. The proxy proves itself by its own metadata; the request in the
 * message is somebody else's. */
#include "core/codec/header.h"
#include "web/grpc/caller.h"
#include "web/grpc/token_message.h"
#include "web/validation/identity.h"

#include "core/base/banned.h"

enum { HTTP_UNAUTHORIZED = 401, HTTP_FORBIDDEN = 403 };
enum { OVERWRITE = 2 }; /* HeaderAppendAction */

/* What a route asks for, and the token. */
struct check {
    struct str authorization;
    struct validation_question question;
};

static int read_entry(struct str entry, struct str *ret_key, struct str *ret_value)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(entry);
    *ret_key = *ret_value = STR("");
    while (pb_next(&r, &f)) {
        if (pb_is(&f, 1, PB_BYTES))
            TRY(pb_text(&f, ret_key));
        /* Header values need not be UTF-8. */
        if (pb_is(&f, 2, PB_BYTES))
            *ret_value = f.bytes;
    }
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

/* HttpRequest: headers 3. Envoy joins repeated ones with commas, which no credential has. */
static int read_http(struct str message, struct check *c)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    struct str key, value;
    while (pb_next(&r, &f)) {
        if (!pb_is(&f, 3, PB_BYTES))
            continue;
        TRY(read_entry(f.bytes, &key, &value));
        if (str_eq(key, STR("authorization")))
            c->authorization = value;
    }
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

static int read_request(struct str message, struct check *c)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    while (pb_next(&r, &f))
        if (pb_is(&f, 2, PB_BYTES))
            TRY(read_http(f.bytes, c));
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

static int read_words(struct grpc_work *w, struct str words, struct strs *list)
{
    struct str word;
    while (str_next_word(&words, &word)) {
        if (list->count == VALIDATION_SCOPES_MAX)
            return err_set(&w->err, ERR_INVALID_REQUEST, "too many scopes or roles");
        TRY(strs_add(list, w->arena, word));
    }
    return 0;
}

/* context_extensions come from the proxy's configuration, never from the request. */
static int read_extension(struct grpc_work *w, struct str entry, struct validation_question *q)
{
    struct str key, value;
    TRY(read_entry(entry, &key, &value));
    if (!str_is_utf8(value))
        return ERR_INVALID_UTF8;
    if (str_eq(key, STR("realm")))
        q->realm = value;
    else if (str_eq(key, STR("audience")))
        q->audience = value;
    else if (str_eq(key, STR("scopes")))
        return read_words(w, value, &q->scopes);
    else if (str_eq(key, STR("roles")))
        return read_words(w, value, &q->roles);
    else /* a restriction that is misspelt must not be left out */
        return err_field(&w->err, ERR_INVALID_REQUEST, "context_extensions", "unknown extension");
    return 0;
}

static int read_attributes(struct grpc_work *w, struct str message, struct check *c)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    while (pb_next(&r, &f)) {
        if (pb_is(&f, 4, PB_BYTES))
            TRY(read_request(f.bytes, c));
        if (pb_is(&f, 10, PB_BYTES))
            TRY(read_extension(w, f.bytes, &c->question));
    }
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

static int read_check(struct grpc_work *w, struct check *ret_check)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(w->message);
    *ret_check = (struct check){.question = {.token = STR("")}};
    while (pb_next(&r, &f))
        if (pb_is(&f, 1, PB_BYTES))
            TRY(read_attributes(w, f.bytes, ret_check));
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

/* --- the answer --- */

static void put_status(struct buf *out, enum grpc_code code, const char *text)
{
    size_t at = pb_open(out, 1);
    pb_put_u64(out, 1, code);
    pb_put_str(out, 2, str_c(text));
    pb_close(out, at);
}

static void put_header(struct buf *out, struct str name, struct str value)
{
    size_t option = pb_open(out, 2);
    size_t header = pb_open(out, 1);
    pb_put_str(out, 1, name);
    pb_put_str(out, 2, value);
    pb_close(out, header);
    pb_put_u64(out, 3, OVERWRITE);
    pb_close(out, option);
}

/* WE-15: a client's own header of that name never gets through: it is overwritten or taken away. */
static int set_identity(struct grpc_work *w, const struct validation_answer *answer)
{
    struct identity identity;
    TRY(identity_of(w->arena, answer, &identity));
    for (size_t i = 0; i < IDENTITY_HEADERS; i++) {
        struct str name = arena_lower(w->arena, identity.headers[i].name);
        if (str_absent(name))
            return ERR_NO_MEMORY;
        if (str_empty(identity.headers[i].value))
            pb_put_str(w->out, 5, name);
        else
            put_header(w->out, name, identity.headers[i].value);
    }
    return 0;
}

static int allow(struct grpc_work *w, const struct validation_answer *answer)
{
    size_t status = pb_open(w->out, 1);
    pb_close(w->out, status);
    size_t ok = pb_open(w->out, 3);
    TRY(set_identity(w, answer));
    pb_close(w->out, ok);
    return pb_put_struct(w->out, 4, w->arena, answer->claims);
}

static int deny(struct grpc_work *w, int http_status, const char *reason, struct str challenge)
{
    struct buf *out = w->out;
    put_status(out, http_status == HTTP_FORBIDDEN ? GRPC_PERMISSION_DENIED : GRPC_UNAUTHENTICATED,
               reason);
    size_t denied = pb_open(out, 2);
    size_t status = pb_open(out, 1);
    pb_put_u64(out, 1, (uint64_t)http_status);
    pb_close(out, status);
    put_header(out, STR("www-authenticate"), challenge);
    pb_close(out, denied);
    return 0;
}

/* RFC 6750 3.1 */
static int deny_for(struct grpc_work *w, enum validation_reason reason)
{
    bool lacks = reason == VALIDATION_MISSING_SCOPE || reason == VALIDATION_MISSING_ROLE;
    return deny(w, lacks ? HTTP_FORBIDDEN : HTTP_UNAUTHORIZED, validation_reason_name(reason),
                lacks ? STR("Bearer realm=\"garita\", error=\"insufficient_scope\"")
                      : STR("Bearer realm=\"garita\", error=\"invalid_token\""));
}

int grpc_envoy_check(struct grpc_work *w)
{
    struct validation_call call;
    struct validation_caller caller;
    struct validation_answer answer;
    struct check c;
    TRY(grpc_caller_find(w, &call, &caller));
    TRY(read_check(w, &c));
    /* RFC 6750 3: no error code when there was no token at all. */
    if (str_empty(c.authorization) || auth_header_bearer(c.authorization, &c.question.token) != 0)
        return deny(w, HTTP_UNAUTHORIZED, "UNAUTHENTICATED", STR("Bearer realm=\"garita\""));
    TRY(validation_check(&call, &caller, &c.question, &answer));
    return answer.active ? allow(w, &answer) : deny_for(w, answer.reason);
}
