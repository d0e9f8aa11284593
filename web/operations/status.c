/* GET /admin/garita/status, GET /admin/garita/log, POST /admin/garita/backup and .../trial: the node as it is now, for
 * who looks after it. Lines of the log are about people of all realms: only who has all rights over
 * master reads them. */
#include "core/admin/record.h"
#include "web/admin/admin.h"
#include "web/operations/history.h"
#include "web/operations/log_tail.h"
#include "web/web.h"

#include "core/base/banned.h"

int rest_garita_status(struct admin_call *call)
{
    const struct web_services *s = &call->req->web->services;
    if (!s->status)
        return ERR_NOT_IMPLEMENTED;
    jw_begin_object(&call->out);
    TRY(s->status(s->context, call->req->arena, &call->out));
    jw_end_object(&call->out);
    return 0;
}

static int read_level(struct admin_call *call, enum log_level *ret_level)
{
    struct str text;
    TRY(admin_query(call, "level", &text));
    *ret_level = LOG_LEVEL_DEBUG;
    if (str_absent(text))
        return 0;
    return log_level_find(text, ret_level)
               ? 0
               : err_field(&call->req->err, ERR_INVALID_REQUEST, "level",
                           "level must be debug, info, warn or error");
}

int rest_garita_log(struct admin_call *call)
{
    enum log_level lowest;
    struct admin_page page;
    struct str *lines;
    size_t count;
    TRY(admin_read(call));
    TRY(admin_may_everything(&call->ctx, &call->caller, call->r));
    TRY(read_level(call, &lowest));
    TRY(admin_page(call, &page));
    TRY(log_tail_read(call->req->arena, lowest, page.max, &lines, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        jw_raw(&call->out, lines[i]);
    jw_end_array(&call->out);
    return 0;
}

/* That somebody wants it is on record before it begins; how it ended becomes an event of its own. */
int rest_garita_backup_try(struct admin_call *call)
{
    const struct web_services *s = &call->req->web->services;
    if (!s->try_backup)
        return ERR_NOT_IMPLEMENTED;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(admin_record(&call->ctx, call->w, EVENT_BackupTrialAsked, "backup", STR(""), STR("{}")));
    TRY(admin_commit(call));
    return s->try_backup(s->context, &call->req->err);
}

int rest_garita_backup_make(struct admin_call *call)
{
    const struct web_services *s = &call->req->web->services;
    if (!s->make_backup)
        return ERR_NOT_IMPLEMENTED;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(admin_record(&call->ctx, call->w, EVENT_BackupAsked, "backup", STR(""), STR("{}")));
    TRY(admin_commit(call));
    return s->make_backup(s->context, &call->req->err);
}
