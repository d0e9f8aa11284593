/* From words to a command that ran, and its result on the screen. */
#include "appliance/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance/file.h"
#include "appliance/output.h"
#include "core/base/ct.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define ARENA_MAX_BYTES  ((size_t)256 << 20)
#define OUTPUT_MAX_BYTES ((size_t)64 << 20)

int cli_config(struct cli *cli, struct config *ret_config)
{
    struct config_flag *flags = cli->args->flags;
    size_t count = cli->args->flag_count;
    if (cli->args->data) {
        flags = arena_grow(cli->arena, flags, count, count + 1, sizeof(*flags));
        if (!flags)
            return ERR_NO_MEMORY;
        flags[count++] = (struct config_flag){&params[PARAM_data], str_c(cli->args->data)};
    }
    return config_load(cli->arena, cli->args->config, cli->environment, flags, count, ret_config,
                       &cli->err);
}

static int print_text(struct buf *b)
{
    struct str text;
    TRY(buf_finish(b, &text));
    return write_all(STDOUT_FILENO, text);
}

static int show_json(struct cli *cli, const struct reply *reply)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, cli->arena, OUTPUT_MAX_BYTES);
    if (!str_absent(reply->data)) {
        buf_add(&b, reply->data);
    } else {
        jw_init(&w, &b);
        jw_begin_object(&w);
        jw_member_str_opt(&w, "message", reply->message);
        jw_end_object(&w);
    }
    buf_add_byte(&b, '\n');
    return print_text(&b);
}

/* The line for people goes where it does not disturb a table that is piped on. */
static int show_human(struct cli *cli, const struct reply *reply)
{
    struct buf b;
    const struct json_value *value;
    buf_init(&b, cli->arena, OUTPUT_MAX_BYTES);
    if (!str_absent(reply->data)) {
        TRY(json_parse(cli->arena, reply->data, 4 * REPLY_MAX_BYTES, &value));
        output_human(value, cli->args->command->columns, &b);
    }
    if (!str_absent(reply->message) && cli->args->command->columns)
        (void)fprintf(stderr, "%.*s\n", STR_ARG(reply->message));
    else if (!str_absent(reply->message))
        buf_printf(&b, "%.*s\n", STR_ARG(reply->message));
    return print_text(&b);
}

int cli_show(struct cli *cli, const struct reply *reply)
{
    return cli->args->json ? show_json(cli, reply) : show_human(cli, reply);
}

int cli_call(struct cli *cli, const struct str *words, size_t count, struct str input,
             struct reply *ret_reply)
{
    const struct call_request request = {CALL_OF(words, count), .input = input};
    TRY(backend_call(&cli->backend, cli->arena, &request, ret_reply));
    if (ret_reply->err == 0)
        return 0;
    return err_set(&cli->err, ret_reply->err, "%.*s", STR_ARG(ret_reply->error));
}

static const struct option *input_option(const struct command *command)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].flags & OPTION_INPUT)
            return &command->options[i];
    return NULL;
}

static int ask_secret(struct cli *cli, const char *question)
{
    struct str first, second;
    TRY(secret_prompt(cli->arena, question, &first));
    TRY(secret_prompt(cli->arena, "Once more: ", &second));
    if (str_empty(first) && str_empty(second))
        return 0;
    if (!ct_eq(first, second))
        return err_set(&cli->err, ERR_CANCELLED, "the two are not the same");
    cli->input = first;
    return 0;
}

/* Standard input that is a terminal: what is typed there must not be seen. Nothing typed is an empty
 * secret, as from an empty file. */
static int ask_as_stdin(struct cli *cli, const char *question)
{
    cli->input = STR("");
    return ask_secret(cli, question);
}

/* A secret comes from the file that was named; a password, when nothing was named, from a person at
 * a terminal. */
static int read_input(struct cli *cli)
{
    const struct option *option = input_option(cli->args->command);
    if (!option)
        return 0;
    bool is_password = strcmp(option->name, "password-file") == 0;
    const char *question = is_password ? "Password: " : "Secret: ";
    if (str_eq(args_get(cli->args, option->name), STR("-")) && isatty(STDIN_FILENO))
        return ask_as_stdin(cli, question);
    if (args_has(cli->args, option->name)) {
        const char *path = arena_cstr(cli->arena, args_get(cli->args, option->name));
        return path ? secret_read(cli->arena, path, &cli->input, &cli->err) : ERR_NO_MEMORY;
    }
    return is_password && isatty(STDIN_FILENO) ? ask_secret(cli, question) : 0;
}

/* What the server must not see: where the client's files and folders are. */
static size_t words_for_server(const struct cli *cli, struct str *words)
{
    size_t count = 0;
    for (size_t i = 0; i < cli->word_count; i++) {
        struct str word = cli->words[i];
        if (str_eq(word, STR("--data")) || str_eq(word, STR("--config")))
            i++;
        else if (!str_starts(word, STR("--data=")) && !str_starts(word, STR("--config=")))
            words[count++] = word;
    }
    return count;
}

static int call_with_own_words(struct cli *cli)
{
    struct reply reply;
    struct str *words = ARENA_ARRAY(cli->arena, cli->word_count, struct str);
    if (!words)
        return ERR_NO_MEMORY;
    size_t count = words_for_server(cli, words);
    int rc = cli_call(cli, words, count, cli->input, &reply);
    /* A failed verification has something to show too. */
    if (rc == 0 || (reply.err != 0 && !str_absent(reply.data)))
        TRY(cli_show(cli, &reply));
    return rc;
}

int cli_call_attached(struct cli *cli, int attached, const struct part_taker *parts,
                      struct reply *ret_reply)
{
    struct str *words = ARENA_ARRAY(cli->arena, cli->word_count, struct str);
    if (!words) {
        (void)close(attached);
        return ERR_NO_MEMORY;
    }
    const struct call_request request = {.words = words,
                                         .count = words_for_server(cli, words),
                                         .parts = parts,
                                         .attached = attached};
    TRY(backend_call(&cli->backend, cli->arena, &request, ret_reply));
    if (ret_reply->err == 0)
        return 0;
    return err_set(&cli->err, ret_reply->err, "%.*s", STR_ARG(ret_reply->error));
}

int cli_on_backend(struct cli *cli, int (*f)(struct cli *cli))
{
    struct config config;
    TRY(cli_config(cli, &config));
    TRY(read_input(cli));
    TRY(backend_open(&cli->backend, &config, &cli->err));
    int rc = cli->args->without_standby ? 0 : backend_guard(&cli->backend);
    if (rc == 0)
        rc = f(cli);
    backend_close(&cli->backend);
    return rc;
}

static int run_on_backend(struct cli *cli)
{
    return cli_on_backend(cli, cli->args->command->client ? cli->args->command->client
                                                          : call_with_own_words);
}

static int show_help(const struct command *command)
{
    struct buf b;
    buf_init(&b, NULL, OUTPUT_MAX_BYTES);
    help_write_command(&b, command);
    int rc = print_text(&b);
    buf_free(&b);
    return rc;
}

/* "garita", "garita user", "garita user --help": what belongs there. Told on standard output when
 * asked for, else on standard error beside the failure. */
static bool show_overview(const struct str *words, size_t count)
{
    struct buf b, group;
    bool asked = count > 0 &&
                 (str_eq(words[count - 1], STR("--help")) || str_eq(words[count - 1], STR("-h")));
    size_t named = asked ? count - 1 : count;
    buf_init(&b, NULL, OUTPUT_MAX_BYTES);
    buf_init(&group, NULL, OUTPUT_MAX_BYTES);
    for (size_t i = 0; i < named; i++)
        buf_printf(&group, "%s%.*s", i > 0 ? " " : "", STR_ARG(words[i]));
    if (named == 0)
        help_write_overview(&b);
    else
        help_write_group(&b, buf_str(&group));
    int rc = b.len > 0 ? write_all(asked ? STDOUT_FILENO : STDERR_FILENO, buf_str(&b)) : 0;
    bool answered = asked && b.len > 0 && rc == 0;
    buf_free(&b);
    buf_free(&group);
    return answered;
}

static int run_command(struct cli *cli, struct args *args)
{
    int rc = args_parse(cli->arena, cli->words, cli->word_count, args, &cli->err);
    if (rc == ERR_USAGE && !args->command && show_overview(cli->words, cli->word_count))
        return 0;
    TRY(rc);
    cli->args = args;
    if (args->help)
        return show_help(args->command);
    return args->command->local ? args->command->local(cli) : run_on_backend(cli);
}

/* A command says one line when it fails; what the store logs beside it is for servers. serve sets the
 * log up as configured. */
static void quiet_log(void)
{
    log_setup((enum log_level)(LOG_LEVEL_ERROR + 1), STDERR_FILENO, true);
}

int cli_main(const struct str *words, size_t count, char *const *environment)
{
    struct arena a;
    struct args args = {0};
    struct cli cli = {.arena = &a,
                      .words = words,
                      .word_count = count,
                      .environment = environment,
                      .backend = {.socket_dir = -1}};
    arena_init(&a, ARENA_MAX_BYTES);
    quiet_log();
    int rc = run_command(&cli, &args);
    if (rc != 0)
        (void)fprintf(stderr, "garita: %s\n", cli.err.detail[0] ? cli.err.detail : err_text(rc));
    arena_free(&a);
    return exit_status(rc);
}
