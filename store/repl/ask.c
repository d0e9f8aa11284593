#include "store/repl/ask.h"

#include "core/base/clock.h"
#include "store/link/dialer.h"

#include "core/base/banned.h"

#define HELLO_MAX 1024

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Its first words, to which nothing is answered. */
static int read_hello(struct channel *channel, int64_t deadline_ms, unsigned char bytes[HELLO_MAX],
                      struct repl_message *ret_message)
{
    unsigned char length[REPL_LENGTH_BYTES];
    TRY(channel_read_by(channel, length, sizeof(length), deadline_ms));
    uint32_t len = get_u32(length);
    if (len == 0 || len > HELLO_MAX)
        return ERR_INVALID_REQUEST;
    TRY(channel_read_by(channel, bytes, len, deadline_ms));
    TRY(repl_decode(str_of((const char *)bytes, len), ret_message));
    return ret_message->type == REPL_HELLO ? 0 : ERR_INVALID_REQUEST;
}

int node_ask_peer(struct node *node, const struct link_identity *identity, int64_t deadline_ms)
{
    unsigned char bytes[HELLO_MAX];
    struct repl_message m;
    struct node_state state;
    struct channel *channel;
    struct link_pin pin;
    node_look(node, &state);
    memcpy(pin.bytes, state.peer.pin, sizeof(pin.bytes));
    TRY(link_reach(str_c(state.peer.address), identity, &pin, deadline_ms, &channel));
    int err = read_hello(channel, deadline_ms, bytes, &m);
    channel_free(channel);
    TRY(err);
    if (!str_eq_c(m.hello.cluster, state.cluster))
        return ERR_CONFLICT;
    return node_heard(node, m.hello.epoch, m.hello.node, clock_now().wall_ms);
}
