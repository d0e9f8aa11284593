/* Who acts, out of the audit chain. */
#include "core/auth/impersonation.h"

#include "core/auth/session.h"
#include "core/codec/json.h"
#include "core/port/events.h"

#include "core/base/banned.h"

#define DATA_MAX_BYTES  ((size_t)64 << 10)
/* Session and event are of one transaction; so many others may be of the same time. */
#define TIME_SLACK_MS   INT64_C(60000)
#define MOMENTS_AT_MOST 1000

static int find_events(const struct auth_ctx *ctx, struct store_read *r, int64_t started_ms,
                       struct event_record **ret_items, size_t *ret_count)
{
    struct str type = str_c(event_type_name(EVENT_UserImpersonated));
    const struct event_filter filter = {.from_ms = started_ms - TIME_SLACK_MS,
                                        .to_ms = started_ms + TIME_SLACK_MS,
                                        .types = {&type, 1},
                                        .newest_first = true,
                                        .live = true};
    return event_list(r, ctx->arena, &filter, MOMENTS_AT_MOST, ret_items, ret_count);
}

/* Of the events of that moment the one of the session; ERR_NOT_FOUND. */
static int pick(const struct auth_ctx *ctx, const struct user_session *session,
                const struct event_record *items, size_t count, struct impersonator *ret_who)
{
    for (size_t i = 0; i < count; i++) {
        const struct json_value *data;
        if (str_empty(items[i].data)) /* the person was erased */
            continue;
        TRY(json_parse(ctx->arena, items[i].data, DATA_MAX_BYTES, &data));
        if (!str_eq(json_get_str(data, "sessionId"), session->id))
            continue;
        *ret_who = (struct impersonator){.realm = json_get_str(data, "impersonator_realm"),
                                         .username = json_get_str(data, "impersonator"),
                                         .user_id = items[i].user_id,
                                         .client_id = items[i].client_id};
        return 0;
    }
    return ERR_NOT_FOUND;
}

int impersonation_find(const struct auth_ctx *ctx, struct store_read *r,
                       const struct user_session *session, struct impersonator *ret_who)
{
    struct event_record *items;
    size_t count;
    TRY(find_events(ctx, r, session->started_ms, &items, &count));
    return pick(ctx, session, items, count, ret_who);
}

int impersonation_tell(const struct auth_ctx *ctx, struct store_read *r,
                       const struct user_session *session, struct report *io_report)
{
    struct impersonator who;
    if (!session_is_impersonated(session))
        return 0;
    int rc = impersonation_find(ctx, r, session, &who);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    report_add(io_report, "impersonator", who.username);
    report_add(io_report, "impersonator_realm", who.realm);
    return 0;
}
