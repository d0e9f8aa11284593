/* The insides of a store: the table of realms, the open database of each, transactions. For files
 * below store/ only.
 *
 * Locks, in the order in which they are taken: time.lock, a slot's archiving, its key_making, its
 * build, a realm's turn to write, the turn of the master realm, store->lock, slot->lock, those of
 * turnstile, flusher and endings (alone). */
#ifndef GARITA_STORE_STORE_H
#define GARITA_STORE_STORE_H

#include "store/endings.h"
#include "store/event_queue.h"
#include "store/flush.h"
#include "store/folder.h"
#include "store/long_reads.h"
#include "store/marks.h"
#include "store/place.h"
#include "store/repl/capture.h"
#include "store/repl/gate.h"
#include "store/store_open.h"
#include "store/turnstile.h"

struct disk_cache;
struct follower;
struct hot_cache;
struct leader;
struct node;

#define REALM_NAME_MAX      64
#define FILE_NAME_MAX       48
#define KID_MAX             64
#define WRITERS_WAITING_MAX 4096
#define FENCE_REASON_MAX    256

/* The audit chain's end, as of the last commit. */
struct event_head {
    bool known;
    int64_t seq;
    int64_t latest_ms; /* of all its events */
    unsigned char hash[32];
};

/* Texts of events that were seen lately, so that appending asks the table rarely. Direct-mapped. */
#define EVENT_TEXTS 64
struct event_texts {
    struct {
        uint64_t hash[2]; /* 128 bits of BLAKE2b: equal means the same text */
        int64_t pk;       /* 0: empty */
    } items[EVENT_TEXTS];
};

/* Keys of persons that were used lately, so that appending opens few. Direct-mapped; the memory is
 * guarded and wiped. */
#define PERSON_KEYS      256
#define PERSON_KEY_BYTES 32
struct person_keys {
    uint64_t hash[PERSON_KEYS][2]; /* of the person; zeros: empty */
    struct secret memory;          /* PERSON_KEYS keys; none until the first is kept */
};

/* The key that signs the heads of the chain. */
struct audit_signer {
    struct pk_key *pk; /* owned; NULL until it is used */
    char kid[KID_MAX + 1];
};

/* Keys that must not be given twice within this process's life, as a request may hold one from a
 * read while its row goes away. */
enum pk_kind {
    PK_SESSION,
    PK_CLIENT_SESSION,
    PK_AUTH_CODE,
    PK_REFRESH_FAMILY,
    PK_PUSHED_REQUEST,
    PK_DEVICE_CODE,
    PK_KINDS
};

/* The open database of a realm. Lives while it has users or until it is the longest unused. */
struct realm_db {
    struct store *store;
    struct slot *slot;
    char path[FOLDER_PATH_MAX];
    size_t users;          /* under slot->lock */
    bool had_log;          /* before it was opened */
    bool ready;            /* opened to the end */
    atomic_int unreadable; /* on a standby: 0, or what who reads is told (migrate_compare) */
    struct place place;

    /* Under the turn. */
    struct turnstile turn;
    struct conn *writer;
    struct flusher flush;
    struct event_head head;
    struct event_texts texts;
    struct person_keys persons;
    struct audit_signer signer;
    struct mark_set marks;      /* of the transaction */
    struct ending_notes *notes; /* likewise; NULL: nobody watches */
    uint64_t mark_seed;         /* of the slot */
    int64_t next_pk[PK_KINDS];
    int64_t sweep_session_pk, sweep_family_pk; /* where the next sweep goes on */
    struct capture capture;

    struct event_queue events; /* to be appended without another change */

    struct turnstile reader_places;
    struct conn *idle; /* under slot->lock */
    size_t idle_count;
    atomic_llong log_pages;
    long long trimmed_after; /* the keeper's: the last use before the last trim */
};

/* What is known of a realm, open or not. Made at the first use of its name, kept until the store
 * closes or the realm is deleted: a few hundred bytes. */
struct slot {
    struct store *store;
    char name[REALM_NAME_MAX + 1]; /* under store->lock */
    char file[FILE_NAME_MAX + 1];
    struct str id; /* owned */
    bool is_master;
    bool may_create;           /* the file may be missing: it is being made */
    struct slot *next_in_hash; /* under store->lock */
    struct slot *next;         /* in store->slots; only grows */
    bool retired;              /* has no name any more; under store->lock */
    struct slot *next_made;    /* in store->being_made */

    pthread_mutex_t lock;
    struct realm_db *db;
    struct realm_view *view; /* the current one, with a reference of its own */
    bool dead;               /* deleted */
    char fence_reason[FENCE_REASON_MAX];
    char flaw[FENCE_REASON_MAX]; /* what of the configuration cannot be read; empty: nothing */
    atomic_int fence;            /* 0, or the error of who wants the realm (fence.h) */
    atomic_bool fence_untold;    /* no event yet */
    struct long_reads long_reads;
    atomic_llong checked_ms; /* when a check ended, on the wall clock */

    pthread_mutex_t build;           /* one thread makes the view */
    pthread_mutex_t key_making;      /* one thread makes a key that is missing */
    pthread_mutex_t archiving;       /* one thread moves events to files, or removes these */
    atomic_uint_fast64_t generation; /* of the configuration; begins at random */
    atomic_uint_fast64_t changes;    /* commits that raised marks */
    uint64_t mark_seed;
    struct endings endings;
    atomic_llong view_used, db_used; /* for finding the longest unused */
    atomic_bool unsigned_events;     /* appended since the last signed head */
};

#define NEGATIVE_NAMES 512

struct store_counters {
    atomic_uint_fast64_t commits, rollbacks, reads, db_opens, db_closes, view_builds, checkpoints;
    atomic_uint_fast64_t failed_commits, full_errors, fences, pages_checked, checks;
    atomic_uint_fast64_t flushes, flush_ns; /* of databases that were closed since */
    atomic_uint_fast64_t logins, login_failures;
};

/* What timekeeper.c knows. */
struct time_kept {
    pthread_mutex_t lock; /* of the rest; taken before the master's turn to write */
    struct clock_mark kept;
    struct clock_state told;
    uint64_t commits; /* in all, when it was kept */
    int failed;       /* why the last try to keep it failed */
};

/* What is told of backups, since the start. */
struct backup_state {
    atomic_llong made_ms, made_bytes, took_ms; /* the last one; 0: none */
    atomic_llong proved_ms;                    /* when one was restored on trial, the last time */
    atomic_uint_fast64_t made, failures;
    atomic_bool failed; /* the last daily backup, or its trial */

    /* Of the archive (store/repl/journal.h). */
    atomic_bool archives;           /* there is one */
    atomic_bool archive_failed;     /* the last writing */
    atomic_llong archived_ms;       /* all that was committed until then is in it; 0: not yet */
    atomic_llong archive_oldest_ms; /* of commits that wait; 0: none does */
    atomic_llong archive_bytes;     /* of commits that were written, before they are compressed */
    atomic_uint_fast64_t archive_gaps, bases;

    /* Of copies elsewhere. */
    atomic_bool copies, copy_failed;
    atomic_llong copied_ms; /* when one was known to be whole there; 0: not yet */
    atomic_uint_fast64_t copy_failures;

    /* Of daily exports; the last one since the start, 0: none. */
    atomic_bool exports, export_failed;
    atomic_llong exported_ms, export_bytes, export_realms;
    atomic_uint_fast64_t exports_made, export_failures;
};

struct store {
    struct store_config config; /* strings are owned */
    struct folder folder;
    struct secret master_key;
    struct node *node; /* its place in replication (repl/node.h) */
    size_t open_limit, reader_limit, view_limit;

    pthread_mutex_t lock;
    struct slot **hash;
    size_t hash_cap, slot_count;
    uint64_t list_changes; /* that a standby heard of */
    struct slot *slots;
    struct slot *being_made; /* not under their names yet */
    struct slot *master;
    char negative[NEGATIVE_NAMES][REALM_NAME_MAX + 1]; /* names that no realm has */
    atomic_size_t open_count, view_count;

    pthread_t keeper; /* checkpoints and closes what is idle */
    pthread_mutex_t keeper_lock;
    pthread_cond_t keeper_call;
    bool keeper_runs, keeper_stops;
    struct time_kept time;
    atomic_bool full;   /* the last write found no space */
    atomic_bool failed; /* a flush failed in some realm */
    atomic_int space;   /* space.h */
    atomic_llong total_bytes, free_bytes;
    bool hands_off; /* the start failed: files stay as they are */
    struct store_counters counters;
    struct backup_state backup;
    struct marks marks;
    struct repl_sinks sinks;
    struct gate gate;
    _Atomic(struct leader *) leader;     /* what runs of replication; NULL */
    _Atomic(struct follower *) follower; /* likewise */
    atomic_bool rewinds;                 /* struct node_state: nobody reads */
    atomic_llong stale_at_ms;            /* of a standby, on the monotonic clock; 0: it never is */
    struct {
        unsigned char key[32];
        struct hot_cache *hot;   /* NULL: none */
        struct disk_cache *disk; /* likewise */
    } cache;
};

/* --- slot.c: realms by name --- */

/* Before the first slot. */
MUST_CHECK int slot_table_init(struct store *store);
/* ERR_NOT_FOUND. */
MUST_CHECK int slot_find(struct store *store, struct str name, struct slot **ret_slot);
/* A slot that is in no table yet; slot_publish puts it there. */
MUST_CHECK int slot_new(struct store *store, struct str name, struct str id, struct str file,
                        struct slot **ret_slot);
void slot_publish(struct slot *slot);
/* Of a realm being made: who finds it in the list before slot_was_made or slot_take_place is told
 * ERR_STORE_BUSY, as a second slot would be a second writer of its file. slot_publish_aside puts it into the
 * table under the name that its file stands for: who copies databases finds it so. */
void slot_being_made(struct slot *slot);
void slot_publish_aside(struct slot *slot);
void slot_was_made(struct slot *slot, struct str name);
/* For the master, whose realm is made after its database. */
MUST_CHECK int slot_set_id(struct slot *slot, struct str id);
void slot_rename(struct slot *slot, struct str name);
/* Takes a deleted realm out of the table; its memory stays until the store closes. */
void slot_retire(struct slot *slot);
/* A slot that is published aside takes name and place of another one, which retires. */
void slot_take_place(struct slot *old, struct slot *fresh);
/* Deleted or replaced: its files go. */
bool slot_is_dead(struct slot *slot);
/* Frees a slot with its database; nobody uses it any more. */
void slot_free(struct slot *slot);
/* A slot that is known already, without asking the master; NULL. */
struct slot *slot_known(struct store *store, struct str name);
/* On a standby: the realm of that file, which gets a slot without a realm's name when it has none yet. */
MUST_CHECK int slot_of_file(struct store *store, struct str file, struct slot **ret_slot);
/* On a standby, after a change of the list of realms: slots get the names that it says, and those that
 * are not in it as ready stand under the name of their file. */
MUST_CHECK int slots_follow_list(struct store *store);
/* Copies the present name. */
void slot_name(struct slot *slot, char name[REALM_NAME_MAX + 1]);

/* --- realms.c --- */

/* As store_realm_replace, with a database that place brings to the slot's file; fill then changes it
 * before anybody sees it. placed is called when it serves, before the old one goes. */
struct realm_placing {
    int (*place)(struct slot *slot, void *arg);
    store_realm_fill *fill;
    void (*placed)(void *arg);
    void *arg;
};
MUST_CHECK int realm_put_in_place(struct store *store, const struct realm *realm,
                                  const struct now *now, const struct realm_placing *placing);

/* Of a retired slot: waits a little for who is still in it. ERR_STORE_BUSY, ERR_IO. */
MUST_CHECK int realm_files_remove(struct slot *slot);

/* --- realm_db.c: open databases --- */

MUST_CHECK int realm_db_open(struct slot *slot, struct realm_db **ret_db, struct err_ctx *ctx);
void realm_db_close(struct realm_db *db);
/* Opens when needed and counts the caller as a user. ERR_STORE_FAILED after a failed flush, the
 * fence's error when the realm is fenced off, or is from now on as its files were refused. */
MUST_CHECK int slot_db_acquire(struct slot *slot, struct realm_db **ret_db);
/* The same for who brings a standby's database up to date, in whatever state it is. */
MUST_CHECK int slot_db_acquire_to_follow(struct slot *slot, struct realm_db **ret_db);
void slot_db_release(struct slot *slot, struct realm_db *db);
/* A place among the readers: waits in order. ERR_STORE_BUSY. Without turn: at once, for short reads
 * (of the configuration) by threads that may have a read open already and must not wait for
 * themselves. */
MUST_CHECK int slot_reader_take(struct slot *slot, struct realm_db *db, bool in_turn,
                                struct conn **ret_conn);
void slot_reader_give(struct slot *slot, struct realm_db *db, bool in_turn, struct conn *conn);
/* Gives back the memory of an open database at rest: its readers and the writer's cache. */
void slot_db_trim(struct slot *slot, struct realm_db *db);
/* Closes the longest unused databases beyond the limit. */
void store_close_excess(struct store *store);
/* Closes a slot's database if nobody uses it; false when somebody does. */
bool slot_db_close_idle(struct slot *slot);

/* --- strays.c --- */

/* Says in the log which databases belong to no realm. What fails is logged, too. */
void strays_tell(struct store *store);

/* --- sign.c --- */

/* Signs the head of every chain that grew, at a clean close. What fails is logged. */
void store_sign_heads(struct store *store);
/* --- health.c --- */

/* "ok", "fenced" or "failed". */
const char *health_word(struct store *store, struct str name);

/* --- keeper.c --- */

MUST_CHECK int keeper_start(struct store *store);
void keeper_stop(struct store *store);
void keeper_wake(struct store *store);

/* --- view.c --- */

void slot_view_drop(struct slot *slot);
void store_drop_excess_views(struct store *store, const struct slot *spared);

#endif
