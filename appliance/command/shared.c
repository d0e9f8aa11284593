/* What commands about data share: opening a realm, numbers, times, the line for people. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "appliance/output.h"

#include "core/admin/clients.h"
#include "core/admin/four_eyes_bypass.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"

#include "core/base/banned.h"

int work_open(struct call *call, struct str realm, struct work *ret_work)
{
    struct work work = {.ctx = {.arena = call->arena,
                                .now = &call->now,
                                .err = &call->err,
                                .issuer = STR(""),
                                .base_url = STR(""),
                                .actor = call->actor}};
    int rc = realm_view_acquire(call->store, realm, &work.ctx.view);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->err, rc, "there is no realm %.*s",
                       (int)(realm.len < 64 ? realm.len : 64), realm.ptr);
    TRY(rc);
    *ret_work = work;
    return 0;
}

int work_open_realm(struct call *call, struct work *ret_work)
{
    return work_open(call, args_get(call->args, "realm"), ret_work);
}

int work_read(struct work *work)
{
    return store_read_begin(work->ctx.view, &work->r);
}

int work_write(struct work *work)
{
    TRY(store_write_begin_for(work->ctx.view, work->ctx.now, NEED_CHANGE, &work->w));
    work->r = store_write_reader(work->w);
    return four_eyes_read(work->r, work->ctx.arena, &work->four_eyes);
}

int work_commit(struct work *work)
{
    TRY(four_eyes_bypass(&work->ctx, work->w, &work->four_eyes));
    work->r = NULL;
    return store_commit_p(&work->w, DURABLE_STANDBY);
}

void work_close(struct work *work)
{
    if (work->w)
        store_rollback_p(&work->w);
    else
        store_read_end_p(&work->r);
    realm_view_release_p(&work->ctx.view);
}

void call_say(struct call *call, const char *fmt, ...)
{
    char text[2560]; /* two names of the greatest length */
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    call->message = arena_str_c(call->arena, text);
}

int note_show(void *arg, enum part_kind kind, struct str text)
{
    struct buf b;
    (void)arg;
    if (kind != PART_NOTE)
        return ERR_INVALID_SYNTAX;
    if (!isatty(STDERR_FILENO))
        return 0;
    buf_init(&b, NULL, 1024);
    buf_add_c(&b, "\r\033[K");
    output_safe(&b, str_sub(text, 0, 100));
    (void)!write_all(STDERR_FILENO, buf_str(&b));
    buf_free(&b);
    return 0;
}

void note_clear(void)
{
    if (isatty(STDERR_FILENO))
        (void)fputs("\r\033[K", stderr);
}

int call_number(struct call *call, const char *option, int64_t least, int64_t most,
                int64_t fallback, int64_t *ret_number)
{
    return args_number(call->args, option, least, most, fallback, ret_number, &call->err);
}

/* "-7d" and its kind: so long before now. */
static bool relative_time(struct str text, int64_t now_ms, int64_t *ret_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    int64_t number;
    if (text.len < 3 || text.ptr[0] != '-' ||
        str_to_i64(str_sub(text, 1, text.len - 2), &number) != 0 || number < 0 || number > 1000000)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (text.ptr[text.len - 1] == units[i].unit) {
            *ret_ms = now_ms - number * units[i].ms;
            return true;
        }
    return false;
}

/* ".489Z": what stands between the seconds and the zone. */
static bool fraction_of_second(const char *text, int64_t *ret_ms)
{
    int64_t ms = 0, unit = 100;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
            ms += (*text - '0') * unit;
    }
    *ret_ms = ms;
    return strcmp(text, "Z") == 0;
}

static bool calendar_time(const char *text, int64_t *ret_ms)
{
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        struct tm tm = {0};
        int64_t ms = 0;
        const char *end = strptime(text, formats[i], &tm);
        if (!end || !(fraction_of_second(end, &ms) || (*end == '\0' && i == 2)))
            continue;
        *ret_ms = (int64_t)timegm(&tm) * 1000 + ms;
        return true;
    }
    return false;
}

int call_time(struct call *call, const char *option, int64_t fallback_ms, int64_t *ret_ms)
{
    struct str text = args_get(call->args, option);
    *ret_ms = fallback_ms;
    if (str_absent(text))
        return 0;
    const char *cstr = arena_cstr(call->arena, text);
    if (!cstr)
        return ERR_NO_MEMORY;
    if (relative_time(text, call->now.wall_ms, ret_ms) || calendar_time(cstr, ret_ms))
        return 0;
    return err_set(&call->err, ERR_USAGE,
                   "--%s must look like 2026-11-22, 2026-11-22T16:03:09Z, -24h or -7d", option);
}

int find_user_id(struct call *call, struct work *work, struct str name, struct user *ret_user)
{
    int rc = admin_user_find(&work->ctx, work->r, name, ret_user);
    if (rc != 0)
        call->err = (struct err_ctx){0};
    return rc;
}

int find_role(struct call *call, struct work *work, struct str name, struct role *ret_role)
{
    struct str client_id = args_get(call->args, "client-id");
    struct client client;
    if (str_absent(client_id))
        return admin_role_find_spelled(&work->ctx, work->r, name, ret_role);
    TRY(admin_client_find(&work->ctx, work->r, client_id, &client));
    return admin_role_find(&work->ctx, work->r, &client, name, ret_role);
}

int find_client_whole(struct call *call, struct work *work, struct client *ret_client)
{
    struct client found;
    const struct client *whole;
    TRY(admin_client_find(&work->ctx, work->r, args_get(call->args, "client-id"), &found));
    TRY(realm_view_client_by_pk(work->ctx.view, found.pk, &whole));
    *ret_client = *whole;
    ret_client->secret = str_of(NULL, 0);
    return 0;
}
