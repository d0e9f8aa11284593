/* garita standby diverged ...: what an old primary had that the new one never got. */
#include "store/repl/diverged.h"
#include "appliance/command/commands.h"
#include "appliance/command/diverged_rows.h"
#include "core/admin/each_realm.h"
#include "core/audit/line.h"

#include "core/base/banned.h"

#define LIMIT_MOST 5000

/* --- list --- */

struct listing {
    struct call *call;
    struct diverged *diverged;
    uint64_t epoch;
};

static void write_look(struct call *call, uint64_t epoch, struct str realm,
                       const struct diverged_realm *look)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_i64(w, "epoch", (int64_t)epoch);
    jw_member_str(w, "realm", realm);
    jw_member_bool(w, "transactionsKnown", look->is_known);
    if (look->is_known)
        jw_member_i64(w, "transactions", look->transactions);
    jw_member_bool(w, "eventsKnown", look->is_here);
    if (look->is_here) {
        jw_member_i64(w, "events", look->last_seq - look->common_seq);
        jw_member_i64(w, "commonSeq", look->common_seq);
    }
    jw_member_i64(w, "lastSeq", look->last_seq);
    jw_end_object(w);
}

static int look_in(struct diverged *d, struct str name, struct arena *a,
                   struct diverged_realm *ret_look)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    TRY(realm_view_acquire(diverged_store(d), name, &view));
    return diverged_look(d, view, a, ret_look);
}

static int list_realm(void *arg, const struct realm_summary *realm)
{
    struct listing *l = arg;
    struct diverged_realm look;
    TRY(look_in(l->diverged, realm->name, l->call->arena, &look));
    write_look(l->call, l->epoch, realm->name, &look);
    return 0;
}

static int list_epoch(struct call *call, uint64_t epoch)
{
    CLEANUP(diverged_close_p) struct diverged *d = NULL;
    TRY(diverged_open(call->store, epoch, &d, &call->err));
    struct listing l = {call, d, epoch};
    return each_realm(diverged_store(d), call->arena, list_realm, &l);
}

static int list(struct call *call)
{
    uint64_t *epochs;
    size_t count;
    TRY(diverged_list(call->store, call->arena, &epochs, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        TRY(list_epoch(call, epochs[i]));
    jw_end_array(&call->out);
    if (count == 0)
        call_say(call, "nothing is kept: this node was no primary that another one followed");
    return 0;
}

/* --- show --- */

static int epoch_wanted(struct call *call, uint64_t *ret_epoch)
{
    uint64_t *epochs;
    size_t count;
    int64_t epoch;
    TRY(call_number(call, "epoch", 1, INT64_MAX, 0, &epoch));
    *ret_epoch = (uint64_t)epoch;
    if (epoch != 0)
        return 0;
    TRY(diverged_list(call->store, call->arena, &epochs, &count));
    if (count == 0)
        return err_set(&call->err, ERR_NOT_FOUND, "nothing is kept on this node");
    *ret_epoch = epochs[0];
    return 0;
}

static int write_events(struct call *call, struct realm_view *view, int64_t after_seq)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct event_filter filter = {.after_seq = after_seq};
    struct event_record *events;
    size_t count;
    int64_t limit, from;
    TRY(call_number(call, "limit", 1, LIMIT_MOST, 1000, &limit));
    TRY(call_number(call, "after-seq", 0, INT64_MAX, 0, &from));
    if (from > filter.after_seq)
        filter.after_seq = from;
    TRY(store_read_begin(view, &r));
    TRY(event_list(r, call->arena, &filter, (size_t)limit, &events, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        event_line_write(&call->out, call->arena, &events[i]);
    jw_end_array(&call->out);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(diverged_close_p) struct diverged *d = NULL;
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL; /* before its store closes */
    struct diverged_realm look;
    struct str realm = args_get(call->args, "realm");
    uint64_t epoch;
    TRY(epoch_wanted(call, &epoch));
    TRY(diverged_open(call->store, epoch, &d, &call->err));
    int rc = realm_view_acquire(diverged_store(d), realm, &view);
    if (rc != 0)
        return err_set(&call->err, rc, "realm %.*s of epoch %llu: %s",
                       (int)(realm.len < 60 ? realm.len : 60), realm.ptr, (unsigned long long)epoch,
                       err_text(rc));
    TRY(diverged_look(d, view, call->arena, &look));
    return write_events(call, view, look.common_seq);
}

/* --- rows --- */

static int rows(struct call *call)
{
    uint64_t epoch;
    TRY(epoch_wanted(call, &epoch));
    return diverged_rows_send(call, epoch);
}

static const struct option rows_options[] = {
    {"realm", "NAME", "only this realm (all)", 0},
    {"table", "NAME", "only this table (all but those of events)", 0},
    {"epoch", "N", "the reign (the newest of which something is kept)", 0},
    {"limit", "N", "at most so many rows (1000)", 0},
};

static const struct option show_options[] = {
    OPTION_REALM,
    {"epoch", "N", "the reign (the newest of which something is kept)", 0},
    {"limit", "N", "at most so many (1000)", 0},
    {"after-seq", "N", "only after this sequence number", 0},
};

const struct command diverged_commands[] = {
    {"standby diverged list", "", 0, 0, "say what this node had that the new primary never got",
     "On an old primary that rejoined: for each realm how many transactions were made here that the node which "
     "took its place had not received, and how many audit events they wrote.",
     NULL, 0, false, "epoch,realm,transactions,events,commonSeq,lastSeq", list, NULL, NULL},
    {"standby diverged show", "", 0, 0, "list the audit events that the new primary never got",
     "In the order in which they happened. As long as the realm has not come from the new primary, all that are "
     "kept are listed.",
     OPTIONS(show_options), false, "seq,time,type,streamId,userId,clientId,ip,data", show, NULL,
     NULL},
    {"standby diverged rows", "", 0, 0, "list the rows that differ from what is kept",
     "Row by row, written while they are read: inserted (what is kept has it), deleted (it has it not), changed "
     "(the columns that differ, and what stands there now). What is kept is compared with the realms as they are "
     "now, as nobody keeps the moment at which the other node began to reign: where changes were made since, a "
     "deleted row may be one that was made here since. Secrets are told as (secret), of other bytes how many "
     "they are and a hash. Events are listed by standby diverged show.",
     OPTIONS(rows_options), false, NULL, rows, NULL, diverged_rows_show},
};
const size_t diverged_command_count = ARRAY_LEN(diverged_commands);
