/* Measures the store by itself: durable commits, reads, views, bytes on disk. Prints figures and
 * ratios to what the machine can do (raw flushes of a file); nothing here passes or fails.
 *   bench_store [FOLDER [USERS [commits|place]]]   (a folder on the disk to be measured; 100,000 users;
 *                                                   commits: only how commits share flushes;
 *                                                   place: only what looking at names costs) */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/port/clients.h"
#include "core/port/events.h"
#include "core/port/sessions.h"
#include "core/port/users.h"
#include "store/place.h"
#include "store/repl/commit.h"
#include "store/store_open.h"
#include "store/view.h"

#define SECONDS 2
#define ROUNDS  3 /* of what is compared with the disk, which others may use meanwhile */

static char dir[300];
static struct store *store;
static struct realm_view *view;
static int64_t client_pk;
static int64_t users = 100000;

static void must(int err)
{
    if (err != 0) {
        fprintf(stderr, "%s\n", err_name(err));
        exit(1);
    }
}

static double seconds(void)
{
    return (double)clock_monotonic_ns() / 1e9;
}

static int64_t realm_bytes(void)
{
    char command[400];
    long long bytes = 0;
    (void)snprintf(command, sizeof(command), "cat '%s'/realms/*-*.db | wc -c", dir);
    FILE *pipe = popen(command, "r");
    if (!pipe || fscanf(pipe, "%lld", &bytes) != 1)
        bytes = -1;
    if (pipe)
        (void)pclose(pipe);
    return bytes;
}

static void open_it(void)
{
    struct store_config config = {.data_dir = dir};
    double start = seconds();
    must(store_open(&config, &store));
    must(realm_view_acquire(store, STR("bench"), &view));
    printf("open the store and one realm: %.2f ms\n", (seconds() - start) * 1e3);
}

static void close_it(void)
{
    realm_view_release(view);
    store_close(store);
}

static void make_realm(void)
{
    struct store_config config = {.data_dir = dir};
    struct realm realm = {0};
    struct now now = clock_now();
    fields_default(&realm_fields, &realm);
    realm.id = STR("b0000000-0000-4000-8000-000000000000");
    realm.name = STR("bench");
    must(store_open(&config, &store));
    must(store_realm_create(store, &realm, &now, NULL, NULL));
    must(realm_view_acquire(store, STR("bench"), &view));
    struct client client = {0};
    struct store_write *w;
    fields_default(&client_fields, &client);
    client.id = STR("c0000000-0000-4000-8000-000000000000");
    client.client_id = STR("app");
    must(store_write_begin(view, &now, &w));
    must(client_insert(w, &client));
    must(store_commit(w, DURABLE_LOCAL));
    client_pk = client.pk;
}

static void user_name(char name[40], int64_t n)
{
    (void)snprintf(name, 40, "firstname.lastname%07d", (int)n);
}

static void fill_users(void)
{
    struct arena a;
    char name[40];
    char mail[80];
    int64_t before;
    double start = seconds();
    arena_init(&a, 1 << 20);
    close_it();
    before = realm_bytes();
    open_it();
    for (int64_t n = 0; n < users;) {
        struct store_write *w;
        struct now now = clock_now();
        must(store_write_begin(view, &now, &w));
        for (int i = 0; i < 1000 && n < users; i++, n++) {
            struct user user = {0};
            fields_default(&user_fields, &user);
            user_name(name, n);
            (void)snprintf(mail, sizeof(mail), "%s@example.pe", name);
            user.id = uuid_new(&a);
            user.username = str_c(name);
            user.email = str_c(mail);
            user.first_name = STR("Firstname");
            user.last_name = STR("Lastname");
            user.created_ms = now.wall_ms;
            must(user_insert(w, &user));
            arena_reset(&a);
        }
        must(store_commit(w, DURABLE_LOCAL));
    }
    double took = seconds() - start;
    close_it();
    printf("import of %lld users: %.0f users/s, %.0f bytes a user (without password)\n",
           (long long)users, (double)users / took,
           (double)(realm_bytes() - before) / (double)users);
    open_it();
    arena_free(&a);
}

static double raw_flushes(void)
{
    char path[400];
    char page[4096] = {0};
    long count = 0;
    (void)snprintf(path, sizeof(path), "%s/raw", dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    double start = seconds();
    while (seconds() - start < 1) {
        if (write(fd, page, sizeof(page)) != sizeof(page) || fdatasync(fd) != 0)
            exit(1);
        count++;
    }
    double took = seconds() - start;
    (void)close(fd);
    (void)unlink(path);
    return (double)count / took;
}

/* --- Threads that do one thing for a while --- */

struct work {
    bool (*step)(struct arena *a);
    int64_t done;
    double until;
};

static void *run(void *arg)
{
    struct work *work = arg;
    struct arena a;
    arena_init(&a, 4 << 20);
    while (seconds() < work->until) {
        work->done += work->step(&a);
        arena_reset(&a);
    }
    arena_free(&a);
    return NULL;
}

static double rate(bool (*step)(struct arena *a), int threads)
{
    static pthread_t ids[64];
    static struct work work[64];
    double start = seconds();
    int64_t done = 0;
    for (int i = 0; i < threads; i++) {
        work[i] = (struct work){step, 0, start + SECONDS};
        if (pthread_create(&ids[i], NULL, run, &work[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(ids[i], NULL);
        done += work[i].done;
    }
    return (double)done / (seconds() - start);
}

/* What a login writes: a session, its client session, an event. */
static void write_login(struct arena *a, struct store_write *w)
{
    const struct now *now = store_write_now(w);
    unsigned char cookie[HANDLE_HASH_BYTES];
    rng_bytes(cookie, sizeof(cookie));
    struct user_session s = {.id = uuid_new(a),
                             .user_pk = 1 + rng_below((uint32_t)users),
                             .started_ms = now->wall_ms,
                             .last_access_ms = now->wall_ms,
                             .auth_time_ms = now->wall_ms,
                             .acr = STR("1"),
                             .amr = STR("pwd"),
                             .ip = STR("10.20.30.40"),
                             .cookie_hash = str_of((const char *)cookie, sizeof(cookie))};
    must(session_insert(w, &s));
    struct client_session cs = {.session_pk = s.pk,
                                .client_pk = client_pk,
                                .started_ms = now->wall_ms,
                                .last_access_ms = now->wall_ms,
                                .scope = STR("openid profile email")};
    must(client_session_insert(w, &cs));
}

#define PEOPLE 1000

static void write_event(struct arena *a, struct store_write *w)
{
    struct str id = arena_printf(a, "a0000000-0000-4000-8000-%012x", rng_below(PEOPLE));
    struct event event = {.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = id,
                                    .username = STR("firstname.lastname0001234"),
                                    .session_id = uuid_new(a),
                                    .client_id = STR("app"),
                                    .ip = STR("10.20.30.40"),
                                    .user_agent = STR("Mozilla/5.0 (X11; Linux x86_64)")},
                          .data = STR("{\"method\":\"pwd\"}")};
    must(event_append(w, &event));
}

static struct store_write *begin(void)
{
    struct store_write *w;
    struct now now = clock_now();
    must(store_write_begin(view, &now, &w));
    return w;
}

static bool login(struct arena *a)
{
    struct store_write *w = begin();
    write_login(a, w);
    write_event(a, w);
    must(store_commit(w, DURABLE_LOCAL));
    return true;
}

static bool event_only(struct arena *a)
{
    struct store_write *w = begin();
    write_event(a, w);
    must(store_commit(w, DURABLE_LOCAL));
    return true;
}

static bool event_not_flushed(struct arena *a)
{
    struct store_write *w = begin();
    write_event(a, w);
    must(store_commit(w, DURABLE_NONE));
    return true;
}

static bool find_user(struct arena *a)
{
    struct store_read *r;
    struct user user;
    char name[40];
    user_name(name, rng_below((uint32_t)users));
    must(store_read_begin(view, &r));
    must(user_find_by_username(r, a, str_c(name), &user));
    store_read_end(r);
    return true;
}

static bool empty_read(struct arena *a)
{
    struct store_read *r;
    (void)a;
    must(store_read_begin(view, &r));
    store_read_end(r);
    return true;
}

static bool acquire_view(struct arena *a)
{
    struct realm_view *v;
    const struct client *client;
    (void)a;
    must(realm_view_acquire(store, STR("bench"), &v));
    must(realm_view_client(v, STR("app"), &client));
    realm_view_release(v);
    return true;
}

static bool search_rare(struct arena *a)
{
    struct store_read *r;
    struct user *items;
    size_t count;
    char name[40];
    user_name(name, rng_below((uint32_t)users));
    must(store_read_begin(view, &r));
    const struct user_filter filter = {.search = str_c(name)};
    must(user_list(r, a, &filter, 20, &items, &count));
    store_read_end(r);
    return count == 1;
}

static bool search_common(struct arena *a)
{
    struct store_read *r;
    struct user *items;
    size_t count;
    must(store_read_begin(view, &r));
    const struct user_filter filter = {.search = STR("last")};
    must(user_list(r, a, &filter, 20, &items, &count));
    store_read_end(r);
    return count == 20;
}

/* --- Group commit beside the disk's own flushes --- */

static uint64_t flushes_so_far(void)
{
    static const char name[] = "\ngarita_store_flushes_total ";
    struct buf b;
    buf_init(&b, NULL, 1 << 16);
    store_metrics(store, &b);
    int64_t at = str_find_str(buf_str(&b), STR(name));
    uint64_t count = at < 0 ? 0 : strtoull(b.ptr + at + sizeof(name) - 1, NULL, 10);
    buf_free(&b);
    return count;
}

/* The aim: at 16 clients 8 changes or more share a flush. */
static void print_sharing(const char *what, bool (*step)(struct arena *a), int threads)
{
    double raw = 0;
    double changes = 0;
    double flushes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        raw += raw_flushes() / ROUNDS;
        uint64_t before = flushes_so_far();
        double start = seconds();
        double done = rate(step, threads);
        changes += done / ROUNDS;
        flushes += (double)(flushes_so_far() - before) / (seconds() - start) / ROUNDS;
    }
    printf("%-26s %3d clients: %8.0f changes/s, %7.0f flushes/s, %6.2f changes per flush,"
           " %6.3f flushes per change; the disk alone %7.0f flushes/s, %5.2f changes for each\n",
           what, threads, changes, flushes, changes / flushes, flushes / changes, raw,
           changes / raw);
}

static void measure_sharing(void)
{
    static const int threads[] = {1, 16, 64};
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        print_sharing("logins (4 rows), durable", login, threads[i]);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        print_sharing("events, durable", event_only, threads[i]);
}

static void print_rates(const char *what, bool (*step)(struct arena *a))
{
    static const int threads[] = {1, 16, 64};
    printf("%-38s", what);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        printf(" %10.0f/s at %2d", rate(step, threads[i]), threads[i]);
    printf("\n");
}

static void print_bytes(const char *what, void (*write_one)(struct arena *a, struct store_write *w),
                        int count)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    close_it();
    int64_t before = realm_bytes();
    open_it();
    for (int i = 0; i < count;) {
        struct store_write *w = begin();
        for (int k = 0; k < 1000; k++, i++) {
            write_one(&a, w);
            arena_reset(&a);
        }
        must(store_commit(w, DURABLE_LOCAL));
    }
    close_it();
    printf("bytes %s: %.0f\n", what, (double)(realm_bytes() - before) / count);
    open_it();
    arena_free(&a);
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What appending costs the processor by itself, without the commit. */
static void print_append(void)
{
    struct arena a;
    double took = 0;
    int count = 0;
    arena_init(&a, 1 << 20);
    for (int round = 0; round < 100; round++) {
        struct store_write *w = begin();
        double start = cpu_seconds();
        for (int i = 0; i < 500; i++, count++) {
            write_event(&a, w);
            arena_reset(&a);
        }
        took += cpu_seconds() - start;
        must(store_commit(w, DURABLE_NONE));
    }
    printf("event_append alone: %.2f us\n", took / count * 1e6);
    arena_free(&a);
}

struct followed {
    long long commits, pages;
};

static void count_commit(void *arg, const struct repl_commit *commit)
{
    struct followed *f = arg;
    f->commits++;
    f->pages += (long long)commit->count;
}

static double cpu_per_login(void)
{
    enum { TIMES = 5000 };
    struct arena a;
    arena_init(&a, 1 << 20);
    double start = cpu_seconds();
    for (int i = 0; i < TIMES; i++) {
        struct store_write *w = begin();
        write_login(&a, w);
        must(store_commit(w, DURABLE_NONE));
        arena_reset(&a);
    }
    arena_free(&a);
    return (cpu_seconds() - start) / TIMES * 1e6;
}

/* What it costs a commit to be followed: its position, and reading its pages back. */
static void print_followed(void)
{
    struct followed f = {0};
    const struct repl_sink sink = {.commit = count_commit, .arg = &f};
    for (int round = 0; round < ROUNDS; round++) {
        double alone = cpu_per_login();
        must(repl_sink_add(store, &sink));
        double followed = cpu_per_login();
        repl_sink_remove(store, &sink);
        printf("a session's commit, processor: %.1f us, followed %.1f us (%.1f pages each)\n",
               alone, followed, (double)f.pages / (double)f.commits);
    }
}

static double process_cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Microseconds. */
static double cost_of_look(struct realm_db *db)
{
    enum { TIMES = 100000 };
    double start = cpu_seconds();
    for (int i = 0; i < TIMES; i++)
        must(place_check(db));
    return (cpu_seconds() - start) / TIMES * 1e6;
}

/* What it costs to look before each change whether the files still lie where they did (store/place.h). */
static void print_place(void)
{
    static const int threads[] = {1, 16};
    struct realm_db *db;
    must(slot_db_acquire(view->slot, &db));
    for (int i = 0; i < ROUNDS * (int)ARRAY_LEN(threads); i++) {
        int clients = threads[i % 2];
        double look = cost_of_look(db);
        double start = seconds();
        double cpu = process_cpu_seconds();
        double changes = rate(login, clients) * (seconds() - start);
        double change = (process_cpu_seconds() - cpu) / changes * 1e6;
        printf("looking where the files lie: %.2f us, %.1f %% of a login of %2d clients (%.0f us,"
               " processor)\n",
               look, look / change * 100, clients, change);
    }
    slot_db_release(view->slot, db);
}

/* What each page costs that is read from the file or written to it. */
static void print_page_sum(void)
{
    static const unsigned char key[SIPHASH_KEY_BYTES];
    static char page[4096];
    enum { TIMES = 100000 };
    uint64_t sum = 0;
    double start = seconds();
    for (int i = 0; i < TIMES; i++) {
        page[0] = (char)i;
        sum += siphash_64(key, str_of(page, sizeof(page)));
    }
    printf("sum of a page: %.2f us%s\n", (seconds() - start) * 1e6 / TIMES, sum ? "" : " (none)");
}

static void measure_all(void)
{
    print_rates("events not flushed", event_not_flushed);
    print_rates("reads, nothing in them", empty_read);
    print_rates("reads of a user by name", find_user);
    print_rates("search, one match", search_rare);
    print_rates("search, all match", search_common);
    print_rates("view and client", acquire_view);
    print_bytes("a session with one client", write_login, 50000);
    print_bytes("an event", write_event, 50000);
    print_append();
    print_followed();
    print_page_sum();
}

int main(int argc, char **argv)
{
    char command[400];
    const char *only = argc > 3 ? argv[3] : NULL;
    (void)snprintf(dir, sizeof(dir), "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (argc > 2)
        users = strtoll(argv[2], NULL, 10);
    if (!mkdtemp(dir) || users < 1)
        return 2;
    log_setup(LOG_LEVEL_ERROR, STDERR_FILENO, true);
    make_realm();
    close_it();
    printf("bytes of an empty realm: %lld\n", (long long)realm_bytes());
    open_it();
    fill_users();
    if (!only || strcmp(only, "commits") == 0)
        measure_sharing();
    if (!only || strcmp(only, "place") == 0)
        print_place();
    if (!only)
        measure_all();
    close_it();
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command) != 0;
}
