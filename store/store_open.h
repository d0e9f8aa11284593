/* The store as the appliance sees it: opening and closing a data folder, its health and figures.
 * Everything else goes through core/port. One process holds a folder at a time. */
#ifndef GARITA_STORE_STORE_OPEN_H
#define GARITA_STORE_STORE_OPEN_H

#include "core/base/buf.h"
#include "core/codec/json.h"
#include "core/port/store.h"

struct repl_sink;
struct slot;

/* Zeros mean the default. Texts are copied. */
struct store_config {
    const char *data_dir;
    const char *master_key_path;  /* default: master.key in the data folder */
    size_t max_open_realms;       /* databases open at once, 64 */
    size_t readers_per_realm;     /* connections that may read one realm at once, 8 */
    size_t max_views;             /* pictures of realms kept in memory, 256 */
    int64_t wait_ms;              /* longest wait for a turn to write or read, 10,000 */
    int64_t checkpoint_pages;     /* of a write-ahead log that start a checkpoint, 4,000 */
    int64_t reserve_bytes;        /* free disk space below which changes are refused, at most
                                  * a tenth of the file system; 0: none */
    int64_t reserve_percent;      /* the same as a part of the file system, instead of bytes */
    int64_t cache_memory_bytes;   /* of answers about tokens, 64 MiB; negative: none */
    int64_t cache_disk_bytes;     /* likewise in a file; 0: none */
    const char *backup_dir;       /* where backups go; NULL: none are made */
    const struct repl_sink *sink; /* told of every commit from the opening to the end of the closing
                                   * (store/repl/commit.h); NULL */
    bool is_copy;        /* looked at beside another store: read-only, and its time is past */
    bool read_only;      /* every write is ERR_STORE_READ_ONLY */
    bool standby;        /* changes come from a primary (store/repl/follower.h): every write is
                          * ERR_STORE_STANDBY, and databases that are not here yet are ERR_STORE_BUSY */
    const char *vfs;     /* SQLite's file layer, "unix-excl"; tests put faults in */
    struct err_ctx *ctx; /* where the reason of a failed open goes; may be NULL */
};

/* Whether a data folder, open for reading or only for looking up names, has or had realms. Only looks. */
bool store_folder_was_used(int folder_fd);

/* Takes the folder (made with mode 0700 when it is missing), the lock, the master key, and opens
 * the master database; realms open on first use. What a crash left half made is removed. A folder
 * that has no realm master yet waits for store_realm_create; a standby's, which has a master key already,
 * for what comes.
 * ERR_CONFIG (folder or key are open to others, or symbolic links), ERR_STORE_LOCKED,
 * ERR_STORE_READ_ONLY, ERR_STORE_FULL, ERR_STORE_VERSION, ERR_SEAL (wrong or missing master key),
 * ERR_STORE_CORRUPT, ERR_IO. */
MUST_CHECK int store_open(const struct store_config *config, struct store **ret_store);
/* All views and transactions must have ended. */
void store_close(struct store *store);

/* 0, or what keeps the store from saying yes: ERR_STORE_FAILED after a failed flush (until the
 * process starts again), ERR_STORE_FULL while the last write failed for want of space. */
MUST_CHECK int store_health(struct store *store);
/* NULL: none was configured. */
const char *store_backup_dir(const struct store *store);
/* Believes the machine's clock although it is behind (core/base/clock.h), for this process and the
 * next. */
MUST_CHECK int store_clock_step_back(struct store *store);
enum store_state {
    STORE_WELL,
    STORE_DEGRADED, /* a realm is fenced off or flawed, or the disk has little room: the rest goes on */
    STORE_DOWN      /* a flush failed: only a new start can tell what is on the disk */
};
/* The same in full: a member of an array for the disk and for each realm that is not well. */
enum store_state store_report(struct store *store, struct json_writer *checks);
/* Why a realm is fenced off or failed; false when it is well. reason lives in the arena. */
bool store_realm_trouble(struct store *store, struct str realm, struct arena *a,
                         struct str *ret_reason);
/* What of a realm's configuration could not be read when it was read the last time; false: nothing. The
 * rest of it serves. reason lives in the arena. */
bool store_realm_flaw(struct store *store, struct str realm, struct arena *a,
                      struct str *ret_reason);
/* When the last check of a realm ended, in this process; 0: never. */
int64_t store_realm_checked_ms(struct store *store, struct str realm);
/* What is refused for want of room; NULL: nothing. */
const char *store_space_word(struct store *store);
/* Sealing under the master key of what stands in a file of its own; label says which. In the arena. ERR_SEAL:
 * changed, of another label or another store; ERR_NO_MEMORY. */
MUST_CHECK int store_seal(const struct store *store, struct arena *a, const char *label,
                          struct str plain, struct str *ret_sealed);
MUST_CHECK int store_unseal(const struct store *store, struct arena *a, const char *label,
                            struct str sealed, struct str *ret_plain);
/* What was counted since the start, and what is so now. */
struct store_figures {
    int64_t logins, login_failures; /* of committed transactions */
    int64_t cache_hits, cache_asked;
    int64_t commits, flushes, flush_us;
    int64_t free_bytes, total_bytes; /* of the data folder's file system */
    int64_t open_realms;
};
void store_figures(struct store *store, struct store_figures *ret_figures);
/* Figures in the text format of Prometheus. */
void store_metrics(struct store *store, struct buf *b);

/* A look at a realm that does not count as its use: what it brings into memory goes again, and what
 * was there grows old as if there had been none. Between the two, realm_view_acquire and
 * transactions as ever; all must have ended. ERR_NOT_FOUND. */
struct store_visit {
    struct slot *slot;
    bool db_was_open, view_was_kept;
    long long db_used, view_used;
};
MUST_CHECK int store_visit_begin(struct store *store, struct str name,
                                 struct store_visit *ret_visit);
void store_visit_end(const struct store_visit *visit);
/* A check of a realm's database: every page is read as of now, which compares its sum, then SQLite
 * looks at the structure. */
struct store_check {
    int64_t pages, bad_pages;
    int64_t first_bad;  /* number of that page; 0: none */
    bool has_sums;      /* false for databases of versions before there were sums */
    struct str finding; /* what is wrong, in a sentence; absent: nothing */
    bool was_fenced;    /* the fence is gone when nothing is wrong */
};
/* Called after each page; false ends the check with ERR_CANCELLED. */
typedef bool store_check_pace(void *arg);
/* A realm that turns out damaged is fenced off; one that was and is in order comes back. pace may be
 * NULL: as fast as possible. The finding lives in the arena. ERR_NOT_FOUND, ERR_STORE_BUSY when a
 * fenced realm is still in use, ERR_STORE_FAILED after a failed flush, ERR_CANCELLED. */
MUST_CHECK int store_realm_check(struct store *store, struct str realm, struct arena *a,
                                 store_check_pace *pace, void *arg, struct store_check *ret_check);
/* Removes kept answers about tokens that are over. */
void store_cache_sweep(struct store *store, int64_t now_ms);

/* Databases in realms/ that no line of the list of realms names: their realm is not there for anybody.
 * Nothing here opens or removes them. The first STORE_STRAYS_MAX of their file names, printable, live in
 * the arena; the count is of all. As file_err, and the errors of reads. */
#define STORE_STRAYS_MAX 20
MUST_CHECK int store_strays(struct store *store, struct arena *a, struct str **ret_files,
                            size_t *ret_count);
/* What an operator can do about one. */
#define STORE_STRAY_ADVICE                                                                         \
    "belongs to no realm of the list and is left alone: put back the master.db of its time, or "   \
    "restore its realm from a backup (garita restore --realm); else move it away, with its -wal"

/* How many passwords may be hashed at once (core/port/limits.h); 0: as many as processors. Threads
 * answer requests: of them three quarters at most hash or wait for it, the others are told
 * ERR_OVERLOADED; 0: not known. Before the first use. */
void hashing_setup(size_t places, size_t threads);

#endif
