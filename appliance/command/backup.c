/* garita backup ... */
#include "appliance/command/backup.h"

#include <stdio.h>

#include "appliance/command/commands.h"
#include "core/model/plain.h"
#include "store/repl/restore.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define LOOK_ARENA_BYTES ((size_t)512 << 20)
#define NOTE_EVERY_PAGES 5000

int backup_folder_of(struct call *call, const char **ret_dir)
{
    *ret_dir = store_backup_dir(call->store);
    return *ret_dir ? 0
                    : err_set(&call->err, ERR_CONFIG,
                              "no folder for backups is configured (backup-dir)");
}

struct str backup_note(struct str realm, int64_t done, int64_t pages, char text[BACKUP_NOTE_BYTES])
{
    if (done % NOTE_EVERY_PAGES != 0 && done != pages)
        return str_of(NULL, 0);
    int n = snprintf(text, BACKUP_NOTE_BYTES, "realm %.*s: %lld of %lld pages",
                     (int)(realm.len < 64 ? realm.len : 64), realm.ptr, (long long)done,
                     (long long)pages);
    return n > 0 && n < BACKUP_NOTE_BYTES ? str_of(text, (size_t)n) : str_of(NULL, 0);
}

/* --- Making one --- */

static int now(struct call *call)
{
    struct backup_made made;
    const char *dir;
    TRY(backup_folder_of(call, &dir));
    TRY(backup_make(call->store, dir, NULL, &made, &call->err));
    jw_begin_object(&call->out);
    jw_member_c(&call->out, "id", made.id);
    jw_member_i64(&call->out, "serial", made.serial);
    jw_member_i64(&call->out, "realms", (int64_t)made.realms);
    jw_member_i64(&call->out, "missing", (int64_t)made.missing);
    jw_member_i64(&call->out, "pages", made.pages);
    jw_member_i64(&call->out, "bytes", made.bytes);
    jw_end_object(&call->out);
    if (made.missing > 0)
        return err_set(&call->err, ERR_STORE_CORRUPT,
                       "backup %s lacks %lld realms that cannot be read (garita realm list)",
                       made.id, (long long)made.missing);
    call_say(call, "backup %s: %lld realms, %lld bytes", made.id, (long long)made.realms,
             (long long)made.bytes);
    return 0;
}

/* --- What is there --- */

static int64_t pages_of(const struct backup_manifest *m, size_t *ret_missing)
{
    int64_t pages = 0;
    *ret_missing = 0;
    for (size_t i = 0; i < m->realm_count; i++) {
        pages += m->realms[i].pages;
        *ret_missing += !str_absent(m->realms[i].trouble);
    }
    return pages;
}

static const char *word_of(int err)
{
    switch (err) {
    case ERR_BAD_KEY: return "under another master key";
    case ERR_SEAL: return "changed";
    case ERR_NOT_FOUND: return "without its list";
    case ERR_STORE_CORRUPT: return "damaged";
    default: return err_text(err);
    }
}

static int write_backup(struct call *call, const struct backup_source *source, struct str id)
{
    CLEANUP(arena_free) struct arena a;
    struct json_writer *w = &call->out;
    struct backup_manifest m;
    size_t missing;
    arena_init(&a, LOOK_ARENA_BYTES);
    int rc = backup_look(source, id, &a, &m);
    if (rc == ERR_NO_MEMORY)
        return rc;
    jw_begin_object(w);
    jw_member_str(w, "id", id);
    if (rc == 0) {
        int64_t pages = pages_of(&m, &missing);
        jw_member_i64(w, "serial", m.serial);
        plain_write_time(w, "begun", m.begun_ms);
        plain_write_time(w, "ended", m.ended_ms);
        jw_member_i64(w, "realms", (int64_t)(m.realm_count - missing));
        jw_member_i64(w, "missing", (int64_t)missing);
        jw_member_i64(w, "pages", pages);
    }
    jw_member_c(w, "state", rc == 0 ? "ok" : word_of(rc));
    jw_end_object(w);
    return 0;
}

static int write_backups(struct call *call, const struct backup_source *source)
{
    struct str *ids;
    size_t count;
    TRY(backup_folder_list(&source->folder, call->arena, &ids, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        TRY(write_backup(call, source, ids[i]));
    jw_end_array(&call->out);
    return 0;
}

static int list(struct call *call)
{
    struct backup_source source;
    const char *dir;
    TRY(backup_folder_of(call, &dir));
    TRY(backup_source_of_store(call->store, dir, &source, &call->err));
    int rc = write_backups(call, &source);
    if (rc == 0)
        rc = backup_check_newest(call->store, &source, &call->err);
    backup_source_close(&source);
    return rc;
}

/* --- Reading one through --- */

int backup_choose(struct call *call, const struct backup_source *source, struct str wanted,
                  struct str *ret_id)
{
    struct str *ids;
    size_t count;
    *ret_id = wanted;
    if (!str_absent(wanted))
        return 0;
    TRY(backup_folder_list(&source->folder, call->arena, &ids, &count));
    if (count == 0)
        return err_set(&call->err, ERR_NOT_FOUND, "there is no backup (garita backup now)");
    *ret_id = ids[count - 1];
    return 0;
}

static int try_one(struct call *call, const struct backup_source *source, struct str id)
{
    struct restore_trial trial;
    TRY(restore_try(call->store, source, id, NULL, &trial, &call->err));
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", id);
    jw_member_c(&call->out, "state", "ok");
    jw_member_i64(&call->out, "realms", (int64_t)trial.realms);
    jw_member_i64(&call->out, "people", trial.people);
    jw_member_i64(&call->out, "events", trial.events);
    jw_end_object(&call->out);
    call_say(call, "backup %.*s was restored on trial: all is as it was", STR_ARG(id));
    return 0;
}

/* --- The archive --- */

static int write_spans(struct call *call, const struct replay_source *source, struct str realm)
{
    struct json_writer *w = &call->out;
    struct replay_span *spans;
    size_t count;
    TRY(replay_spans(source, realm, call->arena, &spans, &count, &call->err));
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "realm", realm);
        plain_write_time(w, "from", spans[i].from_ms);
        plain_write_time(w, "to", spans[i].to_ms);
        jw_member_i64(w, "reels", (int64_t)spans[i].reels);
        jw_end_object(w);
    }
    return 0;
}

static bool is_first_of_name(const struct replay_base *bases, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_eq(bases[i].realm->name, bases[index].realm->name))
            return false;
    return true;
}

static int write_moments(struct call *call, const struct replay_source *source)
{
    struct str wanted = args_get(call->args, "realm");
    struct replay_base *bases;
    size_t count;
    TRY(replay_bases(source, call->arena, &bases, &count, &call->err));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        if (is_first_of_name(bases, i) &&
            (str_absent(wanted) || str_eq(wanted, bases[i].realm->name)))
            TRY(write_spans(call, source, bases[i].realm->name));
    jw_end_array(&call->out);
    return 0;
}

static int moments(struct call *call)
{
    struct replay_source source;
    const char *dir;
    TRY(backup_folder_of(call, &dir));
    TRY(replay_source_of_store(call->store, dir, &source, &call->err));
    int rc = write_moments(call, &source);
    replay_source_close(&source);
    return rc;
}

/* --- Reading one through --- */

static int verify_one(struct call *call, const struct backup_source *source)
{
    struct str id;
    struct str wanted =
        call->args->positional_count > 0 ? call->args->positionals[0] : str_of(NULL, 0);
    TRY(backup_check_newest(call->store, source, &call->err));
    TRY(backup_choose(call, source, wanted, &id));
    TRY(backup_verify(source, id, NULL, &call->err));
    if (args_has(call->args, "trial"))
        return try_one(call, source, id);
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", id);
    jw_member_c(&call->out, "state", "ok");
    jw_end_object(&call->out);
    call_say(call, "backup %.*s is whole and unchanged", STR_ARG(id));
    return 0;
}

static int verify_archive(struct call *call, const char *dir)
{
    struct replay_source source;
    size_t reels;
    TRY(replay_source_of_store(call->store, dir, &source, &call->err));
    int rc = replay_verify(&source, NULL, &reels, &call->err);
    replay_source_close(&source);
    TRY(rc);
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "reels", (int64_t)reels);
    jw_member_c(&call->out, "state", "ok");
    jw_end_object(&call->out);
    call_say(call, "the archive is unchanged: %lld reels (garita backup moments)",
             (long long)reels);
    return 0;
}

static int verify(struct call *call)
{
    struct backup_source source;
    const char *dir;
    TRY(backup_folder_of(call, &dir));
    if (args_has(call->args, "archive"))
        return verify_archive(call, dir);
    TRY(backup_source_of_store(call->store, dir, &source, &call->err));
    int rc = verify_one(call, &source);
    backup_source_close(&source);
    return rc;
}

static const struct option verify_options[] = {
    {"trial", NULL,
     "restore it into the data folder as well, look at every realm, and take it away again", 0},
    {"archive", NULL, "read the archive through instead", 0},
};

static const struct option moments_options[] = {
    {"realm", "NAME", "only this realm", 0},
};

const struct command backup_commands[] = {
    {"backup now", "", 0, 0, "back up all realms",
     "Into the folder of the setting backup-dir, while the server serves: each realm as of one moment, "
     "with its archives of audit events; compressed and sealed under a key that comes from the master "
     "key. The master key is not in it: keep a copy of it elsewhere.",
     NULL, 0, false, NULL, now, NULL, NULL},
    {"backup list", "", 0, 0, "show all backups", NULL, NULL, 0, false,
     "id,begun,realms,missing,pages,state", list, NULL, NULL},
    {"backup moments", "", 0, 0, "show which moments can be restored",
     "Each realm can be restored to any moment from one time to the other (garita restore --at). Where two "
     "lines of a realm leave something out, what was done between them is not in the archive.",
     OPTIONS(moments_options), false, "realm,from,to,reels", moments, NULL, NULL},
    {"backup verify", "[ID]", 0, 1, "read a backup through",
     "The newest, unless another is named: nothing of it was changed, nothing is missing. A folder that "
     "lacks the backup that was made last is told as well.",
     OPTIONS(verify_options), false, NULL, verify, NULL, NULL},
};
const size_t backup_command_count = ARRAY_LEN(backup_commands);
