/* garita doctor: each check is one line, ok, warning or failed; the status is 1 when one failed. */
#include "appliance/command/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "appliance/certificate.h"
#include "appliance/command/commands.h"
#include "appliance/given_tls.h"
#include "appliance/ipc.h"
#include "core/admin/each_realm.h"
#include "core/jose/jwt.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "store/store_open.h"
#include "web/tls/tls.h"

#include "core/base/banned.h"

#define DISK_WARN_BYTES    ((uint64_t)1 << 30)
#define DISK_FAIL_BYTES    ((uint64_t)64 << 20)
#define CERTIFICATE_WARN_S (INT64_C(21) * 86400)
/* The first commit of this project: a clock before it is wrong. */
#define OLDEST_NOW_MS      INT64_C(1750000000000)
#define CLOCK_WARN_MS      1000
#define CLOCK_FAIL_MS      (INT64_C(1000) * JWT_MAX_SKEW_S)
#define CLOCK_LEAP_TOLD_MS INT64_C(86400000)

enum verdict { GOOD, WARNING, BAD };

struct report {
    struct json_writer *w;
    bool failed;
    struct call *call; /* of doctor_data */
};

static void tell(struct report *r, const char *check, enum verdict verdict, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

static void tell(struct report *r, const char *check, enum verdict verdict, const char *fmt, ...)
{
    static const char *const names[] = {"ok", "warning", "failed"};
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    r->failed = r->failed || verdict == BAD;
    jw_begin_object(r->w);
    jw_member_c(r->w, "check", check);
    jw_member_c(r->w, "result", names[verdict]);
    jw_member_c(r->w, "detail", text);
    jw_end_object(r->w);
}

static void check_folder(struct report *r, const struct config *config)
{
    struct stat st;
    if (lstat(config->data, &st) != 0) {
        tell(r, "folder", BAD, "%s: %s", config->data, strerror(errno));
        return;
    }
    if (S_ISLNK(st.st_mode) || !S_ISDIR(st.st_mode))
        tell(r, "folder", BAD, "%s is no folder of its own", config->data);
    else if (st.st_uid != geteuid() && geteuid() != 0)
        tell(r, "folder", BAD, "%s belongs to user %u", config->data, (unsigned)st.st_uid);
    else if ((st.st_mode & 077) != 0)
        tell(r, "folder", BAD, "%s is open to others: chmod 700", config->data);
    else
        tell(r, "folder", GOOD, "%s is ours alone", config->data);
}

static void check_disk(struct report *r, const struct config *config)
{
    struct statvfs fs;
    if (statvfs(config->data, &fs) != 0) {
        tell(r, "disk", BAD, "%s: %s", config->data, strerror(errno));
        return;
    }
    uint64_t left = (uint64_t)fs.f_bavail * fs.f_frsize;
    enum verdict verdict = left < DISK_FAIL_BYTES ? BAD : left < DISK_WARN_BYTES ? WARNING : GOOD;
    if (fs.f_flag & ST_RDONLY)
        tell(r, "disk", BAD, "the file system is read-only");
    else
        tell(r, "disk", verdict, "%llu MiB left", (unsigned long long)(left >> 20));
}

static void check_clock(struct report *r)
{
    int64_t now_ms = clock_now().wall_ms;
    char date[25];
    clock_rfc3339(now_ms, date);
    tell(r, "clock", now_ms < OLDEST_NOW_MS ? BAD : GOOD, "%s", date);
}

/* Whether the port can be taken: meaningful while no server runs here. */
static void check_port(struct report *r, const char *name, const char *address, int64_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (port == 0)
        return;
    if (!address[0] || inet_pton(AF_INET, address, &in.sin_addr) != 1)
        in.sin_addr.s_addr = htonl(INADDR_ANY);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) != 0)
        tell(r, name, BAD, "port %lld: %s", (long long)port, strerror(errno));
    else
        tell(r, name, GOOD, "port %lld is free", (long long)port);
    if (fd >= 0)
        (void)close(fd);
}

/* As the server looks for it (web/tls). */
static void name_certificate(const struct config *config, char path[4096])
{
    if (config->tls_cert_file[0]) {
        (void)snprintf(path, 4096, "%s", config->tls_cert_file);
        return;
    }
    (void)snprintf(path, 4096, "%s/tls/" TLS_INSTALLED_FILE, config->data);
    if (access(path, F_OK) != 0)
        (void)snprintf(path, 4096, "%s/tls/tls.crt", config->data);
}

static void check_certificate(struct report *r, struct cli *cli, const struct config *config)
{
    char path[4096];
    int64_t expires_s;
    if (config->https_port == 0)
        return;
    if (!config->tls_cert_file[0] && given_tls_is_there(config->data)) {
        tell(r, "certificate", GOOD, "the primary gave it");
        return;
    }
    name_certificate(config, path);
    int rc = certificate_expires(cli->arena, path, &expires_s);
    int64_t left_s = rc == 0 ? expires_s - clock_now().wall_ms / 1000 : 0;
    if (rc == ERR_NOT_FOUND && !config->tls_cert_file[0])
        tell(r, "certificate", GOOD, "a self-signed one is made at the first start");
    else if (rc != 0)
        tell(r, "certificate", BAD, "%s cannot be read", path);
    else if (left_s < 0)
        tell(r, "certificate", BAD, "%s has expired", path);
    else
        tell(r, "certificate", left_s < CERTIFICATE_WARN_S ? WARNING : GOOD, "%lld days left",
             (long long)(left_s / 86400));
}

static void check_master_key(struct report *r, const struct config *config)
{
    char path[4096];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s%s",
                   config->master_key_file[0] ? config->master_key_file : config->data,
                   config->master_key_file[0] ? "" : "/master.key");
    if (lstat(path, &st) != 0)
        tell(r, "master key", errno == ENOENT ? WARNING : BAD, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        tell(r, "master key", BAD, "%s is open to others: chmod 600", path);
    else
        tell(r, "master key", GOOD, "%s is ours alone", path);
}

static const char *checked_when(struct store *store, struct str name, char text[64])
{
    char date[25];
    int64_t ms = store_realm_checked_ms(store, name);
    if (ms == 0)
        return "pages not checked since the start (garita realm check)";
    clock_rfc3339(ms, date);
    (void)snprintf(text, 64, "pages checked at %s", date);
    return text;
}

static void check_realm(struct call *call, struct report *r, struct str name)
{
    struct work work = {0};
    struct event_verdict verdict = {0};
    struct realm_keys keys = {0};
    struct str reason;
    char when[64];
    char check[96];
    size_t active = 0;
    (void)snprintf(check, sizeof(check), "realm %.*s", STR_ARG(name));
    int rc = work_open(call, name, &work);
    if (rc == 0)
        rc = work_read(&work);
    if (rc == 0)
        rc = event_verify(work.r, call->arena, &verdict);
    if (rc == 0)
        rc = key_list(work.r, call->arena, &keys);
    for (size_t i = 0; i < keys.count; i++)
        active += keys.items[i].status == KEY_ACTIVE;
    if (store_realm_trouble(call->store, name, call->arena, &reason))
        tell(r, check, BAD, "nobody is let in: %.*s", STR_ARG(reason));
    else if (store_realm_flaw(call->store, name, call->arena, &reason))
        tell(r, check, BAD, "%.*s", STR_ARG(reason));
    else if (rc != 0)
        tell(r, check, BAD, "%s", err_text(rc));
    else if (verdict.bad_seq != 0)
        tell(r, check, BAD, "event %lld: %.*s", (long long)verdict.bad_seq,
             STR_ARG(verdict.reason));
    else
        tell(r, check, active == 0 ? BAD : GOOD, "%lld events, %zu active keys, %s",
             (long long)verdict.checked, active, checked_when(call->store, name, when));
    work_close(&work);
}

/* Beyond what other machines tolerate (JWT_MAX_SKEW_S) tokens are refused out there. */
static void check_clock_steps(struct report *r)
{
    struct clock_state s;
    clock_state(&s);
    if (s.behind_ms >= CLOCK_WARN_MS)
        tell(r, "machine's clock", s.behind_ms > CLOCK_FAIL_MS ? BAD : WARNING,
             "%lld s behind the latest moment known here: docs/clock.md",
             (long long)(s.behind_ms / 1000));
    else if (s.since_leap_ms < CLOCK_LEAP_TOLD_MS && s.leap_ms >= CLOCK_FAIL_MS)
        tell(r, "machine's clock", WARNING, "leapt ahead by %lld s, %lld s ago",
             (long long)(s.leap_ms / 1000), (long long)(s.since_leap_ms / 1000));
    else
        tell(r, "machine's clock", GOOD, "level with the latest moment known here");
}

static int check_next(void *arg, const struct realm_summary *realm)
{
    struct report *r = arg;
    check_realm(r->call, r, realm->name);
    return 0;
}

static int check_strays(struct report *r)
{
    struct str *files;
    size_t count;
    TRY(store_strays(r->call->store, r->call->arena, &files, &count));
    for (size_t i = 0; i < count && i < STORE_STRAYS_MAX; i++)
        tell(r, "file of no realm", WARNING, "realms/%.*s " STORE_STRAY_ADVICE, STR_ARG(files[i]));
    if (count > STORE_STRAYS_MAX)
        tell(r, "file of no realm", WARNING, "realms/ holds %zu such files", count);
    return 0;
}

int doctor_data(struct call *call)
{
    struct report r = {&call->out, false, call};
    jw_begin_array(&call->out);
    int rc = store_health(call->store);
    tell(&r, "store", rc == 0 ? GOOD : BAD, "%s", rc == 0 ? "open" : err_text(rc));
    check_clock_steps(&r);
    const char *low = store_space_word(call->store);
    tell(&r, "disk reserve", low ? BAD : GOOD, "%s", low ? low : "there is more room than that");
    TRY(each_realm(call->store, call->arena, check_next, &r));
    TRY(check_strays(&r));
    jw_end_array(&call->out);
    if (r.failed)
        return err_set(&call->err, ERR_STORE_CORRUPT, "a check of the data failed");
    return 0;
}

/* The lines that the folder or the server gave, behind ours. */
static int append_data(struct cli *cli, const struct config *config, struct report *r)
{
    const struct str words[] = {STR("doctor")};
    const struct json_value *list, *line;
    struct reply reply;
    int rc = backend_open(&cli->backend, config, &cli->err);
    if (rc != 0) {
        tell(r, "data", rc == ERR_NOT_FOUND ? WARNING : BAD, "%s",
             cli->err.detail[0] ? cli->err.detail : err_text(rc));
        return 0;
    }
    const struct call_request request = {CALL_OF(words, 1)};
    rc = backend_call(&cli->backend, cli->arena, &request, &reply);
    backend_close(&cli->backend);
    TRY(rc);
    r->failed = r->failed || reply.err != 0;
    if (str_absent(reply.data)) {
        tell(r, "data", BAD, "%.*s", STR_ARG(reply.error));
        return 0;
    }
    TRY(json_parse(cli->arena, reply.data, REPLY_MAX_BYTES, &list));
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &line);)
        jw_value(r->w, line);
    return 0;
}

static bool server_runs(const struct config *config)
{
    int fd = open(config->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool up = fd >= 0 && ipc_is_up(fd);
    if (fd >= 0)
        (void)close(fd);
    return up;
}

int doctor(struct cli *cli)
{
    struct config config;
    struct buf b;
    struct json_writer w;
    struct reply reply = {0};
    struct report r = {&w, false, NULL};
    TRY(cli_config(cli, &config));
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    tell(&r, "settings", GOOD, "%s", config.file ? config.file : "no file: defaults");
    check_clock(&r);
    check_folder(&r, &config);
    check_disk(&r, &config);
    check_master_key(&r, &config);
    check_certificate(&r, cli, &config);
    if (server_runs(&config)) {
        tell(&r, "server", GOOD, "running");
    } else {
        check_port(&r, "https port", config.https_address, config.https_port);
        check_port(&r, "http port", config.http_address, config.http_port);
        check_port(&r, "admin port", config.admin_address, config.admin_port);
        check_port(&r, "management port", config.management_address, config.management_port);
        check_port(&r, "gRPC port", config.grpc_address, config.grpc_port);
    }
    TRY(append_data(cli, &config, &r));
    jw_end_array(&w);
    TRY(jw_finish(&w, &reply.data));
    TRY(cli_show(cli, &reply));
    return r.failed ? err_set(&cli->err, ERR_CONFIG, "something is not as it should be") : 0;
}
