/* Which backups stay. */
#include "store/repl/backup.h"

#include "core/base/log.h"
#include "store/store.h"

#include "core/base/banned.h"

#define DAY_MS           INT64_C(86400000)
#define MONTH_MS         (31 * DAY_MS)
#define LIST_ARENA_BYTES ((size_t)16 << 20)
#define LOOK_ARENA_BYTES ((size_t)512 << 20)
#define DAY_LEN          8 /* "20261126" */
#define MONTH_LEN        6

/* Its id begins with the time, so the order of ids is that of time. */
static bool is_since(struct str id, int64_t ms)
{
    char since[BACKUP_ID_LEN + 1];
    backup_id_of(ms > 0 ? ms : 0, since);
    return str_cmp(id, str_c(since)) >= 0;
}

static bool same_front(struct str a, struct str b, size_t len)
{
    return str_eq(str_sub(a, 0, len), str_sub(b, 0, len));
}

/* later: the next newer one; absent for the newest, which always stays. */
static bool stays(const struct backup_keeping *keep, int64_t now_ms, struct str id,
                  struct str later)
{
    if (str_absent(later))
        return true;
    if (is_since(id, now_ms - keep->days * DAY_MS) && !same_front(id, later, DAY_LEN))
        return true;
    return is_since(id, now_ms - keep->months * MONTH_MS) && !same_front(id, later, MONTH_LEN);
}

/* What does not open with our key is somebody else's, or must be looked at by people. */
static bool is_ours(const struct backup_source *source, struct str id)
{
    CLEANUP(arena_free) struct arena a;
    struct backup_manifest m;
    arena_init(&a, LOOK_ARENA_BYTES);
    return backup_look(source, id, &a, &m) == 0;
}

static int prune(const struct backup_folder *folder, const struct backup_source *source,
                 const struct backup_keeping *keep, int64_t now_ms, size_t *ret_removed)
{
    CLEANUP(arena_free) struct arena a;
    struct str *ids;
    size_t count;
    arena_init(&a, LIST_ARENA_BYTES);
    TRY(backup_folder_list(folder, &a, &ids, &count));
    for (size_t i = 0; i < count; i++) {
        struct str later = i + 1 < count ? ids[i + 1] : str_of(NULL, 0);
        if (stays(keep, now_ms, ids[i], later) || !is_ours(source, ids[i]))
            continue;
        TRY(backup_folder_remove(folder, ids[i]));
        LOG_INFO("backup", "backup %.*s was removed: its time was over", STR_ARG(ids[i]));
        ++*ret_removed;
    }
    return 0;
}

int backup_prune(struct store *store, const char *dir, const struct backup_keeping *keep,
                 int64_t now_ms, size_t *ret_removed, struct err_ctx *ctx)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    struct backup_source source;
    *ret_removed = 0;
    TRY(backup_folder_open(dir, true, &folder, ctx));
    TRY(backup_source_of_store(store, dir, &source, ctx));
    int err = prune(&folder, &source, keep, now_ms, ret_removed);
    backup_source_close(&source);
    return err == 0 ? 0 : err_set(ctx, err, "backups that are over stay: %s", err_text(err));
}
