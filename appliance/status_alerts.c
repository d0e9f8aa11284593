/* Each alert says what to do, as docs/operations.md does at length. */
#include "appliance/status_alerts.h"

#include "appliance/config.h"
#include "store/repl/backup.h"
#include "store/repl/follower.h"
#include "store/store_open.h"
#include "web/web.h"

#include "core/base/banned.h"

#define CHECKS_MAX_BYTES   ((size_t)64 << 10)
#define DAY_MS             INT64_C(86400000)
#define BACKUP_LATE_MS     (DAY_MS + DAY_MS / 12) /* two hours for the making */
#define CERTIFICATE_WARN_S (INT64_C(21) * 86400)
#define CLOCK_BEHIND_MS    60000

enum severity { WARNING, CRITICAL };

struct report {
    const struct status_parts *parts;
    struct json_writer *w;
    int64_t now_ms;
};

static void tell(struct report *r, const char *id, enum severity severity, struct str about,
                 const char *text)
{
    static const char *const names[] = {"warning", "critical"};
    jw_begin_object(r->w);
    jw_member_c(r->w, "id", id);
    jw_member_c(r->w, "severity", names[severity]);
    jw_member_str(r->w, "about", about);
    jw_member_c(r->w, "text", text);
    jw_end_object(r->w);
}

/* --- What /health says --- */

static void tell_realm(struct report *r, struct str name, struct str state)
{
    if (str_eq(state, STR("fenced")))
        tell(
            r, "realm-fenced", CRITICAL, name,
            "Nobody is let into the realm: its files are not what was written. Restore it, or put its "
            "files right and run garita realm check.");
    else
        tell(r, "realm-failed", CRITICAL, name,
             "A flush of the realm's log failed: look after the disk, then start the server anew.");
}

static void tell_check(struct report *r, const struct json_value *check)
{
    struct str name = json_get_str(check, "name");
    struct str state = json_get_str(json_get(check, "data"), "state");
    if (str_eq(json_get_str(check, "status"), STR("UP")))
        return;
    if (str_starts(name, STR("realm ")))
        tell_realm(r, str_from(name, sizeof("realm ") - 1), state);
    else if (str_eq(name, STR("disk")))
        tell(r, "disk-low", str_eq(state, STR("low")) ? WARNING : CRITICAL, state,
             "The disk is nearly full: changes are refused first, logins later. Make room.");
    else if (str_eq(name, STR("standby")))
        tell(
            r, "standby", CRITICAL, state,
            "The other node does not follow as it should: look after it and the net between the two.");
    else if (str_eq(name, STR("backup")))
        tell(r, "backup-failed", CRITICAL, STR(""),
             "The last backup, or its trial, failed: the log says why. It is made again within an "
             "hour.");
    else if (str_eq(name, STR("archive")))
        tell(r, "archive-behind", CRITICAL, STR(""),
             "What is changed does not get to the archive: look after the folder of backups.");
    else if (str_eq(name, STR("backup-copy")))
        tell(r, "backup-copy-failed", WARNING, STR(""),
             "The newest backup could not be copied elsewhere: the log says why. It is tried again "
             "within an hour.");
    else if (str_eq(name, STR("export")))
        tell(r, "export-failed", WARNING, STR(""),
             "The last daily export failed, or lacks a realm: the log says why.");
}

static int tell_checks(struct report *r, struct arena *a, struct str checks)
{
    const struct json_value *list, *check;
    TRY(json_parse(a, checks, CHECKS_MAX_BYTES, &list));
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &check);)
        tell_check(r, check);
    return 0;
}

/* --- The rest --- */

static void tell_backups(struct report *r)
{
    struct backups_told told;
    const struct status_parts *p = r->parts;
    store_backup_told(p->store, &told);
    if (!store_backup_dir(p->store)) {
        tell(r, "backup-none", WARNING, STR(""),
             "No backups are made: set backup-dir to a folder on another disk.");
        return;
    }
    int64_t since_ms = told.made_ms > 0 ? told.made_ms : p->started_ms;
    if (p->config->backup_hour >= 0 && r->now_ms - since_ms > BACKUP_LATE_MS)
        tell(r, "backup-late", WARNING, STR(""),
             "The last backup is older than a day: look at the log, or run garita backup now.");
}

static void tell_certificate(void *arg, const struct web_certificate *c)
{
    struct report *r = arg;
    int64_t left_s = c->expires_s - r->now_ms / 1000;
    if (left_s < 0)
        tell(
            r, "certificate-expired", CRITICAL, c->subject,
            "The certificate has expired: browsers and applications refuse to connect. Put a new one "
            "in its place and reload the service.");
    else if (left_s < CERTIFICATE_WARN_S)
        tell(
            r, "certificate-expires", WARNING, c->subject,
            "The certificate expires in less than three weeks. Put a new one in its place and reload "
            "the service.");
}

static void tell_settings(struct report *r)
{
    struct follower_state s;
    struct follower *follower = follower_of(r->parts->store);
    if (!follower)
        return;
    follower_state(follower, &s);
    if (s.unlike[0])
        tell(r, "settings-unlike", WARNING, str_c(s.unlike),
             "Settings that both nodes should have alike are not as the primary has them. Set them "
             "alike, or leave them out in this node's configuration, and start it again.");
}

static void tell_clock(struct report *r)
{
    struct clock_state state;
    clock_state(&state);
    if (state.behind_ms > CLOCK_BEHIND_MS)
        tell(
            r, "clock-behind", CRITICAL, STR(""),
            "The machine's clock was ahead before: tokens are dated in the future, and other machines "
            "may refuse them. See docs/clock.md.");
}

int status_write_alerts(const struct status_parts *parts, struct arena *a, struct str checks,
                        struct json_writer *w)
{
    struct report r = {parts, w, clock_now().wall_ms};
    jw_begin_array(w);
    int rc = tell_checks(&r, a, checks);
    tell_backups(&r);
    web_each_certificate(parts->web, tell_certificate, &r);
    tell_settings(&r);
    tell_clock(&r);
    jw_end_array(w);
    return rc;
}
