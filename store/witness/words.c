#include "store/witness/words.h"

#include "core/base/rd.h"

#include "core/base/banned.h"

/* --- Writing: all fits, by its size --- */

struct out {
    unsigned char *at;
};

static void put(struct out *o, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--)
        *o->at++ = (unsigned char)(value >> (8 * (i - 1)));
}

/* An empty one is zeros. */
static void put_id(struct out *o, const char *id)
{
    size_t len = strlen(id);
    memset(o->at, 0, REPL_NODE_ID_LEN);
    memcpy(o->at, id, len <= REPL_NODE_ID_LEN ? len : 0);
    o->at += REPL_NODE_ID_LEN;
}

void witness_request_write(const struct witness_request *r,
                           unsigned char out[WITNESS_REQUEST_BYTES])
{
    struct out o = {out};
    put(&o, WITNESS_VERSION, 1);
    put(&o, r->kind, 1);
    put(&o, r->stance, 1);
    put(&o, r->flag, 1);
    put(&o, r->epoch, 8);
    put(&o, r->turn, 8);
    put(&o, r->lease_ms, 4);
    put_id(&o, r->cluster);
    put_id(&o, r->node);
    put_id(&o, r->standby);
}

void witness_answer_write(const struct witness_answer *answer,
                          unsigned char out[WITNESS_ANSWER_BYTES])
{
    struct out o = {out};
    put(&o, WITNESS_VERSION, 1);
    put(&o, answer->verdict, 1);
    put(&o, answer->stance, 1);
    put(&o, answer->knows_standby, 1);
    put(&o, answer->epoch, 8);
    put(&o, answer->turn, 8);
    put(&o, answer->wait_ms, 4);
    put_id(&o, answer->holder);
}

/* --- Reading --- */

static bool is_id_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
}

static int get_id(struct rd *r, bool may_be_empty, char out[REPL_NODE_ID_LEN + 1])
{
    struct str id = rd_bytes(r, REPL_NODE_ID_LEN);
    memcpy(out, id.ptr, REPL_NODE_ID_LEN);
    out[REPL_NODE_ID_LEN] = '\0';
    if (may_be_empty && out[0] == '\0')
        return 0;
    for (size_t i = 0; i < REPL_NODE_ID_LEN; i++)
        if (!is_id_byte(out[i]))
            return ERR_INVALID_REQUEST;
    return 0;
}

static int get_number(uint8_t value, uint8_t least, uint8_t most, int *ret_value)
{
    *ret_value = value;
    return value >= least && value <= most ? 0 : ERR_INVALID_REQUEST;
}

static int get_epoch(struct rd *r, uint64_t *ret_epoch)
{
    *ret_epoch = rd_u64(r);
    return *ret_epoch <= INT64_MAX ? 0 : ERR_INVALID_REQUEST;
}

int witness_request_read(const unsigned char bytes[WITNESS_REQUEST_BYTES],
                         struct witness_request *ret_request)
{
    struct rd r = rd_of(str_of((const char *)bytes, WITNESS_REQUEST_BYTES));
    struct witness_request q = {0};
    int kind, stance, flag;
    if (rd_u8(&r) != WITNESS_VERSION)
        return ERR_STORE_VERSION;
    TRY(get_number(rd_u8(&r), WITNESS_RENEW, WITNESS_JOIN, &kind));
    TRY(get_number(rd_u8(&r), LEASE_ASYNC, LEASE_COVERED, &stance));
    TRY(get_number(rd_u8(&r), 0, 1, &flag));
    TRY(get_epoch(&r, &q.epoch));
    q.turn = rd_u64(&r);
    q.kind = (enum witness_kind)kind;
    q.stance = (enum lease_stance)stance;
    q.flag = flag == 1;
    q.lease_ms = rd_u32(&r);
    if (q.lease_ms < LEASE_LEAST_MS || q.lease_ms > LEASE_MOST_MS)
        return ERR_INVALID_REQUEST;
    TRY(get_id(&r, false, q.cluster));
    TRY(get_id(&r, false, q.node));
    TRY(get_id(&r, true, q.standby));
    *ret_request = q;
    return 0;
}

int witness_answer_read(const unsigned char bytes[WITNESS_ANSWER_BYTES],
                        struct witness_answer *ret_answer)
{
    struct rd r = rd_of(str_of((const char *)bytes, WITNESS_ANSWER_BYTES));
    struct witness_answer answer = {0};
    int verdict, stance, knows;
    if (rd_u8(&r) != WITNESS_VERSION)
        return ERR_STORE_VERSION;
    TRY(get_number(rd_u8(&r), WITNESS_GRANTED, WITNESS_LATE, &verdict));
    TRY(get_number(rd_u8(&r), LEASE_ASYNC, LEASE_COVERED, &stance));
    TRY(get_number(rd_u8(&r), 0, 1, &knows));
    TRY(get_epoch(&r, &answer.epoch));
    answer.turn = rd_u64(&r);
    answer.verdict = (enum witness_verdict)verdict;
    answer.stance = (enum lease_stance)stance;
    answer.knows_standby = knows == 1;
    answer.wait_ms = rd_u32(&r);
    TRY(get_id(&r, true, answer.holder));
    *ret_answer = answer;
    return 0;
}
