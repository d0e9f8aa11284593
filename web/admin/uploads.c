/* /admin/garita/uploads: a realm that is larger than one call takes comes in pieces, is tried and made from
 * there, and tells meanwhile how far it is. For who may make realms; each sees what he sent himself. Nothing
 * is stored before it is made: the event is that of the realm. On a standby all of it is the primary's. */
#include "web/uploads.h"

#include "core/port/store.h"
#include "web/admin/import.h"
#include "web/web.h"

#include "core/base/banned.h"

static int check_primary(const struct admin_call *call)
{
    return store_is_standby(call->req->web->services.store) ? ERR_STORE_STANDBY : 0;
}

static int missing(struct admin_call *call, int err)
{
    return err == ERR_NOT_FOUND ? admin_missing(call, "Upload") : err;
}

/* Location is the whole answer. */
static int say_begun(struct admin_call *call, const char *id)
{
    call->location = ARENA_CONCAT(call->req->arena, web_own_url(call->req),
                                  STR("/admin/garita/uploads/"), str_c(id));
    call->status = 201;
    return str_absent(call->location) ? ERR_NO_MEMORY : 0;
}

static int refuse_begin(struct admin_call *call, int err)
{
    switch (err) {
    case ERR_TOO_LARGE:
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "size",
                         "at most %zu bytes are taken; garita realm import takes any size",
                         UPLOAD_MAX_BYTES);
    case ERR_LIMIT_REACHED:
        return err_set(&call->req->err, err, "%d uploads of yours are being imported",
                       UPLOADS_OF_OWNER_MAX);
    default: return err;
    }
}

int rest_upload_begin(struct admin_call *call)
{
    int64_t size = 0;
    char id[UUID_TEXT_LEN + 1];
    TRY(check_primary(call));
    TRY(admin_body_object(call));
    const struct json_value *value = json_get(call->body, "size");
    if (json_opt_i64(call->body, "size", &size) != 0 || json_is_none(value) || size <= 0)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "size",
                         "size must be a number of bytes");
    int err = uploads_begin(call->req->web->uploads, call->caller.user_id, (uint64_t)size,
                            call->req->now.monotonic_ms, id);
    return err == 0 ? say_begun(call, id) : refuse_begin(call, err);
}

int rest_upload_get(struct admin_call *call)
{
    struct upload_state state;
    TRY(check_primary(call));
    TRY(missing(call, uploads_look(call->req->web->uploads, call->caller.user_id,
                                   admin_param(call, 0), call->req->now.monotonic_ms, &state)));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "size", (int64_t)state.size_bytes);
    jw_member_i64(&call->out, "received", (int64_t)state.received_bytes);
    jw_member_bool(&call->out, "busy", state.busy);
    if (state.what[0]) {
        jw_member_c(&call->out, "what", state.what);
        jw_member_i64(&call->out, "done", state.done);
    }
    jw_end_object(&call->out);
    return 0;
}

int rest_upload_piece(struct admin_call *call)
{
    struct str text;
    int64_t offset;
    TRY(check_primary(call));
    TRY(admin_query(call, "offset", &text));
    if (str_absent(text) || str_to_i64(text, &offset) != 0 || offset < 0)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "offset",
                         "offset must be a number of bytes");
    int err = uploads_add(call->req->web->uploads, call->caller.user_id, admin_param(call, 0),
                          (uint64_t)offset, call->req->body, call->req->now.monotonic_ms);
    if (err == ERR_CONFLICT)
        return err_set(&call->req->err, err, "the piece does not follow those that are here");
    return missing(call, err);
}

int rest_upload_remove(struct admin_call *call)
{
    TRY(check_primary(call));
    int err = uploads_remove(call->req->web->uploads, call->caller.user_id, admin_param(call, 0));
    if (err == ERR_CONFLICT)
        return err_set(&call->req->err, err, "it is being imported");
    return missing(call, err);
}

/* --- The import --- */

struct at_work {
    struct uploads *uploads;
    struct upload *upload;
};

static void tell(void *context, const struct import_progress *progress)
{
    const struct at_work *work = context;
    uploads_tell(work->uploads, work->upload, progress->what, progress->done);
}

static int import(struct admin_call *call, struct at_work *work, bool dry_run, struct str *ret_name)
{
    struct import_survey survey;
    const struct admin_import what = {.text = upload_content(work->upload),
                                      .dry_run = dry_run,
                                      .progress = tell,
                                      .progress_context = work};
    TRY(admin_import_survey(call, what.text, &survey));
    if (!survey.is_object)
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "An object is expected");
    return admin_import_realm(call, &what, ret_name);
}

int rest_upload_import(struct admin_call *call)
{
    struct at_work work = {.uploads = call->req->web->uploads};
    struct str name = {NULL, 0};
    bool dry_run;
    TRY(check_primary(call));
    TRY(admin_query_dry_run(call, &dry_run));
    int err = uploads_take(work.uploads, call->caller.user_id, admin_param(call, 0), &work.upload);
    if (err == ERR_CONFLICT)
        return err_set(&call->req->err, err, "it is not whole, or being imported");
    TRY(missing(call, err));
    err = import(call, &work, dry_run, &name);
    uploads_give(work.uploads, work.upload, clock_now().monotonic_ms);
    TRY(err);
    return dry_run ? 0 : admin_realm_made(call, name);
}
