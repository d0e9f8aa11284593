/*
 * Files that are part of the binary: login pages, style sheets, message tables, SQL migrations.
 * The build embeds everything under static/, store/migrations/ (*.sql) and appliance/embed/, and
 * the generated "notices.txt" and "buildinfo.txt". Nothing here reads the disk.
 */
#ifndef GARITA_CORE_BASE_ASSET_H
#define GARITA_CORE_BASE_ASSET_H

#include <stddef.h>

struct asset {
    const char *path;          /* relative to the repository root: "static/login/login.html" */
    const unsigned char *data; /* size bytes, and a NUL beyond them */
    size_t size;
    const char *etag; /* 16 hex digits of the content's SHA-256, without quotes */
};

/* The asset with exactly this path, or NULL. Never freed, never changes. */
const struct asset *asset_find(const char *path);

/* All assets, sorted by path in byte order; their number in *ret_count. */
const struct asset *asset_all(size_t *ret_count);

#endif
