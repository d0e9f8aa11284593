/* Which backup is meant. */
#include "appliance/command/restore.h"

#include "appliance/command/commands.h"

#include "core/base/banned.h"

/* The realm that is wanted; ERR_NOT_FOUND when the backup lacks it. */
static int find_realm(const struct call *call, struct restore_choice *c)
{
    struct str name = args_get(call->args, "realm");
    c->realm = str_absent(name) ? NULL : manifest_realm(&c->manifest, name);
    bool lacks = !str_absent(name) && (!c->realm || !str_absent(c->realm->trouble));
    return lacks ? ERR_NOT_FOUND : 0;
}

static int look(struct arena *a, struct call *call, const struct backup_source *source,
                struct str id, struct restore_choice *c)
{
    int rc = backup_look(source, id, a, &c->manifest);
    if (rc == 0)
        return 0;
    return err_set(&call->err, rc == ERR_NOT_FOUND ? rc : ERR_BACKUP, "backup %.*s: %s",
                   (int)(id.len < 32 ? id.len : 32), id.ptr,
                   rc == ERR_NOT_FOUND ? "there is none"
                   : rc == ERR_BAD_KEY ? "it was sealed under another master key"
                   : rc == ERR_SEAL    ? "its list was changed"
                                       : err_text(rc));
}

/* All that was answered until then, and nothing of later. */
static bool is_before(const struct restore_choice *c, int64_t at_ms)
{
    return (c->realm ? c->realm->taken_ms : c->manifest.ended_ms) <= at_ms;
}

static int say_none(struct call *call, const char *what)
{
    struct str name = args_get(call->args, "realm");
    if (str_absent(name))
        return err_set(&call->err, ERR_NOT_FOUND, "there is no %s", what);
    return err_set(&call->err, ERR_NOT_FOUND, "there is no %s with realm %.*s in it", what,
                   (int)(name.len < 64 ? name.len : 64), name.ptr);
}

/* The newest that was taken by then and has the realm. */
static int choose_newest(struct arena *a, struct call *call, const struct backup_source *source,
                         int64_t at_ms, struct restore_choice *ret_choice)
{
    struct str *ids;
    size_t count;
    TRY(backup_folder_list(&source->folder, a, &ids, &count));
    while (count-- > 0) {
        TRY(look(a, call, source, ids[count], ret_choice));
        if (find_realm(call, ret_choice) == 0 && is_before(ret_choice, at_ms))
            return 0;
    }
    return say_none(call, "backup that was taken by then");
}

int restore_choose(struct arena *a, struct call *call, const struct backup_source *source,
                   struct restore_choice *ret_choice)
{
    struct str wanted = args_get(call->args, "backup");
    int64_t at_ms;
    TRY(call_time(call, "at", INT64_MAX, &at_ms));
    if (!str_absent(wanted) && args_has(call->args, "at"))
        return err_set(&call->err, ERR_USAGE, "--backup and --at say the same: choose one");
    if (str_absent(wanted))
        return choose_newest(a, call, source, at_ms, ret_choice);
    TRY(look(a, call, source, wanted, ret_choice));
    return find_realm(call, ret_choice) == 0 ? 0 : say_none(call, "such backup");
}
