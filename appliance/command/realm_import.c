/* garita realm import: a realm from a Keycloak export. The file is opened by whoever gives the command
 * and handed over as a descriptor, so that a server reads what the caller may read, and nothing else. */
#include "appliance/command/realm_import.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "appliance/import_files.h"
#include "appliance/output.h"
#include "core/base/log.h"

#include "core/base/banned.h"

/* --- The work --- */

static int if_exists_of(struct call *call, enum import_if_exists *ret_value)
{
    static const char *const words[] = {
        [IMPORT_REFUSE] = "refuse", [IMPORT_SKIP] = "skip", [IMPORT_OVERWRITE] = "overwrite"};
    struct str word = args_get(call->args, "if-exists");
    *ret_value = IMPORT_REFUSE;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_absent(word) || str_eq_c(word, words[i])) {
            *ret_value = (enum import_if_exists)i;
            return 0;
        }
    return err_set(&call->err, ERR_USAGE, "--if-exists is refuse, skip or overwrite");
}

/* How far it is, to whoever waits. Not a word is worth a failure. */
static void tell_progress(void *context, const struct import_progress *progress)
{
    const struct call *call = context;
    char text[128];
    int n = snprintf(text, sizeof(text), "%.*s: %lld %s", STR_ARG(progress->realm),
                     (long long)progress->done, progress->what);
    if (n > 0 && (size_t)n < sizeof(text))
        (void)!call->parts->take(call->parts->arg, PART_NOTE, str_of(text, (size_t)n));
}

static const char *state_name(enum import_state state)
{
    static const char *const names[] = {
        [IMPORT_DONE] = "imported", [IMPORT_SKIPPED] = "skipped", [IMPORT_FAILED] = "failed"};
    return names[state];
}

static void write_outcome(struct json_writer *w, const struct import_outcome *outcome)
{
    jw_begin_object(w);
    jw_member_str(w, "realm", outcome->realm);
    jw_member_c(w, "state", state_name(outcome->state));
    jw_member_str_opt(w, "error", outcome->error);
    import_report_write(&outcome->report, w);
    jw_end_object(w);
}

static void write_result(struct call *call, const struct import_result *result, bool dry_run)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_bool(w, "dryRun", dry_run);
    jw_member_array(w, "realms");
    for (size_t i = 0; i < result->count; i++)
        write_outcome(w, &result->items[i]);
    jw_end_array(w);
    jw_end_object(w);
}

/* The first that failed gives the command's sentence. */
static int say_failure(struct call *call, const struct import_result *result, int rc)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->items[i].state == IMPORT_FAILED)
            return err_set(&call->err, rc, "realm %.*s was not imported: %.*s",
                           STR_ARG(result->items[i].realm), STR_ARG(result->items[i].error));
    return rc;
}

static int import_files_in(struct call *call, const struct import_files *files,
                           struct import_request *request, struct import_result *ret_result)
{
    CLEANUP(work_close) struct work work = {0};
    request->sources = import_files_sources(files, &request->source_count);
    TRY(work_open(call, STR(REALM_MASTER), &work));
    int rc = import_realms(&work.ctx, call->store, request, ret_result);
    return rc == 0 ? 0 : say_failure(call, ret_result, rc);
}

static int run(struct call *call)
{
    CLEANUP(import_files_close_p) struct import_files *files = NULL;
    struct import_request request = {.realm = args_get(call->args, "realm"),
                                     .dry_run = args_has(call->args, "dry-run")};
    TRY(if_exists_of(call, &request.if_exists));
    int fd = call_take_attached(call);
    if (fd < 0)
        return err_set(&call->err, ERR_USAGE, "there is no file with the command");
    TRY(import_files_open(fd, call->args->positionals[0], call->arena, &call->err, &files));
    if (call->parts) {
        request.progress = tell_progress;
        request.progress_context = call;
    }
    struct import_result result = {0};
    int rc = import_files_in(call, files, &request, &result);
    if (result.count > 0)
        write_result(call, &result, request.dry_run);
    return rc;
}

/* --- At the start of a server --- */

static void log_outcome(const struct import_outcome *outcome)
{
    const struct import_report *report = &outcome->report;
    LOG_INFO("import", "realm %.*s: %s", STR_ARG(outcome->realm), state_name(outcome->state));
    for (size_t i = 0; i < report->remark_count; i++) {
        const struct import_remark *remark = &report->remarks[i];
        LOG_INFO("import", "realm %.*s: %s: %.*s, %lld times, first at %.*s",
                 STR_ARG(outcome->realm), remark->fate == IMPORT_LEFT ? "left out" : "adapted",
                 STR_ARG(remark->reason), (long long)remark->count, STR_ARG(remark->places[0]));
    }
}

int import_at_start(struct store *store, struct arena *a, const char *path, struct err_ctx *err)
{
    CLEANUP(import_files_close_p) struct import_files *files = NULL;
    struct import_request request = {.if_exists = IMPORT_SKIP};
    struct import_result result = {0};
    struct call call = {.arena = a, .now = clock_now(), .store = store, .attached = -1};
    int fd;
    program_actor(&call.actor);
    TRY(import_path_open(path, err, &fd));
    TRY(import_files_open(fd, str_c(path), a, err, &files));
    int rc = import_files_in(&call, files, &request, &result);
    for (size_t i = 0; i < result.count; i++)
        log_outcome(&result.items[i]);
    if (rc != 0)
        *err = call.err;
    return rc;
}

/* --- What people see --- */

static void show_remarks(const struct json_value *list, const char *what, struct buf *b)
{
    const struct json_value *remark, *place;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &remark);) {
        struct json_iter places = json_iter(json_get(remark, "places"));
        buf_printf(b, "  %s, %lld times: ", what, (long long)json_i64_or(remark, "count", 0));
        output_safe(b, json_get_str(remark, "reason"));
        buf_add_byte(b, '\n');
        while (json_next(&places, NULL, &place)) {
            buf_add_c(b, "    ");
            output_safe(b, json_str(place));
            buf_add_byte(b, '\n');
        }
    }
}

static void show_realm(const struct json_value *realm, bool dry_run, struct buf *b)
{
    struct json_iter taken = json_iter(json_get(realm, "taken"));
    struct str state = json_get_str(realm, "state"), kind;
    const struct json_value *count;
    buf_add_c(b, "realm ");
    output_safe(b, json_get_str(realm, "realm"));
    buf_printf(b, ": %.*s%s\n", STR_ARG(state),
               dry_run && str_eq(state, STR("imported")) ? " (tried, nothing kept)" : "");
    while (json_next(&taken, &kind, &count)) {
        int64_t number;
        if (json_i64(count, &number) == 0)
            buf_printf(b, "  %lld %.*s\n", (long long)number, STR_ARG(kind));
    }
    show_remarks(json_get(realm, "adapted"), "adapted", b);
    show_remarks(json_get(realm, "left"), "left out", b);
}

static int show(struct cli *cli, const struct reply *reply)
{
    const struct json_value *result, *realm;
    struct buf b;
    struct str text;
    if (cli->args->json)
        return cli_show(cli, reply);
    TRY(json_parse(cli->arena, reply->data, 4 * REPLY_MAX_BYTES, &result));
    buf_init(&b, cli->arena, 4 * REPLY_MAX_BYTES);
    struct json_iter it = json_iter(json_get(result, "realms"));
    while (json_next(&it, NULL, &realm))
        show_realm(realm, json_bool_or(result, "dryRun", false), &b);
    TRY(buf_finish(&b, &text));
    return write_all(STDOUT_FILENO, text);
}

static int import_client(struct cli *cli)
{
    struct reply reply = {0};
    int fd;
    const char *path = arena_cstr(cli->arena, cli->args->positionals[0]);
    if (!path)
        return ERR_NO_MEMORY;
    TRY(import_path_open(path, &cli->err, &fd));
    const struct part_taker parts = {note_show, NULL};
    int rc = cli_call_attached(cli, fd, &parts, &reply);
    note_clear();
    if (!str_absent(reply.data))
        TRY(show(cli, &reply));
    return rc;
}

static const struct option import_options[] = {
    {"realm", "NAME", "only the realm of this name; the only realm of a file gets this name", 0},
    {"if-exists", "WORD", "refuse (default), skip or overwrite a realm that is there", 0},
    {"dry-run", NULL, "do everything and keep nothing", 0},
};

const struct command realm_import_commands[] = {
    {"realm import", "FILE|DIR", 1, 1, "take in realms that Keycloak exported",
     "FILE holds one realm or an array of realms; DIR holds files NAME.json: NAME-realm.json and "
     "NAME-users-N.json, as Keycloak writes them. A realm comes whole or not at all. What was taken, "
     "changed to fit or left out, and why, is told at the end. overwrite puts the new realm into the "
     "place of the old one, with which all its data goes, its sessions and audit chain included.",
     OPTIONS(import_options), false, NULL, run, NULL, import_client},
};
const size_t realm_import_command_count = ARRAY_LEN(realm_import_commands);
