/* What disk.c records and disk_image.c reads. */
#ifndef GARITA_TESTS_TORTURE_DISK_INTERNAL_H
#define GARITA_TESTS_TORTURE_DISK_INTERNAL_H

#include "tests/torture/disk.h"

#define DISK_PATH_MAX 256
#define DISK_NAME_MAX 64
#define DISK_ROOT     1 /* the number of the root folder; 0 is no file */

struct disk_bytes {
    bool is_folder;
    unsigned char *data;
    size_t len;
};

struct disk_name {
    uint32_t folder;
    char name[DISK_NAME_MAX];
    uint32_t file; /* 0: the name is gone */
};

struct disk_names {
    struct disk_name *items;
    size_t count;
};

enum disk_op_kind { DISK_OP_WRITE, DISK_OP_TRUNCATE, DISK_OP_NAME, DISK_OP_FLUSH };

struct disk_op {
    enum disk_op_kind kind;
    uint32_t target; /* the file, or for names their folder: what a flush must name to cover it */
    uint32_t file;   /* NAME */
    char name[DISK_NAME_MAX];
    char old_name[DISK_NAME_MAX]; /* of a change of name */
    size_t at;                    /* WRITE: offset; TRUNCATE: size */
    size_t len;
    unsigned char *data;
    size_t durable_at; /* the flush that covered it; SIZE_MAX: none */
    bool dropped;      /* by a flush that failed */
};

struct disk {
    char root[DISK_PATH_MAX];
    struct disk_bytes *files; /* by number, as they were at the start */
    size_t file_count;
    struct disk_names at_start;
    struct disk_names now;
    struct disk_op *ops;
    size_t op_count;
};

/* Zeroed; never NULL. */
void *disk_alloc(size_t size);
void *disk_realloc(void *old, size_t size);
uint32_t names_find(const struct disk_names *names, uint32_t folder, const char *name);
void names_set(struct disk_names *names, uint32_t folder, const char *name, uint32_t file);

#endif
