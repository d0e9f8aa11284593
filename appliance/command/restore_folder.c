/* garita restore --to: everything is made ready under another name first, so that the folder is there
 * whole or not at all. */
#include "appliance/command/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "appliance/command/backup.h"
#include "appliance/command/commands.h"
#include "appliance/store_setup.h"
#include "core/admin/each_realm.h"
#include "core/admin/void.h"
#include "core/crypto/init.h"
#include "core/model/plain.h"
#include "core/port/events.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define REALM_ARENA_BYTES ((size_t)256 << 20)
#define PATH_BYTES        4096

struct restoring {
    struct cli *cli;
    struct call call; /* for options, times and sentences */
    struct restore_choice choice;
    struct secret master_key;
    char ready[PATH_BYTES]; /* where it is made ready */
    const char *to;
};

/* --- Each realm, in the folder that is being made --- */

struct settling {
    struct call *call;
    const struct restore_choice *choice;
};

static int settle_one(struct call *call, const struct restore_part *part, struct str name)
{
    CLEANUP(work_close) struct work work = {0};
    struct event_verdict verdict;
    TRY(work_open(call, name, &work));
    TRY(work_write(&work));
    TRY(event_verify(work.r, call->arena, &verdict));
    TRY(admin_realm_restored(&work.ctx, work.w, part->id, restore_moment_ms(part)));
    TRY(work_commit(&work));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "realm", name);
    plain_write_time(&call->out, "taken", restore_moment_ms(part));
    jw_member_i64(&call->out, "pages", part->realm->pages);
    jw_member_i64(&call->out, "events", verdict.checked);
    jw_member_i64(&call->out, "badEvent", verdict.bad_seq);
    jw_end_object(&call->out);
    return 0;
}

/* By its file: it may have got another name since its base was made, and one that was put in its place has
 * its id. */
static const struct restore_part *part_of(const struct restore_choice *c, struct str file)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_eq(c->parts[i].realm->file, file))
            return &c->parts[i];
    return NULL;
}

static int settle_realm(void *arg, const struct realm_summary *summary)
{
    const struct settling *s = arg;
    struct arena a;
    struct call one = *s->call;
    struct str file;
    TRY(restore_file_of(one.store, summary->name, one.arena, &file));
    const struct restore_part *part = part_of(s->choice, file);
    if (!part)
        return err_set(&s->call->err, ERR_BACKUP, "the list of realms names one that is not there");
    arena_init(&a, REALM_ARENA_BYTES);
    one.arena = &a;
    int rc = settle_one(&one, part, summary->name);
    s->call->out = one.out;
    s->call->err = one.err;
    arena_free(&a);
    return rc;
}

static int settle_all(struct restoring *r)
{
    struct settling settling = {&r->call, &r->choice};
    struct call *call = &r->call;
    TRY(restore_settle(call->store));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "backup", r->choice.backup);
    jw_member_array(&call->out, "realms");
    TRY(each_realm(call->store, call->arena, settle_realm, &settling));
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return restore_settle_names(call->store);
}

static int settle(struct restoring *r)
{
    struct config config;
    TRY(cli_config(r->cli, &config));
    config.data = r->ready;
    config.master_key_file = "";
    config.disk_reserve = "0";
    TRY(store_open_configured(&config, &r->call.store, &r->call.err));
    int rc = settle_all(r);
    store_close(r->call.store);
    return rc;
}

/* --- The folder --- */

static int sync_above(const char *path)
{
    char above[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) : 1;
    (void)snprintf(above, sizeof(above), "%.*s", len ? len : 1, slash ? path : ".");
    int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int rc = fsync(fd) == 0 ? 0 : ERR_IO;
    (void)close(fd);
    return rc;
}

static int publish(struct restoring *r)
{
    if (rename(r->ready, r->to) == 0)
        return sync_above(r->to);
    return err_set(&r->call.err, errno == EEXIST || errno == ENOTEMPTY ? ERR_CONFLICT : ERR_IO,
                   "%.200s: %s", r->to, strerror(errno));
}

static int check_target(struct restoring *r)
{
    int len = snprintf(r->ready, sizeof(r->ready), "%s.restoring", r->to);
    if (len < 0 || (size_t)len >= sizeof(r->ready))
        return ERR_TOO_LARGE;
    if (access(r->to, F_OK) == 0)
        return err_set(&r->call.err, ERR_CONFLICT, "%.200s is there already: name a new folder",
                       r->to);
    if (access(r->ready, F_OK) == 0)
        return err_set(&r->call.err, ERR_CONFLICT,
                       "%.200s is of an attempt that was cut short: remove it", r->ready);
    return 0;
}

static bool show_step(void *arg, struct str realm, int64_t done, int64_t pages)
{
    char text[BACKUP_NOTE_BYTES];
    struct str note = backup_note(realm, done, pages, text);
    return str_absent(note) || note_show(arg, PART_NOTE, note) == 0;
}

static const struct backup_watch watch = {show_step, NULL};

static int make_folder(struct restoring *r)
{
    const struct restore_node node = {.parts = r->choice.parts,
                                      .part_count = r->choice.count,
                                      .master_key = &r->master_key,
                                      .only = args_get(r->cli->args, "realm"),
                                      .watch = &watch};
    TRY(check_target(r));
    TRY(restore_node(&node, r->ready, &r->call.err));
    note_clear();
    TRY(settle(r));
    return publish(r);
}

static int try_only(struct restoring *r)
{
    TRY(restore_read(&r->call, &r->choice, &watch));
    note_clear();
    jw_begin_object(&r->call.out);
    jw_member_str(&r->call.out, "backup", r->choice.backup);
    jw_member_bool(&r->call.out, "dryRun", true);
    jw_end_object(&r->call.out);
    call_say(&r->call, "backup %.*s is whole; nothing was written", STR_ARG(r->choice.backup));
    return 0;
}

/* --- Where it comes from --- */

static const char *text_of(struct cli *cli, const char *option, const char *fallback)
{
    return args_has(cli->args, option) ? arena_cstr(cli->arena, args_get(cli->args, option))
                                       : fallback;
}

static int load_key(struct restoring *r, const struct config *config)
{
    struct str in_folder = ARENA_CONCAT(r->cli->arena, str_c(config->data), STR("/master.key"));
    const char *usual = config->master_key_file[0] ? config->master_key_file : in_folder.ptr;
    const char *path = text_of(r->cli, "key-file", usual);
    if (str_absent(in_folder) || !path)
        return ERR_NO_MEMORY;
    return master_key_load(NULL, path, false, &r->master_key, &r->call.err);
}

static int restore_from(struct restoring *r, const struct config *config)
{
    struct replay_source source;
    const char *dir = text_of(r->cli, "from", config->backup_dir);
    if (!dir)
        return ERR_NO_MEMORY;
    if (!dir[0])
        return err_set(&r->call.err, ERR_USAGE, "say --from DIR, the folder of backups");
    TRY(crypto_init());
    TRY(load_key(r, config));
    TRY(replay_source_open(dir, &r->master_key, &source, &r->call.err));
    int rc = restore_choose(r->cli->arena, &r->call, &source, &r->choice);
    if (rc == 0)
        rc = args_has(r->cli->args, "dry-run") ? try_only(r) : make_folder(r);
    replay_source_close(&source);
    return rc;
}

static int show(struct restoring *r)
{
    struct reply reply = {.message = r->call.message};
    TRY(jw_finish(&r->call.out, &reply.data));
    return cli_show(r->cli, &reply);
}

int restore_to_folder(struct cli *cli)
{
    struct buf b;
    struct config config;
    struct restoring r = {
        .cli = cli,
        .call = {.arena = cli->arena, .now = clock_now(), .args = cli->args, .attached = -1},
        .to = arena_cstr(cli->arena, args_get(cli->args, "to"))};
    TRY(cli_config(cli, &config));
    if (!r.to)
        return ERR_NO_MEMORY;
    program_actor(&r.call.actor);
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    jw_init(&r.call.out, &b);
    int rc = restore_from(&r, &config);
    secret_free(&r.master_key);
    if (rc != 0) {
        cli->err = r.call.err;
        return rc;
    }
    return show(&r);
}
