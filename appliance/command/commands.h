/* The parts of the table of commands, and what commands about data share. */
#ifndef GARITA_APPLIANCE_COMMAND_COMMANDS_H
#define GARITA_APPLIANCE_COMMAND_COMMANDS_H

#include "appliance/command.h"
#include "core/admin/held_change.h"
#include "core/model/role.h"
#include "core/model/user.h"

#define COMMANDS(name)                                                                             \
    extern const struct command name##_commands[];                                                 \
    extern const size_t name##_command_count
COMMANDS(serve); /* serve, init */
COMMANDS(realm);
COMMANDS(realm_import);
COMMANDS(user);
COMMANDS(client);
COMMANDS(mapper);
COMMANDS(issuer);
COMMANDS(role);
COMMANDS(group);
COMMANDS(keys);
COMMANDS(audit);
COMMANDS(clock);
COMMANDS(backup);
COMMANDS(restore);
COMMANDS(standby);
COMMANDS(diverged);
COMMANDS(witness);
COMMANDS(status);
COMMANDS(routes); /* routes */
COMMANDS(apply);
COMMANDS(change);
COMMANDS(bench);   /* bench-data */
COMMANDS(machine); /* config, doctor, completion, version, help */

#define OPTION_REALM                                                                               \
    {                                                                                              \
        "realm", "NAME", "the realm", OPTION_REQUIRED                                              \
    }

/* A realm opened for one command: context, and a read or write transaction. */
struct work {
    struct auth_ctx ctx;
    struct store_read *r;       /* of its own, or the writer's */
    struct store_write *w;      /* NULL in reads */
    struct four_eyes four_eyes; /* of the realm, before the write */
};
/* The realm named; ERR_NOT_FOUND with a sentence. Then one of the two begins. */
MUST_CHECK int work_open(struct call *call, struct str realm, struct work *ret_work);
MUST_CHECK int work_read(struct work *work);
MUST_CHECK int work_write(struct work *work);
/* Commits. What waits for a second person in this realm is done without one, with an event, when --why says
 * why; else ERR_USAGE. */
MUST_CHECK int work_commit(struct work *work);
/* Ends what is open; rolls back what was not committed. Fits CLEANUP. */
void work_close(struct work *work);
/* By --realm. */
MUST_CHECK int work_open_realm(struct call *call, struct work *ret_work);

/* Notes the line for people. */
void call_say(struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A taker of parts that shows notes: one line on the terminal, written over again and again. */
MUST_CHECK int note_show(void *arg, enum part_kind kind, struct str text);
/* The line goes. */
void note_clear(void);
/* A number option; fallback when it is not there. ERR_USAGE. */
MUST_CHECK int call_number(struct call *call, const char *option, int64_t least, int64_t most,
                           int64_t fallback, int64_t *ret_number);
/* RFC 3339 ("2026-11-22", "2026-11-22T16:03:09Z") or "-90m", "-24h", "-7d" from now, to
 * milliseconds. ERR_USAGE. */
MUST_CHECK int call_time(struct call *call, const char *option, int64_t fallback_ms,
                         int64_t *ret_ms);

/* "KEY=VALUE" words onto a struct by its field table. "attributes.NAME=VALUE" sets one member of a
 * map. Lists and objects may be JSON; a list may also be separated by commas. ERR_USAGE (no '='),
 * ERR_INVALID_REQUEST (unknown setting, wrong kind). */
MUST_CHECK int settings_apply(struct call *call, const struct field_table *table, void *object,
                              const struct str *words, size_t count);
/* Words onto a flat map, for the config of mappers. */
MUST_CHECK int settings_map(struct call *call, struct str_map *map, const struct str *words,
                            size_t count);
/* ERR_USAGE when neither a setting (positionals from first on) nor --enable or --disable was given:
 * a change of nothing is a mistake, and no event. */
MUST_CHECK int settings_needed(struct call *call, size_t first);
/* The options --enable and --disable, when given. */
void settings_switch(const struct call *call, bool *enabled);

/* A user by name or id, without a sentence when there is none. */
MUST_CHECK int find_user_id(struct call *call, struct work *work, struct str name,
                            struct user *ret_user);
/* Role named by --role and, when given, --client-id. */
MUST_CHECK int find_role(struct call *call, struct work *work, struct str name,
                         struct role *ret_role);
/* The client of --client-id as the view has it: with mappers and scopes, which an update writes again,
 * and without its secret. */
MUST_CHECK int find_client_whole(struct call *call, struct work *work, struct client *ret_client);

/* Makes the data folder ready: realm master when it is missing, and the first administrator from
 * the environment when one is named there. ret_made (may be NULL) tells whether master is new. */
MUST_CHECK int folder_prepare(struct store *store, struct arena *a, char *const *environment,
                              bool *ret_made, struct err_ctx *err);
/* The context of master for the program itself. */
void program_actor(struct event_actor *ret_actor);

/* What this node is and how far the other one is behind, as members of an object that is open. */
void replication_status_write(struct store *store, struct json_writer *w);

#endif
