/* The follower's own thread: jobs in their order, as many as there are before each flush. */
#include <stdlib.h>

#include "core/base/log.h"
#include "store/fence.h"
#include "store/repl/following.h"

#include "core/base/banned.h"

/* --- Databases by file --- */

static size_t place_of(const struct follower *f, struct str file, bool *ret_there)
{
    size_t low = 0;
    size_t high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(str_c(f->databases[middle]->file), file) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = low < f->count && str_eq_c(file, f->databases[low]->file);
    return low;
}

static int make_room(struct follower *f)
{
    if (f->count < f->cap)
        return 0;
    if (f->count >= REPL_DATABASES_MAX)
        return ERR_LIMIT_REACHED;
    size_t cap = f->cap ? f->cap * 2 : 64;
    struct followed **databases = realloc(f->databases, cap * sizeof(struct followed *));
    if (!databases)
        return ERR_NO_MEMORY;
    f->databases = databases;
    f->cap = cap;
    return 0;
}

static int add(struct follower *f, size_t at, struct str file, struct followed **ret_database)
{
    struct slot *slot;
    TRY(make_room(f));
    TRY(slot_of_file(f->store, file, &slot));
    struct followed *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NO_MEMORY;
    memcpy(d->file, file.ptr, file.len);
    d->slot = slot;
    memmove(f->databases + at + 1, f->databases + at, (f->count - at) * sizeof(d));
    f->databases[at] = d;
    f->count++;
    *ret_database = d;
    return 0;
}

static int find(struct follower *f, struct str file, struct followed **ret_database)
{
    bool there;
    size_t at = place_of(f, file, &there);
    if (!there)
        return add(f, at, file, ret_database);
    *ret_database = f->databases[at];
    return 0;
}

static void forget(struct follower *f, struct followed *d)
{
    bool there;
    size_t at = place_of(f, str_c(d->file), &there);
    if (there) {
        memmove(f->databases + at, f->databases + at + 1, (f->count - at - 1) * sizeof(d));
        f->count--;
    }
    free(d);
}

void followed_free_all(struct follower *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->databases[i]);
    free(f->databases);
    f->databases = NULL;
    f->count = f->cap = 0;
}

/* --- Telling the primary --- */

static void send_at(struct follower *f, enum repl_message_type type, const struct followed *d)
{
    const struct repl_message m = {.type = type, .at = {.file = str_c(d->file), .position = d->at}};
    follower_send(f, &m);
}

void followed_acknowledge(struct follower *f, const struct followed *d)
{
    if (d->known)
        send_at(f, REPL_ACK, d);
}

/* Every database of the folder, by its file. */
static int list_one(void *arg, struct str name)
{
    struct follower *f = arg;
    struct followed *d;
    if (!str_ends(name, STR(".db")))
        return 0;
    return find(f, str_sub(name, 0, name.len - 3), &d);
}

/* What cannot be read is not named: the primary then brings it whole. */
static int say_where(struct follower *f)
{
    if (!f->listed)
        TRY(folder_each(&f->store->folder, list_one, f));
    f->listed = true;
    for (size_t i = 0; i < f->count; i++) {
        struct followed *d = f->databases[i];
        d->asked = d->whole = d->hashed = false;
        if (!d->going && !d->known && followed_look(d) != 0)
            continue;
        send_at(f, REPL_AT, d);
    }
    const struct repl_message end = {.type = REPL_AT_END};
    follower_send(f, &end);
    return 0;
}

/* What comes until the gap is closed cannot be put in place. */
void followed_ask_again(struct follower *f, struct followed *d)
{
    if (d->asked)
        return;
    d->asked = true;
    LOG_WARN("replication", "%s does not follow: asked for what is missing", d->file);
    (void)pthread_mutex_lock(&f->lock);
    f->told.resyncs++;
    (void)pthread_mutex_unlock(&f->lock);
    send_at(f, REPL_AT, d);
}

/* --- Jobs --- */

static void count_applied(struct follower *f, const struct job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    if (job->kind == JOB_COMMIT) {
        f->told.commits++;
        f->told.applied_ms = job->time_ms;
    } else {
        f->told.snapshots++;
    }
    (void)pthread_mutex_unlock(&f->lock);
}

static bool leads_on(const struct followed *d, const struct job *job)
{
    bool known = d->known && (d->whole || d->at.lsn != 0);
    return known && position_is(&job->before, &d->at);
}

static int do_commit(struct follower *f, struct followed *d, const struct job *job)
{
    if (!leads_on(d, job)) {
        if (!d->known)
            d->at = (struct repl_position){0};
        followed_ask_again(f, d);
        return 0;
    }
    TRY(followed_apply(d, job, false));
    d->asked = false;
    count_applied(f, job);
    return 0;
}

int followed_begin_anew(struct follower *f, struct followed *d)
{
    LOG_WARN("replication", "%s is damaged here and comes anew", d->file);
    if (d->slot->is_master)
        return ERR_STORE_CORRUPT;
    TRY(followed_remove(d));
    TRY(slot_of_file(f->store, str_c(d->file), &d->slot));
    return slots_follow_list(f->store);
}

void followed_came_whole(struct follower *f, struct followed *d, const struct job *job)
{
    d->whole = true;
    d->asked = false;
    count_applied(f, job);
}

static int flush_one(struct follower *f, struct followed *d)
{
    if (!d->db)
        return 0;
    TRY(followed_flush(d));
    followed_acknowledge(f, d);
    return 0;
}

/* The list of realms is put in place at once: everything else rests on it. */
static int put_snapshot(struct follower *f, struct followed *d, struct job **io_job)
{
    struct job *job = *io_job;
    if (d->slot->is_master) {
        TRY(followed_apply(d, job, !job->difference));
        followed_came_whole(f, d, job);
        return 0;
    }
    TRY(flush_one(f, d));
    TRY(apart_begin(f, d, job));
    *io_job = NULL;
    return 0;
}

/* It was to go and comes again. */
static int come_back(struct follower *f, struct followed *d)
{
    TRY(realm_files_remove(d->slot));
    TRY(slot_of_file(f->store, str_c(d->file), &d->slot));
    d->going = false;
    return slots_follow_list(f->store);
}

static int do_snapshot(struct follower *f, struct followed *d, struct job **io_job)
{
    const struct job *job = *io_job;
    if (d->going)
        TRY(come_back(f, d));
    TRY(folder_db_doom(&f->store->folder, str_c(d->file), false));
    if (fence_err(d->slot) != 0 && !job->difference)
        TRY(followed_begin_anew(f, d)); /* one that is damaged here goes first */
    if (job->difference && !d->hashed)
        return ERR_INVALID_REQUEST; /* from what? */
    if (job->count > 0)
        return put_snapshot(f, d, io_job);
    if (!position_is(&d->at, &job->after))
        return ERR_INVALID_REQUEST;
    followed_came_whole(f, d, job);
    return 0;
}

/* The list of realms forgets this one with the next commit: whoever starts anew from here must know that
 * the file is nobody's. */
static int doom(const struct follower *f, const struct followed *d)
{
    return folder_db_doom(&f->store->folder, str_c(d->file), true);
}

/* Once more: who asked for the realm meanwhile, which the list still has, opened the file anew. */
static int go_again(struct follower *f, struct followed *d)
{
    struct slot *fresh;
    TRY(realm_files_remove(d->slot));
    TRY(slot_of_file(f->store, str_c(d->file), &fresh));
    slot_retire(fresh);
    return realm_files_remove(fresh);
}

/* A file that somebody still reads goes with the next start. Where not even that can be noted, nothing more is put
 * in place, so that the list keeps the realm, and the primary is told of it at the next connection: it says again
 * that it goes. */
static int do_gone(struct follower *f, struct followed *d)
{
    int err = d->going ? go_again(f, d) : followed_remove(d);
    if (err != 0) {
        LOG_WARN("replication", "%s, of a deleted realm, goes with the next start", d->file);
        err = doom(f, d);
    }
    d->going = err != 0;
    if (!d->going)
        forget(f, d);
    return err;
}

/* To disk, and then the primary hears of it. */
static int flush_all(struct follower *f)
{
    int err = 0;
    for (size_t i = 0; i < f->count; i++) {
        int flushed = f->databases[i]->placing ? 0 : flush_one(f, f->databases[i]);
        if (flushed != 0)
            err = flushed;
    }
    return err;
}

void follower_done(struct follower *f, struct job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    open_jobs_remove(job->is_apart ? &f->open_apart : &f->open, job);
    f->waiting_bytes -= job->bytes;
    f->done = f->came;
    if (f->open.first)
        f->done = f->open.first->number - 1;
    if (f->open_apart.first && f->open_apart.first->number <= f->done)
        f->done = f->open_apart.first->number - 1;
    follower_look_fresh(f);
    f->told.databases = f->count;
    (void)pthread_cond_broadcast(&f->taken);
    (void)pthread_mutex_unlock(&f->lock);
    job_free(job);
}

static bool in_trouble(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    bool trouble = f->trouble != 0;
    (void)pthread_mutex_unlock(&f->lock);
    return trouble;
}

static void run(struct follower *f, struct job *jobs);

/* What was put in place meanwhile, and then what waited for it. */
static void take_in(struct follower *f)
{
    run(f, apart_collect(f));
}

/* The primary takes what it hears for kept, and nothing of an earlier connection comes after it. */
static int do_say_where(struct follower *f)
{
    while (f->placing_count > 0) {
        apart_wait(f);
        take_in(f);
    }
    TRY(flush_all(f));
    return say_where(f);
}

/* *io_job is NULL afterwards when it is done later. */
static int do_job(struct follower *f, struct job **io_job)
{
    struct job *job = *io_job;
    struct followed *d;
    TRY(find(f, str_c(job->file), &d));
    bool waits = job->kind == JOB_SNAPSHOT && !d->slot->is_master && apart_is_full(f);
    if (waits || apart_is_busy(d)) {
        if (job->kind == JOB_GONE)
            TRY(doom(f, d));
        apart_keep(f, d, job);
        *io_job = NULL;
        return 0;
    }
    switch (job->kind) {
    case JOB_COMMIT: return do_commit(f, d, job);
    case JOB_SNAPSHOT: return do_snapshot(f, d, io_job);
    case JOB_GONE: return do_gone(f, d);
    case JOB_HASHES: followed_send_hashes(f, d); break;
    case JOB_SAY_WHERE: break;
    }
    return 0;
}

static void run(struct follower *f, struct job *jobs)
{
    while (jobs) {
        struct job *job = jobs;
        jobs = job->next;
        job->next = NULL;
        int err = 0;
        if (job->kind == JOB_SAY_WHERE)
            err = do_say_where(f);
        else if (!in_trouble(
                     f)) /* what came after something failed is of no use; the next one asks anew */
            err = do_job(f, &job);
        if (err != 0)
            follower_trouble(f, err);
        if (job)
            follower_done(f, job);
    }
}

/* --- The thread --- */

/* False: it is time to end. */
static bool wait_for_work(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    while (!f->first && !f->placed && (!f->stopping || f->placing_count > 0))
        (void)pthread_cond_wait(&f->called, &f->lock);
    bool any = f->first || f->placed;
    (void)pthread_mutex_unlock(&f->lock);
    return any;
}

static struct job *take_all(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    struct job *jobs = f->first;
    f->first = f->last = NULL;
    (void)pthread_mutex_unlock(&f->lock);
    return jobs;
}

static void flush_and_note(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    uint64_t done = f->done;
    (void)pthread_mutex_unlock(&f->lock);
    int err = flush_all(f);
    if (err != 0) {
        follower_trouble(f, err);
        return;
    }
    (void)pthread_mutex_lock(&f->lock);
    f->flushed = done;
    (void)pthread_mutex_unlock(&f->lock);
}

/* Jobs in their order, as many as there are before each flush. */
void *follower_run(void *arg)
{
    struct follower *f = arg;
    while (wait_for_work(f)) {
        take_in(f);
        run(f, take_all(f));
        flush_and_note(f);
    }
    return NULL;
}
