/* Commands of the program: one table, from which come parsing, --help, the manual page and the
 * completion of the shell. A command about data is one function, run on a stopped data folder or
 * inside the running server alike; what it prints is JSON that the client shows as a table. */
#ifndef GARITA_APPLIANCE_COMMAND_H
#define GARITA_APPLIANCE_COMMAND_H

#include "appliance/config.h"
#include "core/auth/context.h"
#include "core/codec/json.h"
#include "store/repl/commit.h"

enum option_flags {
    OPTION_REPEAT = 1,   /* may stand more than once */
    OPTION_REQUIRED = 2, /* must stand */
    OPTION_INPUT = 4,    /* names a file ("-": standard input) whose content is the secret */
};

struct option {
    const char *name;
    const char *value; /* how help shows its value; NULL: a switch */
    const char *help;
    unsigned flags;
};

struct args;
struct call;
struct cli;

struct command {
    const char *path;        /* "user add" */
    const char *positionals; /* "NAME", "[KEY=VALUE]...", "" */
    size_t least, most;      /* positionals */
    const char *summary;     /* one line */
    const char *details;     /* paragraphs for --help; may be NULL */
    const struct option *options;
    size_t option_count;
    bool takes_params;   /* every setting of params.def is a flag too */
    const char *columns; /* of the table that people see: JSON names separated by commas */
    /* About data (through a folder or a server), or about this machine. Both: local decides where run
     * is called. */
    int (*run)(struct call *call);
    int (*local)(struct cli *cli);
    /* For commands about data that call several times or ask first; run is then what they call. */
    int (*client)(struct cli *cli);
};

#define OPTIONS(list) (list), ARRAY_LEN(list)

struct arg_value {
    const struct option *option;
    struct str value; /* absent for switches */
};

struct args {
    const struct command *command;
    struct arg_value *values;
    size_t value_count;
    struct str *positionals;
    size_t positional_count;
    struct config_flag *flags; /* settings */
    size_t flag_count;
    bool help, json, without_standby;
    const char *data;   /* --data; NULL */
    const char *config; /* --config; NULL */
    struct str why;     /* --why: UTF-8 without control characters; absent */
};

/* Finds the command with the longest path at the front of the words and reads the rest. ERR_USAGE
 * with a sentence; then ret_args->command tells whether at least a command was found. */
MUST_CHECK int args_parse(struct arena *a, const struct str *words, size_t count,
                          struct args *ret_args, struct err_ctx *err);
bool args_has(const struct args *args, const char *option);
/* Absent when it was not given. */
struct str args_get(const struct args *args, const char *option);
/* A number option; fallback when it is not there. ERR_USAGE. */
MUST_CHECK int args_number(const struct args *args, const char *option, int64_t least, int64_t most,
                           int64_t fallback, int64_t *ret_number, struct err_ctx *err);
/* The next value of an option that may be repeated; *at starts at 0. */
bool args_next(const struct args *args, const char *option, size_t *at, struct str *ret_value);

/* All commands, in the order of help; NULL beyond the last. */
const struct command *command_at(size_t index);
const struct command *command_find(struct str path);
/* Options that every command has, and those that every command about data has. */
extern const struct option common_options[];
extern const size_t common_option_count;

/* A result that is too long for a reply comes before it, in parts: files, one after another. */
enum part_kind {
    PART_REPLY, /* no part: what ends the exchange */
    PART_FILE,  /* the name of a file that begins */
    PART_BYTES, /* what comes next in it; at most PART_MAX_BYTES */
    PART_NOTE   /* how far it is, for people who wait */
};
#define PART_MAX_BYTES ((size_t)1 << 20)
/* Takes parts in their order. An error ends the command. */
struct part_taker {
    int (*take)(void *arg, enum part_kind kind, struct str bytes);
    void *arg;
};

/* What a command about data is given, and where its result goes. */
struct call {
    struct arena *arena;
    struct now now;
    struct err_ctx err;
    struct store *store;
    struct event_actor actor;
    const struct args *args;
    struct str input;               /* of the option with OPTION_INPUT, or prompted; absent */
    struct json_writer out;         /* one value, or nothing at all */
    struct str message;             /* a line or two for people; absent: none */
    const struct part_taker *parts; /* NULL: whoever called takes none */
    int attached;                   /* a descriptor that came along, still to be taken; -1 */
};

/* The descriptor that came with the call, which is then the command's own; -1. */
int call_take_attached(struct call *call);

/* The reply of a call, as it travels. */
struct reply {
    int err;            /* 0, or an error code */
    struct str error;   /* one line; for err */
    struct str message; /* may be absent */
    struct str data;    /* JSON text; may be absent */
};
#define REPLY_MAX_BYTES   ((size_t)8 << 20)
#define REQUEST_MAX_BYTES ((size_t)4 << 20)

/* What a command about data is called with. */
struct call_request {
    const struct str *words;
    size_t count;
    struct str input;               /* may be absent */
    const struct part_taker *parts; /* NULL: the caller takes none */
    int attached; /* an open file or folder for the command to read; -1. Closed by who receives it */
};
#define CALL_OF(words_, count_) .words = (words_), .count = (count_), .attached = -1

/* Runs a command about data in this process. Never fails: errors are in the reply. */
void command_execute(struct store *store, struct arena *a, const struct event_actor *actor,
                     const struct call_request *request, struct reply *ret_reply);

/* Where calls go: a data folder that this process holds, or a server that runs on it. */
struct backend {
    struct store *store; /* NULL: through the socket */
    int socket_dir;      /* descriptor of the data folder; -1 */
    struct repl_gate guard;
    bool guarded;
};
/* ERR_NOT_FOUND (no such folder), ERR_STORE_LOCKED and the errors of store_open, with a sentence. */
MUST_CHECK int backend_open(struct backend *ret_backend, const struct config *config,
                            struct err_ctx *err);
/* Of a stopped folder whose changes wait for a standby: from now on none is made, as the standby would not have
 * it. backend stays where it is until it is closed. Nothing where the server runs, which decides itself. */
MUST_CHECK int backend_guard(struct backend *backend);
void backend_close(struct backend *backend);
/* ERR_NOT_RUNNING, ERR_IO when the server went away, errors of the taker of parts; errors of the command
 * are in the reply. */
MUST_CHECK int backend_call(struct backend *backend, struct arena *a,
                            const struct call_request *request, struct reply *ret_reply);

/* The program as one command sees it. */
struct cli {
    struct arena *arena;
    struct err_ctx err;
    const struct str *words; /* without the program's name */
    size_t word_count;
    const struct args *args;
    char *const *environment;
    struct backend backend; /* for client */
    struct str input;
};
/* One call with other words than those of the command line. Errors of the command become the
 * result. */
MUST_CHECK int cli_call(struct cli *cli, const struct str *words, size_t count, struct str input,
                        struct reply *ret_reply);
/* With the words of the command line, a taker of parts (may be NULL), and a descriptor, which is closed.
 * The reply is given also when the command failed. */
MUST_CHECK int cli_call_attached(struct cli *cli, int attached, const struct part_taker *parts,
                                 struct reply *ret_reply);
MUST_CHECK int cli_config(struct cli *cli, struct config *ret_config);
/* f with the backend of the configured folder open: for commands of which some go elsewhere. */
MUST_CHECK int cli_on_backend(struct cli *cli, int (*f)(struct cli *cli));
/* Shows a reply: message, table or JSON. */
MUST_CHECK int cli_show(struct cli *cli, const struct reply *reply);

/* Exit status of the program for an error code. */
int exit_status(int err);

/* Texts made from the table. */
void help_write_overview(struct buf *b);
/* Of "client" or "client mapper"; nothing when no command is below. */
void help_write_group(struct buf *b, struct str group);
void help_write_command(struct buf *b, const struct command *command);
void completion_write(struct buf *b);
void man_write(struct buf *b);
void cli_docs_write(struct buf *b);

#endif
