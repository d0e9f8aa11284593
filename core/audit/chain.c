/* The rules of the chain: numbers without gaps, each hash over the one before, signed heads that fit
 * and follow each other. */
#include "core/audit/chain.h"

#include "core/base/err.h"

#include "core/base/banned.h"

void chain_init(struct chain *c, const struct audit_keys *keys, struct str realm_id)
{
    *c = (struct chain){.keys = keys, .realm_id = realm_id};
}

void chain_start_after(struct chain *c, int64_t seq, const unsigned char hash[AUDIT_HASH_BYTES])
{
    c->started = true;
    c->seq = seq;
    memcpy(c->hash, hash, AUDIT_HASH_BYTES);
}

bool chain_fail(struct chain *c, int64_t seq, struct str id, const char *reason)
{
    size_t len = id.len < CHAIN_ID_MAX ? id.len : CHAIN_ID_MAX;
    if (c->bad_seq != 0)
        return false;
    c->bad_seq = seq;
    c->reason = reason;
    if (len > 0)
        memcpy(c->bad_id, id.ptr, len);
    c->bad_id[len] = '\0';
    return false;
}

static struct str hash_view(const struct chain *c)
{
    return str_of((const char *)c->hash, sizeof(c->hash));
}

/* --- Statements --- */

/* Absent when nothing is wrong. */
static const char *signature_fault(const struct chain *c, const struct statement *s)
{
    switch (statement_verify(s, c->keys)) {
    case 0: return NULL;
    case ERR_UNKNOWN_KEY: return "it is signed with a key that is not known";
    default: return "the signature of its head is wrong";
    }
}

static bool same_realm(struct chain *c, struct str realm_id)
{
    if (!str_absent(c->realm_id))
        return str_eq(c->realm_id, realm_id);
    if (realm_id.len > CHAIN_ID_MAX)
        return false;
    memcpy(c->realm_memory, realm_id.ptr, realm_id.len);
    c->realm_id = str_of(c->realm_memory, realm_id.len);
    return true;
}

static bool check_signed(struct chain *c, const struct statement *s, struct str id)
{
    const char *fault = signature_fault(c, s);
    if (!same_realm(c, s->realm_id))
        return chain_fail(c, s->last_seq, id, "its signed head is of another realm");
    return fault ? chain_fail(c, s->last_seq, id, fault) : true;
}

/* Heads sign stretches that touch, from the first event of the chain on. */
static bool heads_touch(const struct chain *c, const struct statement *s)
{
    if (c->signed_seq != 0)
        return s->first_seq == c->signed_seq + 1;
    return s->first_seq <= c->first_seq;
}

static bool check_head(struct chain *c, const struct event_record *e)
{
    const struct statement *s = e->head;
    if (!s && e->format == EVENT_FORMAT_BOXES && e->seq % AUDIT_HEAD_EVERY == 0)
        return chain_fail(c, e->seq, e->id, "its signed head is missing");
    if (!s)
        return true;
    if (s->last_seq != e->seq || !str_eq(s->last_hash, hash_view(c)))
        return chain_fail(c, e->seq, e->id, "its signed head does not fit the chain");
    if (!check_signed(c, s, e->id))
        return false;
    if (!heads_touch(c, s))
        return chain_fail(c, e->seq, e->id, "a signed head before it is missing");
    c->signed_seq = s->last_seq;
    c->signed_ms = s->time_ms;
    return true;
}

bool chain_add_statement(struct chain *c, const struct statement *s)
{
    struct str none = {NULL, 0};
    if (c->bad_seq != 0)
        return false;
    if (!c->started && s->kind == STATEMENT_REMOVAL && s->last_hash.len == AUDIT_HASH_BYTES)
        chain_start_after(c, s->last_seq, (const unsigned char *)s->last_hash.ptr);
    if (!check_signed(c, s, none))
        return false;
    if (s->last_seq != c->seq || !str_eq(s->last_hash, hash_view(c)))
        return chain_fail(c, s->last_seq, none, "a signed statement does not fit the chain");
    c->removal_seen |= s->kind == STATEMENT_REMOVAL;
    return true;
}

/* --- Events --- */

static const char *sequence_fault(const struct chain *c, const struct event_record *e)
{
    if (e->seq < 1 || e->seq <= c->seq)
        return "an event appears twice or out of order";
    if (e->seq > c->seq + 1)
        return "an event is missing before it";
    if (!str_eq(e->prev_hash, hash_view(c)))
        return "it does not follow the event before it";
    return NULL;
}

static bool has_box(const struct event_record *e)
{
    for (int i = 0; i < EVENT_BOX_KINDS; i++)
        if (!str_absent(e->boxes[i]))
            return true;
    return false;
}

static const char *content_fault(const struct chain *c, const struct event_record *e,
                                 const unsigned char hash[AUDIT_HASH_BYTES])
{
    bool clear = e->format == EVENT_FORMAT_CLEAR;
    bool known = clear || e->format == EVENT_FORMAT_BOXES;
    if (!known || (clear && (has_box(e) || c->boxes_seen)) ||
        !str_eq(e->hash, str_of((const char *)hash, AUDIT_HASH_BYTES)))
        return "the event was changed";
    return NULL;
}

/* An export may begin anywhere; then its first event says what came before. */
static bool begin_with(struct chain *c, const struct event_record *e)
{
    static const unsigned char zeros[AUDIT_HASH_BYTES];
    if (e->seq < 1 || e->prev_hash.len != AUDIT_HASH_BYTES)
        return chain_fail(c, e->seq < 1 ? 1 : e->seq, e->id, "the event was changed");
    if (e->removal && !chain_add_statement(c, e->removal))
        return false;
    if (e->seq == 1)
        chain_start_after(c, 0, zeros);
    if (!c->started)
        chain_start_after(c, e->seq - 1, (const unsigned char *)e->prev_hash.ptr);
    return true;
}

bool chain_add(struct chain *c, const struct event_record *e)
{
    unsigned char hash[AUDIT_HASH_BYTES];
    if (c->bad_seq != 0 || (!c->started && !begin_with(c, e)))
        return false;
    const char *fault = sequence_fault(c, e);
    if (fault)
        return chain_fail(c, e->seq < 1 ? c->seq : e->seq, e->id, fault);
    event_hash(e, hash);
    fault = content_fault(c, e, hash);
    if (fault)
        return chain_fail(c, e->seq, e->id, fault);
    if (c->first_seq == 0)
        c->first_seq = e->seq;
    c->seq = e->seq;
    memcpy(c->hash, hash, sizeof(hash));
    c->checked++;
    c->boxes_seen |= e->format == EVENT_FORMAT_BOXES;
    return check_head(c, e);
}
