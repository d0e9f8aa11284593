/* A person's own data: handed out, and erased. */
#include "core/account/profile.h"
#include "core/admin/erase.h"
#include "core/audit/line.h"
#include "core/base/log.h"
#include "core/port/events.h"
#include "core/transfer/person.h"
#include "web/account/account.h"
#include "web/body.h"
#include "web/respond.h"

#include "core/base/banned.h"

#define DATA_MAX_BYTES    ((size_t)32 << 20)
#define EVENT_PAGE        500
#define EVENTS_MAX        20000
#define EXPORTS_AN_HOUR   5
#define HOUR_MS           INT64_C(3600000)
#define SCRATCH_MAX_BYTES ((size_t)32 << 20)

/* --- Handing out --- */

/* One page of events, the newest first; what is sealed is opened. */
static int write_page(struct account_call *call, struct json_writer *w, struct arena *scratch,
                      struct event_filter *io_filter, size_t *ret_count)
{
    struct event_record *events;
    TRY(event_list(call->r, scratch, io_filter, EVENT_PAGE, &events, ret_count));
    for (size_t i = 0; i < *ret_count; i++)
        event_line_write(w, scratch, &events[i]);
    if (*ret_count > 0)
        io_filter->after_seq = events[*ret_count - 1].seq;
    return 0;
}

static int write_pages(struct account_call *call, struct json_writer *w, struct arena *scratch,
                       bool archived, bool *ret_complete)
{
    struct event_filter filter = {
        .user_id = call->user.id, .newest_first = true, .live = !archived};
    size_t count = EVENT_PAGE;
    for (size_t all = 0; count == EVENT_PAGE && all < EVENTS_MAX; all += count) {
        arena_reset(scratch);
        TRY(write_page(call, w, scratch, &filter, &count));
    }
    *ret_complete = count < EVENT_PAGE;
    return 0;
}

/* What the person did, not what others did to it: that would tell about them. */
static int write_events(struct account_call *call, struct json_writer *w, bool archived)
{
    CLEANUP(arena_free) struct arena scratch;
    bool complete = true;
    arena_init(&scratch, SCRATCH_MAX_BYTES);
    jw_member_array(w, "events");
    TRY(write_pages(call, w, &scratch, archived, &complete));
    jw_end_array(w);
    jw_member_bool(w, "eventsComplete", complete);
    jw_member_bool(w, "eventsArchived", archived);
    return 0;
}

/* AD-07: attributes that people do not see are not in it either. */
static int write_data(struct account_call *call, struct json_writer *w, bool archived)
{
    struct profile profile;
    TRY(account_profile(&call->ctx, &profile));
    struct user seen =
        profile_seen(call->req->arena, &profile, &call->user, STR(PROFILE_ROLE_USER));
    jw_begin_object(w);
    jw_key(w, "account");
    TRY(person_write(w, call->r, call->req->arena, &seen));
    TRY(write_events(call, w, archived));
    jw_end_object(w);
    return w->err;
}

/* HT-08: the events of what was handed out bound it, in the turn in which the next one is written; so also
 * of many who ask at once so many get it. */
static int check_often(struct account_call *call)
{
    struct event_filter filter = {.user_id = call->user.id,
                                  .from_ms = call->ctx.now->wall_ms - HOUR_MS,
                                  .newest_first = true,
                                  .sealed = true,
                                  .live = true};
    struct event_record *events;
    size_t count;
    TRY(strs_add(&filter.types, call->req->arena, str_c(event_type_name(EVENT_DataExported))));
    TRY(event_list(call->r, call->req->arena, &filter, EXPORTS_AN_HOUR, &events, &count));
    return count < EXPORTS_AN_HOUR
               ? 0
               : err_set(&call->req->err, ERR_RATE_LIMITED,
                         "One's data are handed out %d times an hour at most", EXPORTS_AN_HOUR);
}

static int wants_archived(struct account_call *call, bool *ret_archived)
{
    const struct form *query;
    TRY(request_query(call->req, &query));
    *ret_archived = str_eq(form_get(query, "archived"), STR("true"));
    return 0;
}

/* The event comes first: what went out without one could not be told afterwards. */
int account_data(struct account_call *call)
{
    struct json_writer w;
    struct str json;
    bool archived;
    TRY(account_fresh(call));
    TRY(wants_archived(call, &archived));
    TRY(account_write(call, NEED_CHANGE));
    TRY(check_often(call));
    TRY(admin_user_exported(&call->ctx, call->w, call->user.id));
    TRY(account_commit(call));
    TRY(account_read(call));
    buf_init(&call->res->body, NULL, DATA_MAX_BYTES); /* longer than the arena is */
    jw_init(&w, &call->res->body);
    TRY(write_data(call, &w, archived));
    TRY(jw_finish(&w, &json));
    respond_status(call->res, 200);
    respond_header(call->res, "Content-Type", STR("application/json"));
    respond_header(call->res, "Content-Disposition", STR("attachment; filename=\"account.json\""));
    return 0;
}

/* --- Erasing --- */

/* Who types his own user name knows what he does. */
static int check_typed(struct account_call *call, const struct json_value *body)
{
    struct str typed = {NULL, 0};
    TRY(body_member_str(call->req, body, "username", &typed));
    if (!str_eq(typed, call->user.username))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "username",
                         "username must be the person's own user name");
    return 0;
}

/* Whoever erases himself is not named by the event about it. */
static int erase(struct account_call *call)
{
    struct auth_ctx ctx = call->ctx;
    struct erasure erasure;
    ctx.actor =
        (struct event_actor){.client_id = ctx.actor.client_id, .trace_id = ctx.actor.trace_id};
    TRY(admin_user_erase(&ctx, call->w, call->user.username, STR("by the person"), &erasure));
    return str_eq(erasure.user_id, call->user.id) ? 0 : ERR_INTERNAL;
}

/* The person is gone already; what is left is a log that somebody is reading. */
static void empty_log(struct account_call *call)
{
    const struct request *req = call->req;
    int rc = store_forget(req->realm);
    if (rc == 0)
        return;
    struct log_about about = {req->trace_id, req->tenant_id, STR("")};
    struct log_field fields[] = {LOG_S("error", str_c(err_name(rc))), LOG_END};
    log_write(LOG_LEVEL_WARN, "web", &about, fields,
              "the realm's log could not be emptied after an erasure");
}

int account_erase(struct account_call *call)
{
    const struct json_value *body;
    TRY(body_object(call->req, &body));
    TRY(account_fresh(call));
    if (str_eq(auth_realm(&call->ctx)->name, STR(REALM_MASTER)))
        return err_set(&call->req->err, ERR_FORBIDDEN,
                       "Administrators of master are erased by garita user erase");
    TRY(account_write(call, NEED_ENDING));
    TRY(check_typed(call, body));
    TRY(erase(call));
    TRY(account_commit(call));
    empty_log(call);
    return 0;
}
