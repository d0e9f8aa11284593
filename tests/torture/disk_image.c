/* What a disk may hold after the power went: the recorded operations done again, without those that
 * the chosen loss takes away. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/torture/disk_internal.h"

struct disk_image {
    struct disk_bytes *files;
    size_t file_count;
    struct disk_names names;
};

/* splitmix64: states are named by a seed and can be made again. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool is_pending(const struct disk_op *op, size_t cut)
{
    return op->kind != DISK_OP_FLUSH && op->durable_at >= cut;
}

size_t disk_pending(const struct disk *disk, size_t cut)
{
    size_t count = 0;
    for (size_t i = 0; i < cut && i < disk->op_count; i++)
        count += is_pending(&disk->ops[i], cut);
    return count;
}

static void resize(struct disk_bytes *file, size_t len)
{
    if (len > file->len) {
        file->data = disk_realloc(file->data, len);
        memset(file->data + file->len, 0, len - file->len);
    }
    file->len = len;
}

static void put(struct disk_bytes *file, const struct disk_op *op, size_t from, size_t len)
{
    if (op->at + from + len > file->len)
        resize(file, op->at + from + len);
    memcpy(file->data + op->at + from, op->data + from, len);
}

/* Sectors are those of the disk, so the first and the last piece of a write may be short. */
static void put_torn(struct disk_bytes *file, const struct disk_op *op, uint64_t *seed)
{
    size_t from = 0;
    while (from < op->len) {
        size_t len = DISK_SECTOR_BYTES - (op->at + from) % DISK_SECTOR_BYTES;
        if (len > op->len - from)
            len = op->len - from;
        if (next_random(seed) & 1)
            put(file, op, from, len);
        from += len;
    }
}

static void apply(struct disk_image *image, const struct disk_op *op)
{
    switch (op->kind) {
    case DISK_OP_WRITE: put(&image->files[op->target], op, 0, op->len); break;
    case DISK_OP_TRUNCATE: resize(&image->files[op->target], op->at); break;
    case DISK_OP_NAME:
        names_set(&image->names, op->target, op->name, op->file);
        if (op->old_name[0] != '\0')
            names_set(&image->names, op->target, op->old_name, 0);
        break;
    case DISK_OP_FLUSH: break;
    }
}

static void apply_pending(struct disk_image *image, const struct disk_op *op,
                          const struct disk_state *state, size_t number, uint64_t *seed)
{
    bool tear = state->loss == DISK_TEAR && op->kind == DISK_OP_WRITE;
    bool keep =
        state->loss == DISK_LOSE_NONE || (state->loss == DISK_KEEP_FIRST && number < state->first);
    if (tear)
        put_torn(&image->files[op->target], op, seed);
    else if (state->loss == DISK_KEEP_SOME || state->loss == DISK_TEAR)
        keep = next_random(seed) & 1;
    if (keep)
        apply(image, op);
}

static struct disk_image *image_at_start(const struct disk *disk)
{
    struct disk_image *image = disk_alloc(sizeof(*image));
    image->file_count = disk->file_count;
    image->files = disk_alloc(disk->file_count * sizeof(*image->files));
    for (size_t i = 0; i < disk->file_count; i++) {
        const struct disk_bytes *from = &disk->files[i];
        image->files[i].is_folder = from->is_folder;
        if (from->len > 0) {
            resize(&image->files[i], from->len);
            memcpy(image->files[i].data, from->data, from->len);
        }
    }
    for (size_t i = 0; i < disk->at_start.count; i++)
        names_set(&image->names, disk->at_start.items[i].folder, disk->at_start.items[i].name,
                  disk->at_start.items[i].file);
    return image;
}

struct disk_image *disk_image_new(const struct disk *disk, const struct disk_state *state)
{
    struct disk_image *image = image_at_start(disk);
    uint64_t seed = state->seed;
    size_t number = 0;
    for (size_t i = 0; i < state->cut && i < disk->op_count; i++) {
        const struct disk_op *op = &disk->ops[i];
        if (is_pending(op, state->cut))
            apply_pending(image, op, state, number++, &seed);
        else
            apply(image, op);
    }
    return image;
}

void disk_image_free(struct disk_image *image)
{
    for (size_t i = 0; i < image->file_count; i++)
        free(image->files[i].data);
    free(image->files);
    free(image->names.items);
    free(image);
}

void disk_image_hash(const struct disk_image *image, unsigned char ret_hash[DISK_HASH_BYTES])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, DISK_HASH_BYTES);
    for (size_t i = 0; i < image->names.count; i++) {
        const struct disk_name *name = &image->names.items[i];
        const struct disk_bytes *file = &image->files[name->file];
        if (name->file == 0)
            continue;
        (void)crypto_generichash_update(&state, (const unsigned char *)name->name,
                                        sizeof(name->name));
        (void)crypto_generichash_update(&state, (const unsigned char *)&file->len,
                                        sizeof(file->len));
        (void)crypto_generichash_update(&state, file->data, file->len);
    }
    (void)crypto_generichash_final(&state, ret_hash, DISK_HASH_BYTES);
}

static void write_file(const char *path, const struct disk_bytes *file)
{
    FILE *f = fopen(path, "we");
    if (!f || (file->len > 0 && fwrite(file->data, file->len, 1, f) != 1) || fclose(f) != 0 ||
        chmod(path, 0600) != 0)
        abort();
}

static void write_folder(const struct disk_image *image, uint32_t folder, const char *path)
{
    for (size_t i = 0; i < image->names.count; i++) {
        const struct disk_name *name = &image->names.items[i];
        char full[DISK_PATH_MAX * 2];
        if (name->folder != folder || name->file == 0)
            continue;
        (void)snprintf(full, sizeof(full), "%s/%s", path, name->name);
        if (!image->files[name->file].is_folder)
            write_file(full, &image->files[name->file]);
        else if (mkdir(full, 0700) != 0)
            abort();
        else
            write_folder(image, name->file, full);
    }
}

void disk_image_write(const struct disk_image *image, const char *folder)
{
    write_folder(image, DISK_ROOT, folder);
}
