/* garita apply: files to realms. The client reads the files, lays overlays on them and fills in
 * secrets; each realm then goes as one document to web/apply, through the folder, through the socket
 * of a running server, or to a server elsewhere. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "appliance/apply/load.h"
#include "appliance/apply/schema.h"
#include "appliance/apply/show.h"
#include "appliance/command/commands.h"
#include "appliance/command/remote_options.h"
#include "appliance/file.h"
#include "core/codec/form.h"
#include "web/apply/apply.h"

#include "core/base/banned.h"

#define WORDS_MAX        16
#define OUTPUT_MAX       ((size_t)64 << 20)
#define PATH_MAX_BYTES   ((size_t)1 << 10)
#define ANSWER_MAX_BYTES ((size_t)16 << 20)

/* --- One realm, in the server or in the folder --- */

static int run(struct call *call)
{
    const struct args *args = call->args;
    const struct apply_options options = {
        .owner = args_get(args, "owner"),
        .dry_run = args_has(args, "dry-run") || args_has(args, "drift"),
        .adopt = args_has(args, "adopt"),
        .prune = args_has(args, "prune"),
    };
    if (str_absent(call->input))
        return err_set(&call->err, ERR_USAGE, "a document is needed");
    return apply_as_operator(call->store, call->arena, &call->now, &call->actor, call->input,
                             &options, &call->out, &call->err);
}

/* --- The client --- */

static int split_variable(struct cli *cli, struct str word, struct str_map *io_map)
{
    ptrdiff_t equals = str_find(word, '=');
    if (equals <= 0)
        return err_set(&cli->err, ERR_USAGE, "--var is written NAME=VALUE");
    return str_map_set(io_map, cli->arena, str_sub(word, 0, (size_t)equals),
                       str_from(word, (size_t)equals + 1));
}

static int take_load(struct cli *cli, struct load *ret_load)
{
    struct load load = {.path = args_get(cli->args, "file"), .environment = cli->environment};
    struct str value;
    if (str_absent(load.path))
        return err_set(&cli->err, ERR_USAGE, "--file is needed (see garita apply --help)");
    for (size_t at = 0; args_next(cli->args, "overlay", &at, &value);)
        TRY(strs_add(&load.overlays, cli->arena, value));
    for (size_t at = 0; args_next(cli->args, "var", &at, &value);)
        TRY(split_variable(cli, value, &load.variables));
    *ret_load = load;
    return 0;
}

/* What the other side is to know of the command line. */
static size_t words_of(const struct cli *cli, struct str *words)
{
    static const char *const switches[] = {"dry-run", "drift", "adopt", "prune"};
    static const char *const values[] = {"owner"};
    size_t count = 0;
    words[count++] = STR("apply");
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        if (args_has(cli->args, switches[i]))
            words[count++] = arena_printf(cli->arena, "--%s", switches[i]);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (args_has(cli->args, values[i])) {
            words[count++] = arena_printf(cli->arena, "--%s", values[i]);
            words[count++] = args_get(cli->args, values[i]);
        }
    if (!str_absent(cli->args->why)) {
        words[count++] = STR("--why");
        words[count++] = cli->args->why;
    }
    return count;
}

static int text_of(struct cli *cli, const struct json_value *realm, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, cli->arena, APPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, realm);
    int rc = jw_finish(&w, ret_text);
    if (rc != ERR_TOO_LARGE)
        return rc;
    struct str name = json_get_str(realm, "realm");
    return err_set(&cli->err, rc, "realm %.*s: more than %zu bytes at once",
                   (int)(name.len < 64 ? name.len : 64), name.ptr, APPLY_MAX_BYTES);
}

/* The realm in front of the sentence: several may be under way. */
static int say_whose(struct cli *cli, const struct json_value *realm, int rc)
{
    struct err_ctx err = cli->err;
    struct str name = json_get_str(realm, "realm");
    return err_set(&cli->err, rc, "realm %.*s: %s", (int)(name.len < 64 ? name.len : 64), name.ptr,
                   err.detail[0] ? err.detail : err_text(rc));
}

static int ask_here(struct cli *cli, struct str document, struct str *ret_answer)
{
    struct str words[WORDS_MAX];
    struct reply reply;
    TRY(cli_call(cli, words, words_of(cli, words), document, &reply));
    *ret_answer = reply.data;
    return 0;
}

/* The same by the Admin API of a server elsewhere. */
static int ask_there(struct cli *cli, struct remote *remote, struct str document,
                     struct str *ret_answer)
{
    bool dry_run = args_has(cli->args, "dry-run") || args_has(cli->args, "drift");
    struct buf path;
    struct str text;
    buf_init(&path, cli->arena, PATH_MAX_BYTES);
    buf_add_c(&path, "/admin/apply?");
    form_add(&path, "dryRun", dry_run ? STR("true") : STR("false"));
    form_add(&path, "adopt", args_has(cli->args, "adopt") ? STR("true") : STR("false"));
    form_add(&path, "prune", args_has(cli->args, "prune") ? STR("true") : STR("false"));
    if (args_has(cli->args, "owner"))
        form_add(&path, "owner", args_get(cli->args, "owner"));
    TRY(buf_finish(&path, &text));
    return remote_post(remote, text, document, cli->args->why, ret_answer);
}

static int apply_one(struct cli *cli, struct remote *remote, const struct json_value *realm,
                     const struct json_value **ret_result)
{
    struct str text, answer;
    TRY(text_of(cli, realm, &text));
    int rc = remote ? ask_there(cli, remote, text, &answer) : ask_here(cli, text, &answer);
    if (rc != 0)
        return say_whose(cli, realm, rc);
    return json_parse(cli->arena, answer, ANSWER_MAX_BYTES, ret_result);
}

/* --- Showing --- */

struct tally {
    struct buf text;
    struct json_writer json;
    int64_t differs, foreign;
};

static void count(struct tally *t, const struct json_value *result)
{
    static const char *const members[] = {"create", "update", "adopt", "delete"};
    const struct json_value *summary = json_get(result, "summary");
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        t->differs += json_i64_or(summary, members[i], 0);
    t->foreign += json_i64_or(summary, "foreign", 0);
}

static void tell(const struct cli *cli, struct tally *t, const struct json_value *result)
{
    const struct show show = {
        .members = args_has(cli->args, "diff"),
        .coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        .planned = !json_bool_or(result, "applied", false),
    };
    count(t, result);
    if (cli->args->json)
        jw_value(&t->json, result);
    else
        show_plan(&t->text, result, &show);
}

static int print(struct cli *cli, struct tally *t)
{
    struct str text;
    if (cli->args->json) {
        jw_end_array(&t->json);
        TRY(jw_finish(&t->json, &text));
        buf_add_byte(&t->text, '\n');
    }
    TRY(buf_finish(&t->text, &text));
    return write_all(STDOUT_FILENO, text);
}

/* --drift is for jobs: they look at the exit status. */
static int judge(struct cli *cli, const struct tally *t)
{
    if (!args_has(cli->args, "drift") || t->differs + t->foreign == 0)
        return 0;
    return err_set(&cli->err, ERR_CONFLICT, "%lld objects are not as the files say",
                   (long long)(t->differs + t->foreign));
}

/* One realm after the other. The first that fails ends the run; those before it are done and told. */
static int apply_all(struct cli *cli, struct remote *remote, const struct json_value *realms)
{
    struct tally t = {.differs = 0};
    const struct json_value *realm, *result;
    int rc = 0;
    buf_init(&t.text, cli->arena, OUTPUT_MAX);
    jw_init(&t.json, &t.text);
    if (cli->args->json)
        jw_begin_array(&t.json);
    for (struct json_iter it = json_iter(realms); rc == 0 && json_next(&it, NULL, &realm);) {
        rc = apply_one(cli, remote, realm, &result);
        if (rc == 0)
            tell(cli, &t, result);
    }
    TRY(print(cli, &t));
    TRY(rc);
    return judge(cli, &t);
}

static int read_realms(struct cli *cli, const struct json_value **ret_realms)
{
    struct load load;
    TRY(take_load(cli, &load));
    return load_realms(cli->arena, &load, ret_realms, &cli->err);
}

static int apply_here(struct cli *cli)
{
    const struct json_value *realms;
    TRY(read_realms(cli, &realms));
    return apply_all(cli, NULL, realms);
}

static int apply_there(struct cli *cli)
{
    const struct json_value *realms;
    struct remote remote;
    TRY(read_realms(cli, &realms));
    TRY(remote_of_options(cli, &remote));
    return apply_all(cli, &remote, realms);
}

static int print_schema(struct cli *cli)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, cli->arena, OUTPUT_MAX);
    jw_init(&w, &b);
    apply_schema_write(&w);
    TRY(jw_finish(&w, &text));
    buf_add_byte(&b, '\n');
    TRY(buf_finish(&b, &text));
    return write_all(STDOUT_FILENO, text);
}

static int client(struct cli *cli)
{
    if (args_has(cli->args, "schema"))
        return print_schema(cli);
    return args_has(cli->args, "server") ? apply_there(cli) : cli_on_backend(cli, apply_here);
}

static const char apply_help[] =
    "Files hold realms as Keycloak represents them: settings, roles, clientScopes, clients, groups, "
    "users and the default lists. What they name is made or changed, all of a realm or nothing; what "
    "they do not name is left alone. Objects that were made otherwise are neither changed nor removed "
    "unless --adopt is given. docs/apply.md tells more.";

static const struct option apply_options[] = {
    {"file", "DIR|FILE", "what is to be; also -f; - is standard input", 0},
    {"overlay", "NAME", "lay overrides/NAME.yaml on it", OPTION_REPEAT},
    {"var", "NAME=VALUE", "a variable: $(NAME) in texts", OPTION_REPEAT},
    {"dry-run", NULL, "try everything and keep nothing", 0},
    {"diff", NULL, "show what was before and what comes", 0},
    {"drift", NULL, "as --dry-run; exit status 1 when anything differs", 0},
    {"prune", NULL, "remove what was applied once and is in the files no more", 0},
    {"adopt", NULL, "take over objects that were made otherwise", 0},
    {"owner", "NAME", "whose mark objects carry (default " APPLY_OWNER ")", 0},
    {"schema", NULL, "write the JSON Schema of such files, for editors", 0},
    REMOTE_OPTIONS,
};

const struct command apply_commands[] = {
    {"apply", "", 0, 0, "make realms as files say", apply_help, OPTIONS(apply_options), false, NULL,
     run, client, NULL},
};
const size_t apply_command_count = ARRAY_LEN(apply_commands);
