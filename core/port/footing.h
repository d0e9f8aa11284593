/* What a kept answer stands on. Each part is the value of a counter that store/ raises, by itself,
 * right after a commit that changed such a row and before that commit is answered. An answer that
 * was kept together with its footing is still the answer a fresh look would give, as long as the
 * footing is the same and its time is not over. The counters start anew, at random, with the process.
 *
 * How to keep one: store_changes(); begin the read; look; store_footing(); store_changes() again. If
 * the two differ, somebody wrote in between: then it is not kept. */
#ifndef GARITA_CORE_PORT_FOOTING_H
#define GARITA_CORE_PORT_FOOTING_H

#include "core/port/store.h"

struct footing {
    uint64_t config;         /* settings, keys, clients, scopes and roles of the realm */
    uint64_t user;           /* this user's row */
    uint64_t session;        /* this session's row, but for its last access */
    uint64_t client_session; /* likewise */
    uint64_t revoked;        /* whether this jti was revoked */
    uint64_t origin;         /* likewise of the token that it was given for */
    uint64_t rights;         /* who has which role, and what roles and groups are made of */
};

/* The rows an answer is about; 0 and absent for none. */
struct footing_rows {
    int64_t user_pk, session_pk, client_session_pk;
    struct str jti, origin_jti;
    bool rights; /* the answer depends on roles */
};

/* config is that of the view. */
void store_footing(const struct realm_view *view, const struct footing_rows *rows,
                   struct footing *ret_footing);
bool footing_same(const struct footing *a, const struct footing *b);
/* A number that differs whenever any counter of the realm was raised in between. */
uint64_t store_changes(const struct realm_view *view);

/* The counters themselves, for answers that are given again by threads that must not wait: no lock is
 * taken, nothing of the realm is looked up, and its picture is not held. */
struct ground_pin {
    const void
        *counter; /* the store's; good until that is closed, also when the realm is deleted */
    uint64_t value;
};

#define GROUND_PINS_MAX 20

/* What one answer stands on in all. Whoever notes a part of an answer adds to it, and an answer of
 * which a part was noted by nobody is not kept: firm says that there is none. */
struct ground {
    struct ground_pin pins[GROUND_PINS_MAX];
    size_t count;
    int64_t until_ms; /* the first end that is known now */
    bool has_caller;  /* who asks is noted */
    bool loose;       /* something cannot be noted */
    bool firm;
};

void ground_init(struct ground *ret_ground);
/* Adds the rows, as they were when footing was taken. */
void store_ground_add(const struct realm_view *view, const struct footing_rows *rows,
                      const struct footing *footing, int64_t until_ms, struct ground *io_ground);
/* Whether a fresh look would give the same answer, but for the time. */
bool store_ground_holds(const struct ground_pin *pins, size_t count);

#endif
