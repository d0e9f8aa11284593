/* Events to JSON and back. */
#include "core/audit/line.h"

#include "core/base/err.h"
#include "core/codec/base64.h"

#include "core/base/banned.h"

static void write_json(struct json_writer *w, const char *name, struct str json)
{
    jw_key(w, name);
    jw_raw(w, str_empty(json) ? STR("{}") : json);
}

static void write_boxes(struct json_writer *w, struct arena *scratch, const struct event_record *e)
{
    jw_member_i64(w, "format", e->format);
    if (e->opened)
        jw_member_bool(w, "opened", true);
    if (e->erased)
        jw_member_bool(w, "erased", true);
    for (int i = 0; i < EVENT_BOX_KINDS; i++) {
        if (str_absent(e->boxes[i]))
            continue;
        jw_member_object(w, "sealed");
        jw_member_str(w, event_box_name((enum event_box_kind)i),
                      base64url_encode(scratch, e->boxes[i]));
        jw_end_object(w);
    }
}

static void write_statement(struct json_writer *w, struct arena *scratch, const char *name,
                            const struct statement *s)
{
    if (!s)
        return;
    jw_member_object(w, name);
    statement_write(w, scratch, s);
    jw_end_object(w);
}

void event_line_write(struct json_writer *w, struct arena *scratch, const struct event_record *e)
{
    char date[25];
    clock_rfc3339(e->time_ms, date);
    jw_begin_object(w);
    jw_member_i64(w, "seq", e->seq);
    jw_member_str(w, "id", e->id);
    jw_member_str(w, "streamId", e->stream_id);
    jw_member_str(w, "type", e->type);
    jw_member_i64(w, "version", e->version);
    jw_member_c(w, "time", date);
    jw_member_str_opt(w, "tenant", e->tenant);
    jw_member_str_opt(w, "userId", e->user_id);
    jw_member_str_opt(w, "sessionId", e->session_id);
    jw_member_str_opt(w, "clientId", e->client_id);
    jw_member_str_opt(w, "ip", e->ip);
    jw_member_str_opt(w, "userAgent", e->user_agent);
    write_json(w, "data", e->data);
    write_json(w, "metadata", e->metadata);
    if (e->format == EVENT_FORMAT_BOXES)
        write_boxes(w, scratch, e);
    jw_member_str(w, "previousHash", hex_encode(scratch, e->prev_hash));
    jw_member_str(w, "hash", hex_encode(scratch, e->hash));
    write_statement(w, scratch, "signedHead", e->head);
    write_statement(w, scratch, "removal", e->removal);
    jw_end_object(w);
    if (scratch->exhausted && w->err == 0)
        w->err = ERR_NO_MEMORY;
}

/* --- Reading --- */

static int read_json(struct arena *a, const struct json_value *v, const char *name,
                     struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    const struct json_value *member = json_get(v, name);
    if (!json_is_object(member))
        return ERR_INVALID_SYNTAX;
    buf_init(&b, a, EVENT_LINE_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, member);
    return jw_finish(&w, ret_text);
}

static int read_hash(struct arena *a, const struct json_value *v, const char *name,
                     struct str *ret_hash)
{
    TRY(hex_decode(a, json_get_str(v, name), ret_hash));
    return ret_hash->len == AUDIT_HASH_BYTES ? 0 : ERR_INVALID_SYNTAX;
}

static bool has_known_boxes(const struct json_value *sealed)
{
    const char *names[EVENT_BOX_KINDS];
    for (int i = 0; i < EVENT_BOX_KINDS; i++)
        names[i] = event_box_name((enum event_box_kind)i);
    return !sealed || json_has_only(sealed, names, EVENT_BOX_KINDS);
}

static int read_boxes(struct arena *a, const struct json_value *v, struct event_record *e)
{
    const struct json_value *sealed = json_get(v, "sealed");
    if (!has_known_boxes(sealed))
        return ERR_INVALID_SYNTAX;
    for (int i = 0; i < EVENT_BOX_KINDS; i++) {
        struct str text = json_get_str(sealed, event_box_name((enum event_box_kind)i));
        if (!str_absent(text))
            TRY(base64url_decode(a, text, &e->boxes[i]));
    }
    TRY(json_opt_bool(v, "opened", &e->opened));
    return json_opt_bool(v, "erased", &e->erased);
}

static int read_statement(struct arena *a, const struct json_value *v, const char *name,
                          enum statement_kind kind, const struct statement **ret_statement)
{
    const struct json_value *member = json_get(v, name);
    if (json_is_none(member))
        return 0;
    struct statement *s = ARENA_NEW(a, struct statement);
    if (!s)
        return ERR_NO_MEMORY;
    TRY(statement_read(a, member, kind, s));
    *ret_statement = s;
    return 0;
}

static int read_texts(const struct json_value *v, struct event_record *e)
{
    const struct {
        const char *name;
        struct str *member;
    } texts[] = {
        {"tenant", &e->tenant},      {"userId", &e->user_id}, {"sessionId", &e->session_id},
        {"clientId", &e->client_id}, {"ip", &e->ip},          {"userAgent", &e->user_agent}};
    e->id = json_get_str(v, "id");
    e->stream_id = json_get_str(v, "streamId");
    e->type = json_get_str(v, "type");
    if (str_absent(e->id) || str_absent(e->stream_id) || str_absent(e->type))
        return ERR_INVALID_SYNTAX;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        TRY(json_opt_str(v, texts[i].name, texts[i].member));
    return 0;
}

static const char *const members[] = {
    "seq",          "id",       "streamId",   "type",     "version", "time",
    "tenant",       "userId",   "sessionId",  "clientId", "ip",      "userAgent",
    "data",         "metadata", "format",     "opened",   "erased",  "sealed",
    "previousHash", "hash",     "signedHead", "removal"};

int event_line_read(struct arena *a, const struct json_value *v, struct event_record *ret_record)
{
    struct event_record e = {0};
    int64_t format = EVENT_FORMAT_CLEAR;
    if (!json_has_only(v, members, ARRAY_LEN(members)) || json_get_i64(v, "seq", &e.seq) != 0 ||
        json_get_i64(v, "version", &e.version) != 0)
        return ERR_INVALID_SYNTAX;
    TRY(json_opt_i64(v, "format", &format));
    if (format != EVENT_FORMAT_CLEAR && format != EVENT_FORMAT_BOXES)
        return ERR_INVALID_SYNTAX;
    e.format = (enum event_format)format;
    TRY(read_texts(v, &e));
    TRY(audit_time_read(json_get_str(v, "time"), &e.time_ms));
    TRY(read_json(a, v, "data", &e.data));
    TRY(read_json(a, v, "metadata", &e.metadata));
    TRY(read_hash(a, v, "previousHash", &e.prev_hash));
    TRY(read_hash(a, v, "hash", &e.hash));
    TRY(read_boxes(a, v, &e));
    TRY(read_statement(a, v, "signedHead", STATEMENT_HEAD, &e.head));
    TRY(read_statement(a, v, "removal", STATEMENT_REMOVAL, &e.removal));
    *ret_record = e;
    return 0;
}
