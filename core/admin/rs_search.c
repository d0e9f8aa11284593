/* Resources by URI, and by all else. */
#include "core/admin/rs_search.h"

#include "core/admin/resource_servers.h"

#include "core/base/banned.h"

#define PAGE 200

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

/* The best so far, in memory that stays. */
struct best {
    struct arena *a;
    struct str uri;
    struct rs_resource *resource;
};

static int keep_better(struct arena *scratch, const struct rs_object *row, struct str path,
                       struct best *io_best)
{
    struct rs_resource resource;
    TRY(rs_object_read(scratch, row, &resource));
    struct str uri = best_of(&resource, path);
    if (str_absent(uri) || (!str_absent(io_best->uri) && uri.len <= io_best->uri.len))
        return 0;
    TRY(rs_object_read(io_best->a, row, io_best->resource));
    TRY(rs_object_copy(io_best->a, row, &io_best->resource->row));
    io_best->uri = arena_str(io_best->a, uri);
    return str_absent(io_best->uri) ? ERR_NO_MEMORY : 0;
}

/* A page at a time, in memory of its own: a resource server may have many. */
static int look_through(struct store_read *r, const struct rs_search *search, size_t first,
                        struct best *io_best, size_t *ret_count)
{
    CLEANUP(arena_free) struct arena scratch;
    struct rs_objects page;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(rs_list(r, &scratch, &search->filter, first, PAGE, &page));
    for (size_t i = 0; i < page.count; i++)
        TRY(keep_better(&scratch, &page.items[i], search->uri, io_best));
    *ret_count = page.count;
    return 0;
}

static int find_by_path(struct store_read *r, struct arena *a, const struct rs_search *search,
                        struct rs_resources *ret_resources)
{
    struct best best = {a, {NULL, 0}, ARENA_NEW(a, struct rs_resource)};
    size_t count = PAGE;
    if (!best.resource)
        return ERR_NO_MEMORY;
    for (size_t first = 0; count == PAGE; first += PAGE)
        TRY(look_through(r, search, first, &best, &count));
    *ret_resources = (struct rs_resources){best.resource, str_absent(best.uri) ? 0 : 1};
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
