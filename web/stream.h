/* Replies that go on: status and headers come from a handler as ever, the body piece by piece, for as
 * long as its source has something to say. In between, the connection is parked like one that waits
 * for its next request: a stream costs memory, never a thread (HT-02). */
#ifndef GARITA_WEB_STREAM_H
#define GARITA_WEB_STREAM_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"

#define STREAM_PIECE_MAX_BYTES ((size_t)64 << 10)
/* Longest time between two looks at a stream that nobody woke. */
#define STREAM_LOOK_MS         250

struct link;
struct lot;
struct stream;
struct streams; /* all of them, counted */

/* Adds what is to be sent now to out, an arena of the call's or of its own behind it; false: that was
 * the last. Called by one worker at a time, and may read the store as a request may: at the begin, after
 * stream_wake, when the client has taken what was sent, and every STREAM_LOOK_MS. */
typedef bool stream_pull(struct stream *s, struct arena *a, struct buf *out);
/* The connection is gone, or all is said. */
typedef void stream_free(struct stream *s);

/* First member of what a source has. */
struct stream {
    stream_pull *pull;
    stream_free *free;
    /* The rest belongs to stream.c and the transport. */
    struct streams *streams;
    struct stream *next, **at;
    struct str owner;
    struct lot *lot;
    _Atomic(struct link *) link; /* NULL until the head is out */
    bool plain;                  /* HTTP/1.0: without chunks, up to the end of the connection */
};

/* At most so many at once, and so many of one owner. ERR_NO_MEMORY. */
MUST_CHECK int streams_new(size_t most, size_t most_of_owner, struct streams **ret_streams);
/* When no stream is left. NULL is fine. */
void streams_free(struct streams *streams);
size_t streams_count(struct streams *streams);

/* Counts a stream in. owner lives as long as the stream. ERR_OVERLOADED, ERR_LIMIT_REACHED: its owner
 * has too many. Then stream_close is not called. */
MUST_CHECK int stream_open(struct streams *streams, struct stream *s, struct str owner);
/* Counts it out and frees it. NULL is fine. */
void stream_close(struct stream *s);

/* The transport has sent the head and goes on with this link. */
void stream_attach(struct stream *s, struct lot *lot, struct link *link);
/* There is something to pull. From any thread, until the source's free returns; never waits. */
void stream_wake(struct stream *s);

#endif
