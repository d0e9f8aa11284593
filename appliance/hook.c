#include "appliance/hook.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define EVENT_MAX   16
#define EPOCH_MAX   24
#define LOOK_MS     20
#define HOOK_MAX_MS 60000

/* A process has one node, whose roles follow each other. */
static struct {
    pthread_mutex_t lock;
    bool runs;         /* a thread does */
    struct hook *next; /* to be run after it; NULL: none */
} hooks = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct hook {
    char *program; /* owned */
    char event[EVENT_MAX], epoch[EPOCH_MAX];
};

static void hook_free(struct hook *h)
{
    free(h->program);
    free(h);
}

/* With no signal blocked, as a shell would start it, and as a group of its own. 0 or an errno. */
static int spawn(struct hook *h, pid_t *ret_pid)
{
    char *const arguments[] = {h->program, h->event, h->epoch, NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int rc = posix_spawn(ret_pid, h->program, NULL, &attributes, arguments, environ);
    (void)posix_spawnattr_destroy(&attributes);
    return rc;
}

/* One that does not end would keep the next one, which may say the opposite, from running. 0 or an errno. */
static int wait_for(const struct hook *h, pid_t pid, int *ret_status)
{
    const struct timespec pause = {0, LOOK_MS * 1000000};
    int64_t until_ms = clock_now().monotonic_ms + HOOK_MAX_MS;
    pid_t ended = waitpid(pid, ret_status, WNOHANG);
    while (ended == 0 && clock_now().monotonic_ms < until_ms) {
        (void)nanosleep(&pause, NULL);
        ended = waitpid(pid, ret_status, WNOHANG);
    }
    if (ended == 0) {
        LOG_ERROR("replication", "hook %s %s did not end in %d s: it is killed", h->program,
                  h->event, HOOK_MAX_MS / 1000);
        (void)kill(-pid, SIGKILL);
        ended = waitpid(pid, ret_status, 0);
    }
    return ended < 0 ? errno : 0;
}

static void run(struct hook *h)
{
    pid_t pid;
    int status = 0;
    int rc = spawn(h, &pid);
    if (rc == 0)
        rc = wait_for(h, pid, &status);
    if (rc != 0)
        LOG_ERROR("replication", "hook %s %s did not run: %s", h->program, h->event, strerror(rc));
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        LOG_ERROR("replication", "hook %s %s failed (status %d)", h->program, h->event, status);
    else
        LOG_INFO("replication", "hook %s %s ran", h->program, h->event);
    hook_free(h);
}

/* NULL: none waits, and no thread runs any more. */
static struct hook *take_next(void)
{
    (void)pthread_mutex_lock(&hooks.lock);
    struct hook *h = hooks.next;
    hooks.next = NULL;
    hooks.runs = h != NULL;
    (void)pthread_mutex_unlock(&hooks.lock);
    return h;
}

static void *run_all(void *arg)
{
    (void)arg;
    for (struct hook *h = take_next(); h; h = take_next())
        run(h);
    return NULL;
}

static void begin_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_all, NULL) == 0) {
        (void)pthread_detach(thread);
        return;
    }
    struct hook *h = take_next();
    if (h) {
        LOG_ERROR("replication", "hook %s %s did not run: no thread", h->program, h->event);
        hook_free(h);
    }
}

static void enqueue(struct hook *h)
{
    (void)pthread_mutex_lock(&hooks.lock);
    struct hook *outrun = hooks.next;
    bool begins = !hooks.runs;
    hooks.next = h;
    hooks.runs = true;
    (void)pthread_mutex_unlock(&hooks.lock);
    if (outrun) {
        LOG_WARN("replication", "hook %s %s is not run: the node is something else again",
                 outrun->program, outrun->event);
        hook_free(outrun);
    }
    if (begins)
        begin_thread();
}

void hook_run(const char *program, const char *event, uint64_t epoch)
{
    if (!program[0])
        return;
    struct hook *h = calloc(1, sizeof(*h));
    if (h)
        h->program = strdup(program);
    if (!h || !h->program) {
        free(h);
        LOG_ERROR("replication", "hook %s did not run: no memory", program);
        return;
    }
    (void)snprintf(h->event, sizeof(h->event), "%s", event);
    (void)snprintf(h->epoch, sizeof(h->epoch), "%llu", (unsigned long long)epoch);
    enqueue(h);
}
