/* Appending to the audit chain. */
#include "core/port/events.h"

#include "core/base/rng.h"
#include "core/codec/json.h"
#include "store/sql/event_box.h"
#include "store/sql/event_row.h"
#include "store/view.h"

#include "core/base/banned.h"

#define USER_AGENT_MAX_BYTES 256
#define PATH_MAX_BYTES       512
#define WHY_MAX_BYTES        1024
/* Six bytes for each that JSON writes as an escape. */
#define METADATA_MAX_BYTES   ((size_t)16 << 10)

/* --- The record --- */

static struct str cut_utf8(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    text.len = max;
    while (text.len > 0 && !str_is_utf8(text))
        text.len--;
    return text;
}

/* What goes into a column: nothing, rather than bytes that no reader could take. */
static struct str clean(struct str text, size_t max)
{
    struct str cut = cut_utf8(text, max);
    return str_is_utf8(cut) ? cut : STR("(not UTF-8)");
}

static int make_metadata(struct store_write *w, const struct event_actor *actor,
                         struct str *ret_text)
{
    struct buf b;
    struct json_writer j;
    buf_init(&b, &w->arena, METADATA_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_object(&j);
    jw_member_str_opt(&j, "username", clean(actor->username, USER_AGENT_MAX_BYTES));
    jw_member_str_opt(&j, "trace_id", clean(actor->trace_id, USER_AGENT_MAX_BYTES));
    jw_member_str_opt(&j, "realm", clean(actor->realm, USER_AGENT_MAX_BYTES));
    jw_member_str_opt(&j, "path", clean(actor->path, PATH_MAX_BYTES));
    jw_member_str_opt(&j, "justification", clean(actor->justification, WHY_MAX_BYTES));
    jw_member_str_opt(&j, "changeRequest", clean(actor->change_request, USER_AGENT_MAX_BYTES));
    jw_member_str_opt(&j, "requestedBy", clean(actor->requested_by, USER_AGENT_MAX_BYTES));
    jw_end_object(&j);
    return jw_finish(&j, ret_text);
}

static int learn_latest(struct store_write *w)
{
    static const struct sql select = {"SELECT max(time_ms) FROM event"};
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    TRY(query_one(&q));
    w->head.latest_ms = query_col_i64(&q, 0);
    return 0;
}

int event_learn_head(struct store_write *w)
{
    int64_t seq;
    unsigned char hash[AUDIT_HASH_BYTES];
    if (w->head.known)
        return 0;
    TRY(event_head_of_chain(&w->reader, &seq, hash));
    w->head = (struct event_head){.known = true, .seq = seq};
    w->seq_before = seq;
    memcpy(w->head.hash, hash, sizeof(hash));
    return learn_latest(w);
}

struct stream {
    struct str kind, id;
};

static struct stream stream_of(const struct store_write *w, const struct event *event)
{
    if (!str_empty(event->subject_id))
        return (struct stream){str_empty(event->subject_kind) ? STR("object") : event->subject_kind,
                               event->subject_id};
    if (!str_empty(event->actor.user_id))
        return (struct stream){STR("user"), event->actor.user_id};
    return (struct stream){STR("realm"), w->reader.slot->id};
}

static int make_record(struct store_write *w, const struct event *event,
                       const struct stream *stream, struct event_record *ret_record)
{
    const struct event_actor *actor = &event->actor;
    char *id = arena_alloc(&w->arena, UUID_TEXT_LEN + 1);
    if (!id)
        return ERR_NO_MEMORY;
    uuid_v7(w->now.wall_ms, id);
    *ret_record = (struct event_record){
        .seq = w->head.seq + 1,
        .id = str_of(id, UUID_TEXT_LEN),
        .stream_id = ARENA_CONCAT(&w->arena, stream->kind, STR(":"), stream->id),
        .type = str_c(event_type_name(event->type)),
        .version = event_type_version(event->type),
        .time_ms = w->now.wall_ms,
        .tenant = w->reader.view ? w->reader.view->realm.name : str_of(NULL, 0),
        .user_id = actor->user_id,
        .session_id = actor->session_id,
        .client_id = clean(actor->client_id, USER_AGENT_MAX_BYTES),
        .ip = clean(actor->ip, USER_AGENT_MAX_BYTES),
        .user_agent = clean(actor->user_agent, USER_AGENT_MAX_BYTES),
        .data = str_empty(event->data) ? STR("{}") : event->data,
        .prev_hash = str_of((const char *)w->head.hash, sizeof(w->head.hash)),
        .format = EVENT_FORMAT_BOXES,
    };
    if (str_absent(ret_record->stream_id))
        return ERR_NO_MEMORY;
    TRY(make_metadata(w, actor, &ret_record->metadata));
    return event_boxes_seal(w, event, ret_record);
}

/* --- Rows --- */

enum { TEXT_KIND, TEXT_TYPE, TEXT_TENANT, TEXT_CLIENT, TEXT_AGENT, TEXT_COUNT };

static struct str unless_empty_object(struct str json)
{
    return str_eq(json, STR("{}")) ? str_of(NULL, 0) : json;
}

static int insert_row(struct store_write *w, const struct event_record *e,
                      const struct stream *stream, const unsigned char hash[AUDIT_HASH_BYTES])
{
    static const struct sql insert = {
        "INSERT INTO event (seq, id, stream_kind, stream_id, type, version, time_ms, tenant,"
        " user_id, session_id, client_id, ip, user_agent, data, metadata, hash, format, actor_box,"
        " subject_box, both_box) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    const struct str texts[TEXT_COUNT] = {stream->kind, e->type, e->tenant, e->client_id,
                                          e->user_agent};
    int64_t numbers[TEXT_COUNT];
    for (int i = 0; i < TEXT_COUNT; i++)
        TRY(event_text_number(w, texts[i], &numbers[i]));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, e->seq);
    query_id(&q, e->id);
    query_i64(&q, numbers[TEXT_KIND]);
    query_id(&q, stream->id);
    query_i64(&q, numbers[TEXT_TYPE]);
    query_i64(&q, e->version);
    query_i64(&q, e->time_ms);
    query_ref(&q, numbers[TEXT_TENANT]);
    query_id(&q, e->user_id);
    query_id(&q, e->session_id);
    query_ref(&q, numbers[TEXT_CLIENT]);
    query_str(&q, e->ip);
    query_ref(&q, numbers[TEXT_AGENT]);
    query_str(&q, unless_empty_object(e->data));
    query_str(&q, unless_empty_object(e->metadata));
    query_blob(&q, str_of((const char *)hash, AUDIT_HASH_BYTES));
    query_i64(&q, e->format);
    for (int i = 0; i < EVENT_BOX_KINDS; i++)
        query_blob(&q, e->boxes[i]);
    return query_run(&q);
}

/* So that a search by time knows whether times rise with numbers (event_search.c). */
static int note_time(struct store_write *w, const struct event_record *e)
{
    static const struct sql insert = {"INSERT INTO event_step (seq) VALUES (?)"};
    if (e->time_ms > w->head.latest_ms)
        w->head.latest_ms = e->time_ms;
    if (e->time_ms >= w->head.latest_ms - EVENT_STEP_MS)
        return 0;
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, e->seq);
    return query_run(&q);
}

int event_append(struct store_write *w, const struct event *event)
{
    struct event_record record;
    unsigned char hash[AUDIT_HASH_BYTES];
    TRY(event_learn_head(w));
    struct stream stream = stream_of(w, event);
    TRY(make_record(w, event, &stream, &record));
    event_hash(&record, hash);
    TRY(insert_row(w, &record, &stream, hash));
    TRY(note_time(w, &record));
    w->logins += event->type == EVENT_UserLoggedIn;
    w->login_failures += event->type == EVENT_UserLoginAttempted;
    w->head.seq = record.seq;
    memcpy(w->head.hash, hash, sizeof(hash));
    if (record.seq % AUDIT_HEAD_EVERY != 0)
        return 0;
    bool is_signed;
    return event_sign_head(w, &is_signed);
}
