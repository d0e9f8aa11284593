/* Token validation over HTTPS, as JSON, Connect and gRPC-Web: from a request to a method and back. */
#include "web/oidc/cors.h"
#include "web/origin.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/validation/call.h"
#include "web/validation/methods.h"
#include "web/validation/watch_stream.h"
#include "web/web.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)2 << 20)
#define EXPOSED_HEADERS  "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, WWW-Authenticate"

/* One call, between its request and its answer. */
struct service_call {
    struct validation_call call;
    struct validation_caller caller;
    struct wire wire;
    int64_t deadline_ms;
    struct ground *ground; /* NULL: nobody asks */
};

static int check_deadline(struct request *req, const struct service_call *s)
{
    if (s->deadline_ms == 0 || clock_monotonic_ns() / 1000000 < s->deadline_ms)
        return 0;
    return err_set(&req->err, ERR_TIMEOUT, "The deadline has passed");
}

static bool is_foreign(const struct request *req)
{
    return !str_absent(request_header(req, STR("Origin"))) && !origin_is_same(req);
}

/* WE-11: scripts of the caller's own origins may call and read what is answered, errors too. Nothing
 * is done for another origin's. */
static int check_origin(struct request *req, struct response *res,
                        const struct validation_caller *caller)
{
    struct realm_view *view;
    const struct client *client;
    if (!is_foreign(req))
        return 0;
    TRY(realm_view_acquire(req->web->services.store, caller->realm, &view));
    bool allowed = realm_view_client(view, caller->client_id, &client) == 0 &&
                   cors_client_exposing(req, res, client, STR(EXPOSED_HEADERS));
    realm_view_release(view);
    return allowed ? 0 : err_set(&req->err, ERR_FORBIDDEN, "This origin is none of the client's");
}

/* The caller first: a stranger learns nothing about how messages are read. */
static int begin(struct request *req, struct response *res, struct service_call *s)
{
    TRY(validation_call_of(req, &s->call));
    s->call.ground = s->ground;
    TRY(validation_caller_find(&s->call, &s->caller));
    req->tenant_id = s->caller.realm;
    TRY(check_origin(req, res, &s->caller));
    s->wire = wire_of_request(req);
    return wire_check(req, &s->wire, &s->deadline_ms);
}

/* After the deadline nothing is begun; what was done by then is told as late, like everywhere in
 * gRPC. */
static int run(struct request *req, struct service_call *s, validation_method *json,
               validation_method *proto, struct str *ret_answer)
{
    struct buf out;
    struct str message;
    TRY(wire_message(req, &s->wire, &message));
    TRY(check_deadline(req, s));
    buf_init(&out, req->arena, ANSWER_MAX_BYTES);
    TRY((s->wire.codec == WIRE_PROTO ? proto : json)(&s->call, &s->caller, message, &out));
    TRY(buf_finish(&out, ret_answer));
    return check_deadline(req, s);
}

static void serve(struct request *req, struct response *res, validation_method *json,
                  validation_method *proto)
{
    struct service_call s = {.deadline_ms = 0};
    struct str answer;
    int rc = begin(req, res, &s);
    if (rc == 0 && s.wire.protocol == WIRE_CONNECT_STREAM)
        rc = err_set(&req->err, ERR_UNIMPLEMENTED, "This method is no stream");
    if (rc == 0)
        rc = run(req, &s, json, proto, &answer);
    if (rc == 0)
        wire_reply(req, res, &s.wire, answer);
    else
        wire_fail(req, res, rc);
}

void validation_validate(struct request *req, struct response *res)
{
    serve(req, res, json_validate, proto_validate);
}

void validation_validate_batch(struct request *req, struct response *res)
{
    serve(req, res, json_validate_batch, proto_validate_batch);
}

void validation_introspection(struct request *req, struct response *res)
{
    serve(req, res, json_introspect, proto_introspect);
}

void validation_person(struct request *req, struct response *res)
{
    serve(req, res, json_user_context, proto_user_context);
}

void validation_revocation(struct request *req, struct response *res)
{
    serve(req, res, json_revoke, proto_revoke);
}

static int begin_watch(struct request *req, struct response *res, struct service_call *s)
{
    struct str realm;
    TRY(begin(req, res, s));
    if (s->wire.protocol == WIRE_CONNECT)
        return err_set(&req->err, ERR_UNIMPLEMENTED,
                       "This method is a stream: application/connect+json or +proto");
    TRY(run(req, s, json_watch, proto_watch, &realm));
    const struct watch_begin from = {
        .wire = s->wire,
        .call = &s->call,
        .caller = &s->caller,
        .realm = realm,
        .origin = is_foreign(req) ? request_header(req, STR("Origin")) : str_of(NULL, 0),
        .deadline_ms = s->deadline_ms,
    };
    return watch_stream_open(req, &from, &res->stream);
}

void validation_watch(struct request *req, struct response *res)
{
    struct ground ground;
    struct service_call s = {.ground = &ground};
    ground_init(&ground);
    int rc = begin_watch(req, res, &s);
    if (rc == 0)
        wire_stream_begin(req, res, &s.wire);
    else
        wire_fail(req, res, rc);
}
