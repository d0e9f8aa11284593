/* garita bench-data: data for measuring, the same every time. It writes into folders of its own and
 * into no others: everybody knows the passwords in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/command/bench_fill.h"
#include "appliance/command/commands.h"
#include "appliance/file.h"
#include "appliance/store_setup.h"

#include "core/base/banned.h"

/* Says in the folder what it holds. */
#define MARK            "bench-data"
#define MARK_MAX_BYTES  200
#define DIVIDE_MAX      1000000
#define PROGRESS_EVERY  INT64_C(2000000000)
#define FOLDER_PATH_MAX 4096

/* count realms of that many people; more than one are called name0, name1, ... */
struct part {
    const char *name;
    int64_t count, users;
};

struct data_set {
    const char *name;
    struct part parts[4];
};

static const struct data_set sets[] = {
    {"small", {{"bench", 1, 1000}}},
    {"four", {{"four1", 1, 15000}, {"four2", 1, 8000}, {"four3", 1, 12000}, {"four4", 1, 20000}}},
    {"realms", {{"r", 1000, 50}}},
    {"million", {{"bench", 1, 1000000}}},
};

static const struct data_set *set_named(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        if (str_eq_c(name, sets[i].name))
            return &sets[i];
    return NULL;
}

/* --- A folder of our own --- */

static int is_no_dot(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Also when it is not there yet. */
static bool is_empty(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_no_dot, alphasort);
    if (count < 0)
        return errno == ENOENT;
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return count == 0;
}

static int write_mark(const char *folder, const char *path, struct str mark, struct err_ctx *err)
{
    int fd = mkdir(folder, 0700) == 0 || errno == EEXIST
                 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)
                 : -1;
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write %.200s: %s", path, strerror(errno));
    int rc = write_all(fd, mark);
    (void)close(fd);
    return rc;
}

static int take_folder(struct cli *cli, const char *folder, struct str mark)
{
    char path[FOLDER_PATH_MAX];
    struct str found;
    int len = snprintf(path, sizeof(path), "%s/" MARK, folder);
    if (len < 0 || len >= (int)sizeof(path))
        return ERR_TOO_LARGE;
    if (is_empty(folder))
        return write_mark(folder, path, mark, &cli->err);
    if (file_read(cli->arena, path, MARK_MAX_BYTES, &found) != 0)
        return err_set(&cli->err, ERR_CONFLICT,
                       "%.200s holds other data: bench-data writes into an empty folder or one of "
                       "its own",
                       folder);
    if (!str_eq(found, mark))
        return err_set(&cli->err, ERR_CONFLICT, "%.200s holds another set: %.*s", folder,
                       STR_ARG(str_trim(found)));
    return 0;
}

/* --- Making it --- */

static void show_progress(const struct bench_fill *fill, const char *what, int64_t done, int64_t of)
{
    static int64_t shown_ns;
    int64_t now_ns = clock_monotonic_ns();
    if (shown_ns == 0)
        shown_ns = now_ns;
    if (now_ns - shown_ns < PROGRESS_EVERY)
        return;
    shown_ns = now_ns;
    (void)fprintf(stderr, "%.*s: %lld of %lld %s\n", STR_ARG(fill->realm), (long long)done,
                  (long long)of, what);
}

static int fill_part(struct cli *cli, struct store *store, const struct part *part, int64_t divide)
{
    for (int64_t i = 0; i < part->count; i++) {
        struct bench_fill fill = {
            .store = store,
            .err = &cli->err,
            .realm = part->count > 1 ? arena_printf(cli->arena, "%s%lld", part->name, (long long)i)
                                     : str_c(part->name),
            .users = part->users / divide > 0 ? part->users / divide : 1,
            .progress = show_progress,
        };
        if (str_absent(fill.realm))
            return ERR_NO_MEMORY;
        TRY(bench_fill_realm(&fill));
    }
    return 0;
}

static int fill_set(struct cli *cli, struct store *store, const struct data_set *set,
                    int64_t divide)
{
    TRY(folder_prepare(store, cli->arena, NULL, NULL, &cli->err));
    for (size_t i = 0; i < ARRAY_LEN(set->parts) && set->parts[i].name; i++)
        TRY(fill_part(cli, store, &set->parts[i], divide));
    return 0;
}

static int bench_data(struct cli *cli)
{
    struct config config;
    struct store *store;
    struct reply reply = {0};
    int64_t divide = 1;
    struct str name = cli->args->positionals[0];
    const struct data_set *set = set_named(name);
    if (!set)
        return err_set(&cli->err, ERR_USAGE, "there are the sets small, four, realms and million");
    if (args_has(cli->args, "divide") && (str_to_i64(args_get(cli->args, "divide"), &divide) != 0 ||
                                          divide < 1 || divide > DIVIDE_MAX))
        return err_set(&cli->err, ERR_USAGE, "--divide must be between 1 and %d", DIVIDE_MAX);
    TRY(cli_config(cli, &config));
    struct str mark =
        arena_printf(cli->arena, "%s, divided by %lld\n", set->name, (long long)divide);
    if (str_absent(mark))
        return ERR_NO_MEMORY;
    TRY(take_folder(cli, config.data, mark));
    TRY(store_open_configured(&config, &store, &cli->err));
    int rc = fill_set(cli, store, set, divide);
    store_close(store);
    TRY(rc);
    reply.message =
        arena_printf(cli->arena, "%s holds the set %.*s", config.data, STR_ARG(str_trim(mark)));
    return cli_show(cli, &reply);
}

static const struct option bench_options[] = {
    {"divide", "N", "so many times fewer people in each realm, to try it out", 0},
};

const struct command bench_commands[] = {
    {"bench-data", "SET", 1, 1, "fill an empty folder with data for measuring",
     "For benchmarks only: everybody knows the passwords and the client's secret in such a folder. "
     "The sets: small (one realm of 1,000 people), four (realms of 15,000, 8,000, 12,000 and "
     "20,000), realms (1,000 realms of 50), million (one realm of 1,000,000); with ten audit events "
     "for each person. A folder that holds anything else is refused; an interrupted run goes on "
     "where it was when it is asked for again.",
     OPTIONS(bench_options), false, NULL, NULL, bench_data, NULL},
};
const size_t bench_command_count = ARRAY_LEN(bench_commands);
