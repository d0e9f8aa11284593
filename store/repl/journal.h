/* The continuous archive: every commit of every realm as it was made, beside the backups, so that a realm
 * can be restored to any moment (store/repl/replay.h). Commits are copied into memory by the threads that
 * make them, which wait for nothing, and one thread brings them to reels (store/repl/reel.h):
 *
 *   BACKUP_DIR/archive/FILE/      reels of the database that is called FILE; "base.wanted" until there is
 *                                 one that they go on from
 *   BACKUP_DIR/archive/bases/     bases: backups of one realm each, in the format of all backups
 *   BACKUP_DIR/archive/lock       held shared by who reads reels, so that none goes meanwhile
 *
 * A position that does not follow what is archived, a commit whose pages are not known, or too much that
 * waits is a gap: the realm gets a new base at once, and what follows is archived from there on. */
#ifndef GARITA_STORE_REPL_JOURNAL_H
#define GARITA_STORE_REPL_JOURNAL_H

#include "store/repl/backup.h"

#define JOURNAL_FOLDER      "archive"
#define JOURNAL_BASES       "bases"
#define JOURNAL_WAITING_MAX ((size_t)128 << 20) /* bytes of commits in memory; more is a gap */

struct journal;

/* Takes commits from now on, before there is a store: that is opened with its sink. backup_dir is copied. */
MUST_CHECK int journal_new(const char *backup_dir, struct journal **ret_journal);
/* What waits is lost. NULL is fine. */
void journal_free(struct journal *journal);
struct repl_sink journal_sink(struct journal *journal);

/* The store whose commits they are; from here on reels can be written, also after its end. */
MUST_CHECK int journal_begin(struct journal *journal, struct store *store);
/* The store is about to close: nothing of it is used after this. */
void journal_end(struct journal *journal);

/* By one thread. All that waits goes to disk. What could not be written waits on: ERR_BACKUP with a
 * sentence. */
MUST_CHECK int journal_write(struct journal *journal, struct err_ctx *ctx);
/* Likewise: bases of realms with a gap, as long as there is one. watch is called between pages and may
 * call journal_write. A realm that cannot be read is left out until its next commit. */
MUST_CHECK int journal_make_bases(struct journal *journal, const struct backup_watch *watch,
                                  struct err_ctx *ctx);
/* At the start: realms whose database stands where no reel ends want a base, and those that wanted one when
 * the last process ended. */
MUST_CHECK int journal_prove(struct journal *journal, struct err_ctx *ctx);
/* Reels that end before that time become one for each hour of their database. Nothing is done while
 * somebody restores. */
MUST_CHECK int journal_merge(const struct journal *journal, int64_t before_ms, struct err_ctx *ctx);

/* Reels and bases that no moment since before_ms needs go, with all of a realm that was deleted before it.
 * Nothing goes while somebody restores. To be called when a newer backup was proved. */
MUST_CHECK int journal_prune(struct store *store, const char *dir, int64_t before_ms,
                             size_t *ret_removed, struct err_ctx *ctx);

/* --- Within store/repl --- */

const char *journal_dir(const struct journal *journal);
const struct secret *journal_key(const struct journal *journal);

/* A folder of the archive, by the folder of backups: "archive", or one in it. make: also when it is
 * missing. The caller closes it. Errors of file_err. */
MUST_CHECK int journal_folder(int backups_fd, const char *file, bool make, int *ret_fd);
/* The archive itself. */
MUST_CHECK int journal_root(int backups_fd, bool make, int *ret_fd);
/* The names of the reels in a folder, by their positions. */
MUST_CHECK int journal_list(int dir_fd, struct arena *a, struct str **ret_names, size_t *ret_count);
/* Whether the database of these reels wants a base: beside them, so that the next process knows. */
MUST_CHECK int journal_wish_read(int dir_fd, bool *ret_wished);
MUST_CHECK int journal_wish_write(int dir_fd, bool wished);
/* Keeps reels from going; waits some seconds for who lets them go. Or alone, at once: keeps all others from
 * reading them. ERR_CONFLICT. The caller closes the lock. */
MUST_CHECK int journal_lock(int backups_fd, bool alone, int *ret_fd);

#endif
