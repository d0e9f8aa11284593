/* Forward authentication for nginx (auth_request), Traefik, Kong and their like: the proxy sends the
 * head of a request here before it passes the request on, and gets 200 with headers that say who it
 * is, or a refusal.
 *
 * Every identity header is in every 200, empty when there is nothing to say: a proxy that copies all
 * of them overwrites whatever the client sent under these names (WE-15). */
#include "core/codec/header.h"
#include "web/fail.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/validation/call.h"
#include "web/validation/identity.h"

#include "core/base/banned.h"

static int let_through(struct request *req, struct response *res,
                       const struct validation_answer *answer)
{
    struct identity identity;
    TRY(identity_of(req->arena, answer, &identity));
    req->tenant_id = answer->realm;
    req->user_id = answer->subject;
    for (size_t i = 0; i < IDENTITY_HEADERS; i++)
        respond_header(res, identity.headers[i].name.ptr, identity.headers[i].value);
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
