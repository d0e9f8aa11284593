/* Gates by name, in a list: as many as files that are open. */
#include "store/sync_gate.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/banned.h"

struct sync_gate {
    struct sync_gate *next;
    size_t users;
    pthread_mutex_t lock; /* held during a flush */
    bool failed;
    char name[];
};

static pthread_mutex_t gates_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sync_gate *gates;

static struct sync_gate *find(const char *name)
{
    struct sync_gate *gate = gates;
    while (gate && strcmp(gate->name, name) != 0)
        gate = gate->next;
    return gate;
}

static struct sync_gate *make(const char *name)
{
    size_t size = strlen(name) + 1;
    struct sync_gate *gate = calloc(1, sizeof(*gate) + size);
    if (!gate)
        return NULL;
    memcpy(gate->name, name, size);
    (void)pthread_mutex_init(&gate->lock, NULL);
    gate->next = gates;
    gates = gate;
    return gate;
}

struct sync_gate *sync_gate_open(const char *name)
{
    (void)pthread_mutex_lock(&gates_lock);
    struct sync_gate *gate = find(name);
    if (!gate)
        gate = make(name);
    if (gate)
        gate->users++;
    (void)pthread_mutex_unlock(&gates_lock);
    return gate;
}

static void take_out(struct sync_gate *gate)
{
    struct sync_gate **at = &gates;
    while (*at != gate)
        at = &(*at)->next;
    *at = gate->next;
    (void)pthread_mutex_destroy(&gate->lock);
    free(gate);
}

void sync_gate_close(struct sync_gate *gate)
{
    if (!gate)
        return;
    (void)pthread_mutex_lock(&gates_lock);
    if (--gate->users == 0)
        take_out(gate);
    (void)pthread_mutex_unlock(&gates_lock);
}

int sync_gate_pass(struct sync_gate *gate, sqlite3_file *file, int flags)
{
    (void)pthread_mutex_lock(&gate->lock);
    int rc = gate->failed ? SQLITE_IOERR_FSYNC : file->pMethods->xSync(file, flags);
    gate->failed = gate->failed || rc != SQLITE_OK;
    (void)pthread_mutex_unlock(&gate->lock);
    return rc;
}
