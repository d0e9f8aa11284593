/* garita restore: one realm into its place, or a node into a new folder. */
#include "appliance/command/restore.h"

#include "appliance/command/backup.h"
#include "appliance/command/commands.h"
#include "core/admin/void.h"
#include "core/auth/otp.h"
#include "core/base/log.h"
#include "core/model/plain.h"
#include "core/port/events.h"
#include "store/store_open.h"

#include "core/base/banned.h"

/* --- How far it is --- */

static bool note_step(void *arg, struct str realm, int64_t done, int64_t pages)
{
    const struct call *call = arg;
    char text[BACKUP_NOTE_BYTES];
    struct str note = backup_note(realm, done, pages, text);
    if (call->parts && !str_absent(note))
        (void)!call->parts->take(call->parts->arg, PART_NOTE, note);
    return true;
}

/* --- In place --- */

struct filling {
    struct call *call;
    const struct restore_choice *choice;
    struct event_verdict verdict;
};

static int make_void(struct store_write *w, struct realm_view *view, void *arg)
{
    struct filling *f = arg;
    const struct restore_part *part = f->choice->one;
    const struct auth_ctx ctx = {.arena = f->call->arena,
                                 .now = &f->call->now,
                                 .err = &f->call->err,
                                 .view = view,
                                 .issuer = STR(""),
                                 .base_url = STR(""),
                                 .actor = f->call->actor};
    TRY(event_verify(store_write_reader(w), f->call->arena, &f->verdict));
    return admin_realm_restored(&ctx, w, part->id, restore_moment_ms(part));
}

static void write_result(struct call *call, const struct restore_choice *c, bool carried,
                         const struct event_verdict *verdict)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "realm", c->one->realm->name);
    jw_member_str(w, "backup", c->one->id);
    plain_write_time(w, "taken", restore_moment_ms(c->one));
    jw_member_i64(w, "pages", c->one->realm->pages);
    jw_member_bool(w, "dryRun", verdict == NULL);
    if (verdict) {
        jw_member_i64(w, "events", verdict->checked);
        jw_member_i64(w, "badEvent", verdict->bad_seq);
        jw_member_bool(w, "spentCarried", carried);
    }
    jw_end_object(w);
}

static int try_only(struct call *call, const struct restore_choice *c)
{
    const struct backup_watch watch = {note_step, call};
    TRY(restore_read(call, c, &watch));
    write_result(call, c, false, NULL);
    call_say(call, "%s %.*s is whole; nothing was changed",
             c->of_moment ? "all that is needed beside backup" : "backup", STR_ARG(c->backup));
    return 0;
}

static int put_in_place(struct call *call, const struct restore_choice *c)
{
    const struct backup_watch watch = {note_step, call};
    struct filling filling = {.call = call, .choice = c};
    const struct restore_in_place r = {.source = c->one->source,
                                       .id = c->one->id,
                                       .realm = c->one->realm,
                                       .replay = c->one->replay,
                                       .watch = &watch,
                                       .carry = otp_carry_counters,
                                       .fill = make_void,
                                       .arg = &filling};
    bool carried;
    int rc = restore_in_place(call->store, &r, &call->now, &carried, &call->err);
    if (rc == ERR_FORBIDDEN)
        return err_set(&call->err, rc, "master is restored with the whole node: say --to DIR");
    if (rc == ERR_CONFLICT)
        return err_set(&call->err, rc, "a realm of another name has the id of this one");
    TRY(rc);
    write_result(call, c, carried, &filling.verdict);
    LOG_WARN("backup", "realm %.*s was restored from backup %.*s", STR_ARG(c->one->realm->name),
             STR_ARG(c->one->id));
    call_say(call, "realm %.*s is as it was; everybody logs in again%s",
             STR_ARG(c->one->realm->name),
             filling.verdict.bad_seq ? "; its audit chain is broken (garita audit verify)" : "");
    return 0;
}

static int restore_from(struct call *call, const struct replay_source *source)
{
    struct restore_choice choice;
    TRY(backup_check_newest(call->store, &source->backups, &call->err));
    TRY(restore_choose(call->arena, call, source, &choice));
    if (!choice.one)
        return err_set(&call->err, ERR_USAGE, "--in-place is for one realm: say --realm NAME");
    return args_has(call->args, "dry-run") ? try_only(call, &choice) : put_in_place(call, &choice);
}

static int run(struct call *call)
{
    struct replay_source source;
    const char *dir;
    TRY(backup_folder_of(call, &dir));
    TRY(replay_source_of_store(call->store, dir, &source, &call->err));
    int rc = restore_from(call, &source);
    replay_source_close(&source);
    return rc;
}

static int call_and_show(struct cli *cli)
{
    struct reply reply = {0};
    const struct part_taker parts = {note_show, NULL};
    int rc = cli_call_attached(cli, -1, &parts, &reply);
    note_clear();
    return rc == 0 ? cli_show(cli, &reply) : rc;
}

static int local(struct cli *cli)
{
    bool in_place = args_has(cli->args, "in-place");
    if (in_place == args_has(cli->args, "to"))
        return err_set(&cli->err, ERR_USAGE, "say --to DIR, a new folder, or --in-place");
    if (in_place && (args_has(cli->args, "from") || args_has(cli->args, "key-file")))
        return err_set(&cli->err, ERR_USAGE, "--from and --key-file are for --to");
    return in_place ? cli_on_backend(cli, call_and_show) : restore_to_folder(cli);
}

static const struct option restore_options[] = {
    {"realm", "NAME", "only this realm (with --to: master comes along)", 0},
    {"backup", "ID", "out of this backup (garita backup list); otherwise the newest", 0},
    {"at", "TIME", "as it was then: the last commit at or before this time", 0},
    {"to", "DIR", "into a new folder, for garita serve --data DIR", 0},
    {"in-place", NULL, "into the place of the realm that serves, which goes", 0},
    {"from", "DIR", "the folder of backups, when it is not the one of the setting backup-dir", 0},
    {"key-file", "FILE", "the copy of the master key, when the data folder is lost", 0},
    {"dry-run", NULL, "read the backup through and change nothing", 0},
};

const struct command restore_commands[] = {
    {"restore", "", 0, 0, "bring back a realm or the whole node from a backup",
     "What comes back is as it was when the backup was made. Every session of it ends and its signing "
     "keys are new, so nothing that was given out before is good any more. --in-place works on one realm "
     "while the server serves: the realm that is there goes in the step that puts the restored one in its "
     "place. --to makes a data folder; only the folder of backups and a copy of the master key are needed.",
     OPTIONS(restore_options), false, NULL, run, local, NULL},
};
const size_t restore_command_count = ARRAY_LEN(restore_commands);
