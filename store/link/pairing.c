#include "store/link/pairing.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/ct.h"
#include "core/base/rd.h"
#include "core/crypto/aead.h"
#include "core/crypto/hmac.h"
#include "core/crypto/kdf.h"
#include "store/link/pairing_proof.h"
#include "store/link/socket.h"
#include "store/page_file.h"
#include "store/store.h"

#include "core/base/banned.h"

#define NO_CLUSTER    STR("00000000-0000-0000-0000-000000000000")
#define FRAME_MAX     (REPL_LENGTH_BYTES + REPL_MESSAGE_MAX)
#define ARENA_BYTES   (8 * (size_t)REPL_MESSAGE_MAX)
#define REFUSAL_TEXT  STR("the token is not valid: it was used, is over, or was never made")
#define CONFLICT_TEXT STR("this node has a standby already (garita standby forget)")

static struct str view(const void *bytes, size_t len)
{
    return str_of((const char *)bytes, len);
}

/* --- Frames --- */

static int send_message(struct channel *c, struct arena *a, const struct repl_message *m,
                        int64_t deadline_ms)
{
    struct buf b;
    buf_init(&b, a, FRAME_MAX + 1);
    TRY(repl_encode(&b, m));
    return channel_write_by(c, b.ptr, b.len, deadline_ms);
}

/* The bytes without their length, in the arena; and what they say. */
static int receive_message(struct channel *c, struct arena *a, int64_t deadline_ms,
                           struct str *ret_bytes, struct repl_message *ret_message)
{
    unsigned char front[REPL_LENGTH_BYTES];
    TRY(channel_read_by(c, front, sizeof(front), deadline_ms));
    struct rd r = rd_of(view(front, sizeof(front)));
    uint32_t len = rd_u32(&r);
    if (len == 0 || len > REPL_MESSAGE_MAX)
        return ERR_INVALID_REQUEST;
    char *bytes = arena_alloc(a, len);
    if (!bytes)
        return ERR_NO_MEMORY;
    TRY(channel_read_by(c, bytes, len, deadline_ms));
    *ret_bytes = str_of(bytes, len);
    return repl_decode(*ret_bytes, ret_message);
}

/* --- Proof and seal: both of this connection and of who has the token --- */

void pairing_prove(const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                   const unsigned char binding[CHANNEL_BINDING_BYTES], struct str label,
                   struct str said, unsigned char out[SHA256_BYTES])
{
    struct hmac h;
    hmac_init(&h, DIGEST_SHA256, view(verifier, PAIRING_VERIFIER_BYTES));
    hmac_update(&h, label);
    hmac_update(&h, view(binding, CHANNEL_BINDING_BYTES));
    hmac_update(&h, said);
    hmac_final(&h, out);
}

static int seal_key_of(const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                       const unsigned char binding[CHANNEL_BINDING_BYTES],
                       unsigned char out[KDF_KEY_BYTES])
{
    return kdf_derive(view(verifier, PAIRING_VERIFIER_BYTES), "standby-gift",
                      view(binding, CHANNEL_BINDING_BYTES), out);
}

/* --- What is given: HELLO and SETTINGS as on the wire, the mode, the master key --- */

static int write_gift(struct arena *a, const struct node_state *state,
                      const struct pairing_offer *offer, struct str *ret_bytes)
{
    struct buf b;
    struct repl_message m = {.type = REPL_HELLO,
                             .hello = {.version = REPL_VERSION,
                                       .page_bytes = PAGE_BYTES,
                                       .cluster = str_c(state->cluster),
                                       .node = str_c(state->id),
                                       .role = REPL_PRIMARY,
                                       .epoch = state->epoch}};
    buf_init(&b, a, REPL_MESSAGE_BYTES - AEAD_OVERHEAD_BYTES);
    TRY(repl_encode(&b, &m));
    m = (struct repl_message){.type = REPL_SETTINGS, .settings = *offer->settings};
    TRY(repl_encode(&b, &m));
    buf_add_byte(&b, (char)state->mode);
    buf_add(&b, secret_view(offer->master_key));
    return buf_finish(&b, ret_bytes);
}

static int take_message(struct rd *r, enum repl_message_type type, struct repl_message *m)
{
    struct str bytes = rd_bytes(r, rd_u32(r));
    if (r->failed)
        return ERR_INVALID_REQUEST;
    TRY(repl_decode(bytes, m));
    return m->type == type ? 0 : ERR_INVALID_REQUEST;
}

static int read_gift(struct str bytes, struct pairing_gift *gift)
{
    struct rd r = rd_of(bytes);
    struct repl_message m;
    TRY(take_message(&r, REPL_HELLO, &m));
    if (m.hello.version != REPL_VERSION || m.hello.page_bytes != PAGE_BYTES)
        return ERR_STORE_VERSION;
    memcpy(gift->cluster, m.hello.cluster.ptr, REPL_NODE_ID_LEN);
    memcpy(gift->node, m.hello.node.ptr, REPL_NODE_ID_LEN);
    gift->epoch = m.hello.epoch;
    TRY(take_message(&r, REPL_SETTINGS, &m));
    gift->settings = m.settings;
    uint8_t mode = rd_u8(&r);
    if (r.failed || mode > REPL_SYNC_APPLY || rd_left(&r) != MASTER_KEY_BYTES)
        return ERR_INVALID_REQUEST;
    gift->mode = (enum repl_mode)mode;
    return secret_copy(&gift->master_key, rd_bytes(&r, MASTER_KEY_BYTES));
}

void pairing_gift_free(struct pairing_gift *gift)
{
    secret_free(&gift->master_key);
}

/* --- The primary --- */

struct acceptance {
    const struct link_pin *pin;
    const struct repl_hello *hello;
    struct str hello_bytes, proof;
    unsigned char binding[CHANNEL_BINDING_BYTES];
    int64_t now_ms;
    char address[NODE_ADDRESS_MAX + 1];
    unsigned char verifier[PAIRING_VERIFIER_BYTES]; /* of the token that was used */
    struct node_state state;                        /* as it is then */
};

/* All are looked at, whichever it is. */
static bool spend_token(struct acceptance *c, struct node_state *state)
{
    unsigned char mac[SHA256_BYTES];
    size_t found = state->token_count;
    for (size_t i = 0; i < state->token_count; i++) {
        pairing_prove(state->tokens[i].hash, c->binding, PAIRING_OF_STANDBY, c->hello_bytes, mac);
        if (ct_eq(view(mac, sizeof(mac)), c->proof))
            found = i;
    }
    if (found == state->token_count)
        return false;
    memcpy(c->verifier, state->tokens[found].hash, sizeof(c->verifier));
    state->token_count--;
    state->tokens[found] = state->tokens[state->token_count];
    state->tokens[state->token_count] = (struct node_token){0};
    return true;
}

/* Of two who use a token at once one comes first, and is then the peer. */
static int accept_peer(void *arg, struct node_state *state)
{
    struct acceptance *c = arg;
    pairing_forget_expired(state, c->now_ms);
    if (!spend_token(c, state))
        return ERR_ACCESS_DENIED;
    TRY(pairing_is_possible(state));
    memcpy(state->peer.node, c->hello->node.ptr, REPL_NODE_ID_LEN);
    memcpy(state->peer.address, c->address, sizeof(c->address));
    memcpy(state->peer.pin, c->pin->bytes, sizeof(state->peer.pin));
    c->state = *state;
    return 0;
}

/* Where the connection came from; an IPv4 address as such. */
static int host_of_peer(const struct channel *c, char host[INET6_ADDRSTRLEN], bool *ret_six)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } from = {.any = {0}};
    socklen_t len = sizeof(from);
    if (getpeername(channel_fd(c), &from.any, &len) != 0)
        return ERR_IO;
    bool six = from.any.sa_family == AF_INET6;
    const unsigned char *bytes =
        six ? from.six.sin6_addr.s6_addr : (const unsigned char *)&from.four.sin_addr;
    if (six && IN6_IS_ADDR_V4MAPPED(&from.six.sin6_addr)) {
        six = false;
        bytes += 12;
    }
    *ret_six = six;
    return inet_ntop(six ? AF_INET6 : AF_INET, bytes, host, INET6_ADDRSTRLEN) ? 0 : ERR_IO;
}

/* Whoever knows no name of its own is found where it came from. */
static int address_of_peer(const struct channel *c, struct str said,
                           char address[NODE_ADDRESS_MAX + 1])
{
    char host[INET6_ADDRSTRLEN] = "";
    bool six = false;
    if (str_starts(said, STR(":")))
        TRY(host_of_peer(c, host, &six));
    int n =
        snprintf(address, NODE_ADDRESS_MAX + 1, six ? "[%s]%.*s" : "%s%.*s", host, STR_ARG(said));
    return n > 0 && n <= NODE_ADDRESS_MAX && link_address_is_valid(str_c(address))
               ? 0
               : ERR_INVALID_REQUEST;
}

static int give(const struct pairing_offer *offer, struct channel *channel, struct arena *a,
                const struct acceptance *c)
{
    unsigned char key[KDF_KEY_BYTES];
    struct str plain, sealed;
    TRY(write_gift(a, &c->state, offer, &plain));
    TRY(seal_key_of(c->verifier, c->binding, key));
    int err =
        aead_seal(a, view(key, sizeof(key)), view(c->binding, sizeof(c->binding)), plain, &sealed);
    secret_wipe(key, sizeof(key));
    TRY(err);
    const struct repl_message m = {.type = REPL_BYTES, .bytes = sealed};
    return send_message(channel, a, &m, offer->deadline_ms);
}

/* The one who asks is told in words; a token that is none says nothing about those that are. */
static void refuse(const struct pairing_offer *offer, struct channel *channel, struct arena *a,
                   int err)
{
    const struct repl_message m = {
        .type = REPL_REFUSED,
        .refusal.text = err == ERR_ACCESS_DENIED ? REFUSAL_TEXT
                        : err == ERR_CONFLICT    ? CONFLICT_TEXT
                                                 : str_c(err_text(err)),
    };
    int sent = send_message(channel, a, &m, offer->deadline_ms);
    (void)sent; /* it sees the end of the connection anyway */
}

static int read_wish(const struct pairing_offer *offer, struct channel *channel, struct arena *a,
                     struct acceptance *c, struct repl_message *m)
{
    char *proof = arena_alloc(a, SHA256_BYTES);
    if (!proof)
        return ERR_NO_MEMORY;
    TRY(receive_message(channel, a, offer->deadline_ms, &c->hello_bytes, m));
    if (m->type != REPL_HELLO)
        return ERR_INVALID_REQUEST;
    if (m->hello.version != REPL_VERSION || m->hello.page_bytes != PAGE_BYTES)
        return ERR_STORE_VERSION;
    TRY(channel_read_by(channel, proof, SHA256_BYTES, offer->deadline_ms));
    c->proof = str_of(proof, SHA256_BYTES);
    c->hello = &m->hello;
    TRY(channel_binding(channel, c->binding));
    return address_of_peer(channel, m->hello.address, c->address);
}

int pairing_give(const struct pairing_offer *offer, struct channel *channel,
                 const struct link_pin *pin)
{
    CLEANUP(arena_free) struct arena a;
    struct repl_message m;
    struct acceptance c = {.pin = pin, .now_ms = clock_now().wall_ms};
    arena_init(&a, ARENA_BYTES);
    int err = read_wish(offer, channel, &a, &c, &m);
    if (err == 0)
        err = node_change(offer->node, accept_peer, &c);
    if (err == 0)
        err = give(offer, channel, &a, &c);
    else if (err != ERR_IO && err != ERR_TIMEOUT)
        refuse(offer, channel, &a, err);
    secret_wipe(c.verifier, sizeof(c.verifier));
    return err;
}

void pairing_offer_of(struct store *store, struct pairing_offer *ret_offer)
{
    *ret_offer = (struct pairing_offer){.node = store->node, .master_key = &store->master_key};
}

/* --- The standby --- */

static int send_wish(const struct pairing_wish *wish, struct channel *channel, struct arena *a,
                     const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                     const unsigned char binding[CHANNEL_BINDING_BYTES])
{
    unsigned char proof[SHA256_BYTES];
    struct buf b;
    const struct repl_message m = {.type = REPL_HELLO,
                                   .hello = {.version = REPL_VERSION,
                                             .page_bytes = PAGE_BYTES,
                                             .cluster = NO_CLUSTER,
                                             .node = str_c(wish->node),
                                             .address = wish->address,
                                             .role = REPL_STANDBY,
                                             .wall_ms = clock_now().wall_ms}};
    buf_init(&b, a, FRAME_MAX + 1);
    TRY(repl_encode(&b, &m));
    pairing_prove(verifier, binding, PAIRING_OF_STANDBY, str_from(buf_str(&b), REPL_LENGTH_BYTES),
                  proof);
    TRY(channel_write_by(channel, b.ptr, b.len, wish->deadline_ms));
    return channel_write_by(channel, proof, sizeof(proof), wish->deadline_ms);
}

static int open_gift(struct arena *a, const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                     const unsigned char binding[CHANNEL_BINDING_BYTES], struct str sealed,
                     struct pairing_gift *ret_gift)
{
    unsigned char key[KDF_KEY_BYTES];
    struct str plain;
    TRY(seal_key_of(verifier, binding, key));
    int err =
        aead_open(a, view(key, sizeof(key)), view(binding, CHANNEL_BINDING_BYTES), sealed, &plain);
    secret_wipe(key, sizeof(key));
    return err == 0 ? read_gift(plain, ret_gift) : err;
}

int pairing_ask(const struct pairing_wish *wish, struct channel *channel, struct arena *a,
                struct pairing_gift *ret_gift, struct err_ctx *ctx)
{
    unsigned char verifier[PAIRING_VERIFIER_BYTES], binding[CHANNEL_BINDING_BYTES];
    struct repl_message m;
    struct str bytes;
    *ret_gift = (struct pairing_gift){0};
    TRY(pairing_verifier(wish->token, verifier));
    int err = channel_binding(channel, binding);
    if (err == 0)
        err = send_wish(wish, channel, a, verifier, binding);
    if (err == 0)
        err = receive_message(channel, a, wish->deadline_ms, &bytes, &m);
    if (err == 0 && m.type == REPL_REFUSED)
        err = err_set(ctx, ERR_ACCESS_DENIED, "the primary refused: %.*s", STR_ARG(m.refusal.text));
    else if (err == 0)
        err = m.type == REPL_BYTES ? open_gift(a, verifier, binding, m.bytes, ret_gift)
                                   : ERR_INVALID_REQUEST;
    secret_wipe(verifier, sizeof(verifier));
    return err;
}
