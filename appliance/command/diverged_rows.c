#include "appliance/command/diverged_rows.h"

#include <stdio.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/command/diverged_text.h"
#include "appliance/file.h"
#include "core/admin/each_realm.h"

#include "core/base/banned.h"

#define ROWS_MOST     INT64_C(1000000000)
#define ROWS_UNLESS   1000
#define ROW_BYTES     ((size_t)32 << 20) /* memory that one row may take while it is written */
#define WAITING_BYTES ((size_t)256 << 10)
#define NAME_SHOWN    60

/* --- Where the databases are --- */

struct told {
    struct str realm;
    struct diverged_scope scope;
    int64_t rows;
    bool busy;
};

struct sending {
    struct call *call;
    struct diverged *diverged;
    struct str table; /* absent: all */
    struct told *realms;
    size_t realm_count, realm_cap;
    struct arena row;
    struct buf text;
    struct json_writer json;
    int64_t rows, most;
    bool stopped;
};

static int flush(struct sending *s)
{
    const struct part_taker *parts = s->call->parts;
    struct str bytes;
    TRY(buf_finish(&s->text, &bytes));
    for (size_t at = 0; at < bytes.len; at += PART_MAX_BYTES)
        TRY(parts->take(parts->arg, PART_BYTES, str_sub(bytes, at, PART_MAX_BYTES)));
    buf_clear(&s->text);
    return 0;
}

static int send_row(void *arg, const struct row_difference *row)
{
    struct sending *s = arg;
    struct told *told = &s->realms[s->realm_count - 1];
    if (s->rows == s->most) {
        s->stopped = true;
        return ERR_CANCELLED;
    }
    s->rows++;
    told->rows++;
    arena_reset(&s->row);
    if (s->call->args->json)
        TRY(diverged_row_json(&s->json, told->realm, row, &s->row));
    else
        TRY(diverged_row_text(&s->text, told->realm, row, &s->row));
    return s->text.len >= WAITING_BYTES ? flush(s) : 0;
}

static struct told *add_realm(struct sending *s, struct str name)
{
    if (s->realm_count == s->realm_cap) {
        size_t cap = s->realm_cap ? 2 * s->realm_cap : 16;
        void *items = arena_grow(s->call->arena, s->realms, s->realm_cap, cap, sizeof(*s->realms));
        if (!items)
            return NULL;
        s->realms = items;
        s->realm_cap = cap;
    }
    s->realms[s->realm_count] = (struct told){.realm = name};
    return &s->realms[s->realm_count++];
}

/* A realm that is still on its way here is told so, and the others are looked at. */
static int send_realm(struct sending *s, struct str name)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct told *told;
    int rc = realm_view_acquire(diverged_store(s->diverged), name, &view);
    if (rc != 0)
        return err_set(&s->call->err, rc, "realm %.*s of what is kept: %s",
                       (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN), name.ptr,
                       err_text(rc));
    told = add_realm(s, name);
    if (!told)
        return ERR_NO_MEMORY;
    rc = diverged_rows(s->diverged, view, s->table, send_row, s, &told->scope);
    told->busy = rc == ERR_STORE_BUSY;
    if (rc == ERR_STORE_VERSION)
        return err_set(&s->call->err, rc,
                       "what is kept was written by another version of the program");
    return told->busy || s->stopped ? 0 : rc;
}

static int send_next(void *arg, const struct realm_summary *realm)
{
    struct sending *s = arg;
    TRY(send_realm(s, realm->name));
    return s->stopped ? ERR_CANCELLED : 0;
}

static int send_realms(struct sending *s)
{
    struct str realm = args_get(s->call->args, "realm");
    if (!str_absent(realm))
        return send_realm(s, realm);
    int rc = each_realm(diverged_store(s->diverged), s->call->arena, send_next, s);
    return s->stopped ? 0 : rc;
}

static const char *against_word(const struct told *told)
{
    static const char *const words[] = {
        [AGAINST_FORK] = "fork", [AGAINST_NOW] = "now", [AGAINST_NOTHING] = "nothing"};
    return told->busy ? "busy" : words[told->scope.against];
}

static void write_realm(struct json_writer *w, const struct told *told)
{
    jw_begin_object(w);
    jw_member_str(w, "realm", told->realm);
    jw_member_c(w, "comparedWith", against_word(told));
    jw_member_bool(w, "nothingBeyond", told->scope.has_nothing);
    jw_member_i64(w, "rows", told->rows);
    jw_end_object(w);
}

static void end_json(struct sending *s)
{
    struct json_writer *w = &s->json;
    jw_end_array(w);
    jw_member_array(w, "realms");
    for (size_t i = 0; i < s->realm_count; i++)
        write_realm(w, &s->realms[i]);
    jw_end_array(w);
    jw_member_bool(w, "complete", !s->stopped);
    jw_end_object(w);
}

static size_t count_of(const struct sending *s, enum diverged_against against, bool busy)
{
    size_t count = 0;
    for (size_t i = 0; i < s->realm_count; i++) {
        const struct told *told = &s->realms[i];
        count +=
            busy ? told->busy : !told->busy && told->rows > 0 && told->scope.against == against;
    }
    return count;
}

static void say_end(struct sending *s, uint64_t epoch)
{
    struct call *call = s->call;
    size_t now = count_of(s, AGAINST_NOW, false), busy = count_of(s, AGAINST_NOW, true);
    call_say(call, "%lld rows of epoch %llu%s%s%s", (long long)s->rows, (unsigned long long)epoch,
             s->stopped ? "; there are more (--limit)" : "",
             now > 0 ? "; compared with the realms as they are now: \"deleted\" may have been made "
                       "here since, \"inserted\" deleted here since"
                     : "",
             busy > 0 ? "; a realm that is still on its way was left out" : "");
}

static int send_all(struct sending *s)
{
    struct json_writer *w = &s->json;
    bool json = s->call->args->json;
    jw_init(w, &s->text);
    if (json) {
        jw_begin_object(w);
        jw_member_array(w, "rows");
    }
    TRY(send_realms(s));
    if (json) {
        end_json(s);
        buf_add_byte(&s->text, '\n');
        TRY(w->err);
    }
    return flush(s);
}

static int check_table(struct call *call, struct str table)
{
    if (str_absent(table))
        return 0;
    for (size_t i = 0; difference_table(i); i++)
        if (str_eq_c(table, difference_table(i)))
            return 0;
    for (size_t i = 0; difference_left_out(i); i++)
        if (str_eq_c(table, difference_left_out(i)))
            return err_set(&call->err, ERR_USAGE,
                           "%s is not compared: events are listed by garita standby diverged show, "
                           "the rest follows from other tables",
                           difference_left_out(i));
    return err_set(&call->err, ERR_USAGE, "there is no table %.*s",
                   (int)(table.len < NAME_SHOWN ? table.len : NAME_SHOWN), table.ptr);
}

int diverged_rows_send(struct call *call, uint64_t epoch)
{
    CLEANUP(diverged_close_p) struct diverged *d = NULL;
    struct sending s = {.call = call, .table = args_get(call->args, "table")};
    if (!call->parts)
        return err_set(&call->err, ERR_USAGE, "rows go to whoever takes them one by one");
    TRY(check_table(call, s.table));
    TRY(call_number(call, "limit", 1, ROWS_MOST, ROWS_UNLESS, &s.most));
    TRY(diverged_open(call->store, epoch, &d, &call->err));
    s.diverged = d;
    arena_init(&s.row, ROW_BYTES);
    buf_init(&s.text, NULL, WAITING_BYTES + ROW_BYTES);
    int rc = send_all(&s);
    if (rc == 0)
        say_end(&s, epoch);
    buf_free(&s.text);
    arena_free(&s.row);
    return rc;
}

/* --- Where it was called --- */

static int take_part(void *arg, enum part_kind kind, struct str bytes)
{
    (void)arg;
    return kind == PART_BYTES ? write_all(STDOUT_FILENO, bytes) : 0;
}

int diverged_rows_show(struct cli *cli)
{
    const struct part_taker parts = {take_part, NULL};
    struct reply reply;
    TRY(cli_call_attached(cli, -1, &parts, &reply));
    if (!str_absent(reply.message))
        (void)fprintf(stderr, "%.*s\n", STR_ARG(reply.message));
    return 0;
}
