#include "appliance/reign.h"

#include <stdlib.h>

#include "appliance/hook.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "store/repl/lease.h"
#include "store/steady_cond.h"

#include "core/base/banned.h"

#define LOOK_MS 50

struct reign {
    const struct config *config;
    struct node *node;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under the lock */
    /* Of the thread. */
    enum reign_told told;
    int64_t began_ms;
};

static void tell(struct reign *r, const struct node_state *state, bool is_held)
{
    r->told = is_held ? REIGN_ON : REIGN_OVER;
    if (is_held)
        LOG_INFO("replication", "this primary has the lease: it takes changes");
    else
        LOG_WARN("replication", "the lease of this primary is over: it takes no changes");
    hook_run(is_held ? r->config->promote_hook : r->config->demote_hook,
             is_held ? "promote" : "demote", state->epoch);
}

/* A primary that begins has a lease's time to get its first one. Of another role its own start tells. */
static void look(struct reign *r)
{
    struct lease *lease = node_lease(r->node);
    struct node_state state;
    bool is_held = lease_is_held(lease);
    node_look(r->node, &state);
    if (state.role != REPL_PRIMARY || node_is_fenced(&state))
        return;
    bool is_young = clock_now().monotonic_ms - r->began_ms < lease_length_ms(lease);
    if (is_held ? r->told != REIGN_ON
                : r->told == REIGN_ON || (r->told == REIGN_UNTOLD && !is_young))
        tell(r, &state, is_held);
}

/* False when it is time to end. */
static bool pause_a_while(struct reign *r)
{
    (void)pthread_mutex_lock(&r->lock);
    if (!r->stopping)
        steady_cond_wait(&r->wake, &r->lock, clock_now().monotonic_ms + LOOK_MS);
    bool goes_on = !r->stopping;
    (void)pthread_mutex_unlock(&r->lock);
    return goes_on;
}

static void *run(void *arg)
{
    struct reign *r = arg;
    do
        look(r);
    while (pause_a_while(r));
    return NULL;
}

static void reign_free(struct reign *r)
{
    (void)pthread_cond_destroy(&r->wake);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

int reign_start(const struct config *config, struct node *node, enum reign_told told,
                struct reign **ret_reign)
{
    struct reign *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    r->config = config;
    r->node = node;
    r->told = told;
    r->began_ms = clock_now().monotonic_ms;
    (void)pthread_mutex_init(&r->lock, NULL);
    steady_cond_init(&r->wake);
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        reign_free(r);
        return ERR_NO_MEMORY;
    }
    *ret_reign = r;
    return 0;
}

void reign_stop(struct reign *r)
{
    if (!r)
        return;
    (void)pthread_mutex_lock(&r->lock);
    r->stopping = true;
    (void)pthread_cond_signal(&r->wake);
    (void)pthread_mutex_unlock(&r->lock);
    (void)pthread_join(r->thread, NULL);
    reign_free(r);
}
