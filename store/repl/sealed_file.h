/* Files of backups: compressed (Zstandard), then sealed in pieces of 64 KiB under a key of their own,
 * which stands wrapped under the backup key in the header:
 *
 *   "GARITA-B" | version 1 | kind | id of the backup key, 8 | wrapped key, 73 | header of the stream, 24
 *   then pieces: length (4, little-endian) | sealed bytes; the last one is marked
 *
 * Header and context (which backup, which file of it) are associated data of every piece, so that a file
 * in another's place does not open. The reader gives out nothing that it has not authenticated, and its
 * end is told only when nothing is missing and nothing stands behind it (BK-01). */
#ifndef GARITA_STORE_REPL_SEALED_FILE_H
#define GARITA_STORE_REPL_SEALED_FILE_H

#include "core/base/secret.h"
#include "store/whole_file.h"

enum sealed_kind { SEALED_MANIFEST = 1, SEALED_DATABASE, SEALED_PLAIN_FILE, SEALED_REEL };

struct sealed_writer;
struct sealed_reader;

/* The key of all backups of a node, from its master key. */
MUST_CHECK int backup_key_of(const struct secret *master_key, struct secret *ret_key);

/* Writes the header. The file stays its owner's, who publishes it after sealed_writer_end. ERR_NO_MEMORY,
 * errors of writing. */
MUST_CHECK int sealed_writer_open(struct whole_file *file, const struct secret *key,
                                  enum sealed_kind kind, struct str context,
                                  struct sealed_writer **ret_writer);
MUST_CHECK int sealed_write(struct sealed_writer *w, const void *bytes, size_t len);
/* The last piece. ret_bytes: of the file, so far unpublished. */
MUST_CHECK int sealed_writer_end(struct sealed_writer *w, int64_t *ret_bytes);
/* NULL is fine. */
void sealed_writer_close(struct sealed_writer *w);

/* Takes fd in every case. ERR_BAD_KEY (sealed under the key of another node), ERR_SEAL (changed, or not
 * this file), ERR_STORE_CORRUPT (cut short, or no file of ours), ERR_STORE_VERSION, ERR_NO_MEMORY. */
MUST_CHECK int sealed_reader_open(int fd, const struct secret *key, enum sealed_kind kind,
                                  struct str context, struct sealed_reader **ret_reader);
/* Up to len bytes; fewer only at the end, and 0 once it was reached and is right. Errors as above. */
MUST_CHECK int sealed_read(struct sealed_reader *r, void *out, size_t len, size_t *ret_len);
/* Exactly len bytes. ERR_STORE_CORRUPT when there are fewer. */
MUST_CHECK int sealed_read_all(struct sealed_reader *r, void *out, size_t len);
void sealed_reader_close(struct sealed_reader *r);

#endif
