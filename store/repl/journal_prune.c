/* What of the archive goes when its time is over. */
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/realm_list.h"
#include "store/repl/journal.h"
#include "store/repl/reel.h"
#include "store/repl/replay.h"
#include "store/repl/tree.h"

#include "core/base/banned.h"

#define ARENA_BYTES      ((size_t)512 << 20)
#define LIST_ARENA_BYTES ((size_t)128 << 20)

struct pruning {
    struct store *store;
    struct replay_source source;
    int64_t before_ms;
    const struct replay_base *bases; /* oldest first */
    size_t base_count;
    size_t removed;
};

/* The newest base of a database that was there when the time began: older moments are over. */
static const struct replay_base *first_needed(const struct pruning *p, struct str file)
{
    const struct replay_base *found = NULL;
    for (size_t i = 0; i < p->base_count && p->bases[i].until_ms <= p->before_ms; i++)
        if (str_eq(p->bases[i].realm->file, file))
            found = &p->bases[i];
    return found;
}

static bool has_newer(const struct pruning *p, struct str file)
{
    for (size_t i = 0; i < p->base_count; i++)
        if (p->bases[i].until_ms > p->before_ms && str_eq(p->bases[i].realm->file, file))
            return true;
    return false;
}

static int is_listed(const struct pruning *p, struct str file, bool *ret_listed)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row row;
    arena_init(&a, (size_t)64 << 10);
    int err = realm_list_find_file(p->store, &a, file, &row);
    *ret_listed = err == 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* --- Reels --- */

/* gone: the realm was deleted, and nothing newer of it is there. */
static int is_over(const struct pruning *p, int dir, struct str file, struct str name, bool gone,
                   bool *ret_over)
{
    const struct replay_base *needed = first_needed(p, file);
    struct reel_reader *r;
    struct reel_head head;
    TRY(reel_open(dir, &p->source.backups.key, file, name, &r, &head));
    reel_close(r);
    *ret_over =
        head.last_ms < p->before_ms && (gone || (needed && head.last_ms < needed->until_ms));
    return 0;
}

static int prune_reels(struct pruning *p, int dir, struct str file, bool gone)
{
    CLEANUP(arena_free) struct arena a;
    struct str *names;
    size_t count;
    bool over;
    arena_init(&a, LIST_ARENA_BYTES);
    TRY(journal_list(dir, &a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(is_over(p, dir, file, names[i], gone, &over));
        if (!over)
            continue;
        if (unlinkat(dir, names[i].ptr, 0) != 0)
            return ERR_IO;
        p->removed++;
    }
    return 0;
}

static int prune_folder(struct pruning *p, const char *name)
{
    struct str file = str_c(name);
    bool listed;
    int dir;
    TRY(is_listed(p, file, &listed));
    TRY(journal_folder(p->source.backups.folder.fd, name, false, &dir));
    int err = prune_reels(p, dir, file, !listed && !has_newer(p, file));
    (void)close(dir);
    return err;
}

static int prune_one(void *arg, const char *name)
{
    struct pruning *p = arg;
    if (strcmp(name, JOURNAL_BASES) == 0 || strcmp(name, "lock") == 0)
        return 0;
    int err = prune_folder(p, name);
    if (err != 0)
        LOG_WARN("backup", "the archive of %.48s stays as it is: %s", name, err_text(err));
    return err == ERR_NO_MEMORY ? err : 0;
}

/* --- Bases --- */

static int base_is_over(const struct pruning *p, const struct replay_base *base, bool *ret_over)
{
    bool listed;
    const struct replay_base *needed = first_needed(p, base->realm->file);
    *ret_over = false;
    if (base->source != &p->source.bases || base->until_ms >= p->before_ms)
        return 0;
    if (needed && base != needed) {
        *ret_over = true;
        return 0;
    }
    TRY(is_listed(p, base->realm->file, &listed));
    *ret_over = !listed && !has_newer(p, base->realm->file);
    return 0;
}

static int prune_bases(struct pruning *p)
{
    bool over;
    for (size_t i = 0; i < p->base_count; i++) {
        TRY(base_is_over(p, &p->bases[i], &over));
        if (!over)
            continue;
        TRY(backup_folder_remove(&p->source.bases.folder, p->bases[i].id));
        p->removed++;
    }
    return 0;
}

static int prune(struct pruning *p, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct replay_base *bases;
    int root;
    arena_init(&a, ARENA_BYTES);
    TRY(replay_bases(&p->source, &a, &bases, &p->base_count, ctx));
    p->bases = bases;
    TRY(journal_root(p->source.backups.folder.fd, false, &root));
    int err = tree_each(root, prune_one, p);
    (void)close(root);
    return err == 0 ? prune_bases(p) : err;
}

int journal_prune(struct store *store, const char *dir, int64_t before_ms, size_t *ret_removed,
                  struct err_ctx *ctx)
{
    struct pruning p = {.store = store, .before_ms = before_ms};
    *ret_removed = 0;
    int err = replay_source_alone(dir, &store->master_key, &p.source, ctx);
    if (err == ERR_CONFLICT)
        return 0; /* somebody restores: next time */
    TRY(err);
    if (p.source.lock_fd >= 0)
        err = prune(&p, ctx);
    replay_source_close(&p.source);
    *ret_removed = p.removed;
    return err;
}
