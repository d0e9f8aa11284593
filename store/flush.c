/* Group commit: leader and followers. The flush goes through SQLite's file layer, so that a layer
 * that injects faults sees it. */
#include "store/flush.h"

#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/log_state.h"
#include "store/store.h"

#include "core/base/banned.h"

#define GATHER_MAX_NS 1000000

int flush_init(struct flusher *f, struct slot *slot, struct conn *writer)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(writer->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc != SQLITE_OK || !log || !log->pMethods)
        return ERR_STORE_FAILED;
    *f = (struct flusher){.slot = slot, .writer = writer, .log = log};
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    (void)pthread_cond_init(&f->gathered, &attr);
    (void)pthread_condattr_destroy(&attr);
    return 0;
}

void flush_free(struct flusher *f)
{
    if (!f->log)
        return;
    (void)pthread_mutex_destroy(&f->lock);
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_cond_destroy(&f->gathered);
    f->log = NULL;
}

static int sync_log(struct flusher *f)
{
    int64_t start = clock_monotonic_ns();
    int rc = f->log->pMethods->xSync(f->log, SQLITE_SYNC_NORMAL);
    int64_t took_ns = clock_monotonic_ns() - start;
    atomic_store(&f->last_flush_ns, took_ns);
    atomic_fetch_add(&f->flush_ns, (uint64_t)took_ns);
    atomic_fetch_add(&f->flushes, 1);
    if (rc != SQLITE_OK)
        flush_fail(f, rc);
    return rc == SQLITE_OK ? 0 : ERR_STORE_FAILED;
}

void flush_fail(struct flusher *f, int rc)
{
    char name[REALM_NAME_MAX + 1];
    if (atomic_exchange(&f->failed, true))
        return;
    slot_name(f->slot, name);
    log_write(LOG_LEVEL_ERROR, "store", NULL,
              (const struct log_field[]){LOG_S("realm", str_c(name)), LOG_I("code", rc), LOG_END},
              "a flush failed in realm %s: it is neither read nor written until the next start",
              name);
}

/* Once a flush has ended that covers frames of ours, the log that it flushed is the one that must be
 * there. Not before: SQLite numbers a log that has a header and no frames anew. */
static void keep_log(struct flusher *f)
{
    (void)pthread_mutex_lock(&f->lock);
    bool any = f->grown_with != 0 && f->flushed >= f->grown_with;
    (void)pthread_mutex_unlock(&f->lock);
    if (any)
        log_state_keep(f->writer);
    f->kept = any;
}

/* First the log's name, then that there is a log. */
static int begin_log(struct flusher *f, const struct folder *folder)
{
    bool sync_failed = false;
    TRY(sync_log(f));
    if (folder_sync_realms(folder) != 0) {
        flush_fail(f, SQLITE_IOERR_DIR_FSYNC);
        return ERR_STORE_FAILED;
    }
    int err = log_state_begin(f->writer, &sync_failed);
    if (sync_failed)
        flush_fail(f, SQLITE_IOERR_FSYNC);
    return err;
}

int flush_prime(struct flusher *f, const struct folder *folder)
{
    if (!f->primed) {
        TRY(begin_log(f, folder));
        f->primed = true;
    } else if (!f->kept) {
        keep_log(f);
    }
    return 0;
}

int flush_let_go(struct flusher *f)
{
    bool sync_failed = false;
    int err = log_state_let_go(f->writer, &sync_failed);
    if (sync_failed)
        flush_fail(f, SQLITE_IOERR_FSYNC);
    TRY(err);
    (void)pthread_mutex_lock(&f->lock);
    f->grown = false;
    f->grown_with = 0;
    (void)pthread_mutex_unlock(&f->lock);
    f->kept = false;
    return 0;
}

void flush_grew(struct flusher *f)
{
    f->grown = true;
}

uint64_t flush_ticket(struct flusher *f)
{
    (void)pthread_mutex_lock(&f->lock);
    uint64_t ticket = ++f->committed;
    if (f->grown && f->grown_with == 0)
        f->grown_with = ticket;
    (void)pthread_mutex_unlock(&f->lock);
    return ticket;
}

uint64_t flush_last(struct flusher *f)
{
    (void)pthread_mutex_lock(&f->lock);
    uint64_t ticket = f->committed;
    (void)pthread_mutex_unlock(&f->lock);
    return ticket;
}

void flush_expect(struct flusher *f)
{
    atomic_fetch_add(&f->coming, 1);
}

void flush_expect_no_more(struct flusher *f)
{
    if (atomic_fetch_sub(&f->coming, 1) > 1)
        return;
    (void)pthread_mutex_lock(&f->lock);
    if (f->gathering)
        (void)pthread_cond_signal(&f->gathered);
    (void)pthread_mutex_unlock(&f->lock);
}

/* Called and left with the lock held. */
static void gather(struct flusher *f)
{
    struct timespec until;
    int64_t wait_ns = 2 * atomic_load(&f->last_flush_ns);
    if (wait_ns > GATHER_MAX_NS)
        wait_ns = GATHER_MAX_NS;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += wait_ns;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    f->gathering = true;
    while (atomic_load(&f->coming) > 0)
        if (pthread_cond_timedwait(&f->gathered, &f->lock, &until) != 0)
            break;
    f->gathering = false;
}

/* Called and left with the lock held. */
static void lead(struct flusher *f)
{
    f->running = true;
    gather(f);
    uint64_t target = f->committed;
    (void)pthread_mutex_unlock(&f->lock);
    int err = sync_log(f);
    (void)pthread_mutex_lock(&f->lock);
    f->running = false;
    if (err == 0)
        f->flushed = target;
    (void)pthread_cond_broadcast(&f->changed);
}

int flush_wait(struct flusher *f, uint64_t ticket)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->flushed < ticket && !atomic_load(&f->failed)) {
        if (f->running)
            (void)pthread_cond_wait(&f->changed, &f->lock);
        else
            lead(f);
    }
    int err = f->flushed >= ticket ? 0 : ERR_STORE_FAILED;
    (void)pthread_mutex_unlock(&f->lock);
    return err;
}
