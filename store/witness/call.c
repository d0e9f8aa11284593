#include "store/witness/call.h"

#include <time.h>

#include "core/base/clock.h"
#include "store/link/dialer.h"
#include "store/link/pairing_proof.h"

#include "core/base/banned.h"

#define ONCE_MS  2000 /* for one connection and one answer */
#define PAUSE_MS 100

int witness_dial(struct node *node, const struct link_identity *identity, int64_t deadline_ms,
                 struct witness_line *ret_line)
{
    struct node_state state;
    struct link_pin pin;
    node_look(node, &state);
    if (!node_has_witness(&state))
        return ERR_NOT_FOUND;
    memcpy(pin.bytes, state.witness.pin, sizeof(pin.bytes));
    *ret_line = (struct witness_line){0};
    return link_reach(str_c(state.witness.address), identity, &pin, deadline_ms,
                      &ret_line->channel);
}

void witness_hang_up(struct witness_line *line)
{
    channel_free(line->channel);
    *line = (struct witness_line){0};
}

void witness_request_of(struct node *node, enum witness_kind kind,
                        struct witness_request *ret_request)
{
    struct node_state state;
    node_look(node, &state);
    *ret_request = (struct witness_request){
        .kind = kind,
        .epoch = kind == WITNESS_CLAIM ? node_newest_epoch(&state) : state.epoch,
        .stance = LEASE_ALONE,
        .lease_ms = (uint32_t)lease_length_ms(node_lease(node))};
    memcpy(ret_request->cluster, state.cluster, sizeof(state.cluster));
    memcpy(ret_request->node, state.id, sizeof(state.id));
}

static int exchange(struct channel *channel, const struct witness_request *q, struct str proof,
                    int64_t deadline_ms, struct witness_answer *ret_answer)
{
    unsigned char out[WITNESS_REQUEST_BYTES], in[WITNESS_ANSWER_BYTES];
    witness_request_write(q, out);
    TRY(channel_write_by(channel, out, sizeof(out), deadline_ms));
    if (!str_empty(proof))
        TRY(channel_write_by(channel, proof.ptr, proof.len, deadline_ms));
    TRY(channel_read_by(channel, in, sizeof(in), deadline_ms));
    return witness_answer_read(in, ret_answer);
}

static int say(struct witness_line *line, struct witness_request q, int64_t deadline_ms,
               struct witness_answer *ret_answer)
{
    q.turn = line->turn;
    TRY(exchange(line->channel, &q, STR(""), deadline_ms, ret_answer));
    if (q.kind == WITNESS_LOOK)
        line->turn = ret_answer->turn;
    else if (ret_answer->verdict == WITNESS_LATE)
        line->turn = 0;
    return 0;
}

static int say_in_turn(struct witness_line *line, const struct witness_request *q,
                       int64_t deadline_ms, struct witness_answer *ret_answer)
{
    struct witness_request begin = *q;
    begin.kind = WITNESS_LOOK;
    if (q->kind != WITNESS_LOOK && line->turn == 0) {
        TRY(say(line, begin, deadline_ms, ret_answer));
        if (ret_answer->verdict != WITNESS_GRANTED)
            return 0;
    }
    return say(line, *q, deadline_ms, ret_answer);
}

int witness_ask(struct node *node, struct witness_line *line, const struct witness_request *q,
                int64_t deadline_ms, struct witness_answer *ret_answer)
{
    struct node_state state;
    TRY(say_in_turn(line, q, deadline_ms, ret_answer));
    node_look(node, &state);
    /* A standby is in the epoch of whom it follows, and hears of it there. */
    if (ret_answer->verdict != WITNESS_OUTRUN || state.role != REPL_PRIMARY)
        return 0;
    lease_drop(node_lease(node));
    return node_heard(node, ret_answer->epoch, str_c(ret_answer->holder), clock_now().wall_ms);
}

/* --- Pairing --- */

static int prove(const struct pairing_token *token, struct channel *channel,
                 const struct witness_request *q, unsigned char proof[SHA256_BYTES])
{
    unsigned char said[WITNESS_REQUEST_BYTES], verifier[PAIRING_VERIFIER_BYTES];
    unsigned char binding[CHANNEL_BINDING_BYTES];
    TRY(channel_binding(channel, binding));
    TRY(pairing_verifier(token, verifier));
    witness_request_write(q, said);
    pairing_prove(verifier, binding, PAIRING_OF_WITNESS, str_of((const char *)said, sizeof(said)),
                  proof);
    secret_wipe(verifier, sizeof(verifier));
    return 0;
}

static int put_witness(void *arg, struct node_state *state)
{
    const struct witness_wish *wish = arg;
    if (node_has_witness(state))
        return ERR_CONFLICT;
    memcpy(state->witness.address, wish->address.ptr, wish->address.len);
    memcpy(state->witness.pin, wish->token->pin.bytes, sizeof(state->witness.pin));
    return 0;
}

/* A primary has its lease before it needs one. */
static int take_lease(const struct witness_wish *wish, struct witness_line *line,
                      const struct node_state *state)
{
    struct witness_request q;
    struct witness_answer answer;
    struct lease *lease = node_lease(wish->node);
    if (state->role != REPL_PRIMARY || node_is_fenced(state))
        return 0;
    witness_request_of(wish->node, WITNESS_RENEW, &q);
    int64_t asked_ms = lease_now_ms(lease);
    TRY(witness_ask(wish->node, line, &q, wish->deadline_ms, &answer));
    if (answer.verdict == WITNESS_GRANTED)
        lease_extend(lease, asked_ms);
    return 0;
}

static int join(const struct witness_wish *wish, struct witness_line *line,
                const struct node_state *state)
{
    unsigned char proof[SHA256_BYTES];
    struct witness_request q;
    struct witness_answer answer;
    witness_request_of(wish->node, WITNESS_JOIN, &q);
    q.flag = state->role == REPL_PRIMARY && !node_is_fenced(state);
    TRY(prove(wish->token, line->channel, &q, proof));
    TRY(exchange(line->channel, &q, str_of((const char *)proof, sizeof(proof)), wish->deadline_ms,
                 &answer));
    if (answer.verdict != WITNESS_GRANTED)
        return ERR_ACCESS_DENIED;
    line->turn = answer.turn;
    struct witness_wish put = *wish;
    TRY(take_lease(wish, line, state));
    return node_change(wish->node, put_witness, &put);
}

static int explain(int err, struct str address, struct err_ctx *ctx)
{
    switch (err) {
    case 0: return 0;
    case ERR_ACCESS_DENIED:
        return err_set(ctx, err,
                       "the witness refused: the token was used or is over, or it knows another "
                       "cluster");
    case ERR_UNAUTHENTICATED:
        return err_set(ctx, err, "%.*s is not the witness that made the token", STR_ARG(address));
    default: return err_set(ctx, err, "%.*s did not pair: %s", STR_ARG(address), err_text(err));
    }
}

int witness_pair(const struct witness_wish *wish, struct err_ctx *ctx)
{
    struct witness_line line = {0};
    struct node_state state;
    node_look(wish->node, &state);
    if (state.role == REPL_ALONE)
        return err_set(ctx, ERR_CONFLICT, "this node has no part in replication");
    if (node_has_witness(&state))
        return err_set(ctx, ERR_CONFLICT, "this node has a witness already, %s",
                       state.witness.address);
    if (wish->address.len > NODE_ADDRESS_MAX)
        return err_set(ctx, ERR_INVALID_REQUEST, "the address is too long");
    int err = link_reach(wish->address, wish->identity, &wish->token->pin, wish->deadline_ms,
                         &line.channel);
    if (err == 0) {
        err = join(wish, &line, &state);
        witness_hang_up(&line);
    }
    return explain(err, wish->address, ctx);
}

static int drop_witness(void *arg, struct node_state *state)
{
    (void)arg;
    if (!node_has_witness(state))
        return ERR_NOT_FOUND;
    state->witness = (struct node_witness){0};
    return 0;
}

int witness_forget(struct node *node)
{
    return node_change(node, drop_witness, NULL);
}

static int say_nobody(struct node *node, struct witness_line *line, int64_t deadline_ms)
{
    struct witness_request q;
    struct witness_answer answer;
    struct lease *lease = node_lease(node);
    witness_request_of(node, WITNESS_RENEW, &q);
    int64_t asked_ms = lease_now_ms(lease);
    TRY(witness_ask(node, line, &q, deadline_ms, &answer));
    if (answer.verdict != WITNESS_GRANTED)
        return ERR_CONFLICT;
    lease_extend(lease, asked_ms);
    return 0;
}

int witness_let_go(struct node *node, const struct link_identity *identity, int64_t deadline_ms)
{
    struct witness_line line;
    struct node_state state;
    node_look(node, &state);
    if (!node_has_witness(&state))
        return 0;
    TRY(node_count_on(node, (const char[REPL_NODE_ID_LEN + 1]){""}));
    TRY(witness_dial(node, identity, deadline_ms, &line));
    int err = say_nobody(node, &line, deadline_ms);
    witness_hang_up(&line);
    return err;
}

/* --- The reign --- */

static int judge(const struct witness_answer *answer, uint64_t epoch, struct err_ctx *ctx)
{
    switch (answer->verdict) {
    case WITNESS_GRANTED:
        return answer->epoch == epoch + 1 ? 0 : err_set(ctx, ERR_CONFLICT, "the epoch is another");
    case WITNESS_TOO_EARLY:
        return err_set(ctx, ERR_STORE_BUSY, "the primary renews its lease at the witness: stop it");
    case WITNESS_OUTRUN:
        return err_set(ctx, ERR_CONFLICT, "another node reigns already, in epoch %llu",
                       (unsigned long long)answer->epoch);
    case WITNESS_BEHIND:
        return err_set(ctx, ERR_CONFLICT, "this standby lacks changes that were answered");
    case WITNESS_UNSURE:
        return err_set(ctx, ERR_CONFLICT,
                       "the witness was not told enough: both nodes must be paired with it and "
                       "have the same failover-lease");
    case WITNESS_UNCOUNTED:
        return err_set(ctx, ERR_CONFLICT, "the primary let this standby go, and counts on another");
    case WITNESS_LATE: return err_set(ctx, ERR_STORE_BUSY, "this node asks in two places at once");
    case WITNESS_STRANGER: break;
    }
    return err_set(ctx, ERR_CONFLICT, "the witness does not know this node");
}

static int ask_for_reign(struct node *node, const struct link_identity *identity, bool by_hand,
                         struct err_ctx *ctx)
{
    struct witness_request q;
    struct witness_answer answer;
    struct witness_line line;
    int64_t deadline_ms = clock_now().monotonic_ms + ONCE_MS;
    witness_request_of(node, WITNESS_CLAIM, &q);
    q.flag = by_hand;
    int err = witness_dial(node, identity, deadline_ms, &line);
    if (err == 0) {
        err = witness_ask(node, &line, &q, deadline_ms, &answer);
        witness_hang_up(&line);
    }
    if (err != 0)
        return err_set(ctx, ERR_TIMEOUT, "the witness does not answer: %s", err_text(err));
    return judge(&answer, q.epoch, ctx);
}

static int claim_once(struct node *node, const struct link_identity *identity, bool by_hand,
                      struct err_ctx *ctx)
{
    struct lease *lease = node_lease(node);
    if (lease_claim_begin(lease) != 0)
        return err_set(ctx, ERR_STORE_BUSY, "the primary was heard a moment ago: stop it");
    int err = ask_for_reign(node, identity, by_hand, ctx);
    if (err != 0)
        lease_claim_end(lease);
    return err;
}

int witness_claim(struct node *node, const struct link_identity *identity, bool by_hand,
                  int64_t deadline_ms, struct err_ctx *ctx)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000};
    int err;
    do
        err = claim_once(node, identity, by_hand, ctx);
    while ((err == ERR_STORE_BUSY || err == ERR_TIMEOUT) &&
           clock_now().monotonic_ms < deadline_ms && nanosleep(&pause, NULL) == 0);
    return err == ERR_STORE_BUSY ? ERR_CONFLICT : err;
}
