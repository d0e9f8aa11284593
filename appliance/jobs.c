/* The thread of the jobs. Realms are taken one after another with a pause between, so that a
 * thousand of them do not make a burst. */
#include "appliance/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "appliance/command/commands.h"
#include "core/admin/keys.h"
#include "core/admin/realms.h"
#include "core/auth/session.h"
#include "core/base/log.h"
#include "store/store_open.h"
#include "web/web.h"

#include "core/base/banned.h"

#define JOB_ARENA_BYTES    ((size_t)16 << 20)
#define REALM_PAGE         100
#define REALM_PAUSE_MS     20
#define SWEEP_ROWS         1000
#define SWEEP_ROUNDS       50
#define CERTIFICATE_WARN_S (INT64_C(21) * 86400)
#define DAY_MS             INT64_C(86400000)

struct jobs {
    struct store *store;
    struct web *web;
    struct jobs_settings settings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping; /* under lock */
};

/* False when it is time to end. */
static bool pause_ms(struct jobs *j, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&j->lock);
    while (!j->stopping && pthread_cond_timedwait(&j->wake, &j->lock, &until) == 0)
        continue;
    bool go_on = !j->stopping;
    (void)pthread_mutex_unlock(&j->lock);
    return go_on;
}

struct job {
    struct arena *arena;
    struct now now;
    struct err_ctx err;
    struct auth_ctx ctx;
};

static void job_init(struct job *job, struct arena *a, struct realm_view *view)
{
    *job = (struct job){.arena = a, .now = clock_now()};
    job->ctx = (struct auth_ctx){.arena = a,
                                 .now = &job->now,
                                 .err = &job->err,
                                 .view = view,
                                 .issuer = STR(""),
                                 .base_url = STR("")};
    program_actor(&job->ctx.actor);
    job->ctx.actor.client_id = STR("garita-jobs");
}

static int sweep_once(struct job *job, int64_t *ret_count)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct session_limits limits;
    session_limits_of(auth_realm(&job->ctx), &limits);
    TRY(store_write_begin_for(job->ctx.view, &job->now, NEED_ENDING, &w));
    TRY(session_sweep(w, &limits, SWEEP_ROWS, ret_count));
    return store_commit_p(&w, DURABLE_NONE);
}

static int sweep(struct jobs *j, struct job *job)
{
    for (int i = 0; i < SWEEP_ROUNDS; i++) {
        int64_t count = 0;
        TRY(sweep_once(job, &count));
        if (count < SWEEP_ROWS || !pause_ms(j, REALM_PAUSE_MS))
            break;
    }
    return 0;
}

static int retire_keys(struct job *job)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int64_t count, next_ms;
    if (!admin_keys_due(realm_view_keys(job->ctx.view), job->now.wall_ms))
        return 0;
    TRY(store_write_begin(job->ctx.view, &job->now, &w));
    TRY(admin_keys_retire(&job->ctx, w, &count, &next_ms));
    return store_commit_p(&w, DURABLE_LOCAL);
}

#define AUDIT_STEPS 1000

/* Signed first: what is archived then has its head. */
static int tend_audit(struct jobs *j, struct job *job)
{
    struct audit_keeping keeping = audit_keeping_of(auth_realm(&job->ctx), &j->settings.audit);
    bool more = true, is_signed;
    TRY(audit_sign_if_due(&job->ctx, j->settings.audit_sign_interval_s * 1000, &is_signed));
    for (int i = 0; i < AUDIT_STEPS && more; i++) {
        job->now = clock_now();
        TRY(audit_keep(&job->ctx, &keeping, &more));
        more = more && pause_ms(j, REALM_PAUSE_MS);
    }
    return 0;
}

static void tend_realm(struct jobs *j, struct str name)
{
    struct arena a;
    struct job job;
    struct realm_view *view;
    struct store_visit visit;
    if (store_visit_begin(j->store, name, &visit) != 0)
        return; /* deleted since the list was made */
    int rc = realm_view_acquire(j->store, name, &view);
    arena_init(&a, JOB_ARENA_BYTES);
    if (rc == 0) {
        job_init(&job, &a, view);
        rc = sweep(j, &job);
        if (rc == 0)
            rc = retire_keys(&job);
        if (rc == 0)
            rc = tend_audit(j, &job);
        realm_view_release(view);
    }
    store_visit_end(&visit);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        LOG_ERROR("jobs", "realm %.*s: %s", STR_ARG(name), err_text(rc));
    arena_free(&a);
}

/* One round over all realms; false when it is time to end. */
static bool tend_realms(struct jobs *j)
{
    struct arena a;
    struct realm_summary *realms;
    struct str after = {NULL, 0};
    size_t count = 0;
    bool go_on = true;
    arena_init(&a, JOB_ARENA_BYTES);
    do {
        if (store_realm_list(j->store, &a, after, REALM_PAGE, &realms, &count) != 0)
            break;
        for (size_t i = 0; i < count && go_on; i++) {
            tend_realm(j, realms[i].name);
            go_on = pause_ms(j, REALM_PAUSE_MS);
        }
        if (count > 0)
            after = realms[count - 1].name;
    } while (count == REALM_PAGE && go_on);
    arena_free(&a);
    return go_on;
}

static void mend_realms(struct jobs *j)
{
    struct arena a;
    struct job job;
    struct realm_view *view;
    int rc = realm_view_acquire(j->store, STR(REALM_MASTER), &view);
    if (rc != 0)
        return;
    arena_init(&a, 4 * JOB_ARENA_BYTES);
    job_init(&job, &a, view);
    rc = admin_realms_mend(&job.ctx);
    if (rc != 0)
        LOG_ERROR("jobs", "realms in master: %s", err_text(rc));
    realm_view_release(view);
    arena_free(&a);
}

static void tell_certificate(struct jobs *j)
{
    int64_t left_s = web_tls_expires_in_s(j->web, clock_now().wall_ms / 1000);
    if (left_s < 0)
        LOG_ERROR("tls", "the certificate has expired");
    else if (left_s < CERTIFICATE_WARN_S)
        LOG_WARN("tls", "the certificate expires in %lld days", (long long)(left_s / 86400));
}

static void *run(void *arg)
{
    struct jobs *j = arg;
    int64_t told_ms = INT64_MIN;
    /* Not in the way of the first requests. */
    if (!pause_ms(j, 1000))
        return NULL;
    mend_realms(j);
    do {
        int64_t now_ms = clock_now().monotonic_ms;
        if (told_ms == INT64_MIN || now_ms - told_ms > DAY_MS) {
            tell_certificate(j);
            told_ms = now_ms;
        }
        store_cache_sweep(j->store, clock_now().wall_ms);
        if (!tend_realms(j))
            break;
    } while (pause_ms(j, j->settings.sweep_interval_s * 1000));
    return NULL;
}

int jobs_start(struct store *store, struct web *web, const struct jobs_settings *settings,
               struct jobs **ret_jobs)
{
    pthread_condattr_t attributes;
    struct jobs *j = calloc(1, sizeof(*j));
    if (!j)
        return ERR_NO_MEMORY;
    j->store = store;
    j->web = web;
    j->settings = *settings;
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&j->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&j->thread, NULL, run, j) != 0) {
        free(j);
        return ERR_NO_MEMORY;
    }
    *ret_jobs = j;
    return 0;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    (void)pthread_cond_signal(&jobs->wake);
    (void)pthread_mutex_unlock(&jobs->lock);
    (void)pthread_join(jobs->thread, NULL);
    (void)pthread_cond_destroy(&jobs->wake);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
