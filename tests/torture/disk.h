/* A simulated disk. It keeps what was done to the files below a folder, in order: every write,
 * truncation and flush of every file, every name that was made, changed or removed. From that it
 * makes what a disk may hold after the power went at any moment: all that was flushed, and of the
 * rest any part, down to single sectors; a name whose folder was not flushed may be there or not.
 *
 * The rules are those of POSIX, harsher than most file systems: a flush of a file covers its bytes
 * and not its name; a flush of a folder covers the names in it. After a flush that failed, what it
 * should have written may be lost although later flushes succeed, as on Linux. */
#ifndef GARITA_TESTS_TORTURE_DISK_H
#define GARITA_TESTS_TORTURE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR_BYTES 512
#define DISK_HASH_BYTES   16

struct disk;

/* What is below root now counts as on disk. One disk records at a time, none when NULL. */
struct disk *disk_new(const char *root);
void disk_free(struct disk *disk);
void disk_record(struct disk *disk);

/* --- Told by the layers that see the calls. Paths are absolute; what is not below the root of the
 * recording disk is not looked at. --- */

void disk_made(const char *path, bool is_folder);
void disk_removed(const char *path);
/* Within one folder. */
void disk_renamed(const char *from, const char *to);
/* The file or folder that has this name now; 0 when it is not on the recording disk. */
uint32_t disk_file(const char *path);
void disk_written(uint32_t file, const void *data, size_t len, int64_t at);
void disk_truncated(uint32_t file, int64_t size);
/* A flush covers what was done before it began. */
size_t disk_position(void);
void disk_flushed(uint32_t file, size_t began, bool failed);

/* --- What may be there after the power went --- */

/* Operations recorded. */
size_t disk_length(const struct disk *disk);
/* Whether operation at is a flush. */
bool disk_is_flush(const struct disk *disk, size_t at);
/* Of the operations before cut, those that no flush covered. */
size_t disk_pending(const struct disk *disk, size_t cut);

enum disk_loss {
    DISK_LOSE_PENDING, /* only what was flushed */
    DISK_LOSE_NONE,
    DISK_KEEP_FIRST, /* the first so many pending ones */
    DISK_KEEP_SOME,  /* any of the pending ones */
    DISK_TEAR        /* any sectors of any of them */
};

struct disk_state {
    size_t cut; /* operations before it were begun */
    enum disk_loss loss;
    size_t first;  /* for DISK_KEEP_FIRST */
    uint64_t seed; /* for DISK_KEEP_SOME and DISK_TEAR */
};

struct disk_image;
struct disk_image *disk_image_new(const struct disk *disk, const struct disk_state *state);
void disk_image_free(struct disk_image *image);
/* Names and contents. */
void disk_image_hash(const struct disk_image *image, unsigned char ret_hash[DISK_HASH_BYTES]);
/* Into an empty folder. */
void disk_image_write(const struct disk_image *image, const char *folder);

#endif
