/* Errors on their way out: OAuth JSON, Admin REST JSON, pages. The table is fail.def. */
#include "web/fail.h"

#include "core/account/caller.h"
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/port/store.h"
#include "web/grpc/status.h"
#include "web/login/page.h"
#include "web/respond.h"
#include "web/web.h"

#include "core/base/banned.h"

#define REPLY_MAX_BYTES    4096
#define PROBLEMS_MAX_BYTES ((size_t)1 << 20)

enum told { FIXED, DETAIL };

struct outcome {
    int status;
    const char *oauth;
    const char *description;
    enum told told;
    const char *page;
};

static const struct outcome OUTCOMES[ERR_COUNT] = {
#define F(name, status, oauth, description, told, page)                                            \
    [ERR_##name] = {status, oauth, description, told, page},
#include "web/fail.def"
#undef F
};

static const struct outcome *outcome_of(int err)
{
    if (err <= ERR_NONE || err >= ERR_COUNT || OUTCOMES[err].status == 0)
        return &OUTCOMES[ERR_INTERNAL];
    return &OUTCOMES[err];
}

const char *fail_oauth_name(int err)
{
    return outcome_of(err)->oauth;
}

/* RFC 6749 5.2: printable ASCII without '"' and '\'; the same is safe in a quoted header value. */
static struct str legal_description(struct arena *a, struct str text)
{
    struct buf out;
    struct str legal;
    buf_init(&out, a, ERR_DETAIL_MAX + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\')
            c = '\'';
        buf_add_byte(&out, c >= 0x20 && c < 0x7f ? c : '?');
    }
    return buf_finish(&out, &legal) == 0 ? legal : STR("");
}

static struct str description_from(struct arena *a, const struct err_ctx *detail,
                                   const struct outcome *o)
{
    if (o->told == DETAIL && detail->detail[0] != '\0')
        return legal_description(a, str_c(detail->detail));
    return str_c(o->description);
}

static struct str description_of(struct request *req, const struct outcome *o)
{
    return description_from(req->arena, &req->err, o);
}

/* Where a standby's changes are made. */
static void name_primary(struct request *req, struct response *res, int err)
{
    res->elsewhere = err == ERR_STORE_STANDBY;
    struct store *store = req->web ? req->web->services.store : NULL;
    if (err != ERR_STORE_STANDBY || !store)
        return;
    struct str address = store_primary_address(store, req->arena);
    req->err.detail[0] = '\0';
    if (!str_absent(address))
        (void)err_set(&req->err, err, "%s, %.*s", outcome_of(err)->description, STR_ARG(address));
}

static struct str challenge_realm(const struct request *req)
{
    return req->realm ? realm_view_realm(req->realm)->name : STR("garita");
}

/* RFC 6750 3: no error code when the request had no token at all. */
static void challenge_bearer(struct request *req, struct response *res, int err,
                             const struct outcome *o)
{
    struct arena *a = req->arena;
    struct str value = ARENA_CONCAT(a, STR("Bearer realm=\""), challenge_realm(req), STR("\""));
    if (err != ERR_UNAUTHENTICATED)
        value = ARENA_CONCAT(a, value, STR(", error=\""), str_c(o->oauth),
                             STR("\", error_description=\""), description_of(req, o), STR("\""));
    if (err == ERR_LOGIN_TOO_OLD) /* RFC 9470 3 */
        value =
            ARENA_CONCAT(a, value, arena_printf(a, ", max_age=\"%d\"", ACCOUNT_FRESH_MAX_AGE_S));
    if (!str_absent(value))
        respond_header(res, "WWW-Authenticate", value);
}

static void challenge_basic(struct request *req, struct response *res)
{
    /* RFC 6749 5.2: only to clients that tried the header; a browser would ask its user. */
    if (str_absent(request_header(req, STR("Authorization"))))
        return;
    struct str value =
        ARENA_CONCAT(req->arena, STR("Basic realm=\""), challenge_realm(req), STR("\""));
    if (!str_absent(value))
        respond_header(res, "WWW-Authenticate", value);
}

static void add_retry_after(struct response *res, int status)
{
    if (respond_has_header(res, "Retry-After"))
        return;
    if (status == 429)
        respond_header(res, "Retry-After", STR("60"));
    else if (status == 503)
        respond_header(res, "Retry-After", STR("2"));
}

static void add_headers(struct request *req, struct response *res, int err, const struct outcome *o)
{
    if (err == ERR_INVALID_TOKEN || err == ERR_UNAUTHENTICATED || err == ERR_INSUFFICIENT_SCOPE ||
        err == ERR_LOGIN_TOO_OLD)
        challenge_bearer(req, res, err, o);
    else if (err == ERR_INVALID_CLIENT)
        challenge_basic(req, res);
    add_retry_after(res, o->status);
    respond_no_store(res);
}

static void send_json(struct response *res, int status, struct json_writer *w)
{
    struct str body;
    if (jw_finish(w, &body) != 0)
        body = STR("{\"error\":\"server_error\"}");
    respond_json(res, status, body);
}

void fail_oauth(struct request *req, struct response *res, int err)
{
    const struct outcome *o = outcome_of(err);
    struct buf out;
    struct json_writer w;
    name_primary(req, res, err);
    buf_init(&out, req->arena, REPLY_MAX_BYTES);
    jw_init(&w, &out);
    jw_begin_object(&w);
    jw_member_c(&w, "error", o->oauth);
    jw_member_str(&w, "error_description", description_of(req, o));
    jw_end_object(&w);
    send_json(res, o->status, &w);
    add_headers(req, res, err, o);
}

static void admin_error(struct json_writer *w, struct request *req, int err,
                        const struct outcome *o)
{
    struct str detail = str_c(req->err.detail);
    if (err == ERR_STORE_STANDBY || err == ERR_MAIL) {
        jw_member_str(w, "errorMessage", description_of(req, o));
    } else if (err == ERR_NOT_IMPLEMENTED || err == ERR_LOGIN_TOO_OLD || err == ERR_STANDBY_STALE) {
        jw_member_c(w, "error", o->oauth);
        jw_member_str(w, "error_description", description_of(req, o));
    } else if (o->status >= 500) {
        jw_member_c(w, "error", "unknown_error");
        jw_member_c(w, "error_description", "For more on this error consult the server log.");
    } else if (o->status == 401) {
        jw_member_c(w, "error", "HTTP 401 Unauthorized");
    } else if (o->status == 403) {
        jw_member_c(w, "error", "HTTP 403 Forbidden");
        if (o->told == DETAIL && !str_empty(detail))
            jw_member_str(w, "error_description", detail);
    } else if (err == ERR_NOT_FOUND) {
        jw_member_str(w, "error", str_empty(detail) ? STR("Not found") : detail);
    } else if (o->status == 409 || req->err.field[0] != '\0' || err == ERR_PASSWORD_POLICY) {
        if (req->err.field[0] != '\0')
            jw_member_c(w, "field", req->err.field);
        if (err == ERR_EMAIL_TAKEN) /* programs tell it from other conflicts by that */
            jw_member_c(w, "error", o->oauth);
        jw_member_str(w, "errorMessage", str_empty(detail) ? str_c(o->description) : detail);
    } else {
        jw_member_c(w, "error", o->oauth);
        jw_member_str(w, "error_description", description_of(req, o));
    }
}

void fail_admin(struct request *req, struct response *res, int err)
{
    const struct outcome *o = outcome_of(err);
    struct buf out;
    struct json_writer w;
    name_primary(req, res, err);
    buf_init(&out, req->arena, REPLY_MAX_BYTES);
    jw_init(&w, &out);
    jw_begin_object(&w);
    admin_error(&w, req, err, o);
    jw_end_object(&w);
    send_json(res, o->status, &w);
    add_headers(req, res, err, o);
}

static void write_problem(struct json_writer *w, const struct profile_problem *problem)
{
    jw_begin_object(w);
    jw_member_str(w, "field", problem->attribute);
    jw_member_str(w, "errorMessage", problem->message);
    jw_key(w, "params");
    jw_raw(w, problem->params);
    jw_end_object(w);
}

void fail_admin_problems(struct request *req, struct response *res,
                         const struct profile_problems *problems)
{
    const struct outcome *o = outcome_of(ERR_INVALID_REQUEST);
    struct buf out;
    struct json_writer w;
    buf_init(&out, req->arena, PROBLEMS_MAX_BYTES);
    jw_init(&w, &out);
    if (problems->count == 1) {
        write_problem(&w, &problems->items[0]);
    } else {
        jw_begin_object(&w);
        jw_member_array(&w, "errors");
        for (size_t i = 0; i < problems->count; i++)
            write_problem(&w, &problems->items[i]);
        jw_end_array(&w);
        jw_end_object(&w);
    }
    send_json(res, o->status, &w);
    add_headers(req, res, ERR_INVALID_REQUEST, o);
}

/* Names of the codes in Connect, and the HTTP statuses that they have there. */
static const struct {
    const char *name;
    int status;
} connect_codes[GRPC_CODES] = {
    [GRPC_CANCELLED] = {"canceled", 499},
    [GRPC_UNKNOWN] = {"unknown", 500},
    [GRPC_INVALID_ARGUMENT] = {"invalid_argument", 400},
    [GRPC_DEADLINE_EXCEEDED] = {"deadline_exceeded", 504},
    [GRPC_NOT_FOUND] = {"not_found", 404},
    [GRPC_ALREADY_EXISTS] = {"already_exists", 409},
    [GRPC_PERMISSION_DENIED] = {"permission_denied", 403},
    [GRPC_RESOURCE_EXHAUSTED] = {"resource_exhausted", 429},
    [GRPC_FAILED_PRECONDITION] = {"failed_precondition", 400},
    [GRPC_ABORTED] = {"aborted", 409},
    [GRPC_OUT_OF_RANGE] = {"out_of_range", 400},
    [GRPC_UNIMPLEMENTED] = {"unimplemented", 501},
    [GRPC_INTERNAL] = {"internal", 500},
    [GRPC_UNAVAILABLE] = {"unavailable", 503},
    [GRPC_DATA_LOSS] = {"data_loss", 500},
    [GRPC_UNAUTHENTICATED] = {"unauthenticated", 401},
};

/* What HTTP itself says no to keeps its status. */
static enum grpc_code connect_code(const struct outcome *o, enum grpc_code code, int *ret_status)
{
    *ret_status = o->status;
    if (o->status == 404 || o->status == 405)
        return GRPC_UNIMPLEMENTED;
    if (o->status == 415)
        return GRPC_UNKNOWN;
    *ret_status = connect_codes[code].status;
    return code;
}

/* Base64 without padding, by Connect; of the other alphabet than a token's. */
static struct str plain_base64(struct arena *a, struct str bytes)
{
    struct str text = base64_encode(a, bytes);
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    return text;
}

static void connect_detail(struct arena *a, struct json_writer *w, const char *type,
                           void (*write)(const struct grpc_status *, struct buf *),
                           const struct grpc_status *status)
{
    struct buf bytes;
    struct str message;
    buf_init(&bytes, a, GRPC_DETAILS_MAX);
    write(status, &bytes);
    if (buf_finish(&bytes, &message) != 0)
        return;
    jw_begin_object(w);
    jw_member_c(w, "type", type);
    jw_member_str(w, "value", plain_base64(a, message));
    jw_end_object(w);
}

static void connect_details(struct arena *a, struct json_writer *w,
                            const struct grpc_status *status)
{
    if (!status->reason[0] && !status->field[0])
        return;
    jw_member_array(w, "details");
    if (status->reason[0])
        connect_detail(a, w, "google.rpc.ErrorInfo", grpc_error_info_write, status);
    if (status->field[0])
        connect_detail(a, w, "google.rpc.BadRequest", grpc_bad_request_write, status);
    jw_end_array(w);
}

void fail_connect_write(struct arena *a, const struct err_ctx *detail, struct json_writer *w,
                        int err, int *ret_status)
{
    const struct outcome *o = outcome_of(err);
    struct grpc_status status = grpc_status_from(err, detail);
    enum grpc_code code = ret_status ? connect_code(o, status.code, ret_status) : status.code;
    jw_begin_object(w);
    jw_member_c(w, "code", connect_codes[code].name);
    jw_member_str(w, "message", description_from(a, detail, o));
    connect_details(a, w, &status);
    jw_end_object(w);
}

void fail_connect(struct request *req, struct response *res, int err)
{
    struct buf out;
    struct json_writer w;
    int status;
    name_primary(req, res, err);
    buf_init(&out, req->arena, REPLY_MAX_BYTES);
    jw_init(&w, &out);
    fail_connect_write(req->arena, &req->err, &w, err, &status);
    send_json(res, status, &w);
    add_headers(req, res, err, outcome_of(err));
}

void fail_page(struct request *req, struct response *res, int err)
{
    const struct outcome *o = outcome_of(err);
    name_primary(req, res, err);
    /* A page has no challenge to offer, which RFC 9110 15.5.2 asks of a 401. */
    int status = o->status == 401 ? 400 : o->status;
    page_fail(req, res, status, o->page);
    add_retry_after(res, status);
}
