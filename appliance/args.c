/* Words of the command line to a command, its options and its positionals. */
#include "appliance/command.h"

#include <stdio.h>
#include <string.h>

#include "core/base/banned.h"

#define VALUES_MAX    512
#define WHY_MAX_BYTES 1024

const struct option common_options[] = {
    {"data", "DIR", "the data folder", 0},
    {"config", "FILE", "the configuration file (default " CONFIG_FILE_DEFAULT ")", 0},
    {"why", "TEXT", "the reason for a change, for its audit events", 0},
    {"without-standby", NULL,
     "on a stopped folder: change it although changes wait for a standby, which learns of them later",
     0},
    {"json", NULL, "print JSON, for scripts", 0},
    {"help", NULL, "show what this command takes", 0},
};
const size_t common_option_count = ARRAY_LEN(common_options);

/* How many of the words the path takes; 0 when it does not fit. */
static size_t path_fits(const char *path, const struct str *words, size_t count)
{
    struct str rest = str_c(path), word;
    size_t n = 0;
    while (str_next_word(&rest, &word)) {
        if (n == count || !str_eq(words[n], word))
            return 0;
        n++;
    }
    return n;
}

static const struct command *find_command(const struct str *words, size_t count, size_t *ret_used)
{
    const struct command *best = NULL;
    *ret_used = 0;
    if (count > 0 && str_eq(words[0], STR("--version"))) {
        *ret_used = 1;
        return command_find(STR("version"));
    }
    for (size_t i = 0; command_at(i); i++) {
        size_t used = path_fits(command_at(i)->path, words, count);
        if (used > *ret_used) {
            best = command_at(i);
            *ret_used = used;
        }
    }
    return best;
}

static const struct option *find_option(const struct option *options, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, options[i].name))
            return &options[i];
    return NULL;
}

struct parser {
    struct arena *arena;
    struct args *args;
    struct err_ctx *err;
    const struct str *words;
    size_t count, at;
};

static int usage(struct parser *p, const char *what, struct str name)
{
    return err_set(p->err, ERR_USAGE, "%s %.*s (see garita %s --help)", what,
                   (int)(name.len < 60 ? name.len : 60), name.ptr, p->args->command->path);
}

/* As the header X-Justification of the Admin API. */
static int take_why(struct parser *p, struct str value)
{
    if (!str_absent(p->args->why))
        return usage(p, "stands twice:", STR("--why"));
    if (value.len > WHY_MAX_BYTES || !str_is_utf8(value) || !str_has_no_control(value))
        return usage(p, "one line of UTF-8, at most 1024 bytes, is needed for", STR("--why"));
    p->args->why = value;
    return 0;
}

static int take_common(struct parser *p, const struct option *option, struct str value)
{
    const char *text = str_absent(value) ? NULL : arena_cstr(p->arena, value);
    if (option->value && (!text || *text == '\0'))
        return usage(p, "a value is needed for", str_c(option->name));
    if (strcmp(option->name, "data") == 0) {
        if (p->args->data)
            return usage(p, "stands twice:", STR("--data"));
        p->args->data = text;
    } else if (strcmp(option->name, "config") == 0) {
        if (p->args->config)
            return usage(p, "stands twice:", STR("--config"));
        p->args->config = text;
    } else if (strcmp(option->name, "why") == 0) {
        return take_why(p, value);
    } else if (strcmp(option->name, "without-standby") == 0) {
        p->args->without_standby = true;
    } else if (strcmp(option->name, "json") == 0) {
        p->args->json = true;
    } else {
        p->args->help = true;
    }
    return 0;
}

static int take_param(struct parser *p, const struct param *param, struct str value)
{
    if (p->args->flag_count == VALUES_MAX)
        return err_set(p->err, ERR_USAGE, "too many options");
    p->args->flags[p->args->flag_count++] = (struct config_flag){param, value};
    return 0;
}

static int take_value(struct parser *p, const struct option *option, struct str value)
{
    struct args *args = p->args;
    if (!(option->flags & OPTION_REPEAT) && args_has(args, option->name))
        return usage(p, "stands twice:", str_c(option->name));
    if (args->value_count == VALUES_MAX)
        return err_set(p->err, ERR_USAGE, "too many options");
    args->values[args->value_count++] = (struct arg_value){option, value};
    return 0;
}

/* The value of an option: after '=', or the next word. */
static int value_of(struct parser *p, struct str name, struct str inline_value, bool wanted,
                    struct str *ret_value)
{
    *ret_value = inline_value;
    if (!wanted)
        return str_absent(inline_value) ? 0 : usage(p, "no value is taken by", name);
    if (!str_absent(inline_value))
        return 0;
    if (p->at == p->count)
        return usage(p, "a value is needed for", name);
    *ret_value = p->words[p->at++];
    return 0;
}

static int take_option(struct parser *p, struct str word)
{
    const struct command *command = p->args->command;
    struct str name = str_from(word, 2), inline_value = {NULL, 0}, value;
    ptrdiff_t equals = str_find(name, '=');
    if (equals >= 0) {
        inline_value = str_from(name, (size_t)equals + 1);
        name = str_sub(name, 0, (size_t)equals);
    }
    const struct option *option = find_option(command->options, command->option_count, name);
    if (option) {
        TRY(value_of(p, word, inline_value, option->value != NULL, &value));
        return take_value(p, option, value);
    }
    option = find_option(common_options, common_option_count, name);
    if (option) {
        TRY(value_of(p, word, inline_value, option->value != NULL, &value));
        return take_common(p, option, value);
    }
    const struct param *param = command->takes_params ? param_find(name) : NULL;
    if (!param)
        return usage(p, "unknown option", word);
    if (param->type == PARAM_BOOL)
        return take_param(p, param, inline_value);
    TRY(value_of(p, word, inline_value, true, &value));
    return take_param(p, param, value);
}

static int check_complete(struct parser *p)
{
    const struct args *args = p->args;
    const struct command *command = args->command;
    if (args->positional_count < command->least)
        return usage(p, "missing:", str_c(command->positionals));
    if (args->positional_count > command->most)
        return usage(p, "not understood:", args->positionals[command->most]);
    for (size_t i = 0; i < command->option_count; i++)
        if ((command->options[i].flags & OPTION_REQUIRED) &&
            !args_has(args, command->options[i].name))
            return err_set(p->err, ERR_USAGE, "--%s is needed (see garita %s --help)",
                           command->options[i].name, command->path);
    return 0;
}

static int parse_rest(struct parser *p)
{
    bool options = true;
    while (p->at < p->count) {
        struct str word = p->words[p->at++];
        if (options && str_eq(word, STR("--")))
            options = false;
        else if (options && str_eq(word, STR("-h")))
            p->args->help = true;
        else if (options && str_eq(word, STR("-f")))
            TRY(take_option(p, STR("--file")));
        else if (options && str_starts(word, STR("--")))
            TRY(take_option(p, word));
        else if (p->args->positional_count < VALUES_MAX)
            p->args->positionals[p->args->positional_count++] = word;
        else
            return err_set(p->err, ERR_USAGE, "too many words");
    }
    return p->args->help ? 0 : check_complete(p);
}

/* How many of the words lead towards a command: 2 of "client mapper nope". */
static size_t words_known(const struct str *words, size_t count)
{
    size_t best = 0;
    for (size_t i = 0; command_at(i); i++) {
        struct str rest = str_c(command_at(i)->path), word;
        size_t n = 0;
        while (n < count && str_next_word(&rest, &word) && str_eq(words[n], word))
            n++;
        if (n > best)
            best = n;
    }
    return best;
}

/* "garita user", "garita user ad" and "garita usr add" deserve different answers. */
static int unknown_command(const struct str *words, size_t count, struct err_ctx *err)
{
    char group[64] = "", space[2] = "";
    size_t known = words_known(words, count), len = 0;
    for (size_t i = 0; i < known && len < sizeof(group); i++)
        len += (size_t)snprintf(group + len, sizeof(group) - len, "%s%.*s", i ? " " : "",
                                STR_ARG(words[i]));
    if (known > 0)
        space[0] = ' ';
    if (known == count || (known > 0 && str_starts(words[known], STR("-"))))
        return err_set(err, ERR_USAGE, "a command is needed%s%s (see garita help%s%s)",
                       known > 0 ? " after " : "", group, space, group);
    return err_set(err, ERR_USAGE, "unknown command %s%s%.*s (see garita help%s%s)", group, space,
                   (int)(words[known].len < 60 ? words[known].len : 60), words[known].ptr, space,
                   group);
}

int args_parse(struct arena *a, const struct str *words, size_t count, struct args *ret_args,
               struct err_ctx *err)
{
    struct args args = {0};
    struct parser p = {a, &args, err, words, count, 0};
    *ret_args = args;
    args.command = find_command(words, count, &p.at);
    if (!args.command)
        return unknown_command(words, count, err);
    args.values = ARENA_ARRAY(a, VALUES_MAX, struct arg_value);
    args.positionals = ARENA_ARRAY(a, VALUES_MAX, struct str);
    args.flags = ARENA_ARRAY(a, VALUES_MAX, struct config_flag);
    if (!args.values || !args.positionals || !args.flags)
        return ERR_NO_MEMORY;
    int rc = parse_rest(&p);
    *ret_args = args;
    return rc;
}

bool args_has(const struct args *args, const char *option)
{
    for (size_t i = 0; i < args->value_count; i++)
        if (strcmp(args->values[i].option->name, option) == 0)
            return true;
    return false;
}

struct str args_get(const struct args *args, const char *option)
{
    size_t at = 0;
    struct str value = {NULL, 0};
    (void)args_next(args, option, &at, &value);
    return value;
}

int args_number(const struct args *args, const char *option, int64_t least, int64_t most,
                int64_t fallback, int64_t *ret_number, struct err_ctx *err)
{
    struct str text = args_get(args, option);
    *ret_number = fallback;
    if (str_absent(text))
        return 0;
    if (str_to_i64(text, ret_number) != 0 || *ret_number < least || *ret_number > most)
        return err_set(err, ERR_USAGE, "--%s must be between %lld and %lld", option,
                       (long long)least, (long long)most);
    return 0;
}

bool args_next(const struct args *args, const char *option, size_t *at, struct str *ret_value)
{
    while (*at < args->value_count) {
        const struct arg_value *v = &args->values[(*at)++];
        if (strcmp(v->option->name, option) != 0)
            continue;
        *ret_value = v->value;
        return true;
    }
    return false;
}
