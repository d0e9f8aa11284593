/* Reading the archive through. */
#include <string.h>
#include <unistd.h>

#include "store/repl/journal.h"
#include "store/repl/replay.h"
#include "store/repl/tree.h"

#include "core/base/banned.h"

#define LIST_ARENA_BYTES ((size_t)128 << 20)

struct verifying {
    const struct replay_source *source;
    const struct backup_watch *watch;
    size_t reels;
    struct err_ctx *ctx;
};

static int read_reel(const struct verifying *v, int dir, struct str file, struct str name)
{
    struct reel_reader *r;
    struct reel_head head;
    struct reel_commit commit;
    bool any = true;
    int err = reel_open(dir, &v->source->backups.key, file, name, &r, &head);
    if (err != 0)
        return replay_refuse(v->ctx, err, name);
    while (err == 0 && any)
        err = reel_next(r, &commit, &any);
    reel_close(r);
    return err == 0 ? 0 : replay_refuse(v->ctx, err, name);
}

static int read_folder(struct verifying *v, int dir, struct str file)
{
    CLEANUP(arena_free) struct arena a;
    struct str *names;
    size_t count;
    arena_init(&a, LIST_ARENA_BYTES);
    TRY(journal_list(dir, &a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(read_reel(v, dir, file, names[i]));
        v->reels++;
        if (v->watch && !v->watch->step(v->watch->arg, file, (int64_t)i + 1, (int64_t)count))
            return ERR_CANCELLED;
    }
    return 0;
}

static int read_one(void *arg, const char *name)
{
    struct verifying *v = arg;
    int dir;
    if (strcmp(name, JOURNAL_BASES) == 0 || strcmp(name, "lock") == 0)
        return 0;
    TRY(journal_folder(v->source->backups.folder.fd, name, false, &dir));
    int err = read_folder(v, dir, str_c(name));
    (void)close(dir);
    return err;
}

int replay_verify(const struct replay_source *source, const struct backup_watch *watch,
                  size_t *ret_reels, struct err_ctx *ctx)
{
    struct verifying v = {.source = source, .watch = watch, .ctx = ctx};
    int root;
    *ret_reels = 0;
    int err = journal_root(source->backups.folder.fd, false, &root);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    err = tree_each(root, read_one, &v);
    (void)close(root);
    *ret_reels = v.reels;
    return err;
}
