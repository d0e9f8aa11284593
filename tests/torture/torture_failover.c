/* Two nodes in a synchronous mode that waits for the standby, people who work all the time, and whatever
 * happens: either or both are killed, the cable is cut, the standby reigns while the old primary is dead or
 * cut off, which then comes back, is fenced and rejoins; disks are full, clocks leap. At the end of each round
 * the node that reigns has all that was answered, nothing that was spent is good again, and the standby's pages
 * are its own (RP-02, RP-03, OT-05).
 *
 * All choices come from the seed; when exactly a kill comes depends on the machine. Controls: a primary that
 * does not wait, and a standby that confirms what it has not put in place, must be found out. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/torture/failover_pair.h"
#include "tests/torture/torture.h"

#define USUAL_ROUNDS      300
#define CONTROL_ROUNDS    200
#define ROUNDS_PER_FOLDER 10
#define WORK_US           30000 /* at most, before something happens */
#define ANSWERS           4     /* at least, before that */
#define PATIENCE_MS       30000
#define HOUR_MS           (INT64_C(3600) * 1000)
#define YEARS_MS          (INT64_C(3650) * 24 * HOUR_MS)

struct run {
    struct pair pair;
    uint64_t seed;
    long rounds, promotions, refused, rejoins, leaps, full;
    bool tidies; /* the primary must begin anew before it is looked at */
    size_t changes, acknowledged;
};

static uint64_t chance(struct run *r, uint64_t below)
{
    return random_below(&r->seed, below);
}

static void sleep_us(uint64_t microseconds)
{
    struct timespec wait = {.tv_sec = (time_t)(microseconds / 1000000),
                            .tv_nsec = (long)(microseconds % 1000000) * 1000};
    (void)nanosleep(&wait, NULL);
}

static void sleep_some(struct run *r, uint64_t at_most_us)
{
    sleep_us(chance(r, at_most_us));
}

static int primary(const struct run *r)
{
    return r->pair.primary;
}

static int standby(const struct run *r)
{
    return 1 - r->pair.primary;
}

/* --- What happens --- */

static void connect_them(struct run *r)
{
    pair_connect(&r->pair, (int)chance(r, 2));
}

/* One that lacks realms says no; then the old primary is the one to go on. */
static bool promote(struct run *r)
{
    struct answer a;
    if (!pair_runs(&r->pair, standby(r)))
        pair_start(&r->pair, standby(r));
    int err = pair_order(&r->pair, standby(r), ORDER_PROMOTE, 0, &a);
    if (err != 0 && err != ERR_CONFLICT)
        pair_complain(&r->pair, "the standby was not promoted: %s: %s", err_name(err), a.text);
    r->refused += err != 0;
    if (err != 0)
        return false;
    r->promotions++;
    r->pair.primary = standby(r);
    return true;
}

static void kill_primary(struct run *r)
{
    pair_kill(&r->pair, primary(r));
    sleep_some(r, 3000);
    (void)promote(r);
}

static void kill_primary_alone(struct run *r)
{
    pair_kill(&r->pair, primary(r));
}

static void kill_standby(struct run *r)
{
    pair_kill(&r->pair, standby(r));
    sleep_some(r, 5000);
}

static void kill_both(struct run *r)
{
    pair_kill(&r->pair, (int)chance(r, 2));
    pair_end(&r->pair);
    if (chance(r, 3) != 0)
        (void)promote(r);
}

static void cut(struct run *r)
{
    pair_cut(&r->pair);
    sleep_some(r, 20000);
}

static void cut_often(struct run *r)
{
    for (uint64_t i = 3 + chance(r, 4); i > 0; i--) {
        connect_them(r);
        sleep_some(r, 6000);
    }
}

/* People go on working at the old one, and begin to at the new one. */
static void cut_and_promote(struct run *r)
{
    pair_cut(&r->pair);
    sleep_some(r, 5000);
    if (promote(r))
        pair_work(&r->pair, primary(r), true);
    sleep_some(r, 20000);
}

static void kill_standby_that_catches_up(struct run *r)
{
    for (uint64_t i = 1 + chance(r, 3); i > 0; i--) {
        pair_kill(&r->pair, standby(r));
        sleep_some(r, 3000);
        pair_start(&r->pair, standby(r));
        connect_them(r);
        sleep_some(r, 5000);
    }
}

static void kill_primary_of_one_that_catches_up(struct run *r)
{
    kill_standby_that_catches_up(r);
    kill_primary(r);
}

/* The new primary dies while the old one, which rejoined, gets its databases. */
static void kill_new_primary_too(struct run *r);

static void fill_disk(struct run *r, int node)
{
    pair_must(&r->pair, node, ORDER_DISK_FULL, (int64_t)(1 + chance(r, 30)));
    sleep_some(r, 20000);
    if (chance(r, 4) == 0)
        pair_kill(&r->pair, node);
    else
        pair_must(&r->pair, node, ORDER_DISK_FULL, 0);
    r->full++;
}

static void fill_disk_of_standby(struct run *r)
{
    fill_disk(r, standby(r));
}

static void fill_disk_of_primary(struct run *r)
{
    r->tidies = true;
    fill_disk(r, primary(r));
}

/* An hour or ten years, this way or that; a node that is started anew finds it so. */
static void leap(struct run *r, int node)
{
    static const int64_t by_ms[] = {HOUR_MS, -HOUR_MS, YEARS_MS, -YEARS_MS};
    r->pair.nodes[node].clock_ms = by_ms[chance(r, ARRAY_LEN(by_ms))];
    r->pair.leapt = true;
    r->leaps++;
    pair_must(&r->pair, node, ORDER_CLOCK, r->pair.nodes[node].clock_ms);
    sleep_some(r, 10000);
    if (chance(r, 2) == 0)
        kill_primary(r);
}

static void leap_of_standby(struct run *r)
{
    leap(r, standby(r));
}

static void leap_of_primary(struct run *r)
{
    pair_work(&r->pair, primary(r), false);
    r->pair.leapt = true;
    pair_work(&r->pair, primary(r), true);
    sleep_some(r, WORK_US);
    leap(r, primary(r));
}

static void pause_standby(struct run *r)
{
    pid_t pid = r->pair.nodes[standby(r)].pid;
    (void)kill(pid, SIGSTOP);
    sleep_us(100000 + chance(r, 500000));
    (void)kill(pid, SIGCONT);
}

static const struct fault {
    const char *name;
    void (*happens)(struct run *r);
    unsigned weight;
} faults[] = {
    {"kill the primary, and promote", kill_primary, 6},
    {"kill the primary", kill_primary_alone, 2},
    {"kill the standby", kill_standby, 3},
    {"kill both", kill_both, 4},
    {"cut the cable", cut, 3},
    {"cut the cable often", cut_often, 3},
    {"cut the cable, and promote", cut_and_promote, 5},
    {"kill a standby that catches up", kill_standby_that_catches_up, 3},
    {"kill the primary of a standby that catches up", kill_primary_of_one_that_catches_up, 4},
    {"kill the new primary, too", kill_new_primary_too, 4},
    {"fill the disk of the standby", fill_disk_of_standby, 3},
    {"fill the disk of the primary", fill_disk_of_primary, 2},
    {"the standby's clock leaps", leap_of_standby, 2},
    {"the primary's clock leaps", leap_of_primary, 2},
    {"stop the standby for a while", pause_standby, 1},
};

/* What the controls get wrong is lost when both die. */
static const struct fault both_die = {"kill both", kill_both, 0};

static const struct fault *choose(struct run *r)
{
    unsigned all = 0;
    if (r->pair.control != CONTROL_NONE)
        return &both_die;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        all += faults[i].weight;
    uint64_t at = chance(r, all);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        if (at < faults[i].weight)
            return &faults[i];
        at -= faults[i].weight;
    }
    return &faults[0];
}

/* --- All is well again --- */

static void start_both(struct run *r)
{
    for (int i = 0; i < 2; i++)
        pair_start(&r->pair, i);
}

/* People who come back to the old primary before it heard of the new one are answered nothing. Some of its
 * processes die while they rejoin. */
static void bring_old_back(struct run *r, int old)
{
    pair_work(&r->pair, old, true);
    sleep_some(r, 5000);
    connect_them(r);
    pair_must(&r->pair, old, ORDER_HEAR, 0);
    pair_work(&r->pair, old, false);
    if (chance(r, 2) == 0)
        pair_kill(&r->pair, old);
    else
        pair_stop(&r->pair, old);
    if (chance(r, 3) == 0)
        pair_start_and_kill(&r->pair, old, chance(r, 4000));
    pair_start(&r->pair, old);
    r->rejoins++;
}

static void find_roles(struct run *r, struct node_state states[2])
{
    for (int i = 0; i < 2; i++)
        failover_look(r->pair.nodes[i].root, &states[i]);
    bool both = states[0].role == REPL_PRIMARY && states[1].role == REPL_PRIMARY;
    bool first = both ? states[0].epoch > states[1].epoch : states[0].role == REPL_PRIMARY;
    r->pair.primary = first ? 0 : 1;
    if (both && states[0].epoch == states[1].epoch)
        pair_complain(&r->pair, "both nodes reign in epoch %llu",
                      (unsigned long long)states[0].epoch);
}

static void join(struct run *r)
{
    struct node_state states[2];
    start_both(r);
    if (!pair_good(&r->pair))
        return;
    find_roles(r, states);
    if (states[standby(r)].role == REPL_PRIMARY)
        bring_old_back(r, standby(r));
    connect_them(r);
}

static void kill_new_primary_too(struct run *r)
{
    kill_primary(r);
    join(r);
    sleep_some(r, 20000);
    kill_primary(r);
}

static void redial(struct run *r)
{
    if (pair_good(&r->pair) && pair_is_cut(&r->pair))
        connect_them(r);
}

static void settle(struct run *r)
{
    struct answer a = {.err = ERR_TIMEOUT};
    int64_t until_ms = clock_now().monotonic_ms + PATIENCE_MS;
    while (a.err == ERR_TIMEOUT && clock_now().monotonic_ms < until_ms) {
        redial(r);
        (void)pair_order(&r->pair, primary(r), ORDER_SETTLE, 0, &a);
    }
    if (a.err != 0)
        pair_complain(&r->pair, "the standby is not in step: %s: %s", err_name(a.err), a.text);
}

/* With its standby the primary answers. */
static void wait_for_answers(struct run *r)
{
    size_t before, now;
    int64_t until_ms = clock_now().monotonic_ms + PATIENCE_MS;
    (void)history_count(r->pair.history, &before);
    do {
        sleep_us(500);
        redial(r);
        (void)history_count(r->pair.history, &now);
    } while (pair_good(&r->pair) && now < before + ANSWERS && clock_now().monotonic_ms < until_ms);
    if (now == before)
        pair_complain(&r->pair, "nobody is answered");
}

/* What was left unfinished when the room on the disk went is tidied up by the next start. */
static void begin_anew(struct run *r)
{
    if (!r->tidies && chance(r, 3) != 0)
        return;
    r->tidies = false;
    pair_must(&r->pair, primary(r), ORDER_BEGIN_ANEW, 0);
    connect_them(r);
}

static void look(struct run *r, bool is_last)
{
    struct answer a;
    pair_work(&r->pair, primary(r), true);
    wait_for_answers(r);
    pair_work(&r->pair, primary(r), false);
    begin_anew(r);
    settle(r);
    pair_must(&r->pair, primary(r), ORDER_CHECK, is_last && !r->pair.leapt);
    if (pair_order(&r->pair, primary(r), ORDER_VERIFY, 0, &a) != 0)
        pair_complain(&r->pair, "the pages were not compared: %s", err_name(a.err));
    else if (a.number != 0)
        pair_complain(&r->pair, "%lld pages of the standby are others", (long long)a.number);
}

/* --- Rounds --- */

static void count(struct run *r)
{
    size_t acknowledged;
    r->changes += history_count(r->pair.history, &acknowledged);
    r->acknowledged += acknowledged;
}

static void begin_folder(struct run *r)
{
    pair_end(&r->pair);
    count(r);
    pair_found(&r->pair);
    join(r);
    settle(r);
}

static void one_round(struct run *r, bool is_last)
{
    const struct fault *fault = choose(r);
    pair_work(&r->pair, primary(r), true);
    wait_for_answers(r);
    sleep_some(r, WORK_US);
    fault->happens(r);
    join(r);
    look(r, is_last);
    if (!pair_good(&r->pair)) {
        char what[sizeof(r->pair.complaint)];
        memcpy(what, r->pair.complaint, sizeof(what));
        (void)snprintf(r->pair.complaint, sizeof(r->pair.complaint), ": round %ld, %s: %.300s",
                       r->rounds, fault->name, what);
    }
    r->rounds++;
}

static bool rounds(struct run *r, const struct options *o, long usual)
{
    for (long i = 0; pair_good(&r->pair) && options_goes_on(o, i, usual); i++) {
        long within = i % ROUNDS_PER_FOLDER;
        if (within == 0)
            begin_folder(r);
        one_round(r, within == ROUNDS_PER_FOLDER - 1);
    }
    count(r);
    pair_end(&r->pair);
    return pair_good(&r->pair);
}

static void begin(struct run *r, uint64_t seed, enum failover_control control)
{
    *r = (struct run){.seed = seed};
    r->pair =
        (struct pair){.history = history_open(), .control = control, .seed = seed, .cable_fd = -1};
    for (int i = 0; i < 2; i++)
        r->pair.nodes[i].orders_fd = -1;
}

static void torture(const struct options *o)
{
    struct run r;
    begin(&r, o->seed, CONTROL_NONE);
    bool good = rounds(&r, o, USUAL_ROUNDS);
    bool enough =
        r.acknowledged >= (size_t)r.rounds &&
        (r.rounds < 50 || (r.promotions > 0 && r.rejoins > 0 && r.leaps > 0 && r.full > 0));
    result(good && enough, "failover RP-02",
           "%ld rounds of seed %llu; %ld promotions (%ld refused), %ld rejoined, %ld clocks leapt, "
           "%ld disks full; %zu changes begun, %zu acknowledged%s",
           r.rounds, (unsigned long long)o->seed, r.promotions, r.refused, r.rejoins, r.leaps,
           r.full, r.changes, r.acknowledged, r.pair.complaint);
    history_close(r.pair.history);
}

static void is_found_out(const struct options *o, enum failover_control control, const char *name)
{
    struct run r;
    const struct options few = {.seed = o->seed};
    begin(&r, o->seed, control);
    bool missed = rounds(&r, &few, CONTROL_ROUNDS);
    result(!missed, name, "%s after %ld rounds%s", missed ? "nothing found" : "found out", r.rounds,
           r.pair.complaint);
    history_close(r.pair.history);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    world_start();
    torture(&o);
    is_found_out(&o, CONTROL_ASYNC, "failover control: answers do not wait");
    is_found_out(&o, CONTROL_EARLY_ACK, "failover control: confirmed before it is in place");
    world_end();
    return results_end();
}
