/* One watch of what ends in a realm, for every protocol that streams it. It holds what is to be told
 * back while nobody knows whether the watcher may still hear it. */
#ifndef GARITA_WEB_VALIDATION_WATCH_H
#define GARITA_WEB_VALIDATION_WATCH_H

#include "core/port/endings.h"
#include "core/port/footing.h"

struct watch;

/* What is told, before it takes the form of a protocol: the message Revocation of
 * token_validation.proto. */
struct watch_message {
    uint64_t number; /* rises by one; starts anew with the watch */
    struct str realm;
    struct ending ending;
};

/* Begins a watch that was allowed on this ground. wake: something may be there; called as
 * core/port/endings.h says. ERR_NOT_FOUND, ERR_LIMIT_REACHED, ERR_NO_MEMORY, ERR_STORE_*. */
MUST_CHECK int watch_open(struct store *store, struct str realm, const struct ground *ground,
                          ending_wake *wake, void *context, struct watch **ret_watch);
/* NULL is fine. */
void watch_close(struct watch *watch);

/* Whether it would be allowed again without looking: nothing has changed of what it stands on, and no
 * end that was known has come. Takes no lock and reads no store. */
bool watch_holds(const struct watch *watch, int64_t now_ms);
/* It was looked at again and is allowed on this ground. */
void watch_renew(struct watch *watch, const struct ground *ground);
/* What is to be told next; false: nothing yet. The first says that the watch has begun: what was held
 * before it saw none of it. Only while watch_holds. */
bool watch_next(struct watch *watch, struct watch_message *ret_message);

#endif
