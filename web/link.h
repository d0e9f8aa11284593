/* A connection and the table of all of them. A link is owned by at most one thread at a time; who
 * owns it may touch it. Parked links are owned by nobody and cost no thread. Internal to the
 * transport: listen.c, worker.c, link.c, lot.c, stream.c. */
#ifndef GARITA_WEB_LINK_H
#define GARITA_WEB_LINK_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "web/http_check.h"
#include "web/listen.h"
#include "web/stream.h"
#include "web/tls/tls.h"

/* What a link waits for; each has its deadline. */
enum link_phase {
    LINK_HANDSHAKE,
    LINK_HEADER,
    LINK_BODY,
    LINK_WRITING,
    LINK_STREAM, /* the reply goes on as soon as there is more of it */
    LINK_IDLE,
    LINK_CLOSING
};

/* Bytes of a link that wait for the network, counted against limits.parked_bytes. */
struct link_bytes {
    char *ptr;
    size_t len;
    size_t cap;
};

/* Which door it came in by. */
struct link_kind {
    enum listener listener;
    bool is_tls;
    bool redirects; /* plain HTTP that only points to HTTPS */
};

struct link {
    atomic_uint state; /* generation << 2 | LINK_EVENT | LINK_OWNED */
    uint32_t slot;
    int fd;
    struct link_kind kind;
    bool handshake_done;
    bool sent_continue;
    bool close_after; /* once all is written */
    bool linger;      /* then drain what the client still sends, so that it reads our answer */
    _Atomic enum link_phase phase;
    atomic_llong since_ms; /* of the phase; monotonic */
    atomic_llong deadline_ms;
    struct tls_session *tls; /* made when the first bytes arrive */
    struct stream *stream;   /* owned: what the reply goes on with; NULL: it is whole */
    struct link_bytes in;
    struct link_bytes out;
    size_t out_sent;
    /* Progress through the request at the start of in. */
    size_t scanned;
    struct http_head head; /* its views are renewed by link_head */
    size_t target_at;      /* where they point, from the start of the request */
    size_t authority_at;
    bool head_done;
    bool body_refused; /* larger than its route takes: answered without reading it */
    size_t chunk_bytes;
    struct http_chunks chunks;
    uint32_t address_bucket;
    struct sockaddr_storage peer;
};

#define LINK_OWNED 1U
#define LINK_EVENT 2U

/* All links, and what they share. */
struct lot {
    struct link *links;
    size_t capacity;
    int epoll_fd;
    pthread_mutex_t mutex; /* guards free_slots */
    uint32_t *free_slots;
    size_t free_count;
    atomic_size_t high_water; /* slots ever used */
    atomic_uint *addresses;   /* connections per hashed address */
    unsigned char address_key[16];
    size_t address_cap;
    size_t parked_max_bytes;
    atomic_llong parked_bytes;
    atomic_llong accepted, refused, open, expired, handshakes_failed;
};

MUST_CHECK int lot_init(struct lot *lot, const struct web_limits *limits);
/* Closes what is left. No other thread may be running. */
void lot_free(struct lot *lot);
/* A link for an accepted socket, parked for its first time_ms; NULL (and the socket closed) over a
 * cap. From one thread. */
struct link *lot_add(struct lot *lot, int fd, const struct sockaddr_storage *peer,
                     const struct link_kind *kind, int64_t time_ms);
/* Takes a link on an event of the poller; NULL when it is gone or someone has it (who then sees the
 * event). */
struct link *lot_claim(struct lot *lot, uint64_t event);
/* Takes a parked link for another reason than an event; false when someone has it. */
bool lot_take(struct link *l);
/* Gives it back. False: an event came meanwhile, the owner must go on. */
bool lot_release(struct link *l);
/* Gives it back so that whatever is ready by now becomes an event again. */
void lot_rearm(struct lot *lot, struct link *l);
/* From any thread, as long as the link is not closed: what is ready by now becomes an event again; if
 * somebody owns it, its owner sees that. */
void lot_nudge(struct lot *lot, struct link *l);
/* By the owner: closes the socket, wipes and frees the slot. */
void lot_close(struct lot *lot, struct link *l);
/* Closes what is over its deadline (all that is idle when draining), and has a look taken at each
 * stream. From one thread. */
void lot_sweep(struct lot *lot, int64_t now_ms, bool draining);
/* Whether a parked link is in the middle of a request's body, of a reply or of a stream. */
bool lot_is_busy(struct lot *lot);

/* Room for more bytes within the budget; ERR_OVERLOADED. */
MUST_CHECK int link_bytes_reserve(struct lot *lot, struct link_bytes *b, size_t cap);
void link_bytes_free(struct lot *lot, struct link_bytes *b);

/* A new phase that may last time_ms from now. */
void link_enter(struct link *l, enum link_phase phase, int64_t time_ms);
/* Bytes, 0 at the end, TLS_WANT_READ, TLS_WANT_WRITE, TLS_FAILED; plain sockets too. */
MUST_CHECK ssize_t link_read(struct link *l, void *buf, size_t size);
/* Sends what the socket takes and keeps the rest; false when the connection is lost or the budget
 * is used up. */
MUST_CHECK bool link_send(struct lot *lot, struct link *l, const void *data, size_t len);
/* 0 when nothing is left, TLS_WANT_WRITE, TLS_WANT_READ or TLS_FAILED. */
MUST_CHECK int link_flush(struct lot *lot, struct link *l);
/* Text form of the client's address; IPv4 in IPv6 as IPv4. */
struct str link_address(const struct link *l, struct arena *a);

#endif
