/* Reels put together, one for each hour of a database. */
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/repl/journal.h"
#include "store/repl/reel.h"
#include "store/repl/tree.h"

#include "core/base/banned.h"

#define LIST_ARENA_BYTES ((size_t)128 << 20)
#define HOUR_MS          3600000

struct merging {
    const struct secret *key;
    int backups_fd;
    int64_t before_ms;
};

/* The folder of one database. */
struct folder_of {
    const struct merging *m;
    struct str file;
    int dir;
    struct str *names;
    size_t count;
};

static int look(const struct folder_of *f, struct str name, struct reel_head *ret_head)
{
    struct reel_reader *r;
    TRY(reel_open(f->dir, f->m->key, f->file, name, &r, ret_head));
    reel_close(r);
    return 0;
}

/* How many, from this one on, are of the same hour, which is over. */
static int count_hour(const struct folder_of *f, size_t first, size_t *ret_count)
{
    struct reel_head head, next;
    TRY(look(f, f->names[first], &head));
    int64_t hour = head.first_ms / HOUR_MS;
    *ret_count = 1;
    if ((hour + 1) * HOUR_MS > f->m->before_ms)
        return 0;
    for (size_t i = first + 1; i < f->count; i++) {
        TRY(look(f, f->names[i], &next));
        bool follows = next.first_ms >= head.last_ms &&
                       memcmp(&next.before, &head.after, sizeof(next.before)) == 0 &&
                       memcmp(next.chain_before, head.chain_after, sizeof(head.chain_after)) == 0;
        if (!follows || next.first_ms / HOUR_MS != hour)
            break;
        head = next;
        ++*ret_count;
    }
    return 0;
}

static int merge_names(const struct folder_of *f)
{
    size_t count;
    for (size_t i = 0; i < f->count; i += count) {
        TRY(count_hour(f, i, &count));
        TRY(reel_merge(f->dir, f->m->key, f->file, f->names + i, count));
    }
    return 0;
}

static int merge_folder(const struct merging *m, const char *file)
{
    CLEANUP(arena_free) struct arena a;
    struct folder_of f = {.m = m, .file = str_c(file)};
    arena_init(&a, LIST_ARENA_BYTES);
    TRY(journal_folder(m->backups_fd, file, false, &f.dir));
    int err = journal_list(f.dir, &a, &f.names, &f.count);
    if (err == 0)
        err = merge_names(&f);
    (void)close(f.dir);
    return err;
}

/* One database that cannot be looked after keeps no other one from it. */
static int merge_one(void *arg, const char *name)
{
    if (strcmp(name, JOURNAL_BASES) == 0 || strcmp(name, "lock") == 0)
        return 0;
    int err = merge_folder(arg, name);
    if (err != 0)
        LOG_WARN("backup", "the archive of %.48s is not put together: %s", name, err_text(err));
    return err == ERR_NO_MEMORY ? err : 0;
}

static int merge_all(struct merging *m)
{
    int lock, root;
    TRY(journal_lock(m->backups_fd, true, &lock));
    int err = journal_root(m->backups_fd, false, &root);
    if (err == 0) {
        err = tree_each(root, merge_one, m);
        (void)close(root);
    }
    (void)close(lock);
    return err;
}

int journal_merge(const struct journal *journal, int64_t before_ms, struct err_ctx *ctx)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    struct merging m = {.key = journal_key(journal), .before_ms = before_ms};
    TRY(backup_folder_open(journal_dir(journal), false, &folder, ctx));
    m.backups_fd = folder.fd;
    int err = merge_all(&m);
    return err == ERR_CONFLICT || err == ERR_NOT_FOUND ? 0 : err;
}
