/* garita realm export. */
#include "appliance/command/realm_export.h"

#include <stdio.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/command/export_files.h"
#include "core/transfer/export.h"

#include "core/base/banned.h"

#define USERS_PER_FILE     50 /* as Keycloak */
#define USERS_PER_FILE_MAX 1000000

const struct option realm_export_options[REALM_EXPORT_OPTIONS] = {
    {"to", "PATH", "a file, or a folder for REALM-realm.json (default: standard output)", 0},
    {"users", "WHERE", "same-file (the default), different-files or skip", 0},
    {"users-per-file", "N", "people in a file of their own (default 50)", 0},
    {"no-secrets", NULL, "without keys, credentials and secrets of clients", 0},
    {"force", NULL, "replace files that are there", 0},
};

static int users_of(const struct args *args, struct err_ctx *err, enum export_users *ret_users)
{
    static const enum export_users choices[] = {EXPORT_USERS_SAME_FILE,
                                                EXPORT_USERS_DIFFERENT_FILES, EXPORT_USERS_SKIP};
    struct str word = args_get(args, "users");
    *ret_users = EXPORT_USERS_SAME_FILE;
    if (str_absent(word))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        *ret_users = choices[i];
        if (str_eq_c(word, export_users_name(choices[i])))
            return 0;
    }
    return err_set(err, ERR_USAGE, "--users is same-file, different-files or skip");
}

/* --- Where the data is --- */

static int begin_part(void *arg, struct str file)
{
    const struct part_taker *parts = arg;
    return parts->take(parts->arg, PART_FILE, file);
}

static int send_parts(void *arg, struct str piece)
{
    const struct part_taker *parts = arg;
    for (size_t at = 0; at < piece.len; at += PART_MAX_BYTES)
        TRY(parts->take(parts->arg, PART_BYTES, str_sub(piece, at, PART_MAX_BYTES)));
    return 0;
}

static void write_counts(struct call *call, const struct export_counts *counts)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "realm", call->args->positionals[0]);
    jw_member_i64(w, "users", counts->users);
    jw_member_i64(w, "clients", counts->clients);
    jw_member_i64(w, "groups", counts->groups);
    jw_member_i64(w, "roles", counts->roles);
    jw_member_i64(w, "files", counts->files);
    jw_member_i64(w, "bytes", counts->bytes);
    jw_end_object(w);
    call_say(call, "realm %.*s exported: %lld users, %lld clients, %lld groups, %lld roles",
             STR_ARG(call->args->positionals[0]), (long long)counts->users,
             (long long)counts->clients, (long long)counts->groups, (long long)counts->roles);
}

int realm_export_send(struct call *call)
{
    CLEANUP(work_close) struct work work = {0};
    struct part_taker parts;
    struct export_counts counts;
    struct export_options options = {
        .secrets = !args_has(call->args, "no-secrets"), .clients = true, .groups_and_roles = true};
    int64_t per_file;
    if (!call->parts)
        return err_set(&call->err, ERR_USAGE, "a realm goes to whoever takes files");
    parts = *call->parts;
    TRY(users_of(call->args, &call->err, &options.users));
    TRY(call_number(call, "users-per-file", 1, USERS_PER_FILE_MAX, USERS_PER_FILE, &per_file));
    options.users_per_file = (size_t)per_file;
    TRY(work_open(call, call->args->positionals[0], &work));
    const struct export_sink sink = {begin_part, send_parts, &parts};
    TRY(realm_export(&work.ctx, &options, &sink, &counts));
    write_counts(call, &counts);
    return 0;
}

/* --- Where it was called --- */

static int take_part(void *arg, enum part_kind kind, struct str bytes)
{
    return kind == PART_FILE ? export_files_begin(arg, bytes) : export_files_write(arg, bytes);
}

/* Without --to and --force, which are this side's. */
static size_t words_of(const struct args *args, struct str *words)
{
    size_t n = 0;
    words[n++] = STR("realm");
    words[n++] = STR("export");
    words[n++] = args->positionals[0];
    if (args_has(args, "users")) {
        words[n++] = STR("--users");
        words[n++] = args_get(args, "users");
    }
    if (args_has(args, "users-per-file")) {
        words[n++] = STR("--users-per-file");
        words[n++] = args_get(args, "users-per-file");
    }
    if (args_has(args, "no-secrets"))
        words[n++] = STR("--no-secrets");
    return n;
}

static int fetch(struct cli *cli, struct export_files *files)
{
    struct str words[8];
    struct reply reply;
    const struct part_taker parts = {take_part, files};
    const struct call_request request = {CALL_OF(words, words_of(cli->args, words)),
                                         .parts = &parts};
    TRY(backend_call(&cli->backend, cli->arena, &request, &reply));
    /* What went wrong on this side says more than that the other one could not go on. */
    if (reply.err != 0 && cli->err.err != 0)
        return cli->err.err;
    if (reply.err != 0)
        return err_set(&cli->err, reply.err, "%.*s", STR_ARG(reply.error));
    TRY(export_files_finish(files, cli->args->positionals[0]));
    if (files->dir_fd >= 0)
        return cli_show(cli,
                        &(struct reply){.message = reply.message,
                                        .data = cli->args->json ? reply.data : str_of(NULL, 0)});
    (void)fprintf(stderr, "%.*s\n", STR_ARG(reply.message));
    return 0;
}

int realm_export_fetch(struct cli *cli)
{
    struct export_files files;
    enum export_users users;
    struct str to = args_get(cli->args, "to");
    TRY(users_of(cli->args, &cli->err, &users));
    bool apart = users == EXPORT_USERS_DIFFERENT_FILES;
    if (str_empty(to) && (apart || isatty(STDOUT_FILENO)))
        return err_set(&cli->err, ERR_USAGE, "--to is needed: %s",
                       apart ? "a folder" : "a realm does not belong on a terminal");
    int rc = export_files_open(cli->arena, &cli->err, to, apart, args_has(cli->args, "force"),
                               cli->args->positionals[0], &files);
    if (rc == 0)
        rc = fetch(cli, &files);
    export_files_close(&files);
    return rc;
}
