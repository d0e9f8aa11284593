#include "store/repl/lease.h"

#include "core/base/clock.h"

#include "core/base/banned.h"

/* How much earlier than promised the primary ends: more than clocks of machines differ in rate. */
#define MARGIN 10

const char *lease_stance_word(enum lease_stance stance)
{
    static const char *const words[] = {
        [LEASE_ASYNC] = "async", [LEASE_ALONE] = "alone", [LEASE_COVERED] = "covered"};
    return words[stance];
}

void lease_init(struct lease *l, int64_t (*now_ms)(void))
{
    *l = (struct lease){
        .now_ms = now_ms ? now_ms : clock_boot_ms, .length_ms = LEASE_MS, .told = LEASE_COVERED};
    (void)pthread_mutex_init(&l->lock, NULL);
    l->promised_until_ms = l->now_ms() + l->length_ms;
}

void lease_destroy(struct lease *l)
{
    (void)pthread_mutex_destroy(&l->lock);
}

void lease_set_length(struct lease *l, int64_t length_ms)
{
    l->length_ms = length_ms;
    l->promised_until_ms = l->now_ms() + length_ms;
}

void lease_require(struct lease *l, bool is_required)
{
    pthread_mutex_lock(&l->lock);
    l->is_required = is_required;
    pthread_mutex_unlock(&l->lock);
}

int64_t lease_now_ms(const struct lease *l)
{
    return l->now_ms();
}

int64_t lease_length_ms(const struct lease *l)
{
    return l->length_ms;
}

/* --- A primary --- */

bool lease_is_held(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    bool held = !l->is_required || l->now_ms() < l->until_ms;
    pthread_mutex_unlock(&l->lock);
    return held;
}

static void extend(struct lease *l, int64_t asked_ms)
{
    int64_t until_ms = asked_ms + l->length_ms - l->length_ms / MARGIN;
    if (until_ms > l->until_ms)
        l->until_ms = until_ms;
}

void lease_extend(struct lease *l, int64_t asked_ms)
{
    pthread_mutex_lock(&l->lock);
    extend(l, asked_ms);
    pthread_mutex_unlock(&l->lock);
}

void lease_drop(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    l->until_ms = 0;
    l->told = LEASE_COVERED;
    pthread_mutex_unlock(&l->lock);
}

bool lease_may_answer_alone(struct lease *l, bool is_async)
{
    pthread_mutex_lock(&l->lock);
    bool may = !l->is_required || l->told == LEASE_ALONE || (l->told == LEASE_ASYNC && is_async);
    pthread_mutex_unlock(&l->lock);
    return may;
}

void lease_set_told(struct lease *l, enum lease_stance told)
{
    pthread_mutex_lock(&l->lock);
    l->told = told;
    pthread_mutex_unlock(&l->lock);
}

void lease_tell(struct lease *l, enum lease_stance stance)
{
    pthread_mutex_lock(&l->lock);
    if (stance == LEASE_COVERED || (stance == LEASE_ASYNC && l->told == LEASE_ALONE))
        l->told = stance;
    pthread_mutex_unlock(&l->lock);
}

void lease_count_on(struct lease *l, const char *standby)
{
    pthread_mutex_lock(&l->lock);
    memcpy(l->counted, standby, sizeof(l->counted));
    pthread_mutex_unlock(&l->lock);
}

void lease_attach(struct lease *l, const char *standby)
{
    pthread_mutex_lock(&l->lock);
    memcpy(l->attached, standby, sizeof(l->attached));
    pthread_mutex_unlock(&l->lock);
}

static bool is_counted_on(const struct lease *l)
{
    return l->counted[0] != '\0' && strcmp(l->counted, l->attached) == 0;
}

bool lease_is_counted_on(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    bool is = !l->is_required || is_counted_on(l);
    pthread_mutex_unlock(&l->lock);
    return is;
}

bool lease_may_tell(struct lease *l, const char *standby)
{
    pthread_mutex_lock(&l->lock);
    bool may = l->counted[0] != '\0' && strcmp(l->counted, standby) == 0 &&
               (l->attached[0] == '\0' || is_counted_on(l));
    pthread_mutex_unlock(&l->lock);
    return may;
}

void lease_ask(struct lease *l, struct repl_heartbeat *beat)
{
    beat->asked_ms = l->now_ms();
    beat->lease_ms = (uint32_t)l->length_ms;
}

/* A promise that nobody asked for is none: it would be of another process. Nor is that of a standby that the
 * witness does not know to be counted on: it may let another one reign. */
void lease_take_promise(struct lease *l, const struct repl_heartbeat *beat)
{
    pthread_mutex_lock(&l->lock);
    if (is_counted_on(l) && beat->promised_ms > 0 && beat->promised_ms <= l->now_ms())
        extend(l, beat->promised_ms);
    pthread_mutex_unlock(&l->lock);
}

/* --- A standby --- */

bool lease_promise(struct lease *l, const struct repl_heartbeat *question,
                   struct repl_heartbeat *ret_answer)
{
    pthread_mutex_lock(&l->lock);
    bool promises = !l->claims && question->asked_ms > 0;
    int64_t until_ms = l->now_ms() + question->lease_ms;
    if (promises && until_ms > l->promised_until_ms)
        l->promised_until_ms = until_ms;
    pthread_mutex_unlock(&l->lock);
    if (promises)
        *ret_answer = (struct repl_heartbeat){.promised_ms = question->asked_ms,
                                              .lease_ms = question->lease_ms};
    return promises;
}

bool lease_is_over(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    bool over = !l->claims && l->now_ms() >= l->promised_until_ms;
    pthread_mutex_unlock(&l->lock);
    return over;
}

int lease_claim_begin(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    bool may = !l->claims && l->now_ms() >= l->promised_until_ms;
    l->claims |= may;
    pthread_mutex_unlock(&l->lock);
    return may ? 0 : ERR_CONFLICT;
}

void lease_claim_end(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    l->claims = false;
    pthread_mutex_unlock(&l->lock);
}

/* --- What is told of it --- */

void lease_note_witness(struct lease *l, bool knows_standby, enum lease_stance stance)
{
    int64_t wall_ms = clock_now().wall_ms;
    pthread_mutex_lock(&l->lock);
    l->is_witness_there = true;
    l->witness_wall_ms = wall_ms;
    l->knows_standby = knows_standby;
    l->stance = stance;
    pthread_mutex_unlock(&l->lock);
}

void lease_note_silence(struct lease *l)
{
    pthread_mutex_lock(&l->lock);
    l->is_witness_there = false;
    pthread_mutex_unlock(&l->lock);
}

void lease_look(struct lease *l, struct lease_look *ret_look)
{
    pthread_mutex_lock(&l->lock);
    int64_t left_ms = l->until_ms - l->now_ms();
    *ret_look = (struct lease_look){.is_required = l->is_required,
                                    .is_held = !l->is_required || left_ms > 0,
                                    .is_witness_there = l->is_witness_there,
                                    .knows_standby = l->knows_standby,
                                    .left_ms = left_ms > 0 ? left_ms : 0,
                                    .witness_wall_ms = l->witness_wall_ms,
                                    .stance = l->stance};
    pthread_mutex_unlock(&l->lock);
}
