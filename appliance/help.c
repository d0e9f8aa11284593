/* What --help, `garita help`, the manual page, docs/cli.md and the shell's completion say, all from
 * the table of commands. */
#include <stdio.h>
#include <string.h>

#include "appliance/command.h"

#include "core/base/banned.h"

#define COLUMN 26
#define WIDTH  96

static void add_wrapped(struct buf *b, const char *text, size_t indent, size_t column)
{
    struct str rest = str_c(text), word;
    bool fresh = true;
    while (str_next_word(&rest, &word)) {
        if (!fresh && column + word.len + 1 > WIDTH) {
            buf_printf(b, "\n%*s", (int)indent, "");
            column = indent;
            fresh = true;
        }
        if (!fresh)
            buf_add_byte(b, ' ');
        buf_add(b, word);
        column += word.len + !fresh;
        fresh = false;
    }
    buf_add_byte(b, '\n');
}

static void add_entry(struct buf *b, const char *left, const char *text)
{
    size_t len = strlen(left);
    buf_printf(b, "  %s", left);
    if (len + 2 >= COLUMN)
        buf_printf(b, "\n%*s", COLUMN, "");
    else
        buf_printf(b, "%*s", (int)(COLUMN - 2 - len), "");
    add_wrapped(b, text, COLUMN, COLUMN);
}

static struct str group_of(const struct command *command)
{
    struct str rest = str_c(command->path), group = {NULL, 0};
    (void)str_next_word(&rest, &group);
    return group;
}

static bool is_first_of_group(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_eq(group_of(command_at(i)), group_of(command_at(index))))
            return false;
    return true;
}

static const struct {
    const char *group;
    const char *summary;
} group_summaries[] = {
    {"realm", "realms: one tenant, one database, one issuer"},
    {"user", "people of a realm"},
    {"client", "applications of a realm, their secrets and claims"},
    {"role", "roles, what they are made of, and who has them"},
    {"group", "groups of people"},
    {"keys", "signing keys of a realm"},
    {"audit", "the record of events"},
    {"clock", "the time that tokens and sessions go by"},
};

static const char *summary_of(size_t index)
{
    const struct command *command = command_at(index);
    for (size_t i = 0; i < ARRAY_LEN(group_summaries); i++)
        if (str_eq_c(group_of(command), group_summaries[i].group))
            return group_summaries[i].summary;
    return command->summary;
}

void help_write_overview(struct buf *b)
{
    char left[64];
    buf_add_c(b, "garita, a complete identity provider in one program\n\n"
                 "usage: garita COMMAND [OPTION]...\n\n");
    for (size_t i = 0; command_at(i); i++) {
        struct str group = group_of(command_at(i));
        if (!is_first_of_group(i))
            continue;
        (void)snprintf(left, sizeof(left), "%.*s", STR_ARG(group));
        add_entry(b, left, summary_of(i));
    }
    buf_add_c(b, "\nFirst steps:\n"
                 "  garita serve --data DIR    start; the one-time setup link is printed\n"
                 "  garita help COMMAND        what belongs to a command\n"
                 "  man garita                 everything\n");
}

static bool is_below(const struct command *command, struct str group)
{
    struct str path = str_c(command->path);
    return str_starts(path, group) && (path.len == group.len || path.ptr[group.len] == ' ');
}

void help_write_group(struct buf *b, struct str group)
{
    char left[160];
    for (size_t i = 0; command_at(i) && !str_empty(group); i++) {
        if (!is_below(command_at(i), group))
            continue;
        (void)snprintf(left, sizeof(left), "garita %s %s", command_at(i)->path,
                       command_at(i)->positionals);
        add_entry(b, left, command_at(i)->summary);
    }
}

static void add_option(struct buf *b, const struct option *option)
{
    char left[96], text[256];
    (void)snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value ? " " : "",
                   option->value ? option->value : "");
    (void)snprintf(text, sizeof(text), "%s%s%s", option->help,
                   option->flags & OPTION_REQUIRED ? " (needed)" : "",
                   option->flags & OPTION_REPEAT ? " (may be repeated)" : "");
    add_entry(b, left, text);
}

static const char *param_value(const struct param *param)
{
    switch (param->type) {
    case PARAM_BOOL: return "";
    case PARAM_INT: return " N";
    case PARAM_LIST: return " ITEM";
    case PARAM_STR: break;
    }
    return " TEXT";
}

static void add_params(struct buf *b)
{
    char left[96], text[320];
    buf_add_c(b, "\nSettings (also in the configuration file and in the environment):\n");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        (void)snprintf(left, sizeof(left), "--%s%s", params[i].name, param_value(&params[i]));
        (void)snprintf(text, sizeof(text), "%s (default %s)", params[i].help,
                       params[i].text[0] ? params[i].text : "empty");
        add_entry(b, left, text);
    }
}

void help_write_command(struct buf *b, const struct command *command)
{
    buf_printf(b, "usage: garita %s%s%s [OPTION]...\n\n", command->path,
               command->positionals[0] ? " " : "", command->positionals);
    add_wrapped(b, command->summary, 0, 0);
    if (command->details) {
        buf_add_byte(b, '\n');
        add_wrapped(b, command->details, 0, 0);
    }
    buf_add_c(b, "\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++)
        add_option(b, &command->options[i]);
    for (size_t i = 0; i < common_option_count; i++)
        if (!command->takes_params || !param_find(str_c(common_options[i].name)))
            add_option(b, &common_options[i]);
    if (command->takes_params)
        add_params(b);
}

/* --- Completion: one function of bash with a case for every command. --- */

/* The word that follows prefix in a command's path; absent when the path does not begin so. */
static struct str word_below(struct str prefix, const struct command *command)
{
    struct str path = str_c(command->path), word = {NULL, 0};
    bool below = prefix.len == 0 ||
                 (str_starts(path, prefix) && path.len > prefix.len && path.ptr[prefix.len] == ' ');
    path = str_from(path, prefix.len);
    return below && str_next_word(&path, &word) ? word : str_of(NULL, 0);
}

static bool is_first_below(struct str prefix, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_eq(word_below(prefix, command_at(i)), word_below(prefix, command_at(index))))
            return false;
    return true;
}

static void add_words_below(struct buf *b, struct str prefix)
{
    for (size_t i = 0; command_at(i); i++) {
        struct str word = word_below(prefix, command_at(i));
        if (!str_absent(word) && is_first_below(prefix, i))
            buf_printf(b, "%.*s ", STR_ARG(word));
    }
}

static void add_flag_words(struct buf *b, const struct command *command)
{
    for (size_t i = 0; i < command->option_count; i++)
        buf_printf(b, "--%s ", command->options[i].name);
    for (size_t i = 0; i < common_option_count; i++)
        buf_printf(b, "--%s ", common_options[i].name);
    if (command->takes_params)
        for (size_t i = 0; i < PARAM_COUNT; i++)
            buf_printf(b, "--%s ", params[i].name);
}

static void add_case(struct buf *b, const struct command *command)
{
    buf_printf(b, "    \"%s\") words=\"", command->path);
    add_words_below(b, str_c(command->path));
    add_flag_words(b, command);
    buf_add_c(b, "\" ;;\n");
}

/* Paths that are no command themselves: "user", "client mapper". Each stands once. */
static void add_prefix_cases(struct buf *b)
{
    for (size_t i = 0; command_at(i); i++) {
        struct str path = str_c(command_at(i)->path);
        for (size_t n = 0; n < path.len; n++) {
            struct str prefix = str_sub(path, 0, n);
            struct str above = {prefix.ptr, 0};
            for (size_t k = 0; k < n; k++)
                if (prefix.ptr[k] == ' ')
                    above.len = k;
            if (path.ptr[n] != ' ' || command_find(prefix) || !is_first_below(above, i))
                continue;
            buf_printf(b, "    \"%.*s\") words=\"", STR_ARG(prefix));
            add_words_below(b, prefix);
            buf_add_c(b, "\" ;;\n");
        }
    }
}

void completion_write(struct buf *b)
{
    buf_add_c(b, "# Completion of garita for bash. Written by: garita completion bash\n"
                 "_garita() {\n"
                 "  local cur=${COMP_WORDS[COMP_CWORD]} path= word words= i\n"
                 "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "    word=${COMP_WORDS[i]}\n"
                 "    [[ $word == -* ]] && break\n"
                 "    ((i > 3)) && break\n"
                 "    path+=${path:+ }$word\n"
                 "  done\n"
                 "  while :; do\n"
                 "    case $path in\n");
    for (size_t i = 0; command_at(i); i++)
        add_case(b, command_at(i));
    add_prefix_cases(b);
    buf_add_c(b, "    \"\") words=\"");
    add_words_below(b, STR(""));
    buf_add_c(b, "\" ;;\n"
                 "    esac\n"
                 "    [[ -n $words || -z $path ]] && break\n"
                 "    if [[ $path == *' '* ]]; then path=${path% *}; else path=; fi\n"
                 "  done\n"
                 "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                 "  if [[ ${#COMPREPLY[@]} == 0 && $cur != -* ]]; then\n"
                 "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                 "  fi\n"
                 "}\n"
                 "complete -o filenames -F _garita garita\n");
}

/* --- The manual page (man 7 man) and docs/cli.md. --- */

/* Backslashes and leading dots mean something to roff. */
static void add_roff(struct buf *b, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_add_c(b, "\\&");
    for (; *text; text++) {
        if (*text == '\\')
            buf_add_c(b, "\\e");
        else if (*text == '-')
            buf_add_c(b, "\\-");
        else
            buf_add_byte(b, *text);
    }
}

static void man_option(struct buf *b, const struct option *option)
{
    buf_add_c(b, ".TP\n.B ");
    add_roff(b, "--");
    add_roff(b, option->name);
    if (option->value)
        buf_printf(b, " \\fI%s\\fR", option->value);
    buf_add_byte(b, '\n');
    add_roff(b, option->help);
    buf_add_c(b, option->flags & OPTION_REQUIRED ? " (needed)\n" : "\n");
}

static void man_command(struct buf *b, const struct command *command)
{
    buf_add_c(b, ".SS garita ");
    add_roff(b, command->path);
    buf_add_byte(b, ' ');
    add_roff(b, command->positionals);
    buf_add_byte(b, '\n');
    add_roff(b, command->summary);
    buf_add_c(b, ".\n");
    if (command->details) {
        buf_add_c(b, ".PP\n");
        add_roff(b, command->details);
        buf_add_byte(b, '\n');
    }
    for (size_t i = 0; i < command->option_count; i++)
        man_option(b, &command->options[i]);
}

static void man_params(struct buf *b)
{
    char name[PARAM_ENV_MAX];
    buf_add_c(b, ".SH SETTINGS\nEach is a line of the configuration file, a variable of the "
                 "environment, and a flag of \\fBserve\\fR, \\fBinit\\fR, \\fBconfig\\fR and "
                 "\\fBdoctor\\fR. A flag wins over the environment, that over the file.\n");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        param_environment_name(&params[i], name);
        buf_add_c(b, ".TP\n.B ");
        add_roff(b, params[i].name);
        buf_printf(b, " \\fR(%s)\n", name);
        add_roff(b, params[i].help);
        buf_add_c(b, ". Default: ");
        add_roff(b, params[i].text[0] ? params[i].text : "empty");
        buf_add_c(b, ".\n");
    }
}

void man_write(struct buf *b)
{
    buf_add_c(b, ".\\\" Written by: garita help --man\n"
                 ".TH GARITA 1 \"\" \"garita " GARITA_VERSION "\" \"Garita\"\n"
                 ".SH NAME\ngarita \\- a complete identity provider in one program\n"
                 ".SH SYNOPSIS\n.B garita\n.I COMMAND\n[\\fIOPTION\\fR]...\n"
                 ".SH DESCRIPTION\nGarita signs people and services in with OpenID Connect and "
                 "OAuth 2.0. Commands about data work on a stopped data folder and, through a "
                 "socket in it, on a running server. Secrets come from files, from standard input "
                 "or from a question on the terminal, never from the command line.\n"
                 ".SH COMMON OPTIONS\n");
    for (size_t i = 0; i < common_option_count; i++)
        man_option(b, &common_options[i]);
    buf_add_c(b, ".SH COMMANDS\n");
    for (size_t i = 0; command_at(i); i++)
        man_command(b, command_at(i));
    man_params(b);
    buf_add_c(
        b, ".SH EXIT STATUS\n0: done. 1: refused or failed, with one line on standard error. "
           "2: wrong usage.\n"
           ".SH GARITA\\-AUDIT\\-VERIFY\n"
           ".B garita\\-audit\\-verify \\-\\-key\n.I FILE\n[\\-\\-key \\fIFILE\\fR]... "
           "[\\-\\-realm \\fIID\\fR] [\\-\\-complete] \\fIFILE\\fR...\n.PP\n"
           "A program of its own that proves exported events (or archives of a data folder) with "
           "the public keys of \\fBgarita audit key\\fR and nothing else: no data folder, no "
           "server. It prints the first bad event. Status 0: whole and signed; 1: broken, or "
           "nothing is signed; 2: wrong usage.\n"
           ".SH FILES\n.TP\n.B /etc/garita/garita.yaml\nthe configuration\n"
           ".TP\n.B /var/lib/garita\nthe data folder of the service\n"
           ".SH SIGNALS\n.TP\n.B SIGTERM\nfinish requests in flight and stop\n"
           ".TP\n.B SIGHUP\nread certificates and the log level again\n");
}

void cli_docs_write(struct buf *b)
{
    for (size_t i = 0; command_at(i); i++) {
        const struct command *command = command_at(i);
        if (is_first_of_group(i))
            buf_printf(b, "\n### %.*s\n", STR_ARG(group_of(command)));
        buf_printf(b, "\n`garita %s%s%s`: %s.\n\n", command->path,
                   command->positionals[0] ? " " : "", command->positionals, command->summary);
        for (size_t j = 0; j < command->option_count; j++)
            buf_printf(b, "- `--%s%s%s`: %s%s\n", command->options[j].name,
                       command->options[j].value ? " " : "",
                       command->options[j].value ? command->options[j].value : "",
                       command->options[j].help,
                       command->options[j].flags & OPTION_REQUIRED ? " (needed)" : "");
    }
}
