/* Which backup is meant. */
#include "appliance/command/restore.h"

#include "appliance/command/commands.h"

#include "core/base/banned.h"

static int find_realm(struct call *call, struct restore_choice *c)
{
    struct str name = args_get(call->args, "realm");
    c->realm = NULL;
    if (str_absent(name))
        return 0;
    c->realm = manifest_realm(&c->manifest, name);
    if (c->realm && str_absent(c->realm->trouble))
        return 0;
    return err_set(&call->err, ERR_NOT_FOUND, "backup %.*s has no realm %.*s",
                   STR_ARG(c->manifest.id), (int)(name.len < 64 ? name.len : 64), name.ptr);
}

static int look(struct arena *a, struct call *call, const struct backup_source *source,
                struct str id, struct restore_choice *c)
{
    int rc = backup_look(source, id, a, &c->manifest);
    if (rc == 0)
        return find_realm(call, c);
    return err_set(&call->err, rc == ERR_NOT_FOUND ? rc : ERR_BACKUP, "backup %.*s: %s",
                   (int)(id.len < 32 ? id.len : 32), id.ptr,
                   rc == ERR_BAD_KEY ? "it was sealed under another master key"
                   : rc == ERR_SEAL  ? "its list was changed"
                                     : err_text(rc));
}

/* All that was answered until then, and nothing of later. */
static bool is_before(const struct restore_choice *c, int64_t at_ms)
{
    return (c->realm ? c->realm->taken_ms : c->manifest.ended_ms) <= at_ms;
}

int restore_choose(struct arena *a, struct call *call, const struct backup_source *source,
                   struct restore_choice *ret_choice)
{
    struct str wanted = args_get(call->args, "backup");
    struct str *ids;
    size_t count;
    int64_t at_ms;
    TRY(call_time(call, "at", INT64_MAX, &at_ms));
    if (!str_absent(wanted) && args_has(call->args, "at"))
        return err_set(&call->err, ERR_USAGE, "--backup and --at say the same: choose one");
    if (!str_absent(wanted))
        return look(a, call, source, wanted, ret_choice);
    TRY(backup_folder_list(&source->folder, a, &ids, &count));
    while (count-- > 0) {
        TRY(look(a, call, source, ids[count], ret_choice));
        if (is_before(ret_choice, at_ms))
            return 0;
    }
    return err_set(&call->err, ERR_NOT_FOUND, "no backup was taken by then");
}
