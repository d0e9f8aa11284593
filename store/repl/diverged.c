#include "store/repl/diverged.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/realm_list.h"
#include "store/repl/forks.h"
#include "store/repl/node.h"
#include "store/repl/node_folder.h"
#include "store/repl/recent.h"
#include "store/sql/difference.h"
#include "store/sql/position.h"
#include "store/store.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define LOOK_BYTES  ((size_t)8 << 20)
#define FORKS_ARENA (2 * FORKS_BYTES)

struct diverged {
    struct store *store, *kept;
    uint64_t epoch;
    struct arena arena;
    struct str forks; /* absent: none are known */
};

/* --- What is kept --- */

static bool epoch_of(struct str name, uint64_t *ret_epoch)
{
    int64_t epoch;
    if (!str_starts(name, STR(DIVERGED_PREFIX)) ||
        str_to_i64(str_from(name, sizeof(DIVERGED_PREFIX) - 1), &epoch) != 0 || epoch <= 0)
        return false;
    *ret_epoch = (uint64_t)epoch;
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

int diverged_list(struct store *store, struct arena *a, uint64_t **ret_epochs, size_t *ret_count)
{
    int fd;
    *ret_count = 0;
    *ret_epochs = ARENA_ARRAY(a, DIVERGED_KEPT_MAX, uint64_t);
    if (!*ret_epochs)
        return ERR_NO_MEMORY;
    int err = node_folder_open(node_data_dir(store_node(store)), &fd);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return ERR_NO_MEMORY;
    }
    while (*ret_count < DIVERGED_KEPT_MAX) {
        /* cppcheck-suppress readdirCalled ; a stream of its own, of one thread */
        const struct dirent *e = readdir(dir);
        if (!e)
            break;
        if (epoch_of(str_c(e->d_name), &(*ret_epochs)[*ret_count]))
            ++*ret_count;
    }
    (void)closedir(dir);
    qsort(*ret_epochs, *ret_count, sizeof(**ret_epochs), newest_first);
    return 0;
}

static int open_kept(struct diverged *d, struct err_ctx *ctx)
{
    char dir[FOLDER_PATH_MAX], key[FOLDER_PATH_MAX];
    const struct folder *folder = &d->store->folder;
    const char *own_key = d->store->config.master_key_path;
    int len = snprintf(dir, sizeof(dir), "%s/" NODE_FOLDER "/" DIVERGED_PREFIX "%llu", folder->path,
                       (unsigned long long)d->epoch);
    if (len < 0 || len >= (int)sizeof(dir) ||
        snprintf(key, sizeof(key), "%s/master.key", folder->path) >= (int)sizeof(key))
        return ERR_TOO_LARGE;
    if (access(dir, F_OK) != 0)
        return err_set(ctx, ERR_NOT_FOUND, "nothing is kept of epoch %llu",
                       (unsigned long long)d->epoch);
    const struct store_config config = {.data_dir = dir,
                                        .master_key_path = own_key ? own_key : key,
                                        .is_copy = true,
                                        .cache_memory_bytes = -1,
                                        .ctx = ctx};
    int err = store_open(&config, &d->kept);
    if (err == ERR_STORE_LOCKED)
        return err_set(ctx, err, "somebody else looks at what is kept of epoch %llu right now",
                       (unsigned long long)d->epoch);
    return err;
}

int diverged_open(struct store *store, uint64_t epoch, struct diverged **ret_diverged,
                  struct err_ctx *ctx)
{
    struct diverged *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NO_MEMORY;
    d->store = store;
    d->epoch = epoch;
    arena_init(&d->arena, FORKS_ARENA);
    int err = open_kept(d, ctx);
    if (err == 0)
        err = forks_read(node_data_dir(store_node(store)), &d->arena, &d->forks);
    if (err != 0 && d->kept && err == ERR_NOT_FOUND) {
        d->forks = str_of(NULL, 0);
        err = 0;
    }
    if (err != 0)
        diverged_close_p(&d);
    else
        *ret_diverged = d;
    return err;
}

void diverged_close(struct diverged *d)
{
    if (!d)
        return;
    store_close(d->kept);
    arena_free(&d->arena);
    free(d);
}

void diverged_close_p(struct diverged **d)
{
    diverged_close(*d);
    *d = NULL;
}

struct store *diverged_store(struct diverged *d)
{
    return d->kept;
}

/* --- Transactions --- */

static int look_at_position(const struct diverged *d, struct store_read *r,
                            struct diverged_realm *ret)
{
    struct repl_position own, fork = {0};
    TRY(position_read(r->conn, &own));
    enum fork found = forks_find(d->forks, d->epoch, str_c(r->slot->file), &fork);
    ret->is_known = found != FORK_UNKNOWN && position_known(&own);
    if (found == FORK_AT && position_same(&own, &fork))
        return 0; /* the same to the last commit */
    ret->transactions = (int64_t)(own.lsn - (found == FORK_AT ? fork.lsn : 0));
    return 0;
}

/* --- Events --- */

static int event_at(struct store_read *r, struct arena *a, int64_t seq,
                    struct event_record *ret_record, bool *ret_any)
{
    const struct event_filter filter = {.after_seq = seq - 1, .sealed = true};
    struct event_record *items;
    size_t count;
    TRY(event_list(r, a, &filter, 1, &items, &count));
    *ret_any = count == 1 && items[0].seq == seq;
    if (*ret_any)
        *ret_record = items[0];
    return 0;
}

static int is_common(struct store_read *ours, struct store_read *theirs, struct arena *a,
                     int64_t seq, bool *ret_common)
{
    struct event_record x, y;
    bool any_x, any_y;
    TRY(event_at(ours, a, seq, &x, &any_x));
    TRY(event_at(theirs, a, seq, &y, &any_y));
    *ret_common = any_x && any_y && str_eq(x.hash, y.hash);
    return 0;
}

/* 0: there is none. */
static int end_of(struct store_read *r, struct arena *a, bool last, int64_t *ret_seq)
{
    const struct event_filter filter = {.newest_first = last, .sealed = true};
    struct event_record *items;
    size_t count;
    TRY(event_list(r, a, &filter, 1, &items, &count));
    *ret_seq = count > 0 ? items[0].seq : 0;
    return 0;
}

/* Each event holds the hash of the one before: where two are equal, all before them are. */
static int find_common(struct store_read *ours, struct store_read *theirs, int64_t last,
                       int64_t *ret_seq)
{
    CLEANUP(arena_free) struct arena a;
    int64_t first, low = 0, high = last;
    arena_init(&a, LOOK_BYTES);
    TRY(end_of(ours, &a, false, &low));
    TRY(end_of(theirs, &a, false, &first));
    low = (low > first ? low : first) - 1; /* what the retention removed was common */
    if (low < 0 || first == 0)
        low = 0;
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        bool common;
        arena_reset(&a);
        TRY(is_common(ours, theirs, &a, middle, &common));
        if (common)
            low = middle;
        else
            high = middle - 1;
    }
    *ret_seq = low;
    return 0;
}

/* The same database, under whatever name now. ERR_NOT_FOUND, ERR_STORE_BUSY: not here, or not yet. */
static int read_present(struct diverged *d, struct store_read *kept, struct arena *a,
                        struct realm_view **ret_view, struct store_read **ret_read)
{
    struct list_row row;
    TRY(realm_list_find_file(d->store, a, str_c(kept->slot->file), &row));
    TRY(realm_view_acquire(d->store, row.name, ret_view));
    return store_read_begin(*ret_view, ret_read);
}

static int compare_events(struct diverged *d, struct store_read *kept, struct arena *a,
                          struct diverged_realm *ret)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *now = NULL;
    int err = read_present(d, kept, a, &view, &now);
    if (err == ERR_NOT_FOUND || err == ERR_STORE_BUSY)
        return 0;
    TRY(err);
    ret->is_here = true;
    return find_common(kept, now, ret->last_seq, &ret->common_seq);
}

int diverged_look(struct diverged *d, struct realm_view *view, struct arena *a,
                  struct diverged_realm *ret_realm)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    *ret_realm = (struct diverged_realm){0};
    TRY(store_read_begin(view, &r));
    TRY(look_at_position(d, r, ret_realm));
    TRY(end_of(r, a, true, &ret_realm->last_seq));
    return compare_events(d, r, a, ret_realm);
}

/* --- Rows --- */

static int look_at_scope(const struct diverged *d, struct store_read *kept, struct store_read *now,
                         struct diverged_scope *scope)
{
    struct repl_position own, present, fork = {0};
    *scope = (struct diverged_scope){.against = now ? AGAINST_NOW : AGAINST_NOTHING};
    if (forks_find(d->forks, d->epoch, str_c(kept->slot->file), &fork) != FORK_AT ||
        !position_known(&fork))
        return 0;
    TRY(position_read(kept->conn, &own));
    scope->has_nothing = position_same(&own, &fork);
    if (!now)
        return 0;
    TRY(position_read(now->conn, &present));
    if (position_same(&present, &fork))
        scope->against = AGAINST_FORK;
    return 0;
}

static int compare_tables(struct store_read *kept, struct store_read *now, struct str table,
                          difference_take *take, void *arg)
{
    for (size_t i = 0; difference_table(i); i++)
        if (str_absent(table) || str_eq_c(table, difference_table(i)))
            TRY(difference_of_table(kept->conn, now ? now->conn : NULL, i, take, arg));
    return 0;
}

int diverged_rows(struct diverged *d, struct realm_view *view, struct str table,
                  difference_take *take, void *arg, struct diverged_scope *scope)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(store_read_end_p) struct store_read *kept = NULL;
    CLEANUP(realm_view_release_p) struct realm_view *present = NULL;
    CLEANUP(store_read_end_p) struct store_read *now = NULL;
    arena_init(&a, LOOK_BYTES);
    TRY(store_read_begin(view, &kept));
    int err = read_present(d, kept, &a, &present, &now);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    TRY(look_at_scope(d, kept, now, scope));
    return scope->has_nothing ? 0 : compare_tables(kept, now, table, take, arg);
}
