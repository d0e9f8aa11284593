/* Change requests as records. */
#include "core/admin/change_requests.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define DAY_MS  INT64_C(86400000)
#define SUBJECT "change-request"

bool change_request_is(const struct change_request *request, const char *status)
{
    return str_eq_c(request->status, status);
}

/* --- Records --- */

static int to_record(const struct auth_ctx *ctx, const struct change_request *request,
                     struct realm_record *ret_record)
{
    *ret_record = (struct realm_record){
        .kind = RECORD_CHANGE_REQUEST, .id = request->id, .position = -request->asked_ms};
    return record_document_write(ctx, &change_request_fields, request, "id", request->id,
                                 &ret_record->json);
}

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct change_request *ret_request)
{
    struct change_request request = {.id = record->id};
    TRY(record_document_read(ctx, &change_request_fields, &request, record->json));
    *ret_request = request;
    return 0;
}

static bool is_over(const struct auth_ctx *ctx, const struct change_request *request)
{
    return change_request_is(request, CHANGE_PENDING) && ctx->now->wall_ms >= request->expires_ms;
}

static int find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                struct change_request *ret_request)
{
    struct realm_record record;
    int rc = record_find(r, ctx->arena, RECORD_CHANGE_REQUEST, id, &record);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "Change request not found");
    TRY(rc);
    return from_record(ctx, &record, ret_request);
}

static int list(const struct auth_ctx *ctx, struct store_read *r,
                struct change_requests *ret_requests)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, ctx->arena, RECORD_CHANGE_REQUEST, &records, &count));
    struct change_request *items = ARENA_ARRAY(ctx->arena, count + 1, struct change_request);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], &items[i]));
    *ret_requests = (struct change_requests){items, count};
    return 0;
}

/* --- Finding --- */

static void show_expiry(const struct auth_ctx *ctx, struct change_request *request)
{
    if (is_over(ctx, request))
        request->status = STR(CHANGE_EXPIRED);
}

int change_request_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                        struct change_request *ret_request)
{
    TRY(find(ctx, r, id, ret_request));
    show_expiry(ctx, ret_request);
    return 0;
}

int change_request_list(const struct auth_ctx *ctx, struct store_read *r,
                        struct change_requests *ret_requests)
{
    TRY(list(ctx, r, ret_requests));
    for (size_t i = 0; i < ret_requests->count; i++)
        show_expiry(ctx, &ret_requests->items[i]);
    return 0;
}

static int find_text(const struct auth_ctx *ctx, struct store_read *r, const char *kind,
                     struct str id, struct str *ret_text)
{
    struct realm_record record;
    TRY(record_find(r, ctx->arena, kind, id, &record));
    *ret_text = record.json;
    return 0;
}

int change_request_body(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                        struct str *ret_body)
{
    return find_text(ctx, r, RECORD_CHANGE_CALL, id, ret_body);
}

int change_request_rows(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                        struct str *ret_rows)
{
    return find_text(ctx, r, RECORD_CHANGE_ROWS, id, ret_rows);
}

/* --- Ending --- */

static enum event_type event_of(const char *status)
{
    static const struct {
        const char *status;
        enum event_type type;
    } events[] = {{CHANGE_APPROVED, EVENT_ChangeApproved},
                  {CHANGE_REJECTED, EVENT_ChangeRejected},
                  {CHANGE_CANCELLED, EVENT_ChangeCancelled},
                  {CHANGE_EXPIRED, EVENT_ChangeExpired}};
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (strcmp(events[i].status, status) == 0)
            return events[i].type;
    return EVENT_ChangeOutdated;
}

static int record_end(const struct auth_ctx *ctx, struct store_write *w,
                      const struct change_request *request, enum event_type type)
{
    struct str kinds = {NULL, 0};
    for (size_t i = 0; i < request->kinds.count; i++) {
        kinds = str_absent(kinds)
                    ? request->kinds.items[i]
                    : ARENA_CONCAT(ctx->arena, kinds, STR(" "), request->kinds.items[i]);
        if (str_absent(kinds))
            return ERR_NO_MEMORY;
    }
    return ADMIN_RECORD(ctx, w, type, SUBJECT, request->id, {"kinds", kinds},
                        {"method", request->method}, {"path", request->path},
                        {"requesterId", request->requester_id},
                        {"requesterRealm", request->requester_realm},
                        {"reason", str_empty(request->reason) ? str_of(NULL, 0) : request->reason});
}

static int end(const struct auth_ctx *ctx, struct store_write *w, struct change_request *request,
               const char *status)
{
    struct realm_record record;
    request->status = str_c(status);
    request->decided_ms = ctx->now->wall_ms;
    TRY(to_record(ctx, request, &record));
    TRY(record_update(w, &record));
    TRY(record_delete(w, RECORD_CHANGE_CALL, request->id));
    return record_end(ctx, w, request, event_of(status));
}

int change_request_end(const struct auth_ctx *ctx, struct store_write *w,
                       struct change_request *request, const char *status, struct str reason)
{
    if (!change_request_is(request, CHANGE_PENDING))
        return err_set(ctx->err, ERR_CONFLICT, "The request does not wait any more: it is %.*s",
                       STR_ARG(request->status));
    if (reason.len > CHANGE_REASON_MAX_BYTES)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "reason", "reason has more than %d bytes",
                         CHANGE_REASON_MAX_BYTES);
    request->reason = str_absent(reason) ? STR("") : reason;
    request->decider_id = ctx->actor.user_id;
    request->decider_name = ctx->actor.username;
    request->decider_realm = ctx->actor.realm;
    return end(ctx, w, request, status);
}

static int expire_all(const struct auth_ctx *ctx, struct store_write *w,
                      const struct change_requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        if (is_over(ctx, &requests->items[i]))
            TRY(end(ctx, w, &requests->items[i], CHANGE_EXPIRED));
    return 0;
}

int change_requests_due(const struct auth_ctx *ctx, struct store_read *r, bool *ret_due)
{
    struct change_requests requests;
    TRY(list(ctx, r, &requests));
    *ret_due = false;
    for (size_t i = 0; i < requests.count && !*ret_due; i++)
        *ret_due = is_over(ctx, &requests.items[i]);
    return 0;
}

int change_requests_expire(const struct auth_ctx *ctx, struct store_write *w)
{
    struct change_requests requests;
    TRY(list(ctx, store_write_reader(w), &requests));
    return expire_all(ctx, w, &requests);
}

/* --- Keeping --- */

/* Room for one more: among those that wait there must be some, of the others the oldest go. */
static int make_room(const struct auth_ctx *ctx, struct store_write *w)
{
    struct change_requests all;
    size_t pending = 0;
    TRY(list(ctx, store_write_reader(w), &all));
    TRY(expire_all(ctx, w, &all));
    for (size_t i = 0; i < all.count; i++)
        pending += change_request_is(&all.items[i], CHANGE_PENDING);
    if (pending >= CHANGE_REQUESTS_PENDING_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED,
                       "%d changes wait for a second person already: decide or cancel some",
                       CHANGE_REQUESTS_PENDING_MAX);
    size_t left = all.count;
    for (size_t i = all.count; i-- > 0 && left >= CHANGE_REQUESTS_KEPT_MAX;) {
        if (change_request_is(&all.items[i], CHANGE_PENDING))
            continue;
        TRY(record_delete(w, RECORD_CHANGE_ROWS, all.items[i].id));
        TRY(record_delete(w, RECORD_CHANGE_REQUEST, all.items[i].id));
        left--;
    }
    return 0;
}

static int kinds_to_names(struct arena *a, unsigned kinds, struct strs *ret_names)
{
    *ret_names = (struct strs){0};
    for (int i = 0; i < FOUR_EYES_KIND_COUNT; i++)
        if (kinds & FOUR_EYES_BIT(i))
            TRY(strs_add(ret_names, a, str_c(four_eyes_kind_name((enum four_eyes_kind)i))));
    return 0;
}

static int fill(const struct auth_ctx *ctx, const struct four_eyes *setting,
                const struct held_change *held, struct change_request *io_request)
{
    TRY(admin_id(ctx->arena, &io_request->id));
    TRY(kinds_to_names(ctx->arena, held->kinds, &io_request->kinds));
    io_request->status = STR(CHANGE_PENDING);
    io_request->asked_ms = ctx->now->wall_ms;
    io_request->expires_ms = ctx->now->wall_ms + setting->expires_after_days * DAY_MS;
    io_request->rows_left_out = held->left_out;
    io_request->digest =
        hex_encode(ctx->arena, str_of((const char *)held->digest, sizeof(held->digest)));
    return str_absent(io_request->digest) ? ERR_NO_MEMORY : 0;
}

static int record_new(const struct auth_ctx *ctx, struct store_write *w,
                      const struct change_request *request, unsigned kinds)
{
    struct str text = four_eyes_kinds_text(ctx->arena, kinds);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    return ADMIN_RECORD(ctx, w, EVENT_ChangeRequested, SUBJECT, request->id, {"kinds", text},
                        {"method", request->method}, {"path", request->path});
}

int change_request_insert(const struct auth_ctx *ctx, struct store_write *w,
                          const struct four_eyes *setting, const struct held_change *held,
                          struct str body, struct change_request *io_request)
{
    struct realm_record record;
    if (body.len > CHANGE_CALL_MAX_BYTES)
        return err_set(ctx->err, ERR_INVALID_REQUEST,
                       "A change that waits for a second person may have %zu bytes at most",
                       CHANGE_CALL_MAX_BYTES);
    TRY(make_room(ctx, w));
    TRY(fill(ctx, setting, held, io_request));
    TRY(to_record(ctx, io_request, &record));
    const struct realm_record rows = {
        .kind = RECORD_CHANGE_ROWS, .id = io_request->id, .json = held->rows};
    const struct realm_record call = {
        .kind = RECORD_CHANGE_CALL, .id = io_request->id, .json = str_empty(body) ? STR("") : body};
    TRY(record_insert(w, &record));
    TRY(record_insert(w, &rows));
    TRY(record_insert(w, &call));
    return record_new(ctx, w, io_request, held->kinds);
}
