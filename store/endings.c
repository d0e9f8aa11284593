/* Noting, looking up and telling what ends. The update hook gives rows by their key; what they are
 * called in tokens is read before the commit on another connection, which still sees them as they
 * were. So no statement can forget to tell, and nothing is paid while nobody watches. */
#include "store/endings.h"

#include <stdlib.h>

#include "store/tx.h"
#include "store/view.h"

#include "core/base/banned.h"

struct ending_watch {
    struct endings *endings;
    struct ending_watch *next;
    ending_wake *wake;
    void *context;
    uint64_t seen;
};

void endings_init(struct endings *endings)
{
    (void)pthread_mutex_init(&endings->lock, NULL);
}

void endings_free(struct endings *endings)
{
    free(endings->ring);
    (void)pthread_mutex_destroy(&endings->lock);
}

/* --- watching --- */

/* Under the lock. */
static int add_watch(struct endings *e, struct ending_watch *watch)
{
    if (e->watch_count == ENDING_WATCHES)
        return ERR_LIMIT_REACHED;
    if (!e->ring)
        e->ring = calloc(ENDINGS_KEPT, sizeof(*e->ring));
    if (!e->ring)
        return ERR_NO_MEMORY;
    watch->seen = e->count;
    watch->next = e->watches;
    e->watches = watch;
    e->watch_count++;
    atomic_store(&e->watched, true);
    return 0;
}

int store_endings_watch(struct realm_view *view, ending_wake *wake, void *context,
                        struct ending_watch **ret_watch)
{
    struct endings *e = &view->slot->endings;
    struct ending_watch *watch = malloc(sizeof(*watch));
    if (!watch)
        return ERR_NO_MEMORY;
    *watch = (struct ending_watch){.endings = e, .wake = wake, .context = context};
    (void)pthread_mutex_lock(&e->lock);
    int rc = add_watch(e, watch);
    (void)pthread_mutex_unlock(&e->lock);
    if (rc != 0) {
        free(watch);
        return rc;
    }
    *ret_watch = watch;
    return 0;
}

void store_endings_unwatch(struct ending_watch *watch)
{
    struct endings *e = watch->endings;
    (void)pthread_mutex_lock(&e->lock);
    struct ending_watch **at = &e->watches;
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    e->watch_count--;
    if (!e->watches) {
        atomic_store(&e->watched, false);
        free(e->ring);
        e->ring = NULL;
    }
    (void)pthread_mutex_unlock(&e->lock);
    free(watch);
}

bool store_endings_next(struct ending_watch *watch, struct ending *ret_ending)
{
    struct endings *e = watch->endings;
    (void)pthread_mutex_lock(&e->lock);
    bool any = watch->seen < e->count;
    if (any && e->count - watch->seen > ENDINGS_KEPT) {
        *ret_ending = (struct ending){.kind = ENDING_ALL, .at_ms = clock_now().wall_ms};
        watch->seen = e->count;
    } else if (any) {
        *ret_ending = e->ring[watch->seen++ % ENDINGS_KEPT];
    }
    (void)pthread_mutex_unlock(&e->lock);
    return any;
}

static void tell(struct endings *e, const struct ending *items, size_t count)
{
    (void)pthread_mutex_lock(&e->lock);
    for (size_t i = 0; i < count && e->ring; i++)
        e->ring[e->count++ % ENDINGS_KEPT] = items[i];
    for (struct ending_watch *w = e->watches; w && count > 0; w = w->next)
        w->wake(w->context);
    (void)pthread_mutex_unlock(&e->lock);
}

void endings_close(struct endings *endings)
{
    const struct ending all = {.kind = ENDING_ALL, .at_ms = clock_now().wall_ms};
    tell(endings, &all, 1);
}

/* --- in a transaction --- */

void endings_note(struct ending_notes *notes, enum ending_kind kind, int64_t pk, struct str text)
{
    if (!notes || notes->too_many)
        return;
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].kind == kind && notes->items[i].pk == pk &&
            str_eq(notes->items[i].text, text))
            return;
    notes->too_many = notes->count == ENDINGS_NOTED;
    if (notes->too_many)
        return;
    notes->items[notes->count].kind = kind;
    notes->items[notes->count].pk = pk;
    notes->items[notes->count++].text = text;
}

void endings_begin(struct store_write *w)
{
    struct realm_db *db = w->reader.db;
    db->notes = NULL;
    if (!atomic_load(&w->reader.slot->endings.watched))
        return;
    db->notes = arena_alloc(&w->arena, sizeof(*db->notes));
    if (db->notes)
        *db->notes = (struct ending_notes){.count = 0};
}

static int look_up_one(const struct ending_notes *notes, size_t i, struct store_read *r,
                       struct arena *a, struct ending *io_ending)
{
    struct str text = notes->items[i].text;
    switch (io_ending->kind) {
    case ENDING_ALL:
        if (notes->only_not_before && str_empty(text))
            io_ending->kind = ENDING_NOT_BEFORE;
        io_ending->not_before_s = notes->not_before_s;
        return 0;
    case ENDING_TOKEN:
        if (str_absent(text) || text.len > ENDING_ID_MAX)
            return ERR_TOO_LARGE;
        memcpy(io_ending->id, text.ptr, text.len);
        return 0;
    default: return ending_read(r, a, notes->items[i].pk, io_ending);
    }
}

/* What goes with its session is told by the session. */
static bool is_told(const struct ending *items, size_t count, const struct ending *one)
{
    for (size_t i = 0; i < count && one->kind == ENDING_CLIENT_SESSION; i++)
        if (items[i].kind == ENDING_SESSION && str_eq_c(str_c(items[i].id), one->id))
            return true;
    return false;
}

static int look_up_kind(struct store_write *w, struct store_read *r, bool parts,
                        const struct ending_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        struct ending one = {.kind = notes->items[i].kind, .at_ms = w->now.wall_ms};
        if ((one.kind == ENDING_CLIENT_SESSION) != parts)
            continue;
        int rc = look_up_one(notes, i, r, &w->arena, &one);
        if (rc == ERR_NOT_FOUND) /* made and ended in the same transaction */
            continue;
        TRY(rc);
        if (!is_told(w->endings.items, w->endings.count, &one))
            w->endings.items[w->endings.count++] = one;
    }
    return 0;
}

static int look_up_all(struct store_write *w, const struct ending_notes *notes)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    w->endings.items = ARENA_ARRAY(&w->arena, notes->count, struct ending);
    if (!w->endings.items)
        return ERR_NO_MEMORY;
    TRY(tx_config_read_begin(w->reader.slot, w->reader.view, &r));
    TRY(look_up_kind(w, r, false, notes));
    return look_up_kind(w, r, true, notes);
}

void endings_look_up(struct store_write *w)
{
    const struct ending_notes *notes = w->reader.db->notes;
    if (!notes)
        return;
    w->endings.known = !notes->too_many && (notes->count == 0 || look_up_all(w, notes) == 0);
}

/* A watch that began in the middle of the transaction has no notes of it. */
void endings_tell(struct store_write *w, bool changed)
{
    struct endings *e = &w->reader.slot->endings;
    const struct ending all = {.kind = ENDING_ALL, .at_ms = w->now.wall_ms};
    if (!atomic_load(&e->watched))
        return;
    if (w->endings.known)
        tell(e, w->endings.items, w->endings.count);
    else if (changed || w->reader.db->notes)
        tell(e, &all, 1);
}
