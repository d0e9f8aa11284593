/*
 * Looks embedded files up in the table that embed.cmake generates. Compiled into garita_assets.
 */
#include "core/base/asset.h"

#include <string.h>

extern const struct asset garita_asset_table[];
extern const size_t garita_asset_count;

const struct asset *asset_find(const char *path)
{
    size_t low = 0, high = garita_asset_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(path, garita_asset_table[middle].path);
        if (order == 0)
            return &garita_asset_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct asset *asset_all(size_t *ret_count)
{
    *ret_count = garita_asset_count;
    return garita_asset_table;
}
