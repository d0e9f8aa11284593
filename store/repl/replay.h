/* Restoring to a moment: a base, and from the archive (store/repl/journal.h) all commits after it up to the
 * last one at that moment. */
#ifndef GARITA_STORE_REPL_REPLAY_H
#define GARITA_STORE_REPL_REPLAY_H

#include "store/repl/backup.h"
#include "store/repl/reel.h"

/* Everything that there is to restore from. No reel goes while it is open. */
struct replay_source {
    struct backup_source backups;
    struct backup_source bases; /* its folder is closed when there is no archive */
    int lock_fd;
};
MUST_CHECK int replay_source_of_store(struct store *store, const char *dir,
                                      struct replay_source *ret_source, struct err_ctx *ctx);
MUST_CHECK int replay_source_open(const char *dir, const struct secret *master_key,
                                  struct replay_source *ret_source, struct err_ctx *ctx);
/* For letting things go: ERR_CONFLICT while somebody reads, and nobody does meanwhile. */
MUST_CHECK int replay_source_alone(const char *dir, const struct secret *master_key,
                                   struct replay_source *ret_source, struct err_ctx *ctx);
/* Fits CLEANUP. */
void replay_source_close(struct replay_source *source);

/* A backup, or a base, that has the realm. */
struct replay_base {
    const struct backup_source *source;
    struct str id;
    const struct backup_realm *realm;
    int64_t until_ms;
};

/* The way to a moment. What it points at lives in the arena, or is the source's. */
struct replay {
    const struct replay_source *source;
    struct replay_base base;
    const struct replay_base
        *others; /* every base of the database, for files that the base lacks */
    size_t other_count;
    const struct str *reels; /* in their order */
    size_t reel_count;
    int64_t at_ms;
    int64_t reached_ms;            /* when the last commit was made, or the base */
    struct repl_position position; /* of the database then; zeros: not told */
};

/* Of a realm as it was called when its base was made. ERR_NOT_FOUND with a sentence: nothing was kept by
 * then. ERR_BACKUP with a sentence: what was done between two moments, which it names, is not known, or the
 * file that it names does not open. */
MUST_CHECK int replay_find(const struct replay_source *source, struct str realm, int64_t at_ms,
                           struct arena *a, struct replay *ret_replay, struct err_ctx *ctx);

/* All bases of all realms, oldest first. */
MUST_CHECK int replay_bases(const struct replay_source *source, struct arena *a,
                            struct replay_base **ret_bases, size_t *ret_count, struct err_ctx *ctx);
/* Of every database that was there by then, also of those whose realm was gone. One of which nothing was kept
 * by then, as it had just been made, comes as its first base has it. */
MUST_CHECK int replay_find_all(const struct replay_source *source, int64_t at_ms, struct arena *a,
                               struct replay **ret_replays, size_t *ret_count, struct err_ctx *ctx);

/* Moments between which every one can be restored. */
struct replay_span {
    int64_t from_ms, to_ms;
    size_t reels;
};
MUST_CHECK int replay_spans(const struct replay_source *source, struct str realm, struct arena *a,
                            struct replay_span **ret_spans, size_t *ret_count, struct err_ctx *ctx);

/* Every reel of every database: nothing of it was changed. What is missing is told by replay_spans. ERR_BACKUP
 * with a sentence that names the reel, ERR_CANCELLED. */
MUST_CHECK int replay_verify(const struct replay_source *source, const struct backup_watch *watch,
                             size_t *ret_reels, struct err_ctx *ctx);

/* Every commit after the base, in order. ERR_BACKUP with a sentence that names the reel; what take
 * returns. */
typedef int replay_take(void *arg, const struct reel_commit *commit);
MUST_CHECK int replay_run(const struct replay *replay, replay_take *take, void *arg,
                          struct err_ctx *ctx);

/* Within store/repl: what is wrong with a reel, as a sentence. */
MUST_CHECK int replay_refuse(struct err_ctx *ctx, int err, struct str reel);

#endif
