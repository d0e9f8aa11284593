/* garita change ...: changes that wait for a second person. They are looked at and rejected in the data
 * folder, too, but approved only by a person who shows a token to a server: whoever holds the machine may
 * be the one who asked. */
#include "appliance/command/commands.h"
#include "appliance/command/remote_options.h"
#include "core/admin/change_request_view.h"
#include "core/codec/form.h"

#include "core/base/banned.h"

#define PATH_MAX_BYTES ((size_t)1 << 10)

/* --- In the data folder --- */

static int list(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    const struct change_view view = {.is_whole = false};
    struct str status = args_get(call->args, "status");
    struct change_requests all;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(change_request_list(&work.ctx, work.r, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++)
        if (str_absent(status) || str_eq(status, all.items[i].status))
            TRY(change_request_write(&work.ctx, work.r, &all.items[i], &view, &call->out));
    jw_end_array(&call->out);
    return 0;
}

static int show(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    const struct change_view view = {.is_whole = true};
    struct change_request request;
    TRY(work_open_realm(call, &work));
    TRY(work_read(&work));
    TRY(change_request_find(&work.ctx, work.r, call->args->positionals[0], &request));
    return change_request_write(&work.ctx, work.r, &request, &view, &call->out);
}

static int reject(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct change_request request;
    TRY(work_open_realm(call, &work));
    TRY(work_write(&work));
    TRY(change_request_find(&work.ctx, work.r, call->args->positionals[0], &request));
    TRY(change_request_end(&work.ctx, work.w, &request, CHANGE_REJECTED,
                           args_get(call->args, "reason")));
    TRY(work_commit(&work));
    call_say(call, "change request %.*s rejected", STR_ARG(request.id));
    return 0;
}

static int approve(struct call *call)
{
    return err_set(&call->err, ERR_USAGE,
                   "a second person approves with his own token: --server URL and --token-file "
                   "FILE are needed");
}

/* --- At a server --- */

/* "/admin/realms/{realm}/change-requests", and below it. */
static int path_of(struct cli *cli, const char *action, struct str *ret_path)
{
    struct arena *a = cli->arena;
    const struct args *args = cli->args;
    struct buf b;
    buf_init(&b, a, PATH_MAX_BYTES);
    buf_add_c(&b, "/admin/realms/");
    buf_add(&b, percent_encoded(a, args_get(args, "realm")));
    buf_add_c(&b, "/change-requests");
    if (args->positional_count > 0) {
        buf_add_byte(&b, '/');
        buf_add(&b, percent_encoded(a, args->positionals[0]));
    }
    buf_add_c(&b, action);
    return buf_finish(&b, ret_path);
}

static int show_answer(struct cli *cli, struct str answer)
{
    return cli_show(cli, &(struct reply){.data = answer});
}

static int get_there(struct cli *cli, struct remote *remote, const char *query)
{
    struct str path, answer;
    TRY(path_of(cli, query, &path));
    TRY(remote_get(remote, path, &answer));
    return show_answer(cli, answer);
}

static int list_there(struct cli *cli, struct remote *remote)
{
    struct buf b;
    struct str query;
    buf_init(&b, cli->arena, PATH_MAX_BYTES);
    buf_printf(&b, "?max=%d", CHANGE_REQUESTS_KEPT_MAX + CHANGE_REQUESTS_PENDING_MAX);
    if (args_has(cli->args, "status")) {
        buf_add_c(&b, "&status=");
        buf_add(&b, percent_encoded(cli->arena, args_get(cli->args, "status")));
    }
    TRY(buf_finish(&b, &query));
    const char *text = arena_cstr(cli->arena, query);
    return text ? get_there(cli, remote, text) : ERR_NO_MEMORY;
}

static int show_there(struct cli *cli, struct remote *remote)
{
    return get_there(cli, remote, "");
}

static int decide_there(struct cli *cli, struct remote *remote, const char *action)
{
    struct buf b;
    struct json_writer w;
    struct str path, body, answer;
    buf_init(&b, cli->arena, 8 * CHANGE_REASON_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str_opt(&w, "reason", args_get(cli->args, "reason"));
    jw_end_object(&w);
    TRY(jw_finish(&w, &body));
    TRY(path_of(cli, action, &path));
    TRY(remote_post(remote, path, body, cli->args->why, &answer));
    return show_answer(cli, answer);
}

static int reject_there(struct cli *cli, struct remote *remote)
{
    return decide_there(cli, remote, "/reject");
}

static int approve_there(struct cli *cli, struct remote *remote)
{
    return decide_there(cli, remote, "/approve");
}

/* --- Which of the two --- */

static int call_here(struct cli *cli)
{
    struct reply reply;
    TRY(cli_call_attached(cli, -1, NULL, &reply));
    return cli_show(cli, &reply);
}

static int go(struct cli *cli, int (*there)(struct cli *cli, struct remote *remote))
{
    struct remote remote;
    if (!args_has(cli->args, "server"))
        return cli_on_backend(cli, call_here);
    TRY(remote_of_options(cli, &remote));
    return there(cli, &remote);
}

static int list_client(struct cli *cli)
{
    return go(cli, list_there);
}

static int show_client(struct cli *cli)
{
    return go(cli, show_there);
}

static int reject_client(struct cli *cli)
{
    return go(cli, reject_there);
}

static int approve_client(struct cli *cli)
{
    return go(cli, approve_there);
}

static const struct option list_options[] = {
    OPTION_REALM,
    {"status", "WORD", "pending, approved, rejected, cancelled, expired or outdated", 0},
    REMOTE_OPTIONS,
};
static const struct option show_options[] = {OPTION_REALM, REMOTE_OPTIONS};
static const struct option reject_options[] = {
    OPTION_REALM,
    {"reason", "TEXT", "why not", OPTION_REQUIRED},
    REMOTE_OPTIONS,
};
static const struct option approve_options[] = {
    OPTION_REALM,
    {"reason", "TEXT", "why", 0},
    REMOTE_OPTIONS,
};

const struct command change_commands[] = {
    {"change list", "", 0, 0, "show changes that wait for a second person, and those that did",
     NULL, OPTIONS(list_options), false, "id,status,kinds,method,path,justification", list,
     list_client, NULL},
    {"change show", "ID", 1, 1, "show one, with what would change", NULL, OPTIONS(show_options),
     false, NULL, show, show_client, NULL},
    {"change approve", "ID", 1, 1, "have it carried out, as the second person",
     "With --server and the token of a person who did not ask for it and has the right to make the "
     "change: whoever holds the machine could be the one who asked.",
     OPTIONS(approve_options), false, NULL, approve, approve_client, NULL},
    {"change reject", "ID", 1, 1, "refuse it", NULL, OPTIONS(reject_options), false, NULL, reject,
     reject_client, NULL},
};
const size_t change_command_count = ARRAY_LEN(change_commands);
