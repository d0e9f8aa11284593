/* The node as it is now. What is slow to know (sessions of all realms) is told as of the last round of
 * the jobs, with its age. */
#include "appliance/status.h"

#include <stdatomic.h>
#include <unistd.h>

#include "appliance/backups.h"
#include "appliance/checks.h"
#include "appliance/command/commands.h"
#include "appliance/config.h"
#include "appliance/jobs.h"
#include "appliance/status_alerts.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define CHECKS_MAX_BYTES ((size_t)64 << 10)
#define NAME_BYTES       256

static void write_node(const struct status_parts *p, struct json_writer *w)
{
    char name[NAME_BYTES] = "";
    const struct now now = clock_now();
    (void)gethostname(name, sizeof(name) - 1);
    jw_member_object(w, "node");
    jw_member_c(w, "name", name);
    jw_member_c(w, "version", GARITA_VERSION);
    jw_member_i64(w, "startedMs", p->started_ms);
    jw_member_i64(w, "nowMs", now.wall_ms);
    jw_end_object(w);
}

static void write_health(const struct status_parts *p, struct json_writer *w,
                         struct str *ret_checks, struct buf *text)
{
    static const char *const words[] = {
        [WEB_WELL] = "UP", [WEB_DEGRADED] = "DEGRADED", [WEB_DOWN] = "DOWN"};
    struct json_writer checks;
    jw_init(&checks, text);
    jw_begin_array(&checks);
    enum web_health state = p->health(p->context, &checks);
    jw_end_array(&checks);
    if (jw_finish(&checks, ret_checks) != 0)
        *ret_checks = STR("[]"); /* more than fits: the state counts */
    jw_member_c(w, "health", words[state]);
    jw_key(w, "checks");
    jw_raw(w, *ret_checks);
}

static void write_machine(const struct status_parts *p, struct json_writer *w)
{
    struct store_figures f;
    store_figures(p->store, &f);
    jw_member_object(w, "disk");
    jw_member_i64(w, "freeBytes", f.free_bytes);
    jw_member_i64(w, "totalBytes", f.total_bytes);
    jw_end_object(w);
    jw_member_object(w, "memory");
    jw_member_i64(w, "machineBytes", sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    jw_member_i64(w, "processors", sysconf(_SC_NPROCESSORS_ONLN));
    jw_end_object(w);
}

static void write_realms(const struct status_parts *p, struct json_writer *w)
{
    struct jobs_round round;
    jobs_last_round(p->jobs, &round);
    jw_member_object(w, "realms");
    jw_member_i64(w, "count", round.realms);
    jw_member_i64(w, "sessions", round.sessions);
    jw_member_i64(w, "countedMs", round.ended_ms);
    jw_end_object(w);
}

static void write_trial(const struct backups_trial *t, struct json_writer *w)
{
    static const char *const words[] = {
        [TRIAL_NONE] = "none", [TRIAL_WANTED] = "wanted", [TRIAL_RUNS] = "running"};
    const char *word = t->state != TRIAL_OVER     ? words[t->state]
                       : t->err.detail[0] != '\0' ? "failed"
                                                  : "good";
    jw_member_object(w, "trial");
    jw_member_c(w, "state", word);
    jw_member_c(w, "backup", t->id);
    jw_member_i64(w, "beganMs", t->began_ms);
    jw_member_i64(w, "endedMs", t->ended_ms);
    jw_member_i64(w, "realms", (int64_t)t->found.realms);
    jw_member_i64(w, "people", t->found.people);
    jw_member_i64(w, "events", t->found.events);
    if (t->err.detail[0])
        jw_member_c(w, "reason", t->err.detail);
    jw_end_object(w);
}

static void write_copies(const struct status_parts *p, struct json_writer *w)
{
    struct copies_told told;
    store_copies_told(p->store, &told);
    jw_member_object(w, "copies");
    jw_member_bool(w, "configured", told.wanted);
    jw_member_i64(w, "copiedMs", told.copied_ms);
    jw_member_bool(w, "failed", told.failed);
    jw_end_object(w);
}

static void write_backups(const struct status_parts *p, struct json_writer *w)
{
    char last[BACKUP_ID_LEN + 1];
    struct backups_trial trial;
    struct backups_told told;
    store_backup_last(p->store, last);
    store_backup_told(p->store, &told);
    backups_last_trial(p->backups, &trial);
    jw_member_object(w, "backup");
    jw_member_bool(w, "configured", store_backup_dir(p->store) != NULL);
    jw_member_i64(w, "hourUtc", p->config->backup_hour);
    jw_member_c(w, "last", last);
    jw_member_i64(w, "lastMs", told.made_ms);
    jw_member_i64(w, "lastBytes", told.made_bytes);
    jw_member_i64(w, "provedMs", told.proved_ms);
    jw_member_bool(w, "failed", told.failed);
    write_trial(&trial, w);
    write_copies(p, w);
    jw_end_object(w);
}

static void write_archive(const struct status_parts *p, struct json_writer *w)
{
    struct archive_told told;
    store_archive_told(p->store, &told);
    jw_member_object(w, "archive");
    jw_member_bool(w, "configured", told.there);
    jw_member_i64(w, "untilMs", told.until_ms);
    jw_member_i64(w, "gaps", told.gaps);
    jw_member_bool(w, "failed", told.failed);
    jw_end_object(w);
}

static void write_export(const struct status_parts *p, struct json_writer *w)
{
    struct exports_told told;
    store_exports_told(p->store, &told);
    jw_member_object(w, "export");
    jw_member_bool(w, "configured", told.wanted);
    jw_member_i64(w, "hourUtc", p->config->export_hour);
    jw_member_i64(w, "lastMs", told.last.made_ms);
    jw_member_i64(w, "lastBytes", told.last.bytes);
    jw_member_i64(w, "realms", told.last.realms);
    jw_member_bool(w, "failed", told.failed);
    jw_end_object(w);
}

static void write_words(struct json_writer *w, const char *name, struct str words)
{
    jw_member_array(w, name);
    while (!str_empty(words)) {
        ptrdiff_t space = str_find(words, ' ');
        size_t len = space < 0 ? words.len : (size_t)space;
        jw_str(w, str_sub(words, 0, len));
        words = str_from(words, space < 0 ? len : len + 1);
    }
    jw_end_array(w);
}

/* What whoever puts the node up must know of its configuration. */
static void write_settings(const struct status_parts *p, struct json_writer *w)
{
    static const char *const sources[] = {[WEB_TLS_NONE] = "none",
                                          [WEB_TLS_SELF_SIGNED] = "self-signed",
                                          [WEB_TLS_INSTALLED] = "installed",
                                          [WEB_TLS_GIVEN] = "primary",
                                          [WEB_TLS_CONFIGURED] = "configured"};
    const struct config *c = p->config;
    jw_member_object(w, "settings");
    jw_member_c(w, "file", c->file ? c->file : CONFIG_FILE_DEFAULT);
    jw_member_c(w, "data", c->data);
    jw_member_c(w, "hostname", c->hostname);
    jw_member_c(w, "backupDir", c->backup_dir);
    jw_member_i64(w, "replicationPort", c->replication_port);
    jw_member_c(w, "certificate", sources[web_tls_source(p->web)]);
    jw_end_object(w);
}

static void write_certificate(void *arg, const struct web_certificate *c)
{
    struct json_writer *w = arg;
    jw_begin_object(w);
    jw_member_str(w, "host", str_absent(c->host) ? STR("") : c->host);
    jw_member_str(w, "subject", c->subject);
    write_words(w, "names", c->names);
    jw_member_bool(w, "selfSigned", c->is_self_signed);
    jw_member_i64(w, "expiresMs", c->expires_s * 1000);
    jw_end_object(w);
}

static void write_job(struct json_writer *w, const char *name, int64_t ended_ms, int64_t every_s)
{
    jw_begin_object(w);
    jw_member_c(w, "name", name);
    jw_member_i64(w, "endedMs", ended_ms);
    jw_member_i64(w, "everySeconds", every_s);
    jw_end_object(w);
}

static void write_jobs(const struct status_parts *p, struct json_writer *w)
{
    struct jobs_round round;
    jobs_last_round(p->jobs, &round);
    jw_member_array(w, "jobs");
    write_job(w, "sweep", round.ended_ms, p->config->sweep_interval_s);
    if (p->checks)
        write_job(w, "check", checks_ended_ms(p->checks), p->config->check_interval_h * 3600);
    jw_end_array(w);
}

int status_write(const struct status_parts *p, struct arena *a, struct json_writer *w)
{
    struct buf text;
    struct str checks;
    buf_init(&text, a, CHECKS_MAX_BYTES);
    write_node(p, w);
    write_health(p, w, &checks, &text);
    write_machine(p, w);
    write_realms(p, w);
    write_backups(p, w);
    write_archive(p, w);
    write_export(p, w);
    jw_member_object(w, "replication");
    replication_status_write(p->store, w);
    jw_end_object(w);
    jw_member_array(w, "certificates");
    web_each_certificate(p->web, write_certificate, w);
    jw_end_array(w);
    write_settings(p, w);
    write_jobs(p, w);
    jw_key(w, "alerts");
    return status_write_alerts(p, a, checks, w);
}
