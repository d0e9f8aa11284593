/* The record: names as they are now, and the list of operations. What can be rebuilt from it stands
 * in disk_image.c. Running out of memory ends the test. */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/attr.h"
#include "tests/torture/disk_internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk *recording;

void *disk_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

void *disk_realloc(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (!p)
        abort();
    return p;
}

static void *grown(void *items, size_t count, size_t size)
{
    /* Full at every power of two. */
    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    return disk_realloc(items, (count ? count * 2 : 1) * size);
}

uint32_t names_find(const struct disk_names *names, uint32_t folder, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].folder == folder && strcmp(names->items[i].name, name) == 0)
            return names->items[i].file;
    return 0;
}

void names_set(struct disk_names *names, uint32_t folder, const char *name, uint32_t file)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i].folder == folder && strcmp(names->items[i].name, name) == 0) {
            names->items[i].file = file;
            return;
        }
    }
    names->items = grown(names->items, names->count, sizeof(*names->items));
    struct disk_name *entry = &names->items[names->count++];
    *entry = (struct disk_name){.folder = folder, .file = file};
    (void)snprintf(entry->name, sizeof(entry->name), "%s", name);
}

static uint32_t file_new(struct disk *d, bool is_folder)
{
    d->files = grown(d->files, d->file_count, sizeof(*d->files));
    d->files[d->file_count] = (struct disk_bytes){.is_folder = is_folder};
    return (uint32_t)d->file_count++;
}

static void read_file(const char *path, struct disk_bytes *ret_bytes)
{
    FILE *f = fopen(path, "re");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        abort();
    long size = ftell(f);
    rewind(f);
    ret_bytes->len = (size_t)size;
    ret_bytes->data = disk_alloc((size_t)size);
    if (fread(ret_bytes->data, 1, (size_t)size, f) != (size_t)size)
        abort();
    (void)fclose(f);
}

/* The lock of the data folder says nothing about its content. */
static bool ignored(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "lock") == 0;
}

static void take_in(struct disk *d, const char *path, uint32_t folder)
{
    DIR *dir = opendir(path);
    if (!dir)
        abort();
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char full[DISK_PATH_MAX * 2];
        struct stat st;
        (void)snprintf(full, sizeof(full), "%s/%s", path, e->d_name);
        if (ignored(e->d_name) || stat(full, &st) != 0)
            continue;
        uint32_t file = file_new(d, S_ISDIR(st.st_mode));
        names_set(&d->now, folder, e->d_name, file);
        names_set(&d->at_start, folder, e->d_name, file);
        if (S_ISDIR(st.st_mode))
            take_in(d, full, file);
        else
            read_file(full, &d->files[file]);
    }
    (void)closedir(dir);
}

struct disk *disk_new(const char *root)
{
    struct disk *d = disk_alloc(sizeof(*d));
    (void)snprintf(d->root, sizeof(d->root), "%s", root);
    (void)file_new(d, false); /* number 0 is no file */
    take_in(d, root, file_new(d, true));
    return d;
}

void disk_free(struct disk *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->file_count; i++)
        free(d->files[i].data);
    for (size_t i = 0; i < d->op_count; i++)
        free(d->ops[i].data);
    free(d->files);
    free(d->ops);
    free(d->now.items);
    free(d->at_start.items);
    free(d);
}

void disk_record(struct disk *disk)
{
    (void)pthread_mutex_lock(&lock);
    recording = disk;
    (void)pthread_mutex_unlock(&lock);
}

/* --- Recording, with the lock --- */

/* The folder that a path is in, and its name there; 0 when it is not on this disk. */
static uint32_t place_of(const struct disk *d, const char *path, char name[DISK_NAME_MAX])
{
    size_t root = strlen(d->root);
    if (strncmp(path, d->root, root) != 0 || path[root] != '/')
        return 0;
    uint32_t folder = DISK_ROOT;
    const char *at = path + root + 1;
    for (const char *slash = strchr(at, '/'); slash; slash = strchr(at, '/')) {
        char part[DISK_NAME_MAX];
        (void)snprintf(part, sizeof(part), "%.*s", (int)(slash - at), at);
        folder = names_find(&d->now, folder, part);
        if (folder == 0)
            return 0;
        at = slash + 1;
    }
    (void)snprintf(name, DISK_NAME_MAX, "%s", at);
    return ignored(name) ? 0 : folder;
}

static struct disk_op *op_new(struct disk *d, enum disk_op_kind kind, uint32_t target)
{
    d->ops = grown(d->ops, d->op_count, sizeof(*d->ops));
    struct disk_op *op = &d->ops[d->op_count++];
    *op = (struct disk_op){.kind = kind, .target = target, .durable_at = SIZE_MAX};
    return op;
}

static void note_name(struct disk *d, uint32_t folder, const char *name, uint32_t file)
{
    struct disk_op *op = op_new(d, DISK_OP_NAME, folder);
    op->file = file;
    (void)snprintf(op->name, sizeof(op->name), "%s", name);
    names_set(&d->now, folder, name, file);
}

void disk_made(const char *path, bool is_folder)
{
    char name[DISK_NAME_MAX];
    (void)pthread_mutex_lock(&lock);
    uint32_t folder = recording ? place_of(recording, path, name) : 0;
    if (folder != 0)
        note_name(recording, folder, name, file_new(recording, is_folder));
    (void)pthread_mutex_unlock(&lock);
}

void disk_removed(const char *path)
{
    char name[DISK_NAME_MAX];
    (void)pthread_mutex_lock(&lock);
    uint32_t folder = recording ? place_of(recording, path, name) : 0;
    if (folder != 0)
        note_name(recording, folder, name, 0);
    (void)pthread_mutex_unlock(&lock);
}

void disk_renamed(const char *from, const char *to)
{
    char old[DISK_NAME_MAX];
    char name[DISK_NAME_MAX];
    (void)pthread_mutex_lock(&lock);
    uint32_t folder = recording ? place_of(recording, from, old) : 0;
    if (folder != 0 && place_of(recording, to, name) == folder) {
        note_name(recording, folder, name, names_find(&recording->now, folder, old));
        /* One step: the old name goes with it. */
        struct disk_op *op = &recording->ops[recording->op_count - 1];
        (void)snprintf(op->old_name, sizeof(op->old_name), "%s", old);
        names_set(&recording->now, folder, old, 0);
    }
    (void)pthread_mutex_unlock(&lock);
}

uint32_t disk_file(const char *path)
{
    char name[DISK_NAME_MAX];
    uint32_t file = 0;
    (void)pthread_mutex_lock(&lock);
    if (recording && strcmp(path, recording->root) == 0)
        file = DISK_ROOT;
    else if (recording) {
        uint32_t folder = place_of(recording, path, name);
        file = folder ? names_find(&recording->now, folder, name) : 0;
    }
    (void)pthread_mutex_unlock(&lock);
    return file;
}

void disk_written(uint32_t file, const void *data, size_t len, int64_t at)
{
    (void)pthread_mutex_lock(&lock);
    if (recording && file != 0) {
        struct disk_op *op = op_new(recording, DISK_OP_WRITE, file);
        op->at = (size_t)at;
        op->len = len;
        op->data = disk_alloc(len);
        memcpy(op->data, data, len);
    }
    (void)pthread_mutex_unlock(&lock);
}

void disk_truncated(uint32_t file, int64_t size)
{
    (void)pthread_mutex_lock(&lock);
    if (recording && file != 0)
        op_new(recording, DISK_OP_TRUNCATE, file)->at = (size_t)size;
    (void)pthread_mutex_unlock(&lock);
}

size_t disk_position(void)
{
    (void)pthread_mutex_lock(&lock);
    size_t position = recording ? recording->op_count : 0;
    (void)pthread_mutex_unlock(&lock);
    return position;
}

static void settle(struct disk *d, uint32_t file, size_t began, bool failed)
{
    size_t now = d->op_count;
    for (size_t i = 0; i < began && i < now; i++) {
        struct disk_op *op = &d->ops[i];
        if (op->target != file || op->durable_at != SIZE_MAX || op->dropped)
            continue;
        if (!failed)
            op->durable_at = now;
        else if (op->kind == DISK_OP_WRITE)
            op->dropped = true; /* the kernel takes the page for clean from here on */
    }
}

void disk_flushed(uint32_t file, size_t began, bool failed)
{
    (void)pthread_mutex_lock(&lock);
    if (recording && file != 0) {
        settle(recording, file, began, failed);
        (void)op_new(recording, DISK_OP_FLUSH, file);
    }
    (void)pthread_mutex_unlock(&lock);
}

size_t disk_length(const struct disk *disk)
{
    return disk->op_count;
}

bool disk_is_flush(const struct disk *disk, size_t at)
{
    return at < disk->op_count && disk->ops[at].kind == DISK_OP_FLUSH;
}
