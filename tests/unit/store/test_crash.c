/* kill -9 while it writes: nothing acknowledged is lost, nothing spent lives again (OT-05), the
 * database is sound and the audit chain whole. The child acknowledges over a pipe after each
 * commit; the parent kills it at a random moment and looks at what is there. */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS  200
#define THREADS 3

struct acknowledged {
    int64_t thread;
    int64_t number; /* of the code that was spent and the user that was made */
};

static int pipe_fds[2];
static int64_t numbers[THREADS]; /* next to use, survives rounds */

static void name_of(char name[40], int64_t thread, int64_t number)
{
    (void)snprintf(name, 40, "user-%d-%d", (int)thread, (int)number);
}

static void write_one(struct realm_view *view, int64_t thread, int64_t number)
{
    char name[40];
    bool first;
    struct arena own;
    arena_init(&own, 1 << 20);
    name_of(name, thread, number);
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.id = uuid_new(&own);
    user.username = str_c(name);
    struct event event = {.type = EVENT_UserCreated, .actor = {.user_id = user.id}};
    struct store_write *w = begin_write(view);
    ok(user_insert(w, &user));
    ok(once_spend(w, STR("jti"), user.username, INT64_MAX, &first));
    assert_true(first);
    ok(event_append(w, &event));
    commit(w);
    struct acknowledged a = {thread, number};
    if (write(pipe_fds[1], &a, sizeof(a)) != sizeof(a))
        _exit(3);
    arena_free(&own);
}

static void *write_on(void *arg)
{
    int64_t thread = *(int64_t *)arg;
    struct realm_view *view = view_of("peru");
    for (int64_t n = numbers[thread]; n < INT64_MAX; n++)
        write_one(view, thread, n);
    return NULL;
}

static void be_the_child(void)
{
    static int64_t ids[THREADS];
    pthread_t threads[THREADS];
    (void)close(pipe_fds[0]);
    /* Small, so that checkpoints and new logs happen in each round. */
    struct store_config config = {.data_dir = test_dir, .checkpoint_pages = 20};
    if (store_open(&config, &store) != 0)
        _exit(4);
    for (int i = 0; i < THREADS; i++) {
        ids[i] = i;
        if (pthread_create(&threads[i], NULL, write_on, &ids[i]) != 0)
            _exit(5);
    }
    for (;;)
        (void)pause();
}

static void kill_after(pid_t child, long microseconds)
{
    struct timespec pause_for = {.tv_nsec = microseconds * 1000};
    (void)nanosleep(&pause_for, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
}

/* What the child said before it died; marks how far each thread came. */
static void take_acknowledged(int64_t last[THREADS])
{
    struct acknowledged a;
    while (read(pipe_fds[0], &a, sizeof(a)) == sizeof(a))
        last[a.thread] = a.number;
}

static void check_thread(struct store_read *r, int64_t thread, int64_t last)
{
    char name[40];
    struct user user;
    bool spent;
    for (int64_t n = numbers[thread]; n <= last; n++) {
        name_of(name, thread, n);
        ok(user_find_by_username(r, &arena, str_c(name), &user));
        ok(once_is_spent(r, STR("jti"), str_c(name), &spent));
        assert_true(spent);
    }
    /* One more may have been committed without its word getting out: whole or not at all. */
    int64_t beyond = last >= numbers[thread] ? last + 1 : numbers[thread];
    name_of(name, thread, beyond);
    int err = user_find_by_username(r, &arena, str_c(name), &user);
    ok(once_is_spent(r, STR("jti"), str_c(name), &spent));
    assert_true(err == 0 || err == ERR_NOT_FOUND);
    assert_true(spent == (err == 0));
    numbers[thread] = err == 0 ? beyond + 1 : beyond;
}

static void one_round(void)
{
    int64_t last[THREADS] = {-1, -1, -1};
    struct event_verdict verdict;
    int status;
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        be_the_child();
    (void)close(pipe_fds[1]);
    kill_after(child, 3000 + (long)rng_below(25000));
    take_acknowledged(last);
    (void)close(pipe_fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    open_store();
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    for (int i = 0; i < THREADS; i++)
        check_thread(r, i, last[i]);
    ok(event_verify(r, &arena, &verdict));
    assert_int_equal(verdict.bad_seq, 0);
    store_read_end(r);
    realm_view_release(view);
    close_store();
    arena_reset(&arena);
}

static void check_integrity(void)
{
    char command[700];
    (void)snprintf(command, sizeof(command),
                   "for f in '%s'/realms/*.db; do command -v sqlite3 >/dev/null || exit 0; "
                   "test \"$(sqlite3 $f 'PRAGMA integrity_check')\" = ok || exit 1; done",
                   test_dir);
    assert_int_equal(system(command), 0);
}

static void test_ot_05_kill_9(void **state)
{
    (void)state;
    int64_t total = 0;
    close_store();
    for (int i = 0; i < ROUNDS; i++)
        one_round();
    for (int i = 0; i < THREADS; i++)
        total += numbers[i];
    print_message("%d acknowledged changes in %d rounds\n", (int)total, ROUNDS);
    assert_true(total > ROUNDS); /* it did write */
    check_integrity();
    open_store();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ot_05_kill_9, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
