/* Reading the audit chain for Keycloak's lists of events. */
#include "core/admin/event_lists.h"

#include "core/admin/record.h"
#include "core/port/documents.h"
#include "core/port/events.h"

#include "core/base/banned.h"

#define PORTION           250
#define PORTION_MAX_BYTES ((size_t)96 << 20)
#define MARKS_MAX_BYTES   ((size_t)1 << 10)

/* --- What is hidden --- */

static const char *mark_name(enum event_side side)
{
    return side == EVENT_SIDE_USERS ? "events" : "adminEvents";
}

/* The number of the last event that a list does not show any more. */
static int read_mark(const struct auth_ctx *ctx, struct store_read *r, enum event_side side,
                     int64_t *ret_seq)
{
    struct str text;
    const struct json_value *marks;
    *ret_seq = 0;
    int rc = document_find(r, ctx->arena, STR(DOCUMENT_HIDDEN_EVENTS), &text);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(json_parse(ctx->arena, text, MARKS_MAX_BYTES, &marks));
    *ret_seq = json_i64_or(marks, mark_name(side), 0);
    return 0;
}

static int last_seq(const struct auth_ctx *ctx, struct store_read *r, int64_t *ret_seq)
{
    const struct event_filter newest = {.newest_first = true, .sealed = true, .live = true};
    struct event_record *items;
    size_t count;
    TRY(event_list(r, ctx->arena, &newest, 1, &items, &count));
    *ret_seq = count > 0 ? items[0].seq : 0;
    return 0;
}

static int write_marks(const struct auth_ctx *ctx, struct store_write *w, int64_t users,
                       int64_t admins)
{
    struct buf b;
    struct json_writer j;
    struct str text;
    buf_init(&b, ctx->arena, MARKS_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_object(&j);
    jw_member_i64(&j, mark_name(EVENT_SIDE_USERS), users);
    jw_member_i64(&j, mark_name(EVENT_SIDE_ADMINS), admins);
    jw_end_object(&j);
    TRY(jw_finish(&j, &text));
    return document_put(w, STR(DOCUMENT_HIDDEN_EVENTS), text);
}

int event_lists_clear(const struct auth_ctx *ctx, struct store_write *w, enum event_side side)
{
    struct store_read *r = store_write_reader(w);
    int64_t users, admins, last;
    TRY(read_mark(ctx, r, EVENT_SIDE_USERS, &users));
    TRY(read_mark(ctx, r, EVENT_SIDE_ADMINS, &admins));
    TRY(last_seq(ctx, r, &last));
    TRY(write_marks(ctx, w, side == EVENT_SIDE_USERS ? last : users,
                    side == EVENT_SIDE_ADMINS ? last : admins));
    return ADMIN_RECORD(ctx, w, EVENT_EventsHidden, "realm", auth_realm(ctx)->id,
                        {"list", str_c(mark_name(side))},
                        {"upTo", arena_printf(ctx->arena, "%lld", (long long)last)});
}

/* --- What is asked of the store --- */

static bool is_wanted(const struct strs *names, struct str name)
{
    return names->count == 0 || strs_has(names, name);
}

static bool type_is_wanted(const struct event_question *q, const struct realm *realm,
                           enum event_type type)
{
    struct str name = str_c(event_type_keycloak(type));
    int sides = event_type_sides(type);
    if (!(sides & (int)q->side))
        return false;
    if (q->side == EVENT_SIDE_USERS)
        return is_wanted(&q->types, name) && is_wanted(&realm->enabled_event_types, name);
    return sides != EVENT_SIDE_ADMINS || is_wanted(&q->operations, name);
}

static int wanted_types(const struct auth_ctx *ctx, const struct event_question *q,
                        struct strs *ret_types)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (type_is_wanted(q, auth_realm(ctx), (enum event_type)i))
            TRY(strs_add(ret_types, ctx->arena, str_c(event_type_name((enum event_type)i))));
    return 0;
}

static int64_t shown_for_s(const struct realm *realm, enum event_side side)
{
    int64_t seconds = 0;
    if (side == EVENT_SIDE_USERS)
        return realm->events_expiration_s;
    struct str text = str_map_get(&realm->attributes, STR(REALM_ATTR_ADMIN_EVENTS_EXPIRATION));
    return str_to_i64(text, &seconds) == 0 ? seconds : 0;
}

static int64_t from_ms(const struct auth_ctx *ctx, const struct event_question *q)
{
    int64_t seconds = shown_for_s(auth_realm(ctx), q->side);
    int64_t now_ms = ctx->now->wall_ms;
    if (seconds <= 0 || seconds > now_ms / 1000)
        return q->from_ms;
    int64_t from = now_ms - seconds * 1000;
    return from > q->from_ms ? from : q->from_ms;
}

static bool is_shown(const struct realm *realm, enum event_side side)
{
    return side == EVENT_SIDE_USERS ? realm->events_enabled : realm->admin_events_enabled;
}

/* --- What the store cannot judge, because it is sealed or not its to know --- */

/* '*' stands for any text. Goes back to the last one only, so the time is that of both lengths. */
static bool path_matches(struct str pattern, struct str path)
{
    size_t p = 0, s = 0, star = SIZE_MAX, mark = 0;
    while (s < path.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = s;
        } else if (p < pattern.len && pattern.ptr[p] == path.ptr[s]) {
            p++;
            s++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            s = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool is_same(struct str wanted, struct str have)
{
    return str_empty(wanted) || str_eq(wanted, have);
}

static bool answers(const struct event_question *q, const struct event_face *face)
{
    if (!(face->sides & (int)q->side) || !is_same(q->ip, face->record.ip))
        return false;
    if (q->side == EVENT_SIDE_USERS)
        return true;
    return is_wanted(&q->operations, face->operation) &&
           is_wanted(&q->resource_types, face->resource_type) && is_same(q->realm, face->realm) &&
           (str_empty(q->resource_path) || path_matches(q->resource_path, face->resource_path));
}

/* --- Going through the chain --- */

struct walk {
    const struct auth_ctx *ctx;
    const struct event_question *question;
    struct event_filter filter;
    struct arena portion; /* what was looked at and does not belong to the answer */
    int64_t hidden_seq;
    size_t looked, skip, given;
    event_lists_take *take;
    void *context;
    bool over;
};

static void close_walk(struct walk *walk)
{
    arena_free(&walk->portion);
}

static int look(struct walk *walk, const struct event_record *record)
{
    struct event_face face;
    walk->looked++;
    walk->filter.after_seq = record->seq;
    walk->over = record->seq <= walk->hidden_seq;
    if (walk->over)
        return 0;
    TRY(event_face_read(&walk->portion, record, &face));
    if (!answers(walk->question, &face))
        return 0;
    if (walk->skip > 0) {
        walk->skip--;
        return 0;
    }
    walk->given++;
    walk->over = walk->given == walk->question->max;
    return walk->take(walk->context, &face);
}

static int look_at_portion(struct walk *walk, struct store_read *r)
{
    struct event_record *records;
    size_t count;
    arena_reset(&walk->portion);
    TRY(event_list(r, &walk->portion, &walk->filter, PORTION, &records, &count));
    for (size_t i = 0; i < count && !walk->over; i++)
        TRY(look(walk, &records[i]));
    walk->over = walk->over || count < PORTION;
    return 0;
}

static int go(struct walk *walk, struct store_read *r)
{
    while (!walk->over) {
        TRY(look_at_portion(walk, r));
        if (!walk->over && walk->looked >= EVENT_LOOK_MAX)
            return err_set(walk->ctx->err, ERR_INVALID_REQUEST,
                           "More than %d events would have to be looked at: narrow the search by "
                           "dateFrom and dateTo",
                           EVENT_LOOK_MAX);
    }
    return 0;
}

int event_lists_find(const struct auth_ctx *ctx, struct store_read *r,
                     const struct event_question *question, event_lists_take *take, void *context)
{
    CLEANUP(close_walk)
    struct walk walk = {.ctx = ctx,
                        .question = question,
                        .skip = question->first,
                        .take = take,
                        .context = context};
    arena_init(&walk.portion, PORTION_MAX_BYTES);
    if (question->max == 0 || !is_shown(auth_realm(ctx), question->side))
        return 0;
    walk.filter = (struct event_filter){.from_ms = from_ms(ctx, question),
                                        .to_ms = question->to_ms,
                                        .user_id = question->user_id,
                                        .client_id = question->client_id,
                                        .newest_first = !question->oldest_first,
                                        .live = question->from_ms == 0};
    TRY(wanted_types(ctx, question, &walk.filter.types));
    if (walk.filter.types.count == 0)
        return 0;
    TRY(read_mark(ctx, r, question->side, &walk.hidden_seq));
    if (question->oldest_first) {
        walk.filter.after_seq = walk.hidden_seq;
        walk.hidden_seq = 0;
    }
    return go(&walk, r);
}
