/* From a report to an event with its JSON data. */
#include "core/auth/report.h"

#include "core/codec/json.h"
#include "core/port/events.h"

#include "core/base/banned.h"

#define DATA_MAX_BYTES   ((size_t)16 << 10)
#define DETAIL_MAX_BYTES 512

void report_add(struct report *r, const char *name, struct str value)
{
    if (r->count < REPORT_MAX_DETAILS && !str_absent(value))
        r->details[r->count++] = (struct report_detail){name, value};
}

/* Cut at a character: texts come from outside and may be long. */
static struct str cut_text(struct str s)
{
    size_t len = DETAIL_MAX_BYTES;
    if (s.len <= len)
        return s;
    while (len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_sub(s, 0, len);
}

/* The name goes into data only where data is sealed with the user's own key; the actor's name stands
 * in the event anyway. */
static int write_data(const struct auth_ctx *ctx, const struct report *r, bool about_user,
                      struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, DATA_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    if (about_user && !str_absent(r->username))
        jw_member_str(&w, "username", cut_text(r->username));
    for (size_t i = 0; i < r->count; i++)
        jw_member_str(&w, r->details[i].name, cut_text(r->details[i].value));
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

static void prefer(struct str *io_member, struct str value)
{
    if (!str_absent(value))
        *io_member = value;
}

static int make_event(const struct auth_ctx *ctx, const struct report *r, struct event *ret_event)
{
    struct event event = {.type = r->type, .actor = ctx->actor};
    prefer(&event.actor.user_id, r->user_id);
    prefer(&event.actor.username, r->username);
    prefer(&event.actor.session_id, r->session_id);
    prefer(&event.actor.client_id, r->client_id);
    event.subject_kind = r->subject_kind;
    event.subject_id = r->subject_id;
    if (str_absent(event.subject_kind)) {
        bool has_user = !str_empty(event.actor.user_id);
        event.subject_kind = has_user ? STR("user") : STR("client");
        event.subject_id = has_user ? event.actor.user_id : event.actor.client_id;
    }
    event.name_is_unknown = str_empty(event.actor.user_id) && !str_absent(r->username);
    TRY(write_data(ctx, r, str_eq(event.subject_kind, STR("user")), &event.data));
    *ret_event = event;
    return 0;
}

int report_write(const struct auth_ctx *ctx, struct store_write *w, const struct report *r)
{
    struct event event;
    TRY(make_event(ctx, r, &event));
    return event_append(w, &event);
}

int report_alone(const struct auth_ctx *ctx, const struct report *r)
{
    struct event event;
    TRY(make_event(ctx, r, &event));
    return event_append_alone(ctx->view, ctx->now, &event, DURABLE_STANDBY);
}
