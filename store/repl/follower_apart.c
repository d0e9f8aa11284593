/* A database that came whole is put in place by a thread of its own: its pages may take as long as the disk
 * takes to write gigabytes, and commits of all others go on meanwhile. What comes for this one waits. */
#include <stdlib.h>

#include "core/base/log.h"
#include "store/repl/following.h"

#include "core/base/banned.h"

/* Of what waits: the thread of the link needs room for the others. */
#define KEPT_MAX (FOLLOWER_WAITING_MAX / 2)

struct placing {
    struct follower *follower;
    struct followed *database;
    struct job *job; /* owned */
    pthread_t thread;
    int err;
    bool is_done; /* under the follower's lock */
};

bool apart_is_busy(const struct followed *d)
{
    return d->placing || d->kept;
}

bool apart_is_full(const struct follower *f)
{
    return f->placing_count == PLACINGS_MAX;
}

static void set_apart(struct follower *f, struct job *job)
{
    (void)pthread_mutex_lock(&f->lock);
    if (!job->is_apart) {
        open_jobs_remove(&f->open, job);
        open_jobs_add(&f->open_apart, job);
        job->is_apart = true;
        (void)pthread_cond_broadcast(&f->taken); /* nobody waits for it */
    }
    (void)pthread_mutex_unlock(&f->lock);
}

/* --- What comes meanwhile --- */

void apart_keep(struct follower *f, struct followed *d, struct job *job)
{
    if (job->kind == JOB_COMMIT && f->kept_bytes + job->bytes > KEPT_MAX) {
        d->missed = true;
        follower_done(f, job);
        return;
    }
    set_apart(f, job);
    f->kept_bytes += job->bytes;
    if (d->last_kept)
        d->last_kept->next = job;
    else
        d->kept = job;
    d->last_kept = job;
}

/* Takes those of one database out. */
static void release(struct follower *f, struct followed *d, struct job ***io_end)
{
    **io_end = d->kept;
    for (; **io_end; *io_end = &(**io_end)->next)
        f->kept_bytes -= (**io_end)->bytes;
    d->kept = d->last_kept = NULL;
}

/* --- The thread --- */

static void *place(void *arg)
{
    struct placing *p = arg;
    struct follower *f = p->follower;
    p->err = followed_apply(p->database, p->job, !p->job->difference);
    int flushed = followed_flush(p->database);
    if (p->err == 0)
        p->err = flushed;
    (void)pthread_mutex_lock(&f->lock);
    p->is_done = f->placed = true;
    (void)pthread_cond_signal(&f->called);
    (void)pthread_mutex_unlock(&f->lock);
    return NULL;
}

static struct placing **free_place(struct follower *f)
{
    size_t i = 0;
    while (i < PLACINGS_MAX - 1 && f->placings[i])
        i++;
    return &f->placings[i];
}

static int begin(struct placing *p)
{
    struct follower *f = p->follower;
    struct placing **at = free_place(f);
    TRY(follower_thread(place, p, &p->thread));
    (void)pthread_mutex_lock(&f->lock);
    *at = p->database->placing = p;
    f->placing_count++;
    (void)pthread_mutex_unlock(&f->lock);
    return 0;
}

int apart_begin(struct follower *f, struct followed *d, struct job *job)
{
    struct placing *p = calloc(1, sizeof(*p));
    if (!p)
        return ERR_NO_MEMORY;
    *p = (struct placing){.follower = f, .database = d, .job = job};
    set_apart(f, job);
    int err = begin(p);
    if (err != 0)
        free(p);
    return err;
}

/* --- What was put in place --- */

/* What came whole and is no database does not stay. */
static void clear_away(struct follower *f, const struct placing *p)
{
    if (p->err != ERR_STORE_CORRUPT || p->job->difference)
        return;
    int err = followed_begin_anew(f, p->database);
    if (err != 0)
        LOG_ERROR("replication", "%s cannot be removed: %s", p->job->file, err_text(err));
}

static void take_in(struct follower *f, struct placing *p)
{
    struct followed *d = p->database;
    (void)pthread_join(p->thread, NULL);
    d->placing = NULL;
    f->placing_count--;
    if (p->err != 0) {
        follower_trouble(f, p->err);
        clear_away(f, p);
    } else {
        followed_came_whole(f, d, p->job);
        followed_acknowledge(f, d);
        if (d->missed)
            followed_ask_again(f, d);
    }
    d->missed = false;
    follower_done(f, p->job);
    free(p);
}

static struct placing *take_done(struct follower *f)
{
    struct placing *done = NULL;
    (void)pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < PLACINGS_MAX && !done; i++)
        if (f->placings[i] && f->placings[i]->is_done) {
            done = f->placings[i];
            f->placings[i] = NULL;
        }
    f->placed = done != NULL;
    (void)pthread_mutex_unlock(&f->lock);
    return done;
}

struct job *apart_collect(struct follower *f)
{
    struct job *jobs = NULL, **end = &jobs;
    bool any = false;
    for (struct placing *p = take_done(f); p; p = take_done(f)) {
        take_in(f, p);
        any = true;
    }
    for (size_t i = 0; i < f->count && any; i++)
        if (!f->databases[i]->placing)
            release(f, f->databases[i], &end);
    return jobs;
}

void apart_wait(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    while (!f->placed)
        (void)pthread_cond_wait(&f->called, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}
