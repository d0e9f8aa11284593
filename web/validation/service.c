/* Token validation as JSON: POST /grpc/token/... and, with the same bodies, unary calls of the Connect
 * protocol under the service's own name. */
#include "web/fail.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/validation/call.h"
#include "web/validation/message.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)2 << 20)

/* One call, between its request and its answer. */
struct service_call {
    struct validation_call call;
    struct validation_caller caller;
    const struct json_value *message;
    struct json_writer w;
};

/* The caller first: a stranger learns nothing about how messages are read. */
static int begin(struct request *req, struct service_call *s, struct buf *out)
{
    TRY(validation_call_of(req, &s->call));
    TRY(validation_caller_find(&s->call, &s->caller));
    req->tenant_id = s->caller.realm;
    int rc = json_parse(req->arena, req->body, req->route->body_max_bytes, &s->message);
    if (rc != 0 && rc != ERR_NO_MEMORY)
        return err_set(&req->err, ERR_INVALID_REQUEST, "The message is not JSON");
    buf_init(out, req->arena, ANSWER_MAX_BYTES);
    jw_init(&s->w, out);
    return rc;
}

typedef int service_method(struct service_call *s);

static void serve(struct request *req, struct response *res, service_method *method)
{
    struct service_call s = {.message = NULL};
    struct buf out;
    struct str body;
    int rc = begin(req, &s, &out);
    if (rc == 0)
        rc = method(&s);
    if (rc == 0)
        rc = jw_finish(&s.w, &body);
    if (rc == 0)
        respond_json(res, 200, body);
    else
        fail_connect(req, res, rc);
}

static int answer_question(struct service_call *s, const struct json_value *message)
{
    struct validation_question question;
    struct validation_answer answer;
    TRY(message_read_question(s->call.arena, message, s->call.err, &question));
    TRY(validation_check(&s->call, &s->caller, &question, &answer));
    message_write_answer(&s->w, &answer);
    return 0;
}

static int validate(struct service_call *s)
{
    return answer_question(s, s->message);
}

static int validate_batch(struct service_call *s)
{
    const struct json_value *list, *one;
    TRY(message_read_batch(s->message, s->call.err, &list));
    struct json_iter it = json_iter(list);
    jw_begin_object(&s->w);
    jw_member_array(&s->w, "answers");
    while (json_next(&it, NULL, &one))
        TRY(answer_question(s, one));
    jw_end_array(&s->w);
    jw_end_object(&s->w);
    return 0;
}

static int introspect(struct service_call *s)
{
    struct str token, json;
    TRY(message_read_token(s->message, s->call.err, &token));
    TRY(validation_introspect(&s->call, &s->caller, token, &json));
    jw_raw(&s->w, json);
    return 0;
}

static int user_context(struct service_call *s)
{
    struct validation_user_context context;
    struct str token;
    TRY(message_read_token(s->message, s->call.err, &token));
    TRY(validation_user_context(&s->call, &s->caller, token, &context));
    message_write_context(&s->w, &context);
    return 0;
}

static int revoke(struct service_call *s)
{
    struct str token;
    TRY(message_read_token(s->message, s->call.err, &token));
    TRY(validation_revoke(&s->call, &s->caller, token));
    jw_begin_object(&s->w);
    jw_end_object(&s->w);
    return 0;
}

void validation_validate(struct request *req, struct response *res)
{
    serve(req, res, validate);
}

void validation_validate_batch(struct request *req, struct response *res)
{
    serve(req, res, validate_batch);
}

void validation_introspection(struct request *req, struct response *res)
{
    serve(req, res, introspect);
}

void validation_person(struct request *req, struct response *res)
{
    serve(req, res, user_context);
}

void validation_revocation(struct request *req, struct response *res)
{
    serve(req, res, revoke);
}
