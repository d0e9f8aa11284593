/* Importing users from lines of JSON: batches small enough for one transaction and one message. A
 * line that cannot be taken is told with its number and does not stop the others. */
#include "appliance/command/user_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "core/admin/clients.h"
#include "core/admin/groups.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define BATCH_LINES    500
#define BATCH_BYTES    ((size_t)1 << 20)
#define LINE_MAX_BYTES ((size_t)256 << 10)

struct import_line {
    struct str text;
    const struct json_value *json;
    struct user user;
    struct password_change change; /* of a password in clear */
    bool has_change;
    struct str alike; /* the name can be taken for this one; absent: for none */
    bool refused;
    char reason[ERR_DETAIL_MAX];
};

static void refuse(struct call *call, struct import_line *line, int rc)
{
    line->refused = true;
    (void)snprintf(line->reason, sizeof(line->reason), "%s",
                   call->err.detail[0] ? call->err.detail : err_text(rc));
    call->err = (struct err_ctx){0};
}

/* A password in clear is hashed before the transaction begins. */
static int prepare_password(struct work *work, struct import_line *line,
                            const struct json_value *credential)
{
    struct str value = json_get_str(credential, "value");
    if (str_absent(value) || line->has_change)
        return 0;
    TRY(password_change_prepare(&work->ctx, &line->user, value, &line->change, NULL));
    line->has_change = true;
    return 0;
}

static int prepare_line(struct call *call, struct work *work, struct import_line *line)
{
    const struct json_value *credential;
    fields_default(&user_fields, &line->user);
    TRY(json_parse(call->arena, line->text, LINE_MAX_BYTES, &line->json));
    TRY(fields_read(&user_fields, &line->user, call->arena, line->json, &call->err));
    line->user.id = json_get_str(line->json, "id");
    TRY(admin_user_prepare(&work->ctx, &line->user));
    struct json_iter it = json_iter(json_get(line->json, "credentials"));
    while (json_next(&it, NULL, &credential))
        TRY(prepare_password(work, line, credential));
    return 0;
}

/* Hashed credentials; one that cannot be read is left out, the user stays (PW-01). */
static int import_credentials(struct call *call, struct work *work, struct import_line *line,
                              int64_t *ret_left_out)
{
    const struct json_value *json;
    struct json_iter it = json_iter(json_get(line->json, "credentials"));
    while (json_next(&it, NULL, &json)) {
        struct credential c = {
            .type = json_str_or(json, "type", STR(CREDENTIAL_PASSWORD)),
            .user_label = json_str_or(json, "userLabel", STR("")),
            .created_ms = json_i64_or(json, "createdDate", 0),
            .secret_data = json_get_str(json, "secretData"),
            .credential_data = json_get_str(json, "credentialData"),
            .priority = json_i64_or(json, "priority", 10),
        };
        if (str_absent(c.secret_data))
            continue;
        int rc = admin_user_import_credential(&work->ctx, work->w, &line->user, &c);
        if (rc != 0 && rc != ERR_INVALID_REQUEST)
            return rc;
        *ret_left_out += rc != 0;
    }
    call->err = (struct err_ctx){0};
    return 0;
}

static int give_roles(struct work *work, const struct user *user, const struct client *client,
                      const struct json_value *names)
{
    const struct json_value *name;
    for (struct json_iter it = json_iter(names); json_next(&it, NULL, &name);) {
        struct role role;
        TRY(admin_role_find(&work->ctx, work->r, client, json_str(name), &role));
        TRY(admin_user_role_add(&work->ctx, work->w, user, &role));
    }
    return 0;
}

static int give_memberships(struct work *work, const struct import_line *line)
{
    const struct json_value *value;
    struct str name;
    TRY(give_roles(work, &line->user, NULL, json_get(line->json, "realmRoles")));
    struct json_iter it = json_iter(json_get(line->json, "clientRoles"));
    while (json_next(&it, &name, &value)) {
        struct client client;
        TRY(admin_client_find(&work->ctx, work->r, name, &client));
        TRY(give_roles(work, &line->user, &client, value));
    }
    it = json_iter(json_get(line->json, "groups"));
    while (json_next(&it, NULL, &value)) {
        struct group group;
        TRY(admin_group_find(&work->ctx, work->r, json_str(value), &group));
        TRY(admin_user_group_join(&work->ctx, work->w, &line->user, &group));
    }
    return 0;
}

static int store_line(struct call *call, struct work *work, struct import_line *line,
                      int64_t *ret_left_out)
{
    TRY(admin_user_insert(&work->ctx, work->w, &line->user));
    TRY(admin_user_look_alike(&work->ctx, work->r, &line->user, &line->alike));
    line->change.user_pk = line->user.pk;
    line->change.user_id = line->user.id;
    if (line->has_change)
        TRY(password_change_store(&work->ctx, work->w, &line->change, false, 0,
                                  EVENT_CredentialsReset));
    TRY(import_credentials(call, work, line, ret_left_out));
    return give_memberships(work, line);
}

/* What one line may fail with while the others go on: it is refused before it changed anything. */
static bool is_of_line(int rc)
{
    return rc == ERR_CONFLICT || rc == ERR_INVALID_REQUEST || rc == ERR_PASSWORD_POLICY ||
           rc == ERR_INVALID_SYNTAX || rc == ERR_INVALID_UTF8 || rc == ERR_DUPLICATE ||
           rc == ERR_TOO_LARGE || rc == ERR_TOO_DEEP;
}

static int split_lines(struct call *call, struct import_line **ret_lines, size_t *ret_count)
{
    struct import_line *lines = ARENA_ARRAY(call->arena, BATCH_LINES, struct import_line);
    struct str rest = call->input, text;
    size_t count = 0;
    if (!lines)
        return ERR_NO_MEMORY;
    while (str_next(&rest, '\n', &text)) {
        if (count == BATCH_LINES)
            return err_set(&call->err, ERR_TOO_LARGE, "too many lines in one batch");
        lines[count++].text = text;
    }
    *ret_lines = lines;
    *ret_count = count;
    return 0;
}

static int store_lines(struct call *call, struct work *work, struct import_line *lines,
                       size_t count, int64_t *ret_left_out)
{
    for (size_t i = 0; i < count; i++) {
        if (lines[i].refused)
            continue;
        int rc = store_line(call, work, &lines[i], ret_left_out);
        if (rc != 0 && !(is_of_line(rc) && lines[i].user.pk == 0))
            return rc;
        if (rc != 0)
            refuse(call, &lines[i], rc);
    }
    return 0;
}

static void write_refused(struct call *call, const struct import_line *lines, size_t count)
{
    jw_member_array(&call->out, "refused");
    for (size_t i = 0; i < count; i++) {
        if (!lines[i].refused)
            continue;
        jw_begin_object(&call->out);
        jw_member_i64(&call->out, "line", (int64_t)i);
        jw_member_c(&call->out, "reason", lines[i].reason);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
}

static void write_look_alikes(struct call *call, const struct import_line *lines, size_t count)
{
    jw_member_array(&call->out, "confusable");
    for (size_t i = 0; i < count; i++) {
        if (lines[i].refused || str_absent(lines[i].alike))
            continue;
        jw_begin_object(&call->out);
        jw_member_i64(&call->out, "line", (int64_t)i);
        jw_member_str(&call->out, "username", lines[i].user.username);
        jw_member_str(&call->out, "confusableWith", lines[i].alike);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
}

static void write_result(struct call *call, const struct import_line *lines, size_t count,
                         int64_t left_out)
{
    int64_t created = 0;
    for (size_t i = 0; i < count; i++)
        created += !lines[i].refused;
    jw_begin_object(&call->out);
    write_refused(call, lines, count);
    write_look_alikes(call, lines, count);
    jw_member_i64(&call->out, "created", created);
    jw_member_i64(&call->out, "credentialsLeftOut", left_out);
    jw_end_object(&call->out);
}

int user_import_batch(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct import_line *lines = NULL;
    size_t count = 0;
    int64_t left_out = 0;
    TRY(work_open_realm(call, &work));
    TRY(split_lines(call, &lines, &count));
    for (size_t i = 0; i < count; i++) {
        int rc = prepare_line(call, &work, &lines[i]);
        if (rc != 0 && !is_of_line(rc))
            return rc;
        if (rc != 0)
            refuse(call, &lines[i], rc);
    }
    TRY(work_write(&work));
    TRY(store_lines(call, &work, lines, count, &left_out));
    TRY(work_commit(&work));
    write_result(call, lines, count, left_out);
    return 0;
}

struct importer {
    struct cli *cli;
    struct buf batch;
    size_t lines;        /* in the batch */
    int64_t line_number; /* of the first line of the batch */
    int64_t created, refused, left_out;
};

static long long number_of(const struct importer *in, const struct json_value *item)
{
    return (long long)(in->line_number + json_i64_or(item, "line", 0));
}

static void tell_look_alikes(const struct importer *in, const struct json_value *result)
{
    const struct json_value *item;
    struct json_iter it = json_iter(json_get(result, "confusable"));
    while (json_next(&it, NULL, &item)) {
        struct str name = json_str_or(item, "username", STR(""));
        struct str alike = json_str_or(item, "confusableWith", STR(""));
        (void)fprintf(stderr,
                      "garita: line %lld: warning: the name %.*s can be taken for that of user "
                      "%.*s\n",
                      number_of(in, item), STR_ARG(name), STR_ARG(alike));
    }
}

static int tell_result(struct importer *in, const struct json_value *result)
{
    const struct json_value *item;
    struct json_iter it = json_iter(json_get(result, "refused"));
    while (json_next(&it, NULL, &item)) {
        struct str reason = json_str_or(item, "reason", STR(""));
        (void)fprintf(stderr, "garita: line %lld: %.*s\n", number_of(in, item), STR_ARG(reason));
        in->refused++;
    }
    tell_look_alikes(in, result);
    in->created += json_i64_or(result, "created", 0);
    in->left_out += json_i64_or(result, "credentialsLeftOut", 0);
    return 0;
}

static int send_batch(struct importer *in)
{
    struct arena a;
    struct reply reply;
    const struct json_value *result;
    struct str realm = args_get(in->cli->args, "realm");
    const struct str words[] = {STR("user"), STR("import"), STR("--realm"),
                                realm,       STR("--file"), STR("-")};
    if (in->lines == 0)
        return 0;
    arena_init(&a, 4 * REQUEST_MAX_BYTES);
    const struct call_request request = {CALL_OF(words, ARRAY_LEN(words)),
                                         .input = buf_str(&in->batch)};
    int rc = backend_call(&in->cli->backend, &a, &request, &reply);
    if (rc == 0 && reply.err != 0)
        rc = err_set(&in->cli->err, reply.err, "%.*s", STR_ARG(reply.error));
    if (rc == 0)
        rc = json_parse(&a, reply.data, REPLY_MAX_BYTES, &result);
    if (rc == 0)
        rc = tell_result(in, result);
    arena_free(&a);
    in->line_number += (int64_t)in->lines;
    in->lines = 0;
    buf_clear(&in->batch);
    return rc;
}

static int take_line(struct importer *in, struct str line)
{
    if (line.len > LINE_MAX_BYTES)
        return err_set(&in->cli->err, ERR_TOO_LARGE, "line %lld is too long",
                       (long long)(in->line_number + (int64_t)in->lines));
    if (in->lines == BATCH_LINES || in->batch.len + line.len + 1 > BATCH_BYTES)
        TRY(send_batch(in));
    buf_add(&in->batch, line);
    buf_add_byte(&in->batch, '\n');
    in->lines++;
    return 0;
}

static int read_lines(struct importer *in, FILE *file)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    for (;;) {
        ssize_t n = getline(&line, &cap, file);
        if (n < 0)
            break;
        struct str text = str_of(line, (size_t)n);
        if (str_ends(text, STR("\n")))
            text.len--;
        rc = take_line(in, text);
        if (rc != 0)
            break;
    }
    if (rc == 0 && ferror(file))
        rc = err_set(&in->cli->err, ERR_IO, "cannot read the file: %s", strerror(errno));
    if (line)
        secret_wipe(line, cap);
    free(line);
    return rc == 0 ? send_batch(in) : rc;
}

int user_import(struct cli *cli)
{
    struct importer in = {.cli = cli, .line_number = 1};
    const char *path = arena_cstr(cli->arena, args_get(cli->args, "file"));
    if (!path)
        return ERR_NO_MEMORY;
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    if (!file)
        return err_set(&cli->err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    buf_init(&in.batch, NULL, BATCH_BYTES + LINE_MAX_BYTES);
    int rc = read_lines(&in, file);
    buf_free(&in.batch);
    if (!is_stdin)
        (void)fclose(file);
    TRY(rc);
    struct reply reply = {
        .message =
            arena_printf(cli->arena,
                         "%lld users created, %lld lines refused, %lld "
                         "credentials left out",
                         (long long)in.created, (long long)in.refused, (long long)in.left_out),
        .data = arena_printf(cli->arena,
                             "{\"created\":%lld,\"refused\":%lld,\"credentialsLeftOut\":%lld}",
                             (long long)in.created, (long long)in.refused, (long long)in.left_out),
    };
    /* People read the sentence, scripts the numbers. */
    if (!cli->args->json)
        reply.data = str_of(NULL, 0);
    return cli_show(cli, &reply);
}
