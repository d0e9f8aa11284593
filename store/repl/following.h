/* The insides of the follower: the thread that brings messages collects them into jobs
 * (follower.c), the follower's own thread does these one after another (follower_work.c). A database that came
 * whole is put in place by a thread of its own (follower_apart.c), so that the others go on. */
#ifndef GARITA_STORE_REPL_FOLLOWING_H
#define GARITA_STORE_REPL_FOLLOWING_H

#include <pthread.h>

#include "store/page_file.h"
#include "store/repl/follower.h"
#include "store/store.h"

/* --- Jobs --- */

enum job_kind { JOB_SAY_WHERE, JOB_COMMIT, JOB_SNAPSHOT, JOB_GONE, JOB_HASHES };

struct job {
    struct job *next;
    struct job *next_open, *previous_open;
    uint64_t number;
    bool is_apart; /* being put in place by a thread of its own, or waits for that */
    enum job_kind kind;
    char file[FILE_NAME_MAX + 1];
    size_t bytes; /* of memory that it holds */
    struct repl_position before, after;
    int64_t time_ms;
    uint32_t page_count;
    bool difference;
    uint8_t changed;
    struct repl_change *changes;
    size_t change_count;
    struct repl_page *pages;
    size_t count;        /* of pages that came so far */
    uint32_t pages_left; /* that are to come */
    /* The images, PAGE_BYTES each, in memory or (of a snapshot) in a file without a name. */
    unsigned char *images;
    int fd; /* -1: none */
};

/* Not done yet, as they came. */
struct open_jobs {
    struct job *first, *last;
};

/* --- What is known of a database --- */

struct placing;

struct followed {
    char file[FILE_NAME_MAX + 1];
    struct slot *slot;
    struct repl_position at;
    bool known;  /* at is what the database says */
    bool whole;  /* came as a whole by this connection: at may be zeros and still lead on */
    bool asked;  /* the primary was told that something is missing */
    bool hashed; /* and what it has, page by page */
    bool going;  /* its realm was deleted, and its file could neither be removed nor noted */
    struct realm_db *db; /* in use until its log is flushed; else NULL */
    uint64_t ticket;
    struct placing *placing;      /* by its thread, whose all above is meanwhile; NULL: none */
    struct job *kept, *last_kept; /* until then */
    bool missed;                  /* something came meanwhile and was not kept */
};

#define PLACINGS_MAX 4

struct follower {
    struct store *store;
    struct follower_config config;
    char cluster[REPL_NODE_ID_LEN + 1];
    pthread_t worker;
    bool worker_runs;

    pthread_mutex_t lock;
    pthread_cond_t called; /* there is a job, or it ends */
    pthread_cond_t taken;  /* there is room again */
    struct job *first, *last;
    size_t waiting_bytes;
    uint64_t came;    /* jobs, counted */
    uint64_t done;    /* all up to this one are */
    uint64_t flushed; /* and on disk */
    /* Once jobs up to the one before this are on disk, all was here that the primary had; 0: not known. */
    uint64_t whole_after;
    struct open_jobs open, open_apart;
    bool placed; /* a thread that puts in place has ended */
    /* At fresh_ms of the monotonic clock all was here that the primary had; at next_fresh_ms that will have
     * been so, once next_fresh jobs are done. 0: never; none is awaited. */
    int64_t fresh_ms, next_fresh_ms;
    uint64_t next_fresh;
    bool stopping;
    bool halted; /* nothing is taken */
    int trouble; /* until the next connection */
    struct follower_state told;

    pthread_mutex_t sending; /* alone */
    struct repl_out out;
    bool attached;

    /* The worker's. */
    struct followed **databases; /* by file */
    size_t count, cap;
    bool listed;                            /* the folder was looked through */
    struct placing *placings[PLACINGS_MAX]; /* NULL: none */
    size_t placing_count;
    size_t kept_bytes; /* of jobs that databases keep */

    /* Of the thread that brings messages. */
    struct job *commit;               /* whose pages come; NULL: none */
    struct job *snapshot;             /* likewise; commits come between its pages */
    struct follower_archive *archive; /* likewise */
    struct archive_look *look;        /* a whole one that is looked at; NULL: none */
};

static inline bool position_is(const struct repl_position *a, const struct repl_position *b)
{
    return a->epoch == b->epoch && a->lsn == b->lsn && a->mark == b->mark;
}

/* --- follower.c --- */

/* To the primary; without one nothing happens. An error is the connection's end. */
void follower_send(struct follower *f, const struct repl_message *m);
void follower_trouble(struct follower *f, int err);
/* No signal reaches it. ERR_NO_MEMORY. */
MUST_CHECK int follower_thread(void *(*run)(void *), void *arg, pthread_t *ret_thread);
/* Under the lock: jobs were done. */
void follower_look_fresh(struct follower *f);
void job_free(struct job *job);
/* Under the lock, in the order of their numbers. */
void open_jobs_add(struct open_jobs *jobs, struct job *job);
void open_jobs_remove(struct open_jobs *jobs, struct job *job);

/* --- follower_work.c --- */

void *follower_run(void *follower);
void followed_free_all(struct follower *f);
/* The database of a snapshot has it now. */
void followed_came_whole(struct follower *f, struct followed *d, const struct job *job);
/* What is there goes, to come anew. ERR_STORE_CORRUPT for the list of realms. */
MUST_CHECK int followed_begin_anew(struct follower *f, struct followed *d);
/* The primary hears that something is missing, once for each gap. */
void followed_ask_again(struct follower *f, struct followed *d);
void followed_acknowledge(struct follower *f, const struct followed *d);
/* Takes the job. */
void follower_done(struct follower *f, struct job *job);

/* --- follower_apart.c: a database whole, while the others go on; all by the follower's thread --- */

/* Nothing may be done with it now. */
bool apart_is_busy(const struct followed *d);
bool apart_is_full(const struct follower *f);
/* Takes the job: it is done when the database was put in place. */
void apart_keep(struct follower *f, struct followed *d, struct job *job);
/* Takes the job when it returns 0. ERR_NO_MEMORY. */
MUST_CHECK int apart_begin(struct follower *f, struct followed *d, struct job *job);
/* Takes in what was put in place. Jobs that can be done now, by their databases; the caller's. */
MUST_CHECK struct job *apart_collect(struct follower *f);
/* Waits until one of those that are being put in place is. */
void apart_wait(struct follower *f);

/* --- follower_place.c: one database --- */

/* Puts the job's pages in place as one commit; made: its file may be missing. The database stays in use
 * (followed.db) until followed_flush. Errors of repl_apply. */
MUST_CHECK int followed_apply(struct followed *d, const struct job *job, bool made);
/* What was put in place is on disk when it returns 0. ERR_STORE_FAILED. */
MUST_CHECK int followed_flush(struct followed *d);
/* Reads where it stands. ERR_STORE_BUSY: it is not here. */
MUST_CHECK int followed_look(struct followed *d);
/* Its files go. ERR_STORE_BUSY while somebody reads it, ERR_IO. */
MUST_CHECK int followed_remove(struct followed *d);
/* Hashes of all pages, as answers to HASHES. */
void followed_send_hashes(struct follower *f, struct followed *d);

/* --- follower_archive.c: files of archived events --- */

struct follower_archive;
MUST_CHECK int archive_begin(struct follower *f, const struct repl_archive *archive);
MUST_CHECK int archive_bytes(struct follower *f, struct str bytes);
MUST_CHECK int archive_end(struct follower *f, struct str file);
/* The connection ended: what came of a file is kept for the next one. */
void archive_break(struct follower *f);
/* The database that it belongs to goes. */
void archive_forget(struct follower *f, struct str file);
void archive_drop(struct follower *f);

#endif
