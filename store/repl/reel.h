/* Reels of the continuous archive: the commits of one database from a position to a later one, every
 * commit by itself, in a sealed file (store/repl/sealed_file.h). The file's name says both positions and is
 * associated with what is sealed, so that a reel in the place of another one does not open.
 *
 *   head    version 2 | first_ms 8 | last_ms 8 | commits 8 | before 24 | after 24 | chain before 32, after 32
 *   commits epoch 8 | lsn 8 | mark 8 | time_ms 8 | pages of the database 4 | count 4
 *           then count times: number of the page 4 | page
 *
 * Numbers are big-endian. The chain is a hash of all commits since the archive began to follow the database,
 * each hashed with the one before: the same however commits are cut into reels. */
#ifndef GARITA_STORE_REPL_REEL_H
#define GARITA_STORE_REPL_REEL_H

#include "core/base/buf.h"
#include "core/base/secret.h"
#include "store/page_file.h"
#include "store/repl/commit.h"

#define REEL_CHAIN_BYTES 32
#define REEL_NAME_LEN    72 /* "LSN.MARK-LSN.MARK.reel" in hexadecimal */

#define REEL_COMMIT_BYTES 40
#define REEL_PAGE_BYTES   (4 + PAGE_BYTES)

struct reel_head {
    int64_t first_ms, last_ms; /* of its commits; later ones are never earlier */
    uint64_t commits;
    struct repl_position before, after;
    unsigned char chain_before[REEL_CHAIN_BYTES], chain_after[REEL_CHAIN_BYTES];
};

/* What a name says: positions without epoch. */
struct reel_name {
    struct repl_position before, after;
};
void reel_name_of(const struct reel_head *head, char name[REEL_NAME_LEN + 1]);
/* False: no name of a reel. */
bool reel_name_parse(struct str text, struct reel_name *ret_name);

/* Appends a commit as it stands in reels. Its pages are not NULL. */
void reel_put_commit(struct buf *b, const struct repl_commit *commit, int64_t time_ms);
size_t reel_commit_bytes(size_t pages);
/* Hashes commits that were appended so, in pieces as long as they are. ERR_STORE_CORRUPT. */
MUST_CHECK int reel_chain(struct str commits, unsigned char chain[REEL_CHAIN_BYTES]);

/* Into the folder of the database that is called file. On disk at its return. Errors of whole_file.h. */
MUST_CHECK int reel_write(int dir_fd, const struct secret *key, struct str file,
                          const struct reel_head *head, struct str commits);

/* A commit that was read. Its pages live until the next one is read. */
struct reel_commit {
    struct repl_position after;
    int64_t time_ms;
    uint32_t page_count, count;
    const unsigned char *pages;
    struct str bytes; /* as it stands in the reel */
};
/* index < count. */
struct repl_page reel_page(const struct reel_commit *commit, uint32_t index);

struct reel_reader;
/* Errors of sealed_reader_open; ERR_STORE_CORRUPT when the head is not what the name says. */
MUST_CHECK int reel_open(int dir_fd, const struct secret *key, struct str file, struct str name,
                         struct reel_reader **ret_reader, struct reel_head *ret_head);
/* The next commit, whose position follows the one before. ret_any: false at the end, where chain, number
 * and position are as the head said and nothing is missing. Errors as above. */
MUST_CHECK int reel_next(struct reel_reader *r, struct reel_commit *ret_commit, bool *ret_any);
void reel_close(struct reel_reader *r);

/* Reels one after another as one file, which is on disk before they go; a crash in between leaves both.
 * names are in their order. */
MUST_CHECK int reel_merge(int dir_fd, const struct secret *key, struct str file,
                          const struct str *names, size_t count);

/* The head's and the commits' bytes alone, for fuzzing. */
MUST_CHECK int reel_head_parse(struct str bytes, struct reel_head *ret_head);
MUST_CHECK int reel_commit_parse(struct str bytes, struct reel_commit *ret_commit);

#endif
