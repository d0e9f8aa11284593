/* Which backup is meant, or which moment. */
#include "appliance/command/restore.h"

#include "appliance/command/commands.h"

#include "core/base/banned.h"

static struct str wanted_realm(const struct call *call)
{
    return args_get(call->args, "realm");
}

int64_t restore_moment_ms(const struct restore_part *part)
{
    return part->replay ? part->replay->reached_ms : part->realm->taken_ms;
}

/* --- One backup --- */

/* The realm that is wanted; ERR_NOT_FOUND when the backup lacks it. */
static int find_realm(const struct call *call, struct restore_choice *c)
{
    struct str name = wanted_realm(call);
    c->one = NULL;
    for (size_t i = 0; i < c->count && !str_absent(name); i++)
        if (str_eq(c->parts[i].realm->name, name) && str_absent(c->parts[i].realm->trouble))
            c->one = &c->parts[i];
    return str_absent(name) || c->one ? 0 : ERR_NOT_FOUND;
}

static int look(struct arena *a, struct call *call, const struct backup_source *source,
                struct str id, struct restore_choice *c)
{
    struct backup_manifest m;
    struct restore_part *parts;
    int rc = backup_look(source, id, a, &m);
    if (rc != 0)
        return err_set(&call->err, rc == ERR_NOT_FOUND ? rc : ERR_BACKUP, "backup %.*s: %s",
                       (int)(id.len < 32 ? id.len : 32), id.ptr,
                       rc == ERR_NOT_FOUND ? "there is none"
                       : rc == ERR_BAD_KEY ? "it was sealed under another master key"
                       : rc == ERR_SEAL    ? "its list was changed"
                                           : err_text(rc));
    TRY(restore_parts(a, source, &m, &parts));
    *c = (struct restore_choice){.backup = m.id, .parts = parts, .count = m.realm_count};
    return 0;
}

static int say_none(struct call *call, const char *what)
{
    struct str name = wanted_realm(call);
    if (str_absent(name))
        return err_set(&call->err, ERR_NOT_FOUND, "there is no %s", what);
    return err_set(&call->err, ERR_NOT_FOUND, "there is no %s with realm %.*s in it", what,
                   (int)(name.len < 64 ? name.len : 64), name.ptr);
}

/* The newest that has the realm. */
static int choose_newest(struct arena *a, struct call *call, const struct backup_source *source,
                         struct restore_choice *ret_choice)
{
    struct str *ids;
    size_t count;
    TRY(backup_folder_list(&source->folder, a, &ids, &count));
    while (count-- > 0) {
        TRY(look(a, call, source, ids[count], ret_choice));
        if (find_realm(call, ret_choice) == 0)
            return 0;
    }
    return say_none(call, "backup");
}

/* --- A moment --- */

static int choose_realm_at(struct arena *a, struct call *call, const struct replay_source *source,
                           int64_t at_ms, struct replay **ret_replays, size_t *ret_count)
{
    struct replay *replay = ARENA_ARRAY(a, 1, struct replay);
    if (!replay)
        return ERR_NO_MEMORY;
    TRY(replay_find(source, wanted_realm(call), at_ms, a, replay, &call->err));
    *ret_replays = replay;
    *ret_count = 1;
    return 0;
}

static int parts_of(struct arena *a, const struct replay *replays, size_t count,
                    struct restore_choice *c)
{
    struct restore_part *parts = ARENA_ARRAY(a, count, struct restore_part);
    if (!parts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct replay *r = &replays[i];
        parts[i] = (struct restore_part){r->base.source, r->base.id, r->base.realm, r};
        if (i == 0 || str_eq_c(r->base.realm->name, REALM_MASTER))
            c->backup = r->base.id;
    }
    c->parts = parts;
    c->count = count;
    return 0;
}

/* A folder of one realm has master beside it. */
static int choose_moment(struct arena *a, struct call *call, const struct replay_source *source,
                         int64_t at_ms, struct restore_choice *c)
{
    struct replay *replays;
    size_t count;
    bool one = !str_absent(wanted_realm(call));
    *c = (struct restore_choice){.of_moment = true};
    if (one && !args_has(call->args, "to"))
        TRY(choose_realm_at(a, call, source, at_ms, &replays, &count));
    else
        TRY(replay_find_all(source, at_ms, a, &replays, &count, &call->err));
    if (count == 0)
        return say_none(call, "backup that was taken by then");
    TRY(parts_of(a, replays, count, c));
    return find_realm(call, c) == 0 ? 0 : say_none(call, "backup that was taken by then");
}

int restore_choose(struct arena *a, struct call *call, const struct replay_source *source,
                   struct restore_choice *ret_choice)
{
    struct str wanted = args_get(call->args, "backup");
    int64_t at_ms;
    TRY(call_time(call, "at", INT64_MAX, &at_ms));
    if (!str_absent(wanted) && args_has(call->args, "at"))
        return err_set(&call->err, ERR_USAGE, "--backup and --at say the same: choose one");
    if (args_has(call->args, "at"))
        return choose_moment(a, call, source, at_ms, ret_choice);
    if (str_absent(wanted))
        return choose_newest(a, call, &source->backups, ret_choice);
    TRY(look(a, call, &source->backups, wanted, ret_choice));
    return find_realm(call, ret_choice) == 0 ? 0 : say_none(call, "such backup");
}

/* --- Reading it through --- */

static int pass_commit(void *arg, const struct reel_commit *commit)
{
    (void)arg;
    (void)commit;
    return 0;
}

static int read_part(struct call *call, const struct restore_part *part,
                     const struct backup_watch *watch)
{
    TRY(backup_verify_realm(part->source, part->id, part->realm, watch, &call->err));
    return part->replay ? replay_run(part->replay, pass_commit, NULL, &call->err) : 0;
}

int restore_read(struct call *call, const struct restore_choice *choice,
                 const struct backup_watch *watch)
{
    if (!choice->of_moment)
        return backup_verify(choice->parts[0].source, choice->backup, watch, &call->err);
    for (size_t i = 0; i < choice->count; i++)
        if (!choice->one || choice->one == &choice->parts[i])
            TRY(read_part(call, &choice->parts[i], watch));
    return 0;
}
