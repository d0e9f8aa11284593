#include "appliance/relaying.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/banned.h"

#define THREADS     8
#define CATCH_UP_MS 2000

struct relaying {
    struct relay *relay;
    struct desk *desk;
    pthread_rwlock_t lock;             /* held by who answers */
    struct web_relay *relays[THREADS]; /* NULL: it is shut */
    atomic_uint_fast64_t passed_on, unanswered, answered;
};

/* --- The primary --- */

static int answer(void *arg, size_t thread, const struct repl_ask *ask, struct str request,
                  struct buf *out, bool *ret_ends)
{
    struct relaying *r = arg;
    const struct web_relayed relayed = {.message = request,
                                        .client_ip = ask->client,
                                        .public_origin = ask->origin,
                                        .own_origin = ask->own_origin,
                                        .https = ask->secure,
                                        .listener = ask->door == LISTENER_ADMIN ? LISTENER_ADMIN
                                                                                : LISTENER_PUBLIC};
    (void)pthread_rwlock_rdlock(&r->lock);
    int err = r->relays[thread] ? web_relay_answer(r->relays[thread], &relayed, out, ret_ends)
                                : ERR_OVERLOADED;
    (void)pthread_rwlock_unlock(&r->lock);
    if (err == 0)
        atomic_fetch_add(&r->answered, 1);
    return err;
}

static void close_relays(struct relaying *r)
{
    for (size_t i = 0; i < THREADS; i++) {
        web_relay_close(r->relays[i]);
        r->relays[i] = NULL;
    }
}

static int open_relays(struct relaying *r, struct web *web)
{
    for (size_t i = 0; i < THREADS; i++)
        TRY(web_relay_open(web, &r->relays[i]));
    return 0;
}

int relaying_open(struct relaying *r, struct web *web)
{
    if (!r || !r->desk)
        return 0;
    (void)pthread_rwlock_wrlock(&r->lock);
    int err = open_relays(r, web);
    if (err != 0)
        close_relays(r);
    (void)pthread_rwlock_unlock(&r->lock);
    return err;
}

void relaying_shut(struct relaying *r)
{
    if (!r)
        return;
    if (r->relay)
        relay_hush(r->relay);
    (void)pthread_rwlock_wrlock(&r->lock);
    close_relays(r);
    (void)pthread_rwlock_unlock(&r->lock);
}

/* --- The standby --- */

int relaying_pass_on(struct relaying *r, struct follower *follower,
                     const struct web_relayed *relayed, int64_t within_ms, struct buf *ret_answer,
                     bool *ret_ends)
{
    const struct repl_ask ask = {.client = relayed->client_ip,
                                 .origin = relayed->public_origin,
                                 .own_origin = relayed->own_origin,
                                 .secure = relayed->https,
                                 .door = (uint8_t)relayed->listener};
    if (!r || !r->relay)
        return ERR_STORE_STANDBY;
    int err = relay_ask(r->relay, &ask, relayed->message, within_ms, ret_answer, ret_ends);
    if (err == 0 || err == ERR_UNANSWERED)
        atomic_fetch_add(&r->passed_on, 1);
    if (err == ERR_UNANSWERED)
        atomic_fetch_add(&r->unanswered, 1);
    if (err == 0) /* who has the answer finds here what it speaks of */
        follower_catch_up(follower, CATCH_UP_MS);
    return err;
}

/* --- Life --- */

int relaying_new(bool answers, size_t asks, struct relaying **ret_relaying)
{
    struct relaying *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    const struct desk_config config = {.answer = answer, .arg = r, .threads = THREADS};
    (void)pthread_rwlock_init(&r->lock, NULL);
    int err = asks > 0 ? relay_new(asks, &r->relay) : 0;
    if (err == 0 && answers)
        err = desk_new(&config, &r->desk);
    if (err != 0) {
        relaying_free(r);
        return err;
    }
    *ret_relaying = r;
    return 0;
}

void relaying_free(struct relaying *r)
{
    if (!r)
        return;
    desk_free(r->desk);
    relay_free(r->relay);
    close_relays(r);
    (void)pthread_rwlock_destroy(&r->lock);
    free(r);
}

struct relay *relaying_relay(struct relaying *r)
{
    return r->relay;
}

struct desk *relaying_desk(struct relaying *r)
{
    return r->desk;
}

void relaying_counts(struct relaying *r, struct relaying_counts *ret_counts)
{
    *ret_counts = (struct relaying_counts){.passed_on = atomic_load(&r->passed_on),
                                           .unanswered = atomic_load(&r->unanswered),
                                           .answered = atomic_load(&r->answered)};
}
