/* What a connection brings, collected into jobs. */
#include "store/repl/follower.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/plain_file.h"
#include "store/repl/following.h"
#include "store/repl/node.h"
#include "store/steady_cond.h"

#include "core/base/banned.h"

/* --- Jobs --- */

void job_free(struct job *job)
{
    if (!job)
        return;
    if (job->fd >= 0) {
        if (job->images)
            (void)munmap(job->images, job->count * PAGE_BYTES);
        (void)close(job->fd);
    } else {
        free(job->images);
    }
    free(job->changes);
    free(job->pages);
    free(job);
}

static int job_new(enum job_kind kind, struct str file, struct job **ret_job)
{
    if (file.len > FILE_NAME_MAX)
        return ERR_INVALID_REQUEST;
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        return ERR_NO_MEMORY;
    job->kind = kind;
    job->fd = -1;
    job->bytes = sizeof(*job);
    if (file.len > 0)
        memcpy(job->file, file.ptr, file.len);
    *ret_job = job;
    return 0;
}

void open_jobs_add(struct open_jobs *jobs, struct job *job)
{
    job->next_open = NULL;
    job->previous_open = jobs->last;
    if (jobs->last)
        jobs->last->next_open = job;
    else
        jobs->first = job;
    jobs->last = job;
}

void open_jobs_remove(struct open_jobs *jobs, struct job *job)
{
    if (job->previous_open)
        job->previous_open->next_open = job->next_open;
    else
        jobs->first = job->next_open;
    if (job->next_open)
        job->next_open->previous_open = job->previous_open;
    else
        jobs->last = job->previous_open;
}

/* Under the lock. */
static void put_last(struct follower *f, struct job *job)
{
    if (f->last)
        f->last->next = job;
    else
        f->first = job;
    f->last = job;
    f->waiting_bytes += job->bytes;
    job->number = ++f->came;
    open_jobs_add(&f->open, job);
    (void)pthread_cond_signal(&f->called);
}

/* Waits for room; the job is the queue's in any case. */
static int enqueue(struct follower *f, struct job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->waiting_bytes > FOLLOWER_WAITING_MAX && f->trouble == 0 && !f->halted)
        (void)pthread_cond_wait(&f->taken, &f->lock);
    bool takes = !f->halted;
    if (takes)
        put_last(f, job);
    int err = takes ? f->trouble : ERR_CANCELLED;
    (void)pthread_mutex_unlock(&f->lock);
    if (!takes)
        job_free(job);
    return err;
}

static int enqueue_new(struct follower *f, enum job_kind kind, struct str file)
{
    struct job *job;
    TRY(job_new(kind, file, &job));
    return enqueue(f, job);
}

void follower_trouble(struct follower *f, int err)
{
    (void)pthread_mutex_lock(&f->lock);
    bool first = f->trouble == 0;
    if (first)
        f->trouble = err;
    (void)pthread_cond_broadcast(&f->taken);
    (void)pthread_mutex_unlock(&f->lock);
    if (first)
        LOG_ERROR("replication", "following the primary breaks off: %s", err_text(err));
}

void follower_send(struct follower *f, const struct repl_message *m)
{
    int err = 0;
    (void)pthread_mutex_lock(&f->sending);
    if (f->attached)
        err = f->out.send(f->out.arg, m);
    (void)pthread_mutex_unlock(&f->sending);
    if (err != 0)
        follower_trouble(f, err);
}

/* --- Pages that come --- */

static int reserve_memory(struct job *job, uint32_t count)
{
    job->images = malloc((size_t)count * PAGE_BYTES);
    job->bytes += (size_t)count * PAGE_BYTES;
    return job->images ? 0 : ERR_NO_MEMORY;
}

/* A file that goes by itself, whatever happens. */
static int reserve_file(struct follower *f, struct job *job)
{
    static const char name[] = "incoming";
    const struct folder *folder = &f->store->folder;
    (void)unlinkat(folder->fd, name, 0); /* of a process that was killed right here */
    TRY(plain_file_open(folder->fd, name, O_RDWR | O_CREAT | O_EXCL, &job->fd));
    return unlinkat(folder->fd, name, 0) == 0 ? 0 : file_err();
}

static int begin_pages(struct follower *f, struct job *job, uint32_t count)
{
    job->pages = calloc(count ? count : 1, sizeof(*job->pages));
    job->bytes += count * sizeof(*job->pages);
    if (!job->pages)
        return ERR_NO_MEMORY;
    job->pages_left = count;
    return job->kind == JOB_COMMIT ? reserve_memory(job, count) : reserve_file(f, job);
}

static int write_all(int fd, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n <= 0)
            return file_err();
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int keep_page(struct job *job, const struct repl_page *page)
{
    uint32_t last = job->count > 0 ? job->pages[job->count - 1].number : 0;
    bool fits = page->number > last && page->number <= job->page_count;
    if (job->pages_left == 0 || !fits)
        return ERR_INVALID_REQUEST;
    job->pages_left--;
    job->pages[job->count].number = page->number;
    if (job->images)
        memcpy(job->images + job->count * PAGE_BYTES, page->image, PAGE_BYTES);
    job->count++;
    return job->images ? 0 : write_all(job->fd, page->image, PAGE_BYTES);
}

static void point_at_images(struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        job->pages[i].image = job->images + i * PAGE_BYTES;
}

static int read_back(struct job *job)
{
    if (job->count == 0)
        return 0;
    void *images = mmap(NULL, job->count * PAGE_BYTES, PROT_READ, MAP_PRIVATE, job->fd, 0);
    if (images == MAP_FAILED)
        return ERR_NO_MEMORY;
    job->images = images;
    return 0;
}

static int finish_pages(struct follower *f, struct job **io_job)
{
    struct job *job = *io_job;
    if (job->kind == JOB_SNAPSHOT)
        TRY(read_back(job));
    point_at_images(job);
    *io_job = NULL;
    return enqueue(f, job);
}

/* Those of a commit come without anything between. */
static int take_pages(struct follower *f, const struct repl_pages *pages)
{
    struct job *job = f->commit ? f->commit : f->snapshot;
    if (!job)
        return ERR_INVALID_REQUEST;
    for (size_t i = 0; i < pages->count; i++)
        TRY(keep_page(job, &pages->pages[i]));
    bool whole = job->pages_left == 0 && job->kind == JOB_COMMIT;
    return whole ? finish_pages(f, &f->commit) : 0;
}

/* --- Messages --- */

static int copy_changes(struct job *job, const struct repl_commit_head *head)
{
    job->changed = head->changed;
    if (head->change_count == 0)
        return 0;
    job->changes = calloc(head->change_count, sizeof(*job->changes));
    if (!job->changes)
        return ERR_NO_MEMORY;
    memcpy(job->changes, head->changes, head->change_count * sizeof(*job->changes));
    job->change_count = head->change_count;
    job->bytes += head->change_count * sizeof(*job->changes);
    return 0;
}

static int begin_commit(struct follower *f, const struct repl_commit_head *head)
{
    if (head->count == 0 || head->count > REPL_PAGES_MAX)
        return ERR_INVALID_REQUEST;
    TRY(job_new(JOB_COMMIT, head->file, &f->commit));
    struct job *job = f->commit;
    job->before = head->before;
    job->after = head->after;
    job->time_ms = head->time_ms;
    job->page_count = head->page_count;
    TRY(copy_changes(job, head));
    return begin_pages(f, job, head->count);
}

static int begin_snapshot(struct follower *f, const struct repl_snapshot *s)
{
    if (f->snapshot || (!s->difference && s->count != s->page_count))
        return ERR_INVALID_REQUEST;
    TRY(job_new(JOB_SNAPSHOT, s->file, &f->snapshot));
    struct job *job = f->snapshot;
    job->after = s->position;
    job->page_count = s->page_count;
    job->difference = s->difference;
    return begin_pages(f, job, s->count);
}

static int end_snapshot(struct follower *f, struct str file)
{
    struct job *job = f->snapshot;
    if (!job || job->pages_left != 0 || !str_eq_c(file, job->file))
        return ERR_INVALID_REQUEST;
    return finish_pages(f, &f->snapshot);
}

static void take_settings(struct follower *f, const struct repl_settings *settings)
{
    if (f->config.settings)
        f->config.settings(f->config.arg, settings);
}

/* --- How old what is here may be --- */

void follower_look_fresh(struct follower *f)
{
    if (f->next_fresh_ms == 0 || f->done < f->next_fresh)
        return;
    f->fresh_ms = f->next_fresh_ms;
    f->next_fresh_ms = 0;
    if (f->whole_after == 0)
        f->whole_after = f->next_fresh + 1;
    if (f->config.max_stale_ms > 0)
        atomic_store(&f->store->stale_at_ms, f->fresh_ms + f->config.max_stale_ms);
}

static int put_rewound(void *arg, struct node_state *state)
{
    (void)arg;
    state->rewinds = false;
    return 0;
}

/* What an old primary held of its own history is gone: from now on its databases are read. Tried again with
 * the next beat. */
static void end_rewinding(struct follower *f)
{
    if (!atomic_load(&f->store->rewinds))
        return;
    int err = node_change(store_node(f->store), put_rewound, NULL);
    if (err != 0) {
        LOG_WARN("replication", "that this node is in step could not be noted: %s", err_text(err));
        return;
    }
    atomic_store(&f->store->rewinds, false);
    LOG_INFO("replication", "this node is in step with the new primary: it answers again");
}

/* Dated by what it answers and not by its arrival: a link that delivers late makes nothing younger. A date
 * that nobody here said is none. */
static void take_beat(struct follower *f, const struct repl_heartbeat *beat)
{
    bool is_date = beat->said_ms > 0 && beat->said_ms <= clock_now().monotonic_ms;
    (void)pthread_mutex_lock(&f->lock);
    if (beat->complete && is_date && beat->said_ms > f->fresh_ms && f->next_fresh_ms == 0) {
        f->next_fresh_ms = beat->said_ms;
        f->next_fresh = f->came;
        follower_look_fresh(f);
    }
    bool whole = f->whole_after != 0 && f->flushed + 1 >= f->whole_after;
    (void)pthread_mutex_unlock(&f->lock);
    if (whole)
        end_rewinding(f);
}

/* --- Order --- */

/* Nothing may stand between a commit's head and its last page. */
static bool is_in_order(const struct follower *f, enum repl_message_type type)
{
    return !f->commit || type == REPL_PAGES || type == REPL_HEARTBEAT;
}

/* The list of realms never goes. */
static int take_gone(struct follower *f, struct str file)
{
    if (str_eq_c(file, REALM_MASTER))
        return ERR_INVALID_REQUEST;
    archive_forget(f, file);
    return enqueue_new(f, JOB_GONE, file);
}

static int take(struct follower *f, const struct repl_message *m)
{
    switch (m->type) {
    case REPL_SETTINGS: take_settings(f, &m->settings); return 0;
    case REPL_COMMIT: return begin_commit(f, &m->commit);
    case REPL_SNAPSHOT: return begin_snapshot(f, &m->snapshot);
    case REPL_PAGES: return take_pages(f, &m->pages);
    case REPL_SNAPSHOT_END: return end_snapshot(f, m->file);
    case REPL_GONE: return take_gone(f, m->file);
    case REPL_HASHES: return enqueue_new(f, JOB_HASHES, m->hashes.file);
    case REPL_ARCHIVE: return archive_begin(f, &m->archive);
    case REPL_BYTES: return archive_bytes(f, m->bytes);
    case REPL_ARCHIVE_END: return archive_end(f, m->file);
    case REPL_HEARTBEAT: take_beat(f, &m->heartbeat); return 0;
    default: return ERR_INVALID_REQUEST;
    }
}

static int hear(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->told.heard_ms = clock_now().wall_ms;
    int err = f->trouble;
    (void)pthread_mutex_unlock(&f->lock);
    return err;
}

/* What came of a file goes on with the next connection. */
static void drop_unfinished(struct follower *f)
{
    job_free(f->commit);
    job_free(f->snapshot);
    f->commit = f->snapshot = NULL;
    archive_break(f);
}

int follower_message(struct follower *f, const struct repl_message *m)
{
    TRY(hear(f));
    int err = is_in_order(f, m->type) ? take(f, m) : ERR_INVALID_REQUEST;
    if (err != 0)
        drop_unfinished(f);
    return err;
}

/* --- Connections --- */

int follower_attach(struct follower *f, const struct repl_out *out)
{
    (void)pthread_mutex_lock(&f->sending);
    bool busy = f->attached;
    if (!busy) {
        f->out = *out;
        f->attached = true;
    }
    (void)pthread_mutex_unlock(&f->sending);
    if (busy)
        return ERR_CONFLICT;
    (void)pthread_mutex_lock(&f->lock);
    f->trouble = 0;
    f->next_fresh_ms = 0;
    f->told.attached = true;
    (void)pthread_mutex_unlock(&f->lock);
    int err = enqueue_new(f, JOB_SAY_WHERE, STR(""));
    if (err != 0)
        follower_detach(f);
    return err;
}

void follower_detach(struct follower *f)
{
    (void)pthread_mutex_lock(&f->sending);
    f->attached = false;
    (void)pthread_mutex_unlock(&f->sending);
    drop_unfinished(f);
    (void)pthread_mutex_lock(&f->lock);
    f->told.attached = false;
    (void)pthread_mutex_unlock(&f->lock);
}

void follower_state(struct follower *f, struct follower_state *ret_state)
{
    (void)pthread_mutex_lock(&f->lock);
    *ret_state = f->told;
    ret_state->waiting_bytes = f->waiting_bytes;
    ret_state->trouble = f->trouble;
    ret_state->stale_ms = f->fresh_ms == 0 ? -1 : clock_now().monotonic_ms - f->fresh_ms;
    (void)pthread_mutex_unlock(&f->lock);
}

void follower_note_unlike(struct follower *f, struct str names)
{
    size_t len = names.len < FOLLOWER_UNLIKE_MAX ? names.len : FOLLOWER_UNLIKE_MAX - 1;
    (void)pthread_mutex_lock(&f->lock);
    memcpy(f->told.unlike, names.ptr, len);
    f->told.unlike[len] = '\0';
    (void)pthread_mutex_unlock(&f->lock);
}

int follower_halt(struct follower *f, int64_t within_ms)
{
    int64_t until_ms = clock_now().monotonic_ms + within_ms;
    (void)pthread_mutex_lock(&f->lock);
    f->halted = true;
    (void)pthread_cond_broadcast(&f->taken);
    while (f->done < f->came && f->trouble == 0 && clock_now().monotonic_ms < until_ms)
        steady_cond_wait(&f->taken, &f->lock, until_ms);
    bool over = f->done == f->came || f->trouble != 0;
    f->halted = over;
    (void)pthread_mutex_unlock(&f->lock);
    return over ? 0 : ERR_TIMEOUT;
}

void follower_resume(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->halted = false;
    (void)pthread_mutex_unlock(&f->lock);
}

/* What waits for a database that is put in place as a whole holds nobody else up. */
static bool is_caught_up(const struct follower *f, uint64_t wanted)
{
    return !f->open.first || f->open.first->number > wanted;
}

void follower_catch_up(struct follower *f, int64_t within_ms)
{
    int64_t until_ms = clock_now().monotonic_ms + within_ms;
    (void)pthread_mutex_lock(&f->lock);
    uint64_t wanted = f->came;
    while (!is_caught_up(f, wanted) && f->trouble == 0 && clock_now().monotonic_ms < until_ms)
        steady_cond_wait(&f->taken, &f->lock, until_ms);
    (void)pthread_mutex_unlock(&f->lock);
}

/* --- Life --- */

int follower_thread(void *(*run)(void *), void *arg, pthread_t *ret_thread)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(ret_thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 ? 0 : ERR_NO_MEMORY;
}

int follower_new(struct store *store, const struct follower_config *config,
                 struct follower **ret_follower)
{
    if (!store->config.standby || config->cluster.len > REPL_NODE_ID_LEN)
        return ERR_CONFIG;
    struct follower *f = calloc(1, sizeof(*f));
    if (!f)
        return ERR_NO_MEMORY;
    f->store = store;
    f->config = *config;
    memcpy(f->cluster, config->cluster.ptr, config->cluster.len);
    f->config.cluster = str_c(f->cluster);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_mutex_init(&f->sending, NULL);
    (void)pthread_cond_init(&f->called, NULL);
    steady_cond_init(&f->taken);
    int err = follower_thread(follower_run, f, &f->worker);
    f->worker_runs = err == 0;
    if (err != 0) {
        follower_free(f);
        return err;
    }
    if (config->max_stale_ms > 0) /* until the primary was heard */
        atomic_store(&store->stale_at_ms, 1);
    atomic_store(&store->follower, f);
    *ret_follower = f;
    return 0;
}

struct follower *follower_of(struct store *store)
{
    return atomic_load(&store->follower);
}

static void stop(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->stopping = true;
    (void)pthread_cond_signal(&f->called);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->worker, NULL);
}

void follower_free(struct follower *f)
{
    if (!f)
        return;
    atomic_store(&f->store->follower, NULL);
    atomic_store(&f->store->stale_at_ms, 0);
    if (f->worker_runs)
        stop(f);
    drop_unfinished(f);
    archive_drop(f);
    followed_free_all(f);
    (void)pthread_cond_destroy(&f->taken);
    (void)pthread_cond_destroy(&f->called);
    (void)pthread_mutex_destroy(&f->sending);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}
