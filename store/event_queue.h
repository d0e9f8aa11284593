/* Events that go with no other change (a service token, a refused request) are appended for many
 * callers at once: whoever comes first appends for all who wait, in one transaction with one flush,
 * while the next ones gather. A busy token endpoint changes threads once per request instead of
 * queueing for the writer and for the disk. For files below store/ only. */
#ifndef GARITA_STORE_EVENT_QUEUE_H
#define GARITA_STORE_EVENT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct event_job;

struct event_queue {
    pthread_mutex_t lock;
    struct event_job *first;
    struct event_job *last;
    size_t waiting;
    bool running; /* somebody appends, or was told to */
};

void event_queue_init(struct event_queue *q);
void event_queue_free(struct event_queue *q);

#endif
