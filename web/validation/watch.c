/* A watch has no queue of its own that could overflow: while nobody takes what is told, the store keeps
 * what ends for a while, and then tells that everything may have ended.
 *
 * A watch lives for days, and the rights of its watcher may end on any of them. Looking at them anew
 * for each message would cost a read of the store; instead the counters that they stand on
 * (core/port/footing.h) are compared, which is as exact and costs nothing. */
#include "web/validation/watch.h"

#include <stdlib.h>

#include "core/base/clock.h"

#include "core/base/banned.h"

struct watch {
    struct realm_view *view; /* only to know the realm by */
    struct ending_watch *endings;
    struct ground ground;
    uint64_t number;
};

int watch_open(struct store *store, struct str realm, const struct ground *ground,
               ending_wake *wake, void *context, struct watch **ret_watch)
{
    struct watch *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->ground = *ground;
    int rc = realm_view_acquire(store, realm, &w->view);
    if (rc == 0)
        rc = store_endings_watch(w->view, wake, context, &w->endings);
    if (rc != 0) {
        watch_close(w);
        return rc;
    }
    *ret_watch = w;
    return 0;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    if (w->endings)
        store_endings_unwatch(w->endings);
    if (w->view)
        realm_view_release(w->view);
    free(w);
}

bool watch_holds(const struct watch *w, int64_t now_ms)
{
    const struct ground *g = &w->ground;
    return g->firm && now_ms < g->until_ms && store_ground_holds(g->pins, g->count);
}

void watch_renew(struct watch *w, const struct ground *ground)
{
    w->ground = *ground;
}

bool watch_next(struct watch *w, struct watch_message *ret_message)
{
    struct ending ending = {.kind = ENDING_ALL, .at_ms = clock_now().wall_ms};
    if (w->number > 0 && !store_endings_next(w->endings, &ending))
        return false;
    *ret_message = (struct watch_message){
        .number = ++w->number, .realm = realm_view_realm(w->view)->name, .ending = ending};
    return true;
}
