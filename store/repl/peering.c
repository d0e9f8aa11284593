#include "store/repl/peering.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "store/repl/greeting.h"

#include "core/base/banned.h"

#define COMPLETE_LEAST_MS 20 /* between two looks at all databases for a standby that asks */

struct peering {
    const struct peering_host *host;
    struct repl_out out;
    int64_t complete_ms; /* of the last one */
    enum { GREETS, LEADS, FOLLOWS } state;
};

static int say_hello(struct peering *s)
{
    struct node_state own;
    struct repl_message hello;
    node_look(s->host->node, &own);
    greeting_hello(&own, s->host->address, &hello);
    return s->out.send(s->out.arg, &hello);
}

int peering_new(const struct peering_host *host, const struct repl_out *out,
                struct peering **ret_peering)
{
    struct peering *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct peering){.host = host, .out = *out};
    int err = say_hello(s);
    if (err != 0) {
        free(s);
        return err;
    }
    *ret_peering = s;
    return 0;
}

/* Last words. */
static int part(struct peering *s, enum repl_message_type type, uint64_t epoch, const char *why)
{
    struct repl_message m = {.type = type, .refusal = {.epoch = epoch, .text = str_c(why)}};
    TRY(s->out.send(s->out.arg, &m));
    return ERR_CANCELLED;
}

static int lead(struct peering *s, struct str standby)
{
    if (!s->host->leader)
        return part(s, REPL_REFUSED, 0, "this node is about to stop or to change its role");
    char name[REPL_NODE_ID_LEN + 1] = "";
    TRY(leader_attach(s->host->leader, &s->out));
    s->state = LEADS;
    memcpy(name, standby.ptr, standby.len < REPL_NODE_ID_LEN ? standby.len : REPL_NODE_ID_LEN);
    lease_attach(node_lease(s->host->node), name);
    if (s->host->desk)
        desk_up(s->host->desk, &s->out);
    return 0;
}

static int follow(struct peering *s)
{
    if (!s->host->follower)
        return part(s, REPL_REFUSED, 0, "this node is about to stop or to change its role");
    TRY(follower_attach(s->host->follower, &s->out));
    s->state = FOLLOWS;
    if (s->host->relay)
        relay_up(s->host->relay, &s->out);
    return 0;
}

static int refuse(struct peering *s, const char *why)
{
    LOG_WARN("replication", "the other node was refused: %s", why);
    return part(s, REPL_REFUSED, 0, why);
}

/* A newer reign is known from here on, whatever becomes of the connection. */
static int hear(struct peering *s, uint64_t epoch, struct str node)
{
    return node_heard(s->host->node, epoch, node, clock_now().wall_ms);
}

static void meet(struct peering *s, const struct node_state *own, enum greeting greeting)
{
    if (s->host->met && own->role == REPL_PRIMARY &&
        (greeting == GREETING_FENCE || greeting == GREETING_LEAD))
        s->host->met(s->host->arg, greeting == GREETING_FENCE ? MET_FENCED : MET_STANDBY);
}

static int act(struct peering *s, const struct node_state *own, const struct repl_hello *hello,
               enum greeting greeting, const char *why)
{
    switch (greeting) {
    case GREETING_LEAD: return lead(s, hello->node);
    case GREETING_FOLLOW: return follow(s);
    case GREETING_FENCE: return part(s, REPL_FENCED, own->epoch, "a newer epoch reigns");
    case GREETING_FENCED: return ERR_CANCELLED;
    case GREETING_REFUSE: break;
    }
    return refuse(s, why);
}

static int greet(struct peering *s, const struct repl_hello *hello)
{
    struct node_state own;
    const char *why = NULL;
    node_look(s->host->node, &own);
    enum greeting greeting = greeting_judge(&own, hello, &why);
    if (greeting == GREETING_FENCED || greeting == GREETING_FOLLOW)
        TRY(hear(s, hello->epoch, hello->node));
    if (s->host->heard && greeting != GREETING_REFUSE)
        s->host->heard(s->host->arg);
    meet(s, &own, greeting);
    return act(s, &own, hello, greeting, why);
}

static int be_fenced(struct peering *s, const struct repl_refusal *fenced)
{
    struct node_state own;
    node_look(s->host->node, &own);
    LOG_WARN("replication", "the other node says that epoch %llu reigns",
             (unsigned long long)fenced->epoch);
    TRY(hear(s, fenced->epoch, str_c(own.peer.node)));
    if (s->host->heard)
        s->host->heard(s->host->arg);
    return ERR_CANCELLED;
}

/* At once, as the primary counts from its question. */
static int hold_lease(struct peering *s, const struct repl_heartbeat *beat)
{
    struct lease *lease = node_lease(s->host->node);
    struct repl_message m = {.type = REPL_HEARTBEAT};
    if (s->state == LEADS)
        lease_take_promise(lease, beat);
    if (s->state != FOLLOWS || !lease_promise(lease, beat, &m.heartbeat))
        return 0;
    m.heartbeat.wall_ms = clock_now().wall_ms;
    return s->out.send(s->out.arg, &m);
}

/* At once, as the standby counts from what it said. */
static int say_whether_complete(struct peering *s, const struct repl_heartbeat *beat)
{
    struct node_state own;
    struct leader_state state;
    int64_t now_ms = clock_now().monotonic_ms;
    if (s->state != LEADS || beat->said_ms <= 0 || now_ms - s->complete_ms < COMPLETE_LEAST_MS)
        return 0;
    s->complete_ms = now_ms;
    node_look(s->host->node, &own);
    leader_state(s->host->leader, &state);
    const struct repl_message m = {.type = REPL_HEARTBEAT,
                                   .heartbeat = {.epoch = own.epoch,
                                                 .wall_ms = clock_now().wall_ms,
                                                 .sent_bytes = state.sent_bytes,
                                                 .said_ms = beat->said_ms,
                                                 .complete = state.all_sent}};
    int err = s->out.send(s->out.arg, &m);
    return err == ERR_OVERLOADED ? 0 : err; /* what waits is sign enough */
}

static int take_beat(struct peering *s, const struct repl_heartbeat *beat)
{
    TRY(hold_lease(s, beat));
    return say_whether_complete(s, beat);
}

static int of_leader(struct peering *s, const struct repl_message *m)
{
    bool asks = s->host->desk && (m->type == REPL_ASK || m->type == REPL_PIECE);
    return asks ? desk_message(s->host->desk, m) : leader_message(s->host->leader, m);
}

static int of_follower(struct peering *s, const struct repl_message *m)
{
    bool answers = s->host->relay && (m->type == REPL_ANSWER || m->type == REPL_PIECE);
    return answers ? relay_message(s->host->relay, m) : follower_message(s->host->follower, m);
}

int peering_message(struct peering *s, const struct repl_message *m)
{
    if (m->type == REPL_FENCED)
        return be_fenced(s, &m->refusal);
    if (m->type == REPL_HEARTBEAT)
        TRY(take_beat(s, &m->heartbeat));
    if (m->type == REPL_REFUSED) {
        LOG_WARN("replication", "the other node refuses: %.*s", STR_ARG(m->refusal.text));
        return ERR_CANCELLED;
    }
    switch (s->state) {
    case LEADS: return of_leader(s, m);
    case FOLLOWS: return of_follower(s, m);
    case GREETS: break;
    }
    if (m->type == REPL_HEARTBEAT)
        return 0;
    return m->type == REPL_HELLO ? greet(s, &m->hello) : ERR_INVALID_REQUEST;
}

int peering_beat(struct peering *s, struct repl_heartbeat *ret_beat)
{
    struct node_state own;
    node_look(s->host->node, &own);
    *ret_beat = (struct repl_heartbeat){.epoch = own.epoch, .wall_ms = clock_now().wall_ms};
    if (s->state == FOLLOWS) {
        struct follower_state follower;
        follower_state(s->host->follower, &follower);
        ret_beat->said_ms = clock_now().monotonic_ms;
        return follower.trouble; /* what broke off is begun anew by the next connection */
    }
    if (s->state != LEADS)
        return 0;
    lease_ask(node_lease(s->host->node), ret_beat);
    struct leader_state state;
    leader_state(s->host->leader, &state);
    ret_beat->sent_bytes = state.sent_bytes;
    return leader_broken(s->host->leader) ? ERR_IO : 0;
}

void peering_end(struct peering *s)
{
    if (s->state == LEADS && s->host->desk)
        desk_down(s->host->desk);
    if (s->state == FOLLOWS && s->host->relay)
        relay_down(s->host->relay);
    if (s->state == LEADS) {
        leader_detach(s->host->leader);
        lease_attach(node_lease(s->host->node), (const char[REPL_NODE_ID_LEN + 1]){""});
    }
    if (s->state == FOLLOWS)
        follower_detach(s->host->follower);
    free(s);
}
