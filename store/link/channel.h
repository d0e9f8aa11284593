/* TLS between two nodes (RP-01): 1.3 alone, both show a key, no resumption, no early data. A channel never
 * blocks and is used by one thread. Whose key it is, is for the caller to judge, before anything else is
 * sent or believed: channel_pin. */
#ifndef GARITA_STORE_LINK_CHANNEL_H
#define GARITA_STORE_LINK_CHANNEL_H

#include <sys/types.h>

#include "store/link/identity.h"

struct channel;

enum { CHANNEL_WANT_READ = -1, CHANNEL_WANT_WRITE = -2, CHANNEL_FAILED = -3 };
enum channel_side { CHANNEL_DIALS, CHANNEL_LISTENS };

/* On a socket that does not block; it is closed with the channel, and in case of an error. identity
 * outlives it. ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK int channel_new(const struct link_identity *identity, enum channel_side side, int fd,
                           struct channel **ret_channel);
/* Says goodbye if the socket takes it. NULL is fine. */
void channel_free(struct channel *c);
int channel_fd(const struct channel *c);

/* 0 when done, or one of the three above. */
MUST_CHECK int channel_shake_hands(struct channel *c);
/* The peer's key; after the handshake. ERR_UNAUTHENTICATED when it showed none. */
MUST_CHECK int channel_pin(const struct channel *c, struct link_pin *ret_pin);
/* Bytes that both ends of this very connection have and nobody else (RFC 9266, tls-exporter). */
#define CHANNEL_BINDING_BYTES 32
MUST_CHECK int channel_binding(struct channel *c, unsigned char out[CHANNEL_BINDING_BYTES]);

/* Bytes, 0 at the end, or one of the three above. */
MUST_CHECK ssize_t channel_read(struct channel *c, void *out, size_t cap);
/* After CHANNEL_WANT_WRITE the same call is to be made again. */
MUST_CHECK ssize_t channel_write(struct channel *c, const void *bytes, size_t len);

/* The same for whoever may wait, until the moment deadline_ms of the monotonic clock: all or nothing.
 * ERR_TIMEOUT, ERR_IO when the peer went away. */
MUST_CHECK int channel_shake_hands_by(struct channel *c, int64_t deadline_ms);
MUST_CHECK int channel_read_by(struct channel *c, void *out, size_t len, int64_t deadline_ms);
MUST_CHECK int channel_write_by(struct channel *c, const void *bytes, size_t len,
                                int64_t deadline_ms);

#endif
