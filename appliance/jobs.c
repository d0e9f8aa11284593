/* The thread of the jobs. Realms are taken one after another with a pause between, so that a
 * thousand of them do not make a burst. */
#include "appliance/jobs.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "appliance/command/commands.h"
#include "appliance/routine.h"
#include "core/admin/change_requests.h"
#include "core/admin/each_realm.h"
#include "core/admin/keys.h"
#include "core/admin/realms.h"
#include "core/auth/session.h"
#include "core/base/log.h"
#include "store/store_open.h"
#include "web/web.h"

#include "core/base/banned.h"

#define JOB_ARENA_BYTES    ((size_t)16 << 20)
#define REALM_PAUSE_MS     20
#define SWEEP_ROWS         1000
#define SWEEP_ROUNDS       50
#define CERTIFICATE_WARN_S (INT64_C(21) * 86400)
#define DAY_MS             INT64_C(86400000)

struct jobs {
    struct store *store;
    struct web *web;
    struct jobs_settings settings;
    struct routine routine;
    int64_t realms, sessions;                          /* of the round at work */
    atomic_llong ended_ms, realms_last, sessions_last; /* of the last one */
};

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
        if (count < SWEEP_ROWS || !routine_pause(&j->routine, REALM_PAUSE_MS))
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

static int changes_are_due(struct job *job, bool *ret_due)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(job->ctx.view, &r));
    return change_requests_due(&job->ctx, r, ret_due);
}

static int expire_changes(struct job *job)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool due;
    TRY(changes_are_due(job, &due));
    if (!due)
        return 0;
    TRY(store_write_begin_for(job->ctx.view, &job->now, NEED_CHANGE, &w));
    TRY(change_requests_expire(&job->ctx, w));
    return store_commit_p(&w, DURABLE_LOCAL);
}

#define AUDIT_STEPS 500
#define AUDIT_PAUSES                                                                               \
    9 /* as long as the step took: a tenth of the time, people who log in have the rest */
/* A month is written by a thread that gives way; after it there is nobody to wait for so long. */
#define AUDIT_PAUSE_MAX_MS 1000

static int64_t pause_after(int64_t began_ms)
{
    int64_t pause_ms = AUDIT_PAUSES * (clock_now().monotonic_ms - began_ms);
    if (pause_ms < REALM_PAUSE_MS)
        return REALM_PAUSE_MS;
    return pause_ms < AUDIT_PAUSE_MAX_MS ? pause_ms : AUDIT_PAUSE_MAX_MS;
}

/* Signed first: what is archived then has its head. */
static int tend_audit(struct jobs *j, struct job *job)
{
    struct audit_keeping keeping = audit_keeping_of(auth_realm(&job->ctx), &j->settings.audit);
    bool more = true, is_signed;
    TRY(audit_sign_if_due(&job->ctx, j->settings.audit_sign_interval_s * 1000, &is_signed));
    for (int i = 0; i < AUDIT_STEPS && more; i++) {
        job->now = clock_now();
        TRY(audit_keep(&job->ctx, &keeping, &more));
        more = more && routine_pause(&j->routine, pause_after(job->now.monotonic_ms));
    }
    return 0;
}

static int count_sessions(struct jobs *j, struct job *job)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    int64_t count;
    TRY(store_read_begin(job->ctx.view, &r));
    TRY(session_count_kept(r, &count));
    j->sessions += count;
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
            rc = expire_changes(&job);
        if (rc == 0)
            rc = tend_audit(j, &job);
        if (rc == 0)
            rc = count_sessions(j, &job);
        realm_view_release(view);
    }
    store_visit_end(&visit);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        LOG_ERROR("jobs", "realm %.*s: %s", STR_ARG(name), err_text(rc));
    arena_free(&a);
}

static int tend_next(void *arg, const struct realm_summary *realm)
{
    struct jobs *j = arg;
    tend_realm(j, realm->name);
    j->realms++;
    return routine_pause(&j->routine, REALM_PAUSE_MS) ? 0 : ERR_CANCELLED;
}

static void note_round(struct jobs *j)
{
    atomic_store(&j->realms_last, j->realms);
    atomic_store(&j->sessions_last, j->sessions);
    atomic_store(&j->ended_ms, clock_now().wall_ms);
}

/* One round over all realms; false when it is time to end. */
static bool tend_realms(struct jobs *j)
{
    struct arena a;
    arena_init(&a, JOB_ARENA_BYTES);
    j->realms = j->sessions = 0;
    int rc = each_realm(j->store, &a, tend_next, j);
    arena_free(&a);
    if (rc == 0)
        note_round(j);
    return rc != ERR_CANCELLED;
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
    if (!routine_pause(&j->routine, 1000))
        return NULL;
    bool tends = !store_is_standby(j->store); /* else the primary does */
    if (tends)
        mend_realms(j);
    do {
        int64_t now_ms = clock_now().monotonic_ms;
        if (told_ms == INT64_MIN || now_ms - told_ms > DAY_MS) {
            tell_certificate(j);
            told_ms = now_ms;
        }
        store_cache_sweep(j->store, clock_now().wall_ms);
        if (tends && !tend_realms(j))
            break;
    } while (routine_pause(&j->routine, j->settings.sweep_interval_s * 1000));
    return NULL;
}

int jobs_start(struct store *store, struct web *web, const struct jobs_settings *settings,
               struct jobs **ret_jobs)
{
    struct jobs *j = calloc(1, sizeof(*j));
    if (!j)
        return ERR_NO_MEMORY;
    j->store = store;
    j->web = web;
    j->settings = *settings;
    int rc = routine_start(&j->routine, run, j);
    if (rc != 0) {
        free(j);
        return rc;
    }
    *ret_jobs = j;
    return 0;
}

void jobs_last_round(const struct jobs *jobs, struct jobs_round *ret_round)
{
    *ret_round = (struct jobs_round){0};
    if (jobs)
        *ret_round = (struct jobs_round){.ended_ms = atomic_load(&jobs->ended_ms),
                                         .realms = atomic_load(&jobs->realms_last),
                                         .sessions = atomic_load(&jobs->sessions_last)};
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    routine_stop(&jobs->routine);
    free(jobs);
}
