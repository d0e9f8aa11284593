/* garita audit ... */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/command/audit_keeping.h"
#include "appliance/command/commands.h"
#include "appliance/file.h"

#include "core/admin/each_realm.h"
#include "core/audit/line.h"
#include "core/codec/base64.h"
#include "core/model/plain.h"
#include "core/port/events.h"

#include "core/base/banned.h"

#define EXPORT_PAGE 500

static int filter_of(struct call *call, struct event_filter *ret_filter)
{
    struct str type = args_get(call->args, "type");
    struct event_filter filter = {.user_id = args_get(call->args, "user"),
                                  .client_id = args_get(call->args, "client"),
                                  .newest_first = !args_has(call->args, "oldest-first"),
                                  .or_about_user = args_has(call->args, "about"),
                                  .sealed = args_has(call->args, "sealed")};
    TRY(call_time(call, "from", 0, &filter.from_ms));
    TRY(call_time(call, "to", 0, &filter.to_ms));
    TRY(call_number(call, "after-seq", 0, INT64_MAX, 0, &filter.after_seq));
    if (!str_absent(type) && event_type_find(type) < 0)
        return err_set(&call->err, ERR_USAGE, "there is no event %.*s (see garita audit types)",
                       (int)(type.len < 60 ? type.len : 60), type.ptr);
    if (!str_absent(type))
        TRY(strs_add(&filter.types, call->arena, type));
    *ret_filter = filter;
    return 0;
}

/* People name users by name; events name them by id. */
static int user_id_of(struct call *call, struct work *work, struct event_filter *filter)
{
    struct user user;
    if (str_absent(filter->user_id))
        return 0;
    int rc = find_user_id(call, work, filter->user_id, &user);
    if (rc == 0)
        filter->user_id = user.id;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Which archive is to blame, when one is. */
static int blame_archive(struct call *call, const struct work *work, int rc)
{
    struct str trouble = event_archive_trouble(work->r);
    return rc == 0 || str_empty(trouble) ? rc : err_set(&call->err, rc, "%.*s", STR_ARG(trouble));
}

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct event_filter filter;
    struct event_record *events;
    size_t count;
    int64_t limit;
    TRY(filter_of(call, &filter));
    TRY(call_number(call, "limit", 1, 5000, 100, &limit));
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(user_id_of(call, &work, &filter));
    int rc = event_list(work.r, call->arena, &filter, (size_t)limit, &events, &count);
    TRY(blame_archive(call, &work, rc));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        event_line_write(&call->out, call->arena, &events[i]);
    jw_end_array(&call->out);
    return 0;
}

struct verification {
    struct call *call;
    int64_t from_ms, to_ms;
    bool all_good;
};

static void write_verdict(struct call *call, struct str realm, const struct event_verdict *v)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "realm", realm);
    jw_member_bool(w, "whole", v->bad_seq == 0);
    jw_member_i64(w, "events", v->checked);
    if (v->first_seq > 1)
        jw_member_i64(w, "firstSeq", v->first_seq);
    if (v->bad_seq != 0) {
        jw_member_i64(w, "badSeq", v->bad_seq);
        jw_member_str_opt(w, "badId", v->bad_id);
        jw_member_str(w, "reason", v->reason);
    }
    jw_member_i64(w, "headSeq", v->head_seq);
    jw_member_str(w, "head", hex_encode(call->arena, v->head_hash));
    jw_member_i64(w, "signedSeq", v->signed_seq);
    if (v->signed_seq != 0)
        plain_write_time(w, "signedTime", v->signed_ms);
    jw_end_object(w);
}

static int verify_realm(struct verification *v, struct str realm)
{
    struct call *call = v->call;
    CLEANUP(work_close) struct work work = {0};
    struct event_verdict verdict;
    TRY(work_open(call, realm, &work));
    TRY(work_read(&work));
    int rc = event_verify_between(work.r, call->arena, v->from_ms, v->to_ms, &verdict);
    TRY(blame_archive(call, &work, rc));
    v->all_good = v->all_good && verdict.bad_seq == 0;
    write_verdict(call, realm, &verdict);
    return 0;
}

/* One that cannot be read is told like one that is broken: the others are looked at all the same. */
static int verify_next(void *arg, const struct realm_summary *realm)
{
    struct verification *v = arg;
    struct json_writer *w = &v->call->out;
    struct err_ctx *err = &v->call->err;
    int rc = verify_realm(v, realm->name);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    v->all_good = false;
    jw_begin_object(w);
    jw_member_str(w, "realm", realm->name);
    jw_member_bool(w, "whole", false);
    jw_member_c(w, "reason", err->detail[0] ? err->detail : err_text(rc));
    jw_end_object(w);
    *err = (struct err_ctx){0};
    return 0;
}

/* A broken chain is a failure of the command, and the result says which one. */
static int verify(struct call *call)
{
    struct verification v = {.call = call, .all_good = true};
    TRY(call_time(call, "from", 0, &v.from_ms));
    TRY(call_time(call, "to", 0, &v.to_ms));
    jw_begin_array(&call->out);
    if (args_has(call->args, "realm"))
        TRY(verify_realm(&v, args_get(call->args, "realm")));
    else
        TRY(each_realm(call->store, call->arena, verify_next, &v));
    jw_end_array(&call->out);
    if (!v.all_good)
        return err_set(&call->err, ERR_STORE_CORRUPT, "an audit chain is broken");
    return 0;
}

static int types(struct cli *cli)
{
    struct buf b;
    struct json_writer w;
    struct reply reply = {0};
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
        jw_begin_object(&w);
        jw_member_c(&w, "type", event_type_name((enum event_type)i));
        jw_member_c(&w, "keycloak", event_type_keycloak((enum event_type)i));
        jw_end_object(&w);
    }
    jw_end_array(&w);
    TRY(jw_finish(&w, &reply.data));
    return cli_show(cli, &reply);
}

static const char *const csv_columns[] = {
    "seq",    "id",       "streamId",     "type",     "version", "time",
    "tenant", "userId",   "sessionId",    "clientId", "ip",      "userAgent",
    "data",   "metadata", "previousHash", "hash",
};

/* RFC 4180; a text that a spreadsheet would take for a formula gets a quote in front. */
static void add_csv(struct buf *b, struct str text)
{
    buf_add_byte(b, '"');
    if (!str_empty(text) && strchr("=+-@", text.ptr[0]) && text.ptr[0] != '\0')
        buf_add_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_add_byte(b, '"');
        buf_add_byte(b, text.ptr[i]);
    }
    buf_add_byte(b, '"');
}

static int json_text(struct arena *a, const struct json_value *value, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    *ret_text = json_str(value);
    if (!str_absent(*ret_text) || json_is_none(value))
        return 0;
    buf_init(&b, a, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, value);
    return jw_finish(&w, ret_text);
}

static int add_csv_line(struct arena *a, struct buf *b, const struct json_value *event)
{
    for (size_t i = 0; i < ARRAY_LEN(csv_columns); i++) {
        struct str text;
        TRY(json_text(a, json_get(event, csv_columns[i]), &text));
        if (i > 0)
            buf_add_byte(b, ',');
        add_csv(b, text);
    }
    buf_add_c(b, "\r\n");
    return 0;
}

static int print_events(struct arena *a, const struct json_value *events, bool csv,
                        int64_t *last_seq)
{
    struct buf b;
    struct str text;
    const struct json_value *event;
    struct json_iter it = json_iter(events);
    buf_init(&b, a, 4 * REPLY_MAX_BYTES);
    while (json_next(&it, NULL, &event)) {
        *last_seq = json_i64_or(event, "seq", *last_seq);
        if (csv) {
            TRY(add_csv_line(a, &b, event));
            continue;
        }
        TRY(json_text(a, event, &text));
        buf_add(&b, text);
        buf_add_byte(&b, '\n');
    }
    TRY(buf_finish(&b, &text));
    return write_all(STDOUT_FILENO, text);
}

/* "audit list" with the filters of this command, from a sequence number on. */
static size_t page_words(struct cli *cli, struct str seq, struct str *words)
{
    static const char *const passed[] = {"realm", "type", "user", "client", "from", "to"};
    static const char *const flags[] = {"--realm",  "--type", "--user",
                                        "--client", "--from", "--to"};
    size_t n = 0;
    words[n++] = STR("audit");
    words[n++] = STR("list");
    if (args_has(cli->args, "sealed"))
        words[n++] = STR("--sealed");
    words[n++] = STR("--oldest-first");
    words[n++] = STR("--limit");
    words[n++] = STR("500");
    words[n++] = STR("--after-seq");
    words[n++] = seq;
    for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
        if (!args_has(cli->args, passed[i]))
            continue;
        words[n++] = str_c(flags[i]);
        words[n++] = args_get(cli->args, passed[i]);
    }
    return n;
}

static int export_page(struct cli *cli, struct arena *a, bool csv, int64_t *last_seq,
                       size_t *ret_count)
{
    struct str words[32];
    struct reply reply;
    const struct json_value *events;
    struct str seq = arena_printf(a, "%lld", (long long)*last_seq);
    if (str_absent(seq))
        return ERR_NO_MEMORY;
    const struct call_request request = {CALL_OF(words, page_words(cli, seq, words))};
    TRY(backend_call(&cli->backend, a, &request, &reply));
    if (reply.err != 0)
        return err_set(&cli->err, reply.err, "%.*s", STR_ARG(reply.error));
    TRY(json_parse(a, reply.data, REPLY_MAX_BYTES, &events));
    *ret_count = json_count(events);
    return print_events(a, events, csv, last_seq);
}

static int export(struct cli *cli)
{
    struct arena a;
    struct str format = args_get(cli->args, "format");
    bool csv = str_eq(format, STR("csv"));
    int64_t last_seq = 0;
    size_t count = 0;
    int rc = 0;
    if (!csv && !str_absent(format) && !str_eq(format, STR("json")))
        return err_set(&cli->err, ERR_USAGE, "--format is json or csv");
    if (csv) {
        for (size_t i = 0; i < ARRAY_LEN(csv_columns); i++)
            (void)printf("%s%s", csv_columns[i], i + 1 < ARRAY_LEN(csv_columns) ? "," : "\r\n");
        (void)fflush(stdout);
    }
    arena_init(&a, 16 * REPLY_MAX_BYTES);
    do {
        arena_reset(&a);
        rc = export_page(cli, &a, csv, &last_seq, &count);
    } while (rc == 0 && count == EXPORT_PAGE);
    arena_free(&a);
    return rc;
}

#define FILTERS                                                                                    \
    {"type", "EVENT", "only this type of event", 0},                                               \
        {"user", "NAME", "only events by this user (name or id)", 0},                              \
        {"client", "ID", "only events through this client", 0},                                    \
        {"from", "TIME", "from this moment: 2026-11-22, 2026-11-22T16:00Z, -24h, -7d", 0},         \
        {"to", "TIME", "up to this moment", 0},                                                    \
    {                                                                                              \
        "sealed", NULL, "leave sealed what is personal, as auditors need it", 0                    \
    }
static const struct option list_options[] = {
    OPTION_REALM,
    FILTERS,
    {"limit", "N", "at most so many (default 100)", 0},
    {"after-seq", "N", "only after this sequence number", 0},
    {"oldest-first", NULL, "in the order in which they happened", 0},
    {"about", NULL, "with --user and --oldest-first: also what others did to the user", 0},
};
static const struct option export_options[] = {
    OPTION_REALM,
    FILTERS,
    {"format", "FORMAT", "json (one object a line, the default) or csv", 0},
};
static const struct option verify_options[] = {
    {"realm", "NAME", "this realm only (default: all)", 0},
    {"from", "TIME", "only the stretch with events from this moment on", 0},
    {"to", "TIME", "and up to this moment", 0},
};
static const struct option sign_options[] = {OPTION_REALM};
static const struct option key_options[] = {
    OPTION_REALM,
    {"format", "FORMAT", "pem or jwk (a JWK set), to be given to auditors", 0},
};
static const struct option archive_options[] = {
    OPTION_REALM,
    {"older-than-days", "N", "months that ended so many days ago (default: the realm's setting)",
     0},
};

const struct command audit_commands[] = {
    {"audit list", "", 0, 0, "show events, newest first", NULL, OPTIONS(list_options), false,
     "seq,time,type,streamId,userId,clientId,ip,data", list, NULL, NULL},
    {"audit export", "", 0, 0, "write events, oldest first, as JSON lines or CSV", NULL,
     OPTIONS(export_options), false, NULL, list, NULL, export},
    {"audit verify", "", 0, 0, "check the hash chain of events", NULL, OPTIONS(verify_options),
     false, "realm,whole,events,badSeq,badId,reason,signedSeq,head", verify, NULL, NULL},
    {"audit sign", "", 0, 0, "sign the head of the chain now", NULL, OPTIONS(sign_options), false,
     NULL, audit_sign_now, NULL, NULL},
    {"audit key", "", 0, 0, "show the public keys that verify signed heads", NULL,
     OPTIONS(key_options), false, "kid,status,created", audit_key_show, NULL, audit_key_print},
    {"audit rotate-key", "", 0, 0, "make a new key that signs the chain from now on",
     "Old keys keep verifying; their private part is destroyed.", OPTIONS(sign_options), false,
     NULL, audit_key_renew, NULL, NULL},
    {"audit archive", "", 0, 0, "move old months of events to compressed files now",
     "The server does this by itself (audit-archive-days); archived events are listed, exported and "
     "verified like all others.",
     OPTIONS(archive_options), false, "file,firstSeq,lastSeq,from,to", audit_archive_now, NULL,
     NULL},
    {"audit types", "", 0, 0, "show the catalogue of events", NULL, NULL, 0, false, "type,keycloak",
     NULL, types, NULL},
};
const size_t audit_command_count = ARRAY_LEN(audit_commands);
