/* garita config, completion, version, help. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/alike.h"
#include "appliance/command/commands.h"
#include "appliance/command/doctor.h"
#include "appliance/file.h"
#include "core/base/asset.h"

#include "core/base/banned.h"

#define TEXT_MAX_BYTES ((size_t)4 << 20)

static int print(struct buf *b)
{
    struct str text;
    int rc = buf_finish(b, &text);
    if (rc == 0)
        rc = write_all(STDOUT_FILENO, text);
    buf_free(b);
    return rc;
}

static void add_settings_json(struct cli *cli, const struct config *config, struct json_writer *w)
{
    jw_begin_array(w);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        struct buf value;
        buf_init(&value, cli->arena, TEXT_MAX_BYTES);
        config_value_write(config, &params[i], &value);
        jw_begin_object(w);
        jw_member_c(w, "setting", params[i].name);
        jw_key(w, "value");
        jw_raw(w, buf_str(&value));
        jw_member_str(w, "from", config_origin_text(cli->arena, config, &params[i]));
        jw_end_object(w);
    }
    jw_end_array(w);
}

static int config_show(struct cli *cli)
{
    struct config config;
    struct buf b;
    struct json_writer w;
    struct reply reply = {0};
    if (args_has(cli->args, "sample") || args_has(cli->args, "docs")) {
        buf_init(&b, NULL, TEXT_MAX_BYTES);
        if (args_has(cli->args, "sample"))
            config_sample_write(&b);
        else
            config_docs_write(&b);
        return print(&b);
    }
    TRY(cli_config(cli, &config));
    TRY(alike_take(cli->arena, &config)); /* as serve does */
    buf_init(&b, cli->arena, TEXT_MAX_BYTES);
    jw_init(&w, &b);
    add_settings_json(cli, &config, &w);
    TRY(jw_finish(&w, &reply.data));
    return cli_show(cli, &reply);
}

static int completion(struct cli *cli)
{
    struct buf b;
    if (!str_eq(cli->args->positionals[0], STR("bash")))
        return err_set(
            &cli->err, ERR_USAGE, "completion for %.*s is not known, only for bash",
            (int)(cli->args->positionals[0].len < 60 ? cli->args->positionals[0].len : 60),
            cli->args->positionals[0].ptr);
    buf_init(&b, NULL, TEXT_MAX_BYTES);
    completion_write(&b);
    return print(&b);
}

static int print_asset(struct cli *cli, const char *path)
{
    const struct asset *asset = asset_find(path);
    if (!asset)
        return err_set(&cli->err, ERR_NOT_FOUND, "%s is not part of this build", path);
    return write_all(STDOUT_FILENO, str_of((const char *)asset->data, asset->size));
}

static int version(struct cli *cli)
{
    if (args_has(cli->args, "licenses"))
        return print_asset(cli, "notices.txt");
    if (args_has(cli->args, "verbose"))
        return print_asset(cli, "buildinfo.txt");
    if (cli->args->json)
        return write_all(STDOUT_FILENO, STR("{\"version\":\"" GARITA_VERSION "\"}\n"));
    return write_all(STDOUT_FILENO, STR("garita " GARITA_VERSION "\n"));
}

/* "garita help user add" and "garita help user". */
static int help_about(struct cli *cli, struct buf *b)
{
    struct buf path;
    buf_init(&path, cli->arena, 256);
    for (size_t i = 0; i < cli->args->positional_count; i++) {
        if (i > 0)
            buf_add_byte(&path, ' ');
        buf_add(&path, cli->args->positionals[i]);
    }
    const struct command *command = command_find(buf_str(&path));
    if (command)
        help_write_command(b, command);
    else
        help_write_group(b, buf_str(&path));
    if (b->len == 0)
        return err_set(&cli->err, ERR_USAGE, "there is no command %.*s (see garita help)",
                       (int)(path.len < 60 ? path.len : 60), buf_str(&path).ptr);
    return 0;
}

static int help(struct cli *cli)
{
    struct buf b;
    int rc = 0;
    buf_init(&b, NULL, TEXT_MAX_BYTES);
    if (args_has(cli->args, "man"))
        man_write(&b);
    else if (args_has(cli->args, "markdown"))
        cli_docs_write(&b);
    else if (cli->args->positional_count > 0)
        rc = help_about(cli, &b);
    else
        help_write_overview(&b);
    if (rc != 0) {
        buf_free(&b);
        return rc;
    }
    return print(&b);
}

static const struct option config_options[] = {
    {"sample", NULL, "write a complete configuration file with every default", 0},
    {"docs", NULL, "write the table of settings in Markdown", 0},
};
static const struct option version_options[] = {
    {"verbose", NULL, "how this program was built and from what", 0},
    {"licenses", NULL, "notices of the libraries inside", 0},
};
static const struct option help_options[] = {
    {"man", NULL, "write the manual page", 0},
    {"markdown", NULL, "write the list of commands in Markdown", 0},
};

const struct command machine_commands[] = {
    {"config", "", 0, 0, "show the effective settings and where each comes from", NULL,
     OPTIONS(config_options), true, "setting,value,from", NULL, config_show, NULL},
    {"doctor", "", 0, 0, "check this machine, the settings and the data folder", NULL, NULL, 0,
     true, "check,result,detail", doctor_data, doctor, NULL},
    {"completion", "bash", 1, 1, "write the completion script of a shell", NULL, NULL, 0, false,
     NULL, NULL, completion, NULL},
    {"version", "", 0, 0, "show the version, the build, the licences", NULL,
     OPTIONS(version_options), false, NULL, NULL, version, NULL},
    {"help", "[COMMAND]...", 0, 3, "show what there is", NULL, OPTIONS(help_options), false, NULL,
     NULL, help, NULL},
};
const size_t machine_command_count = ARRAY_LEN(machine_commands);
