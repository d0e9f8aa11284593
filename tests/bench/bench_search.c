/* Measures searches in a data folder that garita bench-data made and that nobody serves.
 *   bench_search FOLDER REALM PEOPLE   one line a search: name, median and 99th percentile in
 *                                      microseconds, rows of the last page
 *   bench_search --copy FOLDER         bytes of a consistent copy: each database by VACUUM INTO */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/port/events.h"
#include "core/port/users.h"
#include "store/store_open.h"

#define ROUNDS     2000
#define ROUNDS_MS  2000 /* no search takes longer in all */
#define PAGE       20
#define FIRST_MS   (INT64_C(1735689600) * 1000)
#define YEAR_MS    (INT64_C(365) * 86400000)
#define ARENA_SIZE ((size_t)64 << 20)

static struct store *store;
static struct realm_view *view;
static int64_t people;
static struct arena arena;

static void must(int err)
{
    if (err != 0) {
        fprintf(stderr, "%s\n", err_name(err));
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t somebody(void)
{
    return rng_below((uint32_t)people);
}

static struct str number(const char *format, int64_t n)
{
    return ARENA_CONCAT(&arena, str_c(format), arena_printf(&arena, "%lld", (long long)n));
}

/* --- People --- */

static struct user_filter by_username(void)
{
    return (struct user_filter){.username = number("user", somebody()), .exact = true};
}
static struct user_filter by_username_beginning(void)
{
    return (struct user_filter){.username = number("user", somebody())};
}
static struct user_filter by_search(void)
{
    return (struct user_filter){.search = number("user", somebody())};
}
static struct user_filter by_common_search(void)
{
    return (struct user_filter){.search = STR("user")};
}
static struct user_filter by_email(void)
{
    return (struct user_filter){
        .email = ARENA_CONCAT(&arena, number("user", somebody()), STR("@example.pe")),
        .exact = true};
}
static struct user_filter by_email_beginning(void)
{
    return (struct user_filter){.email = number("user", somebody())};
}
static struct user_filter by_last_name(void)
{
    return (struct user_filter){.last_name = STR("qui")};
}
static struct user_filter by_rare_attribute(void)
{
    return (struct user_filter){.attribute = STR("employee"), .value = number("E", somebody())};
}
static struct user_filter by_common_attribute(void)
{
    return (struct user_filter){.attribute = STR("department"),
                                .value = number("d", rng_below(40))};
}
static struct user_filter by_two(void)
{
    return (struct user_filter){.attribute = STR("department"),
                                .value = number("d", rng_below(40)),
                                .last_name = STR("qui")};
}

static size_t find_people(struct store_read *r, struct user_filter (*filter)(void))
{
    const struct user_filter f = filter();
    struct user *items;
    size_t count;
    must(user_list(r, &arena, &f, PAGE, &items, &count));
    return count;
}

/* --- Events --- */

static struct event_filter newest(void)
{
    return (struct event_filter){.newest_first = true};
}
static struct event_filter of_user(void)
{
    struct store_read *r;
    struct user user;
    must(store_read_begin(view, &r));
    must(user_find_by_username(r, &arena, number("user", somebody()), &user));
    store_read_end(r);
    return (struct event_filter){.user_id = user.id, .newest_first = true};
}
static struct str usual_type = STR_INIT("TokenRefreshed");
static struct str rare_type = STR_INIT("PasswordUpdated");
static struct event_filter of_type(void)
{
    return (struct event_filter){.types = {&usual_type, 1}, .newest_first = true};
}
static struct event_filter of_rare_type(void)
{
    return (struct event_filter){.types = {&rare_type, 1}, .newest_first = true};
}
static struct event_filter of_client(void)
{
    return (struct event_filter){.client_id = number("app-", rng_below(21)), .newest_first = true};
}
static struct event_filter of_hour(void)
{
    int64_t from_ms = FIRST_MS + (int64_t)rng_below((uint32_t)(YEAR_MS / 1000)) * 1000;
    return (struct event_filter){.from_ms = from_ms, .to_ms = from_ms + 3600000};
}
static struct event_filter of_all(void)
{
    struct event_filter f = of_hour();
    f.to_ms = f.from_ms + 30 * INT64_C(86400000);
    f.types = (struct strs){&usual_type, 1};
    f.client_id = number("app-", rng_below(21));
    f.newest_first = true;
    return f;
}

static size_t find_events(struct store_read *r, const struct event_filter *f)
{
    struct event_record *items;
    size_t count;
    must(event_list(r, &arena, f, PAGE, &items, &count));
    return count;
}

/* --- Measuring --- */

struct search {
    const char *name;
    struct user_filter (*people)(void);
    struct event_filter (*events)(void);
};

static const struct search searches[] = {
    {"people: whole user name", by_username, NULL},
    {"people: beginning of the user name", by_username_beginning, NULL},
    {"people: beginning of any name, few match", by_search, NULL},
    {"people: beginning of any name, all match", by_common_search, NULL},
    {"people: whole e-mail", by_email, NULL},
    {"people: beginning of the e-mail", by_email_beginning, NULL},
    {"people: beginning of the last name, 1 in 23", by_last_name, NULL},
    {"people: attribute, one matches", by_rare_attribute, NULL},
    {"people: attribute, 1 in 40 matches", by_common_attribute, NULL},
    {"people: attribute and last name, 1 in 920", by_two, NULL},
    {"events: newest", NULL, newest},
    {"events: of a person", NULL, of_user},
    {"events: of a type, half of all", NULL, of_type},
    {"events: of a type, 1 in 10,000", NULL, of_rare_type},
    {"events: of a client", NULL, of_client},
    {"events: of an hour", NULL, of_hour},
    {"events: of a type and a client in a month", NULL, of_all},
};

static void measure(const struct search *s)
{
    static int64_t times[ROUNDS];
    int64_t begun = clock_monotonic_ns();
    size_t rounds = 0;
    size_t rows = 0;
    while (rounds < ROUNDS && clock_monotonic_ns() - begun < ROUNDS_MS * INT64_C(1000000)) {
        struct store_read *r;
        struct event_filter f = s->events ? s->events() : (struct event_filter){0};
        int64_t start = clock_monotonic_ns();
        must(store_read_begin(view, &r));
        rows = s->people ? find_people(r, s->people) : find_events(r, &f);
        store_read_end(r);
        times[rounds++] = clock_monotonic_ns() - start;
        arena_reset(&arena);
    }
    qsort(times, rounds, sizeof(times[0]), compare);
    printf("%s\t%.1f\t%.1f\t%zu\n", s->name, (double)times[rounds / 2] / 1e3,
           (double)times[rounds * 99 / 100] / 1e3, rows);
}

static int search(char **argv)
{
    struct store_config config = {.data_dir = argv[1]};
    people = strtoll(argv[3], NULL, 10);
    if (people < 1 || people > INT32_MAX)
        return 2;
    must(store_open(&config, &store));
    must(realm_view_acquire(store, str_c(argv[2]), &view));
    for (size_t i = 0; i < ARRAY_LEN(searches); i++)
        measure(&searches[i]);
    realm_view_release(view);
    store_close(store);
    return 0;
}

/* --- Copying --- */

static int64_t copy_of(const char *folder, const char *file)
{
    char from[600];
    char to[600];
    char statement[700];
    struct stat st = {0};
    sqlite3 *db;
    (void)snprintf(from, sizeof(from), "%s/realms/%s", folder, file);
    (void)snprintf(to, sizeof(to), "%s/copy", folder);
    (void)snprintf(statement, sizeof(statement), "VACUUM INTO '%s'", to);
    if (sqlite3_open(from, &db) != SQLITE_OK ||
        sqlite3_exec(db, statement, NULL, NULL, NULL) != SQLITE_OK || stat(to, &st) != 0) {
        fprintf(stderr, "%s: %s\n", from, sqlite3_errmsg(db));
        exit(1);
    }
    (void)sqlite3_close(db);
    (void)unlink(to);
    return st.st_size;
}

static int copy(const char *folder)
{
    char path[600];
    int64_t bytes = 0;
    (void)snprintf(path, sizeof(path), "%s/realms", folder);
    DIR *dir = opendir(path);
    if (!dir)
        return 1;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (str_ends(str_c(entry->d_name), STR(".db")))
            bytes += copy_of(folder, entry->d_name);
    (void)closedir(dir);
    printf("%lld\n", (long long)bytes);
    return 0;
}

int main(int argc, char **argv)
{
    log_setup(LOG_LEVEL_ERROR, STDERR_FILENO, true);
    arena_init(&arena, ARENA_SIZE);
    int status = 2;
    if (argc == 3 && strcmp(argv[1], "--copy") == 0)
        status = copy(argv[2]);
    else if (argc == 4)
        status = search(argv);
    arena_free(&arena);
    return status;
}
