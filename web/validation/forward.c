/* Forward authentication for nginx (auth_request), Traefik, Kong and their like: the proxy sends the
 * head of a request here before it passes the request on, and gets 200 with headers that say who it
 * is, or a refusal.
 *
 * Every identity header is in every 200, empty when there is nothing to say: a proxy that copies all
 * of them overwrites whatever the client sent under these names (WE-15). */
#include "core/codec/header.h"
#include "core/codec/json.h"
#include "web/fail.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/validation/call.h"

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

static void add_header(struct request *req, struct response *res, const char *name, struct str text)
{
    struct buf b;
    struct str value;
    buf_init(&b, req->arena, HEADER_MAX_BYTES);
    add_text(&b, text);
    if (buf_finish(&b, &value) == 0)
        respond_header(res, name, value);
    else
        res->headers.failed = true;
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
static void add_roles(struct request *req, struct response *res,
                      const struct validation_answer *answer)
{
    struct buf b;
    struct str value;
    buf_init(&b, req->arena, HEADER_MAX_BYTES);
    for (size_t i = 0; i < answer->realm_roles.count; i++)
        add_item(&b, str_of(NULL, 0), answer->realm_roles.items[i]);
    for (size_t i = 0; i < answer->client_role_count; i++)
        for (size_t k = 0; k < answer->client_roles[i].roles.count; k++)
            add_item(&b, answer->client_roles[i].client_id, answer->client_roles[i].roles.items[k]);
    if (buf_finish(&b, &value) == 0)
        respond_header(res, "X-Auth-Roles", value);
    else
        res->headers.failed = true;
}

/* Scopes have no characters that would have to be changed (RFC 6749 3.3). */
static void add_scopes(struct request *req, struct response *res,
                       const struct validation_answer *answer)
{
    struct buf b;
    struct str value;
    buf_init(&b, req->arena, HEADER_MAX_BYTES);
    for (size_t i = 0; i < answer->scopes.count; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        add_text(&b, answer->scopes.items[i]);
    }
    if (buf_finish(&b, &value) == 0)
        respond_header(res, "X-Auth-Scopes", value);
    else
        res->headers.failed = true;
}

static int let_through(struct request *req, struct response *res,
                       const struct validation_answer *answer)
{
    const struct json_value *claims;
    TRY(json_parse(req->arena, answer->claims, answer->claims.len, &claims));
    req->tenant_id = answer->realm;
    req->user_id = answer->subject;
    add_header(req, res, "X-Auth-Request-User", answer->subject);
    add_header(req, res, "X-Auth-Request-Preferred-Username", answer->username);
    add_header(req, res, "X-Auth-Request-Email", json_get_str(claims, "email"));
    add_header(req, res, "X-Auth-Client", answer->client_id);
    add_header(req, res, "X-Auth-Session", answer->session_id);
    add_header(req, res, "X-Auth-Realm", answer->realm);
    add_header(req, res, "X-Tenant-ID", answer->tenant);
    add_roles(req, res, answer);
    add_scopes(req, res, answer);
    respond_text(res, 200, STR(""));
    return 0;
}

static int split_words(struct arena *a, struct str words, struct strs *ret_words)
{
    struct str word;
    while (str_next_word(&words, &word))
        TRY(strs_add(ret_words, a, word));
    return 0;
}

/* What the proxy's configuration asks of every token, in the query of its address for us. */
static int read_question(struct request *req, struct validation_question *ret_question)
{
    const struct form *query;
    struct validation_question q = {.token = {NULL, 0}};
    struct str authorization = request_header(req, STR("Authorization"));
    if (str_absent(authorization))
        return ERR_UNAUTHENTICATED;
    if (auth_header_bearer(authorization, &q.token) != 0)
        return ERR_INVALID_TOKEN;
    TRY(request_query(req, &query));
    for (size_t i = 0; i < query->count; i++) {
        struct str name = query->params[i].name, value = query->params[i].value;
        if (str_eq_c(name, "realm"))
            q.realm = value;
        else if (str_eq_c(name, "audience"))
            q.audience = value;
        else if (str_eq_c(name, "scope"))
            TRY(split_words(req->arena, value, &q.scopes));
        else if (str_eq_c(name, "role"))
            TRY(split_words(req->arena, value, &q.roles));
        else /* a restriction that is misspelt must not be left out */
            return err_field(&req->err, ERR_INVALID_REQUEST, "query", "unknown parameter");
    }
    *ret_question = q;
    return 0;
}

static int check(struct request *req, struct response *res)
{
    struct validation_call call;
    struct validation_question question;
    struct validation_answer answer;
    TRY(read_question(req, &question));
    TRY(validation_call_of(req, &call));
    TRY(validation_check_shown(&call, &question, &answer));
    if (answer.active)
        return let_through(req, res, &answer);
    if (answer.reason == VALIDATION_MISSING_SCOPE || answer.reason == VALIDATION_MISSING_ROLE)
        return err_set(&req->err, ERR_INSUFFICIENT_SCOPE, "%s",
                       validation_reason_text(answer.reason));
    return ERR_INVALID_TOKEN;
}

/* Proxies know 401 and 403; of everything else they make an error of their own. */
void validation_forward_auth(struct request *req, struct response *res)
{
    int rc = check(req, res);
    if (rc == ERR_INVALID_REQUEST)
        rc = ERR_FORBIDDEN;
    if (rc != 0)
        fail_oauth(req, res, rc);
}
