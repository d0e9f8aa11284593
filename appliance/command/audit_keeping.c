/* garita audit key, sign, archive. */
#include "appliance/command/audit_keeping.h"

#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "core/admin/audit_keeping.h"
#include "core/codec/base64.h"
#include "core/model/plain.h"

#include "core/base/banned.h"

#define DAY_MS         INT64_C(86400000)
#define PEM_LINE_CHARS 64

int audit_sign_now(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    bool is_signed;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(event_sign_head(work.w, &is_signed));
    TRY(work_commit(&work));
    call_say(call, is_signed ? "the head of the chain is signed" : "the head was signed already");
    return 0;
}

/* --- Keys --- */

static void write_key(struct json_writer *w, struct arena *a, const struct audit_key_info *key)
{
    jw_begin_object(w);
    jw_member_str(w, "kid", key->kid);
    jw_member_c(w, "status", key->active ? "signs" : "verifies");
    plain_write_time(w, "created", key->created_ms);
    jw_key(w, "jwk");
    jw_raw(w, key->public_jwk);
    jw_member_str(w, "spki", base64_encode(a, key->spki));
    jw_end_object(w);
}

int audit_key_show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct audit_key_info *keys;
    size_t count;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(audit_key_list(work.r, call->arena, &keys, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        write_key(&call->out, call->arena, &keys[i]);
    jw_end_array(&call->out);
    if (count == 0)
        call_say(call, "nothing is signed yet (garita audit sign)");
    return 0;
}

/* RFC 7468 2 */
static void add_pem(struct buf *b, struct str base64)
{
    buf_add_c(b, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t at = 0; at < base64.len; at += PEM_LINE_CHARS) {
        buf_add(b, str_sub(base64, at, PEM_LINE_CHARS));
        buf_add_byte(b, '\n');
    }
    buf_add_c(b, "-----END PUBLIC KEY-----\n");
}

static void add_jwks(struct buf *b, const struct json_value *keys)
{
    struct json_writer w;
    const struct json_value *key;
    struct json_iter it = json_iter(keys);
    jw_init(&w, b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    while (json_next(&it, NULL, &key))
        jw_value(&w, json_get(key, "jwk"));
    jw_end_array(&w);
    jw_end_object(&w);
    buf_add_byte(b, '\n');
}

static int print_keys(struct cli *cli, const struct json_value *keys, bool pem)
{
    struct buf b;
    struct str text;
    const struct json_value *key;
    struct json_iter it = json_iter(keys);
    buf_init(&b, cli->arena, REPLY_MAX_BYTES);
    if (!pem)
        add_jwks(&b, keys);
    while (pem && json_next(&it, NULL, &key))
        add_pem(&b, json_get_str(key, "spki"));
    TRY(buf_finish(&b, &text));
    return write_all(STDOUT_FILENO, text);
}

int audit_key_print(struct cli *cli)
{
    struct str format = args_get(cli->args, "format");
    bool pem = str_eq(format, STR("pem"));
    const struct str words[] = {STR("audit"), STR("key"), STR("--realm"),
                                args_get(cli->args, "realm")};
    struct reply reply;
    const struct json_value *keys;
    if (!str_absent(format) && !pem && !str_eq(format, STR("jwk")))
        return err_set(&cli->err, ERR_USAGE, "--format is pem or jwk");
    TRY(cli_call(cli, words, ARRAY_LEN(words), str_of(NULL, 0), &reply));
    if (str_absent(format))
        return cli_show(cli, &reply);
    TRY(json_parse(cli->arena, reply.data, REPLY_MAX_BYTES, &keys));
    return print_keys(cli, keys, pem);
}

int audit_key_renew(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct realm_key key;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(admin_audit_key_rotate(&work.ctx, work.w, &key));
    TRY(work_commit(&work));
    call_say(call, "key %.*s signs the chain from now on", STR_ARG(key.kid));
    return 0;
}

/* --- Archives --- */

static void write_archived(struct json_writer *w, const struct event_archived *archived)
{
    jw_begin_object(w);
    jw_member_str(w, "file", archived->file);
    jw_member_i64(w, "firstSeq", archived->first_seq);
    jw_member_i64(w, "lastSeq", archived->last_seq);
    plain_write_time(w, "from", archived->from_ms);
    plain_write_time(w, "to", archived->to_ms);
    jw_end_object(w);
}

static int prune_all(const struct auth_ctx *ctx)
{
    bool more = true;
    while (more)
        TRY(event_archive_prune(ctx->view, ctx->now, &more));
    return 0;
}

static int archive_months(struct call *call, const struct auth_ctx *ctx, int64_t days)
{
    struct event_archived archived;
    bool done = true;
    while (done) {
        TRY(event_archive_month(ctx->view, ctx->now, &ctx->actor, ctx->now->wall_ms - days * DAY_MS,
                                call->arena, &archived, &done));
        if (done)
            write_archived(&call->out, &archived);
    }
    return prune_all(ctx);
}

int audit_archive_now(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    const struct audit_keeping usual = {.archive_days = AUDIT_ARCHIVE_DAYS_USUAL};
    int64_t days;
    TRY(work_open_realm(call, &work));
    TRY(call_number(call, "older-than-days", 0, 36500,
                    audit_keeping_of(auth_realm(&work.ctx), &usual).archive_days, &days));
    jw_begin_array(&call->out);
    TRY(archive_months(call, &work.ctx, days));
    jw_end_array(&call->out);
    return 0;
}
