/* What every way out to other hosts has in common, whatever it speaks (SS-01, SS-03, SS-05): addresses are
 * checked at the moment of the connection, TLS checks chain and name, nothing is reused, no proxies. The
 * settings are those of fetch_setup. */
#ifndef GARITA_STORE_FETCH_OUTWARD_H
#define GARITA_STORE_FETCH_OUTWARD_H

#include <curl/curl.h>
#include <pthread.h>

#include "core/base/rng.h"
#include "store/fetch/fetch_setup.h"

/* What fetch_setup was told. */
const struct fetch_config *outward_config(void);

/* One attempt. Lives as long as its handle. */
struct outward {
    const uint16_t *ports; /* of its protocol; those of the settings go as well */
    size_t port_count;
    bool forbidden; /* an address was refused */
    bool tried;     /* another one was not */
};

/* A handle with all this set, or NULL without memory; curl_easy_cleanup ends it. */
CURL *outward_new(struct outward *o, int64_t timeout_ms);
/* 0, ERR_FORBIDDEN (no address may be reached), ERR_TIMEOUT or ERR_UPSTREAM. */
int outward_error(CURLcode rc, const struct outward *o);

/* So many at once, and so many of one realm: a host that hangs must not hold the threads that answer
 * others, nor those of one realm the places of another (HT-02). */
#define OUTWARD_PLACES_MAX 8

struct outward_places {
    pthread_mutex_t lock;
    size_t of_realm;
    bool taken[OUTWARD_PLACES_MAX];
    char realm[OUTWARD_PLACES_MAX][UUID_TEXT_LEN];
};
#define OUTWARD_PLACES(of_one_realm)                                                               \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .of_realm = (of_one_realm)                              \
    }
/* OUTWARD_PLACES_MAX when there is none for this realm (its id). */
size_t outward_take_place(struct outward_places *places, struct str realm_id);
void outward_give_place(struct outward_places *places, size_t place);

#endif
