/* PUT /admin/garita/certificate, POST /admin/garita/certificate/request, POST /admin/garita/standby/token: what
 * puts a node up, for who has all rights over master. While anything in master waits for a second person these
 * are done at the machine: what they give cannot be given later, when that person has approved. */
#include "core/admin/record.h"
#include "core/base/log.h"
#include "web/admin/admin.h"
#include "web/tls/tls.h"
#include "web/web.h"

#include "core/base/banned.h"

#define MINUTE_MS   INT64_C(60000)
#define MINUTES     60
#define MINUTES_MAX 1440
#define NAMES_READ  64

static int check_caller(struct admin_call *call)
{
    TRY(admin_read(call));
    return admin_may_everything(&call->ctx, &call->caller, call->r);
}

/* Opens the write. */
static int check_alone(struct admin_call *call)
{
    TRY(admin_write(call));
    return call->four_eyes.kinds == 0
               ? 0
               : err_set(&call->req->err, ERR_FORBIDDEN,
                         "Changes in master wait for a second person: this is done at the machine");
}

static int find_tls(struct admin_call *call, struct tls **ret_tls)
{
    *ret_tls = call->req->web->tls;
    return *ret_tls
               ? 0
               : err_set(&call->req->err, ERR_CONFLICT, "This server has no listener with TLS");
}

/* --- The certificate --- */

static int record_certificate(struct admin_call *call, const struct tls_staged *staged)
{
    char date[25];
    clock_rfc3339(staged->expires_s * 1000, date);
    return ADMIN_RECORD(&call->ctx, call->w, EVENT_CertificateReplaced, "node", STR("certificate"),
                        {"subject", str_c(staged->subject)}, {"expires", str_c(date)});
}

/* The event is on the disk before the certificate takes its place. */
static int replace(struct admin_call *call, struct tls *tls, struct tls_staged *staged)
{
    const struct web_services *s = &call->req->web->services;
    struct err_ctx *err = &call->req->err;
    TRY(check_alone(call));
    TRY(record_certificate(call, staged));
    TRY(admin_commit(call));
    TRY(tls_publish(tls, staged, err));
    TRY(web_tls_reload(call->req->web, err));
    if (s->tls_changed)
        s->tls_changed(s->context);
    LOG_INFO("tls", "the certificate was replaced by %.*s", STR_ARG(call->caller.username));
    jw_begin_object(&call->out);
    jw_member_c(&call->out, "subject", staged->subject);
    jw_member_i64(&call->out, "expiresMs", staged->expires_s * 1000);
    jw_end_object(&call->out);
    return 0;
}

int rest_garita_certificate_put(struct admin_call *call)
{
    struct str certificate = STR(""), key = {NULL, 0};
    struct tls_staged staged;
    struct tls *tls;
    TRY(check_caller(call));
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "certificate", &certificate));
    TRY(admin_member_str(call, call->body, "privateKey", &key));
    TRY(find_tls(call, &tls));
    TRY(tls_stage(tls, call->req->arena, certificate, key, call->ctx.now->wall_ms / 1000, &staged,
                  &call->req->err));
    int rc = replace(call, tls, &staged);
    tls_staged_drop(&staged);
    return rc;
}

static int read_names(struct admin_call *call, struct strs *ret_names)
{
    const struct json_value *names = json_get(call->body, "names");
    if (!json_is_array(names) || json_count(names) == 0 || json_count(names) > NAMES_READ)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "names",
                         "names must be an array of host names");
    ret_names->items = ARENA_ARRAY(call->req->arena, json_count(names), struct str);
    if (!ret_names->items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < json_count(names); i++) {
        struct str name = json_str(json_at(names, i));
        if (str_absent(name))
            return err_field(&call->req->err, ERR_INVALID_REQUEST, "names",
                             "names must be an array of host names");
        ret_names->items[ret_names->count++] = name;
    }
    return 0;
}

int rest_garita_certificate_request(struct admin_call *call)
{
    struct strs names = {0};
    struct str pem;
    struct tls *tls;
    TRY(check_caller(call));
    TRY(admin_body_object(call));
    TRY(read_names(call, &names));
    TRY(find_tls(call, &tls));
    TRY(check_alone(call));
    TRY(tls_request(tls, call->req->arena, names.items, names.count, &pem, &call->req->err));
    TRY(ADMIN_RECORD(&call->ctx, call->w, EVENT_CertificateAsked, "node", STR("certificate"),
                     {"name", names.items[0]}));
    TRY(admin_commit(call));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "request", pem);
    jw_end_object(&call->out);
    return 0;
}

/* --- A standby --- */

static int read_minutes(struct admin_call *call, int64_t *ret_minutes)
{
    const struct json_value *minutes = json_get(call->body, "minutes");
    *ret_minutes = MINUTES;
    if (json_is_none(minutes))
        return 0;
    if (json_get_i64(call->body, "minutes", ret_minutes) == 0 && *ret_minutes >= 1 &&
        *ret_minutes <= MINUTES_MAX)
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, "minutes", "minutes must be 1 to %d",
                     MINUTES_MAX);
}

/* Whoever has it gets all data and the master key: a stolen token of an administrator is not enough. */
int rest_garita_standby_token(struct admin_call *call)
{
    const struct web_services *s = &call->req->web->services;
    int64_t minutes;
    struct str token;
    if (!s->invite_standby)
        return ERR_NOT_IMPLEMENTED;
    TRY(check_caller(call));
    TRY(admin_check_fresh(&call->ctx, call->r, &call->caller));
    TRY(admin_body_object(call));
    TRY(read_minutes(call, &minutes));
    TRY(check_alone(call));
    int64_t expires_ms = call->ctx.now->wall_ms + minutes * MINUTE_MS;
    TRY(ADMIN_RECORD(&call->ctx, call->w, EVENT_StandbyInvited, "node", STR("standby"),
                     {"minutes", arena_printf(call->req->arena, "%lld", (long long)minutes)}));
    TRY(s->invite_standby(s->context, call->req->arena, expires_ms, &token, &call->req->err));
    TRY(admin_commit(call));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "token", token);
    jw_member_i64(&call->out, "expiresMs", expires_ms);
    jw_end_object(&call->out);
    return 0;
}
