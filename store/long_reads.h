/* Reads that go through a whole table: one of them at a time in the server, so that they leave processors and
 * connections to others. A queue of them is bounded, and each realm has at most LONG_READS_OF_REALM of them inside
 * or in the queue: whoever searches without end in one realm delays those of another by these, and refuses
 * nobody but his own (HT-02). */
#ifndef GARITA_STORE_LONG_READS_H
#define GARITA_STORE_LONG_READS_H

#include <stdatomic.h>

#include "core/base/attr.h"

#define LONG_READS_OF_REALM 2 /* one at work, one that waits */
#define LONG_READS_WAITING  8 /* of all realms; each holds a thread that answers requests */
#define LONG_READS_WAIT_MS  10000

/* A realm's own count, of the slot or of whatever stays as long as anybody is inside; zero at first. */
struct long_reads {
    atomic_uint count;
};

/* May wait LONG_READS_WAIT_MS. ERR_OVERLOADED when that was in vain, when the realm has its share or the queue is
 * full. */
MUST_CHECK int long_read_enter(struct long_reads *of_realm);
void long_read_leave(struct long_reads *of_realm);

#endif
