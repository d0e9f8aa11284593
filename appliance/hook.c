#include "appliance/hook.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/log.h"

#include "core/base/banned.h"

#define EVENT_MAX 16
#define EPOCH_MAX 24

struct hook {
    char *program; /* owned */
    char event[EVENT_MAX], epoch[EPOCH_MAX];
};

static void hook_free(struct hook *h)
{
    free(h->program);
    free(h);
}

/* With no signal blocked, as a shell would start it. 0 or an errno. */
static int spawn(struct hook *h, pid_t *ret_pid)
{
    char *const arguments[] = {h->program, h->event, h->epoch, NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int rc = posix_spawn(ret_pid, h->program, NULL, &attributes, arguments, environ);
    (void)posix_spawnattr_destroy(&attributes);
    return rc;
}

static void *run(void *arg)
{
    struct hook *h = arg;
    pid_t pid;
    int status = 0;
    int rc = spawn(h, &pid);
    while (rc == 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            rc = errno;
    if (rc != 0)
        LOG_ERROR("replication", "hook %s %s did not run: %s", h->program, h->event, strerror(rc));
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        LOG_ERROR("replication", "hook %s %s failed (status %d)", h->program, h->event, status);
    else
        LOG_INFO("replication", "hook %s %s ran", h->program, h->event);
    hook_free(h);
    return NULL;
}

void hook_run(const char *program, const char *event, uint64_t epoch)
{
    pthread_t thread;
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
    if (pthread_create(&thread, NULL, run, h) == 0) {
        (void)pthread_detach(thread);
        return;
    }
    LOG_ERROR("replication", "hook %s did not run: no thread", program);
    hook_free(h);
}
