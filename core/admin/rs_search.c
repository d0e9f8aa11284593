/* Resources by URI, and by all else. */
#include "core/admin/rs_search.h"

#include "core/admin/resource_servers.h"

#include "core/base/banned.h"

static bool covers(struct str uri, struct str path)
{
    if (str_ends(uri, STR("*")))
        return str_starts(path, str_sub(uri, 0, uri.len - 1));
    return str_eq(uri, path);
}

/* The longest of those that say something; absent: none does. */
static struct str best_of(const struct rs_resource *resource, struct str path)
{
    struct str best = {NULL, 0};
    for (size_t i = 0; i < resource->uris.count; i++) {
        struct str uri = resource->uris.items[i];
        if (covers(uri, path) && (str_absent(best) || uri.len > best.len))
            best = uri;
    }
    return best;
}

static int find_by_path(struct store_read *r, struct arena *a, const struct rs_search *search,
                        struct rs_resources *ret_resources)
{
    struct rs_objects all;
    struct str best = {NULL, 0};
    struct rs_resource *found = ARENA_NEW(a, struct rs_resource);
    if (!found)
        return ERR_NO_MEMORY;
    TRY(rs_list(r, a, &search->filter, 0, RS_OBJECTS_MAX, &all));
    for (size_t i = 0; i < all.count; i++) {
        struct rs_resource resource;
        TRY(rs_object_read(a, &all.items[i], &resource));
        struct str uri = best_of(&resource, search->uri);
        if (str_absent(uri) || (!str_absent(best) && uri.len <= best.len))
            continue;
        *found = resource;
        best = uri;
    }
    *ret_resources = (struct rs_resources){found, str_absent(best) ? 0 : 1};
    return 0;
}

/* Links and URIs have an index each: with both, what the first gives is looked through for the second. */
static int find_listed(struct store_read *r, struct arena *a, const struct rs_search *search,
                       size_t first, size_t limit, struct rs_resources *ret_resources)
{
    bool look = search->filter.to_pk != 0 && !str_absent(search->uri);
    struct rs_filter filter = search->filter;
    struct rs_objects rows;
    size_t at = 0, kept = 0;
    filter.word = look ? str_of(NULL, 0) : search->uri;
    TRY(rs_list(r, a, &filter, look ? 0 : first, look ? RS_OBJECTS_MAX : limit, &rows));
    struct rs_resource *items = ARENA_ARRAY(a, rows.count + 1, struct rs_resource);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < rows.count && kept < limit; i++) {
        TRY(rs_object_read(a, &rows.items[i], &items[kept]));
        if (look && (!strs_has(&items[kept].uris, search->uri) || at++ < first))
            continue;
        kept++;
    }
    *ret_resources = (struct rs_resources){items, kept};
    return 0;
}

int rs_resources_find(struct store_read *r, struct arena *a, const struct rs_search *search,
                      size_t first, size_t limit, struct rs_resources *ret_resources)
{
    return search->is_path && !str_absent(search->uri)
               ? find_by_path(r, a, search, ret_resources)
               : find_listed(r, a, search, first, limit, ret_resources);
}
