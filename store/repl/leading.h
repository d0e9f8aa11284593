/* The insides of the leader. All under its lock unless said otherwise; the lock is held for copying and
 * for handing over to the link, never while a database is read or somebody is waited for. It comes after
 * a realm's turn to write and before the locks of the link. */
#ifndef GARITA_STORE_REPL_LEADING_H
#define GARITA_STORE_REPL_LEADING_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/repl/leader.h"
#include "store/repl/page_hash.h"
#include "store/repl/recent.h"
#include "store/store.h"

enum leading_state {
    DB_UNKNOWN,  /* not compared with the standby's since it connected */
    DB_BEHIND,   /* what the standby has does not lead to what is here: it is brought there */
    DB_COMPARED, /* follows; what comes waits until its pages were compared */
    DB_FOLLOWS
};

/* Its files of archived events, at the standby. */
enum leading_archives {
    ARCHIVES_UNKNOWN, /* whether there are any */
    ARCHIVES_WANTED,
    ARCHIVES_ON_THEIR_WAY,
    ARCHIVES_THERE /* on its disk */
};

/* What is known of a database. Stays until the leader goes, as a slot does, but for one that a standby alone
 * speaks of, which goes with its connection. */
struct leader_db {
    struct recent_file recent; /* first: kept->file points to it */
    struct leader_db *next_in_hash, *next_of_all;
    char file[FILE_NAME_MAX + 1];
    enum leading_state state;
    struct repl_position newest; /* as told by commits; zeros: none was told yet */
    struct repl_position sent;   /* what the standby has when all that was sent arrives */
    struct repl_position acknowledged;
    struct repl_position brought; /* whole or by what differs, and not confirmed yet; else zeros */
    struct kept *next;            /* to be sent; NULL: nothing */
    struct kept *unacknowledged;  /* the oldest */
    bool only_said;               /* by the standby: nothing here knows of it */
    bool at_standby;              /* it has some state of it, */
    struct repl_position at;      /* this one */
    bool fresh;                   /* new since the standby follows: its first answers wait, too */
    bool listed;   /* in the list of realms, as far as that was looked at, or brought since */
    bool compares; /* wanted */
    bool gone, gone_untold;
    int64_t retry_ms; /* on the monotonic clock */
    enum leading_archives archives;
    int64_t archives_retry_ms;
    struct {
        bool asked, whole;
        unsigned char *bytes; /* owned */
        uint32_t count, page_count;
    } hashes;
    size_t waiters;
    pthread_cond_t changed;
};

struct leader {
    struct store *store;
    struct lease *lease; /* of the node */
    struct leader_config config;
    char cluster[REPL_NODE_ID_LEN + 1];
    struct page_hash_key hash_key;
    struct repl_sink sink;
    struct repl_gate gate;
    pthread_t worker;
    bool worker_runs;

    pthread_mutex_t lock;
    pthread_cond_t wake; /* of the worker; monotonic */
    struct recent recent;
    struct leader_db **hash;
    size_t hash_cap, db_count;
    struct leader_db *dbs;

    struct repl_out out;
    uint64_t connection; /* counts them */
    bool attached;
    bool all_said;        /* AT_END came */
    bool settled;         /* every database has been looked at */
    bool broken;          /* a send failed */
    bool slow;            /* an answer waited in vain */
    struct buf shared;    /* leader_share: a SETTINGS as on the wire; empty: none */
    bool settings_untold; /* to the standby, which keeps them for its own reign */
    bool work;            /* for the worker */
    bool stopping;
    bool verifying;
    bool expects_standby;
    struct leader_state told;    /* counters of it */
    struct repl_message scratch; /* for sending */

    /* Files of archived events. */
    pthread_t shipper;
    bool shipper_runs;
    bool ships;                /* something may be to be sent */
    atomic_bool shipping_ends; /* looked at while a file is read */
    pthread_cond_t shipping;   /* of the shipper; monotonic */
    struct shipment *shipment; /* the shipper's; its state is under the lock */
    int64_t archives_next_ms;  /* not before that */
};

/* --- leader.c --- */

/* NULL: unknown, or no memory with make. */
struct leader_db *leading_db(struct leader *leader, struct str file, bool make);
void leading_work(struct leader *leader);
/* Until the time on the monotonic clock. */
void leading_pause(struct leader *leader, pthread_cond_t *cond, int64_t until_ms);

/* --- leader_stream.c: commits --- */

void leading_commit(void *leader, const struct repl_commit *commit);
void leading_gone(void *leader, struct str file);
/* With the lock held: tells the standby, if it has it and was not told. */
void leading_tell_gone(struct leader *l, struct leader_db *db);
/* ERR_IO: nobody is there, or the stream broke off. */
MUST_CHECK int leading_send(struct leader *leader, const struct repl_message *m);
bool leading_has_room(struct leader *leader, size_t bytes);
/* Sends what waits, at most up to limit (NULL: all). */
void leading_pump(struct leader *leader, struct leader_db *db, const struct repl_position *limit);
/* The standby has this position: commits after it follow, or the database is behind. is_ours: it was read
 * from our database. */
void leading_continue(struct leader *leader, struct leader_db *db,
                      const struct repl_position *position, bool is_ours);
void leading_fall_behind(struct leader *leader, struct leader_db *db);
/* The standby has all up to this position. */
void leading_has(struct leader *leader, struct leader_db *db, const struct repl_position *position);
MUST_CHECK int leading_acknowledged(struct leader *leader, const struct repl_at *at);

/* --- leader_bring.c: databases as a whole, by the worker --- */

#define LEADING_SEND_BELOW_BYTES ((size_t)4 << 20) /* waiting: commits of others need room, too */

void *leading_run(void *leader);

/* --- leader_settle.c --- */

/* Looks at all databases. Called and left with the lock held; not while it works. */
void leading_settle(struct leader *leader);

/* --- leader_bring.c, for the others --- */

/* Whether the connection of that number is the one of now, and good. */
bool leading_goes_on(const struct leader *leader, uint64_t connection);
/* The name under which a database is found, that of its realm when the list has it; not under the lock. */
MUST_CHECK int leading_realm_of(struct leader *leader, const struct leader_db *db,
                                char ret_realm[REALM_NAME_MAX + 1]);
MUST_CHECK int leading_hashes(struct leader *leader, const struct repl_hashes *hashes);
void leading_forget_hashes(struct leader_db *db);

/* --- leader_archive.c: files of archived events, by a thread of its own --- */

/* Not under the lock. ERR_NO_MEMORY. */
MUST_CHECK int leading_archives_begin(struct leader *leader);
/* Not under the lock, and with stopping set. */
void leading_archives_end(struct leader *leader);
/* There may be something to send. */
void leading_ship(struct leader *leader);
MUST_CHECK int leading_archive_there(struct leader *leader, const struct repl_archive *archive);
/* What of the databases that are listed has such files; not under the lock. */
MUST_CHECK int leading_find_archives(struct leader *leader);
/* Not under the lock: of the sink, and of the gate. */
void leading_archived(void *leader, struct str file);
bool leading_keeps_archives(void *leader, struct str file);

/* --- leader_wait.c: answers --- */

/* Not under the lock. */
MUST_CHECK int leading_admit(void *leader);
MUST_CHECK int leading_wait(void *leader, struct str file, const struct repl_position *position);
void leading_wake(struct leader_db *db);
void leading_wake_all(struct leader *leader);
bool leading_in_step(const struct leader *leader);
/* The standby is there, and answers wait for it. */
bool leading_keeps_up(const struct leader *leader);

#endif
