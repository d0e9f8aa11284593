/* Moving old events to files, and removing files whose time is over. */
#include "store/archive/archive.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/audit/change.h"
#include "store/archive/folder.h"
#include "store/keystore/audit_key.h"
#include "store/view.h"

#include "core/base/banned.h"

/* A portion takes some milliseconds, for which other changes wait. */
#define PRUNE_ROWS      256
#define KEY_ARENA_BYTES ((size_t)1 << 20)
/* A tenth of the weight of other threads: what is idle it gets all the same. */
#define NICENESS        10

/* --- Archiving --- */

/* A signature needs the turn to write: the key may have to be made. */
static int sign(struct realm_view *view, const struct now *now, struct arena *a,
                struct statement *s)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(view, now, &w));
    s->realm_id = arena_str(a, view->slot->id);
    s->time_ms = now->wall_ms;
    TRY(audit_sign(w, s));
    s->kid = arena_str(a, s->kid);
    s->signature = arena_str(a, s->signature);
    if (str_absent(s->realm_id) || str_absent(s->kid) || str_absent(s->signature))
        return ERR_NO_MEMORY;
    return store_commit_p(&w, DURABLE_LOCAL);
}

int archive_plan(struct realm_view *view, const struct now *now, int64_t before_ms, struct arena *a,
                 struct event_segment *ret_segment, bool *ret_any)
{
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(store_read_begin(view, &r));
        TRY(event_segment_next(r, a, before_ms, now->wall_ms, ret_segment, ret_any));
    }
    return *ret_any ? sign(view, now, a, &ret_segment->statement) : 0;
}

static int add_to_chain(void *arg, const struct event_record *e)
{
    struct chain *chain = arg;
    return chain_add(chain, e) ? 0 : ERR_STORE_CORRUPT;
}

static int load_keys(struct realm_view *view, struct arena *a, struct audit_keys *ret_keys)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(view, &r));
    return audit_keys_load(r, a, ret_keys);
}

/* What leaves the database must be in the file, to the byte. Of the database nothing is read meanwhile. */
static int read_again(struct realm_view *view, const struct event_segment *segment)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(audit_keys_free) struct audit_keys keys = {NULL, 0};
    struct store_read of_file = {.slot = view->slot, .view = view};
    const struct statement *s = &segment->statement;
    struct chain chain;
    arena_init(&a, KEY_ARENA_BYTES);
    TRY(load_keys(view, &a, &keys));
    chain_init(&chain, &keys, view->slot->id);
    chain_start_after(&chain, s->first_seq - 1, (const unsigned char *)s->prev_hash.ptr);
    TRY(segment_walk(&of_file, segment, add_to_chain, &chain));
    return chain_add_statement(&chain, s) ? 0 : ERR_STORE_CORRUPT;
}

struct writing {
    struct realm_view *view;
    const struct event_segment *segment;
    int err;
};

static void *write_month(void *arg)
{
    struct writing *w = arg;
    w->err = segment_write(w->view, w->segment);
    if (w->err == 0)
        w->err = read_again(w->view, w->segment);
    return NULL;
}

static void *write_for_others(void *arg)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS);
    return write_month(arg);
}

/* A million events are seconds of a processor. They are taken from what requests leave, which a thread of
 * its own can do: it holds no turn that anybody waits for. Without one it is done here and now. */
int archive_write(struct realm_view *view, const struct event_segment *segment)
{
    struct writing w = {view, segment, 0};
    sigset_t all, before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread, NULL, write_for_others, &w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_join(thread, NULL);
    else
        (void)write_month(&w);
    return w.err;
}

static int tell(struct store_write *w, enum event_type type, const struct event_actor *actor,
                const struct event_segment *segment)
{
    const struct statement *s = &segment->statement;
    struct event event = {.type = type,
                          .actor = *actor,
                          .subject_kind = STR("realm"),
                          .subject_id = w->reader.slot->id};
    TRY(detail_data(&w->arena,
                    (const struct detail[]){
                        {"file", segment->file},
                        {"firstSeq", arena_printf(&w->arena, "%lld", (long long)s->first_seq)},
                        {"lastSeq", arena_printf(&w->arena, "%lld", (long long)s->last_seq)},
                        {NULL, {NULL, 0}}},
                    &event.data));
    return event_append(w, &event);
}

int archive_record(struct realm_view *view, const struct now *now, const struct event_actor *actor,
                   const struct event_segment *segment)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int64_t archived;
    TRY(store_write_begin(view, now, &w));
    TRY(event_archived_seq(&w->reader, &archived));
    if (archived != segment->statement.first_seq - 1)
        return ERR_CONFLICT;
    TRY(event_segment_insert(w, segment));
    TRY(tell(w, EVENT_AuditArchived, actor, segment));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static void describe(const struct event_segment *segment, struct event_archived *ret_archived)
{
    *ret_archived = (struct event_archived){.file = segment->file,
                                            .first_seq = segment->statement.first_seq,
                                            .last_seq = segment->statement.last_seq,
                                            .from_ms = segment->statement.from_ms,
                                            .to_ms = segment->statement.to_ms};
}

static int archive_month(struct realm_view *view, const struct now *now,
                         const struct event_actor *actor, int64_t before_ms, struct arena *a,
                         struct event_archived *ret_archived, bool *ret_done)
{
    struct event_segment segment;
    TRY(archive_plan(view, now, before_ms, a, &segment, ret_done));
    if (!*ret_done)
        return 0;
    TRY(archive_write(view, &segment));
    TRY(archive_record(view, now, actor, &segment));
    repl_sinks_tell_archived(&view->slot->store->sinks, str_c(view->slot->file));
    describe(&segment, ret_archived);
    return 0;
}

/* One at a time in a realm: two would write the same file. */
int event_archive_month(struct realm_view *view, const struct now *now,
                        const struct event_actor *actor, int64_t before_ms, struct arena *a,
                        struct event_archived *ret_archived, bool *ret_done)
{
    (void)pthread_mutex_lock(&view->slot->archiving);
    int err = archive_month(view, now, actor, before_ms, a, ret_archived, ret_done);
    (void)pthread_mutex_unlock(&view->slot->archiving);
    return err;
}

/* A read looks first: most of the time there is nothing to do, and no write is begun for that. */
int event_archive_prune(struct realm_view *view, const struct now *now, bool *ret_more)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int64_t count;
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(store_read_begin(view, &r));
        TRY(event_prune_due(r, ret_more));
    }
    *ret_more = *ret_more && gate_keeps_archives(view->slot);
    if (!*ret_more)
        return 0;
    TRY(store_write_begin(view, now, &w));
    TRY(event_prune(w, PRUNE_ROWS, &count));
    *ret_more = count == PRUNE_ROWS;
    return store_commit_p(&w, DURABLE_LOCAL);
}

/* --- Removing --- */

/* The oldest archive that is left; and what a crash left behind of one that is not. */
static int oldest_left(struct realm_view *view, struct arena *a, struct event_segment *ret_segment,
                       bool *ret_any)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct event_segment *items;
    size_t count;
    TRY(store_read_begin(view, &r));
    TRY(event_segment_list(r, a, &items, &count));
    *ret_any = false;
    for (size_t i = 0; i < count && !*ret_any; i++) {
        *ret_any = !items[i].removed;
        if (items[i].removed)
            TRY(archive_unlink(view->slot, items[i].file));
        else
            *ret_segment = items[i];
    }
    return 0;
}

static int record_removal(struct realm_view *view, const struct now *now,
                          const struct event_actor *actor, struct event_segment *segment)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct statement *s = &segment->removal;
    TRY(store_write_begin(view, now, &w));
    s->time_ms = now->wall_ms;
    TRY(audit_sign(w, s));
    TRY(event_segment_remove(w, s));
    TRY(tell(w, EVENT_AuditRemoved, actor, segment));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int remove_oldest(struct realm_view *view, const struct now *now,
                         const struct event_actor *actor, int64_t before_ms, struct arena *a,
                         struct event_archived *ret_removed, bool *ret_done)
{
    struct event_segment segment;
    TRY(oldest_left(view, a, &segment, ret_done));
    *ret_done = *ret_done && segment.statement.to_ms < before_ms;
    if (!*ret_done)
        return 0;
    TRY(record_removal(view, now, actor, &segment));
    TRY(archive_unlink(view->slot, segment.file));
    repl_sinks_tell_unarchived(&view->slot->store->sinks, str_c(view->slot->file));
    describe(&segment, ret_removed);
    return 0;
}

int event_archive_remove(struct realm_view *view, const struct now *now,
                         const struct event_actor *actor, int64_t before_ms, struct arena *a,
                         struct event_archived *ret_removed, bool *ret_done)
{
    (void)pthread_mutex_lock(&view->slot->archiving);
    int err = remove_oldest(view, now, actor, before_ms, a, ret_removed, ret_done);
    (void)pthread_mutex_unlock(&view->slot->archiving);
    return err;
}
