/* What ends in a realm, told to those who hold answers about its tokens somewhere else. Only kept
 * while somebody watches, in memory and bounded: who is too slow, or was not there, is told that
 * everything of the realm may have ended. Too much may be told, never too little; told is what is
 * committed, before the commit is answered. */
#ifndef GARITA_CORE_PORT_ENDINGS_H
#define GARITA_CORE_PORT_ENDINGS_H

#include "core/port/store.h"

#define ENDING_ID_MAX     63  /* bytes; a longer one is told as everything of the realm */
#define ENDING_CLIENT_MAX 255 /* likewise */
#define ENDING_WATCHES    512 /* of a realm */

/* A token has ended when it fits what the kind names. */
enum ending_kind {
    ENDING_ALL,     /* everything of the realm: something was missed, or its settings changed */
    ENDING_TOKEN,   /* id: its jti */
    ENDING_SESSION, /* id: its session */
    ENDING_CLIENT_SESSION, /* id: its session, and its client */
    ENDING_USER,           /* id: its user */
    ENDING_CLIENT,         /* its client */
    ENDING_NOT_BEFORE,     /* issued before not_before_s */
    ENDING_KEY,            /* id: the kid it is signed with */
};

struct ending {
    enum ending_kind kind;
    char id[ENDING_ID_MAX + 1];
    char client_id[ENDING_CLIENT_MAX + 1];
    int64_t not_before_s;
    int64_t at_ms;
};

struct ending_watch;
/* Called by whoever ended something, in the middle of a commit: it notes that and returns. */
typedef void ending_wake(void *context);

/* From now on. Until store_endings_unwatch the view must not be released. ERR_LIMIT_REACHED: that many
 * watch this realm already, and each of them is told in the middle of a commit. ERR_NO_MEMORY. */
MUST_CHECK int store_endings_watch(struct realm_view *view, ending_wake *wake, void *context,
                                   struct ending_watch **ret_watch);
/* wake is not called any more when this returns. */
void store_endings_unwatch(struct ending_watch *watch);
/* The next one; false when there is none yet. After a gap it is ENDING_ALL. */
bool store_endings_next(struct ending_watch *watch, struct ending *ret_ending);

#endif
