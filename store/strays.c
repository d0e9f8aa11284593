/* Databases in realms/ that no realm has: of realms that an older master does not know, or that somebody
 * put there. They may hold people whom nobody has elsewhere, so they are told and never touched. */
#include "store/store.h"

#include "core/base/log.h"
#include "store/realm_list.h"

#include "core/base/banned.h"

#define SUFFIX ".db"

struct search {
    struct store *store;
    struct arena *a;
    struct str *files; /* STORE_STRAYS_MAX */
    size_t count;
};

/* A realm that is being deleted loses its file first, then its line. */
static int is_stray(struct store *store, struct str name, bool *ret_stray)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    bool named;
    *ret_stray = false;
    TRY(tx_config_read_begin(store->master, NULL, &r));
    TRY(realm_list_names(r, name, &named));
    *ret_stray = !named && folder_db_bytes(&store->folder, name) >= 0;
    return 0;
}

/* Whoever made the file chose its name. */
static struct str printable(struct arena *a, struct str file)
{
    char *text = arena_alloc(a, file.len + 1);
    if (!text)
        return str_of(NULL, 0);
    for (size_t i = 0; i < file.len; i++)
        text[i] = file.ptr[i] > 0x20 && file.ptr[i] < 0x7f ? file.ptr[i] : '?';
    return str_of(text, file.len);
}

static int look_at(void *arg, struct str file)
{
    struct search *search = arg;
    bool stray;
    if (!str_ends(file, STR(SUFFIX)) || str_eq(file, STR(REALM_MASTER SUFFIX)))
        return 0;
    struct str name = str_sub(file, 0, file.len - strlen(SUFFIX));
    TRY(is_stray(search->store, name, &stray));
    if (!stray || search->count++ >= STORE_STRAYS_MAX)
        return 0;
    struct str text = printable(search->a, file);
    search->files[search->count - 1] = text;
    return str_absent(text) ? ERR_NO_MEMORY : 0;
}

int store_strays(struct store *store, struct arena *a, struct str **ret_files, size_t *ret_count)
{
    struct search search = {store, a, ARENA_ARRAY(a, STORE_STRAYS_MAX, struct str), 0};
    if (!search.files)
        return ERR_NO_MEMORY;
    TRY(folder_each(&store->folder, look_at, &search));
    *ret_files = search.files;
    *ret_count = search.count;
    return 0;
}

void strays_tell(struct store *store)
{
    CLEANUP(arena_free) struct arena a;
    struct str *files;
    size_t count;
    arena_init(&a, (size_t)64 << 10);
    int err = store_strays(store, &a, &files, &count);
    if (err != 0) {
        LOG_WARN("store", "realms/ was not searched for files of no realm: %s", err_text(err));
        return;
    }
    for (size_t i = 0; i < count && i < STORE_STRAYS_MAX; i++)
        LOG_WARN("store", "realms/%.*s " STORE_STRAY_ADVICE, STR_ARG(files[i]));
    if (count > STORE_STRAYS_MAX)
        LOG_WARN("store", "realms/ holds %zu such files", count);
}
