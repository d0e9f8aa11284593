/* Counting and waking of streams. What is sent and when is the workers' (worker.c). */
#include "web/stream.h"

#include <stdlib.h>

#include "web/link.h"

#include "core/base/banned.h"

struct streams {
    pthread_mutex_t mutex; /* guards all below */
    struct stream *first;
    size_t count;
    size_t most;
    size_t most_of_owner;
};

int streams_new(size_t most, size_t most_of_owner, struct streams **ret_streams)
{
    struct streams *all = calloc(1, sizeof(*all));
    if (!all)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&all->mutex, NULL);
    all->most = most;
    all->most_of_owner = most_of_owner;
    *ret_streams = all;
    return 0;
}

void streams_free(struct streams *all)
{
    if (!all)
        return;
    pthread_mutex_destroy(&all->mutex);
    free(all);
}

size_t streams_count(struct streams *all)
{
    pthread_mutex_lock(&all->mutex);
    size_t count = all->count;
    pthread_mutex_unlock(&all->mutex);
    return count;
}

static size_t count_of_owner(const struct streams *all, struct str owner)
{
    size_t n = 0;
    for (const struct stream *s = all->first; s; s = s->next)
        n += str_eq(s->owner, owner);
    return n;
}

static int check_room(const struct streams *all, struct str owner)
{
    if (all->count >= all->most)
        return ERR_OVERLOADED;
    return count_of_owner(all, owner) >= all->most_of_owner ? ERR_LIMIT_REACHED : 0;
}

static void add(struct streams *all, struct stream *s)
{
    s->next = all->first;
    s->at = &all->first;
    if (s->next)
        s->next->at = &s->next;
    all->first = s;
    all->count++;
}

int stream_open(struct streams *all, struct stream *s, struct str owner)
{
    pthread_mutex_lock(&all->mutex);
    int rc = check_room(all, owner);
    if (rc == 0) {
        s->streams = all;
        s->owner = owner;
        add(all, s);
    }
    pthread_mutex_unlock(&all->mutex);
    return rc;
}

void stream_close(struct stream *s)
{
    if (!s)
        return;
    struct streams *all = s->streams;
    pthread_mutex_lock(&all->mutex);
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    all->count--;
    pthread_mutex_unlock(&all->mutex);
    s->free(s);
}

void stream_attach(struct stream *s, struct lot *lot, struct link *link)
{
    s->lot = lot;
    atomic_store(&s->link, link);
}

/* What was there to pull before the link was known is pulled when the link begins with it. */
void stream_wake(struct stream *s)
{
    struct link *link = atomic_load(&s->link);
    if (link)
        lot_nudge(s->lot, link);
}
