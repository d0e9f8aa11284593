/* The thread of the daily backup. What fails is told as an event in master, in the log, by the metrics and
 * by /health until the next one succeeds; the making is tried again an hour later. */
#include "appliance/backups.h"

#include <stdlib.h>

#include "appliance/backup_event.h"
#include "appliance/routine.h"
#include "core/base/log.h"
#include "store/repl/journal.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define FIRST_MS     5000
#define LOOK_MS      60000
#define RETRY_MS     3600000
#define SLICES_PER_S 10
#define DAY_LEN      8 /* of an id: "20261126" */
#define HOUR_AT      9

struct backups {
    struct store *store;
    struct backups_settings settings;
    struct routine routine;
    int64_t pages_left; /* of the slice */
    pthread_mutex_t lock;
    struct backups_trial trial; /* under lock */
    bool makes;                 /* likewise: a new one is wanted, not a trial of the newest */
};

static bool step(void *arg, struct str realm, int64_t done, int64_t pages)
{
    struct backups *b = arg;
    (void)realm;
    (void)done;
    (void)pages;
    if (--b->pages_left > 0)
        return true;
    b->pages_left = (b->settings.pages_per_s + SLICES_PER_S - 1) / SLICES_PER_S;
    return routine_pause(&b->routine, 1000 / SLICES_PER_S);
}

/* --- Telling --- */

struct outcome {
    char id[BACKUP_ID_LEN + 1]; /* empty: none was made */
    struct restore_trial trial;
    size_t removed;
    struct err_ctx err;
};

static void tell(struct backups *b, int rc, const char *what, struct outcome *o)
{
    if (rc != 0 && !o->err.detail[0])
        (void)err_set(&o->err, rc, "%s", err_text(rc));
    if (rc == 0)
        LOG_INFO("backup", "backup %s was restored on trial: %lld realms, %lld people, %lld events",
                 o->id, (long long)o->trial.realms, (long long)o->trial.people,
                 (long long)o->trial.events);
    else
        LOG_ERROR("backup", "%s: %s", what, o->err.detail);
    backup_event(b->store, rc == 0 ? EVENT_BackupProved : EVENT_BackupFailed, "backup",
                 str_c(o->id), rc == 0 ? STR("") : str_c(o->err.detail));
}

/* --- One day's --- */

static int prove(struct backups *b, const char *dir, struct outcome *o)
{
    const struct backup_watch watch = {step, b};
    struct backup_source source;
    TRY(backup_source_of_store(b->store, dir, &source, &o->err));
    int rc = restore_try(b->store, &source, str_c(o->id), &watch, &o->trial, &o->err);
    backup_source_close(&source);
    return rc;
}

static int make(struct backups *b, struct outcome *o)
{
    const struct backup_watch watch = {step, b};
    const struct backup_keeping keep = {b->settings.keep_days, b->settings.keep_months};
    const char *dir = store_backup_dir(b->store);
    struct backup_made made;
    struct now now = clock_now();
    TRY(backup_make(b->store, dir, &watch, &made, &o->err));
    memcpy(o->id, made.id, sizeof(made.id));
    TRY(prove(b, dir, o));
    if (made.missing > 0)
        return err_set(&o->err, ERR_BACKUP, "backup %s lacks %lld realms that cannot be read",
                       made.id, (long long)made.missing);
    /* A clock that leapt ahead ends no retention. */
    TRY(backup_prune(b->store, dir, &keep, now_steady_ms(&now), &o->removed, &o->err));
    return journal_prune(b->store, dir,
                         now_steady_ms(&now) - b->settings.archive_days * INT64_C(86400000),
                         &o->removed, &o->err);
}

/* --- When somebody asks --- */

static bool trial_is(struct backups *b, enum backups_trial_state state)
{
    struct backups_trial trial;
    backups_last_trial(b, &trial);
    return trial.state == state;
}

static void trial_note(struct backups *b, const struct backups_trial *trial)
{
    (void)pthread_mutex_lock(&b->lock);
    b->trial = *trial;
    (void)pthread_mutex_unlock(&b->lock);
}

/* A folder in whose place there is an older state of it has not the one that was made last. */
static int find_newest(struct backups *b, const char *dir, struct backups_trial *trial)
{
    struct backup_source source;
    store_backup_last(b->store, trial->id);
    TRY(backup_source_of_store(b->store, dir, &source, &trial->err));
    int rc = backup_check_newest(b->store, &source, &trial->err);
    backup_source_close(&source);
    return rc;
}

static int prove_newest(struct backups *b, struct backups_trial *trial, struct outcome *o)
{
    const char *dir = store_backup_dir(b->store);
    int rc = find_newest(b, dir, trial);
    memcpy(o->id, trial->id, sizeof(o->id));
    o->err = trial->err;
    trial_note(b, trial);
    return rc == 0 ? prove(b, dir, o) : rc;
}

static bool takes_making(struct backups *b)
{
    (void)pthread_mutex_lock(&b->lock);
    bool makes = b->makes;
    b->makes = false;
    (void)pthread_mutex_unlock(&b->lock);
    return makes;
}

static int do_what_is_wanted(struct backups *b)
{
    struct backups_trial trial = {.state = TRIAL_RUNS, .began_ms = clock_now().wall_ms};
    struct outcome o = {.id = ""};
    bool makes = takes_making(b);
    trial_note(b, &trial);
    int rc = makes ? make(b, &o) : prove_newest(b, &trial, &o);
    if (rc == ERR_CANCELLED)
        return rc;
    if (rc != 0 || makes) /* a good trial says nothing of the daily backup */
        store_backup_outcome(b->store, rc == 0);
    tell(b, rc, makes ? "the backup that was asked for" : "the trial of a backup", &o);
    memcpy(trial.id, o.id, sizeof(trial.id));
    trial.found = o.trial;
    trial.err = o.err;
    trial.state = TRIAL_OVER;
    trial.ended_ms = clock_now().wall_ms;
    trial_note(b, &trial);
    return 0;
}

static int want(struct backups *b, bool makes, struct err_ctx *err)
{
    (void)pthread_mutex_lock(&b->lock);
    bool busy = b->trial.state == TRIAL_WANTED || b->trial.state == TRIAL_RUNS;
    if (!busy) {
        b->trial = (struct backups_trial){.state = TRIAL_WANTED, .began_ms = clock_now().wall_ms};
        b->makes = makes;
    }
    (void)pthread_mutex_unlock(&b->lock);
    if (busy)
        return err_set(err, ERR_CONFLICT, "A trial is at work already");
    routine_nudge(&b->routine);
    return 0;
}

static int say_no_folder(struct err_ctx *err)
{
    return err_set(err, ERR_NOT_FOUND, "No folder for backups is configured (backup-dir)");
}

int backups_try(struct backups *b, struct err_ctx *err)
{
    char last[BACKUP_ID_LEN + 1];
    if (!b)
        return say_no_folder(err);
    store_backup_last(b->store, last);
    if (!last[0])
        return err_set(err, ERR_NOT_FOUND, "No backup was made yet");
    return want(b, false, err);
}

int backups_make(struct backups *b, struct err_ctx *err)
{
    return b ? want(b, true, err) : say_no_folder(err);
}

void backups_last_trial(struct backups *b, struct backups_trial *ret_trial)
{
    *ret_trial = (struct backups_trial){.state = TRIAL_NONE};
    if (!b)
        return;
    (void)pthread_mutex_lock(&b->lock);
    *ret_trial = b->trial;
    (void)pthread_mutex_unlock(&b->lock);
}

/* --- The thread --- */

/* An id is made of the time, so one of now tells day and hour. */
static bool is_due(const struct backups *b)
{
    char now[BACKUP_ID_LEN + 1];
    char last[BACKUP_ID_LEN + 1];
    backup_id_of(clock_now().wall_ms, now);
    int64_t hour = (now[HOUR_AT] - '0') * 10 + (now[HOUR_AT + 1] - '0');
    store_backup_last(b->store, last);
    return b->settings.hour >= 0 && hour >= b->settings.hour && strncmp(now, last, DAY_LEN) != 0;
}

/* How long to wait for the next look; negative when it is time to end. */
static int64_t round_once(struct backups *b)
{
    struct outcome o = {0};
    if (trial_is(b, TRIAL_WANTED) && do_what_is_wanted(b) == ERR_CANCELLED)
        return -1;
    if (!is_due(b))
        return trial_is(b, TRIAL_WANTED) ? 0 : LOOK_MS;
    int rc = make(b, &o);
    if (rc == ERR_CANCELLED)
        return -1;
    store_backup_outcome(b->store, rc == 0);
    tell(b, rc, "daily backup", &o);
    return rc == 0 ? LOOK_MS : RETRY_MS;
}

static void *run(void *arg)
{
    struct backups *b = arg;
    int64_t wait_ms = FIRST_MS;
    while (wait_ms >= 0 && routine_pause(&b->routine, wait_ms))
        wait_ms = round_once(b);
    return NULL;
}

int backups_start(struct store *store, const struct backups_settings *settings,
                  struct backups **ret_backups)
{
    *ret_backups = NULL;
    if (!store_backup_dir(store))
        return 0;
    struct backups *b = calloc(1, sizeof(*b));
    if (!b)
        return ERR_NO_MEMORY;
    b->store = store;
    b->settings = *settings;
    (void)pthread_mutex_init(&b->lock, NULL);
    int rc = routine_start(&b->routine, run, b);
    if (rc == 0) {
        *ret_backups = b;
        return 0;
    }
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
    return rc;
}

void backups_stop(struct backups *backups)
{
    if (!backups)
        return;
    routine_stop(&backups->routine);
    (void)pthread_mutex_destroy(&backups->lock);
    free(backups);
}
