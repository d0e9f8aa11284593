/* kill -9 of the storage engine (OT-05). A child process works on the store with several threads and
 * writes into shared memory what it asks and what it is answered; at a random moment, the opening of
 * the store and its closing included, it is killed. The parent opens the store and holds it against
 * what the child was told. The data folder goes through many kills before a fresh one is taken.
 *
 * Control: a change that is acknowledged before it is done must be found out. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define USUAL_ROUNDS     2000
#define THREADS          3
#define KILLS_PER_FOLDER 20
#define LONGEST_US       20000

struct run {
    struct history *history;
    char root[WORLD_PATH_MAX];
    long kills;
    size_t changes, acknowledged;
    char complaint[500];
};

/* --- The child: any error ends it, and with it the test --- */

static int all_steps(struct actor *a)
{
    TRY(actor_add_pair(a));
    TRY(actor_add_person(a));
    unsigned person = a->number - 1;
    TRY(actor_change_person(a, person, "Huanca"));
    TRY(actor_make_link(a, person));
    TRY(actor_follow_link(a));
    TRY(actor_spend_once(a));
    TRY(actor_append_event(a));
    TRY(actor_delete_person(a, person));
    TRY(actor_add_record(a));
    unsigned record = a->number - 1;
    TRY(actor_change_record(a, record, "changed"));
    TRY(actor_delete_record(a, record));
    TRY(actor_apply_new(a));
    unsigned applied = a->number - 1;
    TRY(actor_apply(a, applied, "changed"));
    TRY(actor_apply_nothing(a, applied));
    TRY(actor_authorize(a));
    TRY(actor_exchange(a));
    TRY(actor_push(a));
    TRY(actor_open_pushed(a));
    TRY(actor_ask_device(a));
    TRY(actor_let_device(a));
    TRY(actor_take_device(a));
    TRY(actor_add_holder(a));
    TRY(actor_login_otp(a));
    return actor_refresh(a);
}

static void *work(void *arg)
{
    while (all_steps(arg) == 0)
        continue;
    _exit(3);
}

static int rotate_and_make(struct actor *a)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "r-%s-%u", a->tag, a->number++);
    TRY(actor_rotate_key(a));
    TRY(actor_make_realm(a, name));
    TRY(actor_change_realm(a, name, "changed"));
    TRY(actor_replace_realm(a, name, "replaced"));
    TRY(actor_delete_realm(a, name));
    (void)snprintf(name, sizeof(name), "a-%s-%u", a->tag, a->number++);
    return actor_apply_realm(a, name, "applied");
}

static struct actor *child_actor(struct run *run, struct store *store, int number)
{
    static char tags[THREADS + 1][32];
    (void)snprintf(tags[number], sizeof(tags[number]), "%ld-%d", run->kills, number);
    struct actor *a = actor_new(run->history, tags[number]);
    actor_use(a, store);
    return a;
}

/* Some die while they close the store, which folds the log. */
static void work_and_close(struct run *run, struct store *store)
{
    if (all_steps(child_actor(run, store, 0)) != 0)
        _exit(4);
    store_close(store);
    _exit(0);
}

static void be_the_child(struct run *run, bool closes)
{
    pthread_t thread;
    struct store *store;
    if (world_open(run->root, NULL, &store) != 0)
        _exit(5);
    if (closes)
        work_and_close(run, store);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, NULL, work, child_actor(run, store, i)) != 0)
            _exit(6);
    struct actor *a = child_actor(run, store, THREADS);
    while (rotate_and_make(a) == 0)
        continue;
    _exit(7);
}

/* --- The parent --- */

static void sleep_us(uint64_t microseconds)
{
    struct timespec wait = {.tv_sec = (time_t)(microseconds / 1000000),
                            .tv_nsec = (long)(microseconds % 1000000) * 1000};
    (void)nanosleep(&wait, NULL);
}

/* Until the child was told that something is done, or has ended. */
static void wait_for_first(const struct run *run, pid_t child, size_t before)
{
    siginfo_t info = {0};
    size_t acknowledged = before;
    while (acknowledged == before && info.si_pid == 0) {
        sleep_us(200);
        (void)history_count(run->history, &acknowledged);
        (void)waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT);
    }
}

static bool kill_after(pid_t child, uint64_t microseconds, int *ret_status)
{
    sleep_us(microseconds);
    (void)kill(child, SIGKILL);
    if (waitpid(child, ret_status, 0) != child)
        return false;
    /* A child that closed the store and ended before its time is fine too. */
    return WIFSIGNALED(*ret_status) ? WTERMSIG(*ret_status) == SIGKILL
                                    : WEXITSTATUS(*ret_status) == 0;
}

static bool one_kill(struct run *run, uint64_t *seed)
{
    struct check c = {.root = run->root, .history = run->history, .cut = NO_CUT};
    size_t before;
    int status = 0;
    bool closes = random_below(seed, 4) == 0;
    /* The last thing in a folder: a code that comes again costs its session the tokens. */
    c.try_codes = run->kills % KILLS_PER_FOLDER == KILLS_PER_FOLDER - 1;
    uint64_t after = random_below(seed, LONGEST_US);
    (void)history_count(run->history, &before);
    (void)fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0)
        be_the_child(run, closes);
    /* Every second one dies at any moment, the others at work: a slow machine must not make a test
     * of nothing. */
    if (run->kills % 2 == 0)
        wait_for_first(run, child, before);
    bool good = kill_after(child, after, &status);
    if (!good)
        (void)snprintf(run->complaint, sizeof(run->complaint), ": kill %ld: the child failed (%d)",
                       run->kills, WEXITSTATUS(status));
    else if (!check_folder(&c)) {
        good = false;
        (void)snprintf(run->complaint, sizeof(run->complaint), ": kill %ld, after %llu us: %s",
                       run->kills, (unsigned long long)after, c.complaint);
    }
    run->kills++;
    return good;
}

static void count(struct run *run)
{
    size_t acknowledged;
    run->changes += history_count(run->history, &acknowledged);
    run->acknowledged += acknowledged;
}

static bool kills(struct run *run, const struct options *o, long usual, uint64_t *seed)
{
    bool good = true;
    for (long i = 0; good && options_goes_on(o, i, usual); i++) {
        if (i % KILLS_PER_FOLDER == 0) {
            count(run);
            history_clear(run->history);
            world_copy("kill", run->root);
        }
        good = one_kill(run, seed);
    }
    count(run);
    return good;
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    const struct options few = {0};
    struct run run = {.history = history_open()};
    struct run early = {.history = history_open()};
    uint64_t seed = o.seed;
    world_start();
    bool good = kills(&run, &o, USUAL_ROUNDS, &seed);
    good = good && run.acknowledged >= (size_t)run.kills / 2;
    result(good, "kill -9 OT-05", "%ld kills; %zu changes begun, %zu acknowledged%s", run.kills,
           run.changes, run.acknowledged, run.complaint);
    history_acknowledge_early(early.history, true);
    bool missed = kills(&early, &few, 200, &seed);
    result(!missed, "kill control: acknowledged before it is done", "%s after %ld kills%s",
           missed ? "nothing found" : "found out", early.kills, early.complaint);
    history_close(run.history);
    history_close(early.history);
    world_end();
    return results_end();
}
