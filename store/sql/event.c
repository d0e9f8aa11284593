/* Appending to the audit chain. */
#include "core/port/events.h"

#include "core/base/rng.h"
#include "core/codec/json.h"
#include "core/crypto/digest.h"
#include "core/crypto/kdf.h"
#include "store/sql/event_row.h"
#include "store/view.h"

#include "core/base/banned.h"

#define USER_AGENT_MAX_BYTES 256
#define METADATA_MAX_BYTES   4096

/* --- Shared texts --- */

int event_text_find(struct conn *conn, struct str text, int64_t *ret_pk)
{
    static const struct sql select = {"SELECT pk FROM event_text WHERE text = ?"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    query_str(&q, text);
    TRY(query_one(&q));
    *ret_pk = query_col_i64(&q, 0);
    return 0;
}

static int text_insert(struct store_write *w, struct str text, int64_t *ret_pk)
{
    static const struct sql insert = {"INSERT INTO event_text (text) VALUES (?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, text);
    TRY(query_run(&q));
    *ret_pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    w->texts_added = true;
    return 0;
}

/* The number of a text; 0 for an absent one. */
static int text_number(struct store_write *w, struct str text, int64_t *ret_pk)
{
    unsigned char hash[BLAKE2B_BYTES];
    uint64_t key[2];
    int64_t pk = 0;
    *ret_pk = 0;
    if (str_absent(text))
        return 0;
    blake2b_256_of(text, hash);
    memcpy(key, hash, sizeof(key));
    struct event_texts *known = &w->reader.db->texts;
    size_t at = key[0] % EVENT_TEXTS;
    if (known->items[at].pk != 0 && memcmp(known->items[at].hash, key, sizeof(key)) == 0) {
        *ret_pk = known->items[at].pk;
        return 0;
    }
    int err = event_text_find(write_conn(w), text, &pk);
    if (err == ERR_NOT_FOUND)
        err = text_insert(w, text, &pk);
    TRY(err);
    memcpy(known->items[at].hash, key, sizeof(key));
    known->items[at].pk = pk;
    *ret_pk = pk;
    return 0;
}

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

static int learn_head(struct store_write *w)
{
    static const struct sql select = {"SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"};
    bool row;
    if (w->head.known)
        return 0;
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    TRY(query_next(&q, &row));
    w->head = (struct event_head){.known = true};
    if (!row)
        return 0;
    struct str hash = query_col_view(&q, 1);
    if (hash.len != sizeof(w->head.hash))
        return ERR_STORE_CORRUPT;
    w->head.seq = query_col_i64(&q, 0);
    memcpy(w->head.hash, hash.ptr, hash.len);
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
    };
    return str_absent(ret_record->stream_id) ? ERR_NO_MEMORY
                                             : make_metadata(w, actor, &ret_record->metadata);
}

/* --- Rows --- */

enum { TEXT_KIND, TEXT_TYPE, TEXT_TENANT, TEXT_CLIENT, TEXT_AGENT, TEXT_COUNT };

static struct str unless_empty_object(struct str json)
{
    return str_eq(json, STR("{}")) ? str_of(NULL, 0) : json;
}

static int insert_row(struct store_write *w, const struct event_record *e,
                      const struct stream *stream, const unsigned char hash[32])
{
    static const struct sql insert = {
        "INSERT INTO event (seq, id, stream_kind, stream_id, type, version, time_ms, tenant,"
        " user_id, session_id, client_id, ip, user_agent, data, metadata, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    const struct str texts[TEXT_COUNT] = {stream->kind, e->type, e->tenant, e->client_id,
                                          e->user_agent};
    int64_t numbers[TEXT_COUNT];
    for (int i = 0; i < TEXT_COUNT; i++)
        TRY(text_number(w, texts[i], &numbers[i]));
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
    query_blob(&q, str_of((const char *)hash, 32));
    return query_run(&q);
}

int event_seal_make(const struct slot *slot, int64_t seq, const unsigned char hash[32],
                    unsigned char ret_mac[EVENT_SEAL_BYTES])
{
    unsigned char key[KDF_KEY_BYTES];
    const struct str parts[] = {str_of((const char *)&seq, sizeof(seq)),
                                str_of((const char *)hash, 32)};
    TRY(kdf_derive(secret_view(&slot->store->master_key), "event-seal", slot->id, key));
    blake2b_256(str_of((const char *)key, sizeof(key)), parts, ARRAY_LEN(parts), ret_mac);
    secret_wipe(key, sizeof(key));
    return 0;
}

static int seal_head(struct store_write *w)
{
    static const struct sql insert = {"INSERT INTO event_seal (seq, mac) VALUES (?, ?)"};
    unsigned char mac[EVENT_SEAL_BYTES];
    TRY(event_seal_make(w->reader.slot, w->head.seq, w->head.hash, mac));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_i64(&q, w->head.seq);
    query_blob(&q, str_of((const char *)mac, sizeof(mac)));
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
    unsigned char hash[32];
    TRY(learn_head(w));
    struct stream stream = stream_of(w, event);
    TRY(make_record(w, event, &stream, &record));
    event_hash(&record, hash);
    TRY(insert_row(w, &record, &stream, hash));
    TRY(note_time(w, &record));
    w->head.seq = record.seq;
    memcpy(w->head.hash, hash, sizeof(hash));
    return record.seq % EVENT_SEAL_EVERY == 0 ? seal_head(w) : 0;
}
