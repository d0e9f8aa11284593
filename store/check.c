/* Checking a realm's database while it is in use, or fenced off. The check has a connection of its
 * own: a page that the others hold in memory is read from the file all the same. */
#include "store/fence.h"
#include "store/page_file.h"
#include "store/sql/page.h"

#include <stdio.h>
#include <time.h>

#include "core/base/banned.h"

#define CLOSE_PAUSE_NS 5000000

struct checking {
    struct slot *slot;
    struct realm_db *db; /* NULL: fenced off, nobody has it open */
    struct arena *arena;
    store_check_pace *pace;
    void *pace_arg;
    struct store_check result;
};

/* A page that is free may never have been written: it is no damage when it has no sum. */
static void be_lenient(struct conn *conn, int lenient)
{
    (void)sqlite3_file_control(conn->db, "main", PAGE_OP_LENIENT, &lenient);
    (void)sqlite3_file_control(conn->db, "main", SQLITE_FCNTL_RESET_CACHE, NULL);
}

static int open_own(struct checking *c, struct conn **ret_conn, struct err_ctx *ctx)
{
    const struct store *store = c->slot->store;
    char path[FOLDER_PATH_MAX];
    /* Who opens a database first also looks whether the log is its own. */
    enum conn_role role = c->db ? CONN_READER : CONN_WRITER;
    struct conn *conn;
    TRY(folder_db_path(&store->folder, str_c(c->slot->file), path));
    TRY(folder_db_check(&store->folder, str_c(c->slot->file), false, ctx));
    TRY(conn_open_told(path, store->config.vfs, role, false, &conn, ctx));
    be_lenient(conn, 1);
    *ret_conn = conn;
    return 0;
}

static int read_pages(struct checking *c, struct conn *conn)
{
    struct store_check *r = &c->result;
    int has_sums = 0;
    int64_t count, tables, known;
    (void)sqlite3_file_control(conn->db, "main", PAGE_OP_HAS_SUMS, &has_sums);
    r->has_sums = has_sums != 0;
    /* Pages are read through the schema: when it cannot be, they are not counted. */
    TRY(page_tables(conn, &tables, &known));
    TRY(page_count(conn, &count));
    for (int64_t n = 1; n <= count; n++) {
        int err = page_touch(conn, n);
        if (err != 0 && err != ERR_STORE_CORRUPT)
            return err;
        r->pages++;
        atomic_fetch_add(&c->slot->store->counters.pages_checked, 1);
        r->bad_pages += err != 0;
        if (err != 0 && r->first_bad == 0)
            r->first_bad = n;
        if (c->pace && !c->pace(c->pace_arg))
            return ERR_CANCELLED;
    }
    return 0;
}

static int check_content(struct checking *c, struct conn *conn)
{
    struct str finding;
    TRY(read_pages(c, conn));
    if (c->result.bad_pages > 0) {
        c->result.finding = arena_printf(
            c->arena, "%lld of its %lld pages are not what was written, first page %lld",
            (long long)c->result.bad_pages, (long long)c->result.pages,
            (long long)c->result.first_bad);
        return 0;
    }
    be_lenient(conn, 0); /* what the structure points to was written */
    TRY(page_structure(conn, c->arena, &finding));
    if (!str_eq(finding, STR("ok")))
        c->result.finding = ARENA_CONCAT(c->arena, STR("its structure is damaged: "), finding);
    return 0;
}

static int check_files(struct checking *c)
{
    struct err_ctx ctx = {0};
    struct conn *conn = NULL;
    bool had_log = folder_log_bytes(&c->slot->store->folder, str_c(c->slot->file)) >= 0;
    int err = open_own(c, &conn, &ctx);
    if (err == 0)
        err = check_content(c, conn);
    conn_close(conn, true);
    if (!c->db && !had_log)
        folder_log_tidy(&c->slot->store->folder, str_c(c->slot->file));
    if (err == ERR_STORE_CORRUPT || err == ERR_CONFIG) {
        c->result.finding = arena_str_c(
            c->arena, ctx.detail[0] ? ctx.detail : "the pages of its schema are damaged");
        err = 0;
    }
    return err;
}

static int conclude(struct checking *c)
{
    char reason[FENCE_REASON_MAX];
    atomic_fetch_add(&c->slot->store->counters.checks, 1);
    atomic_store(&c->slot->checked_ms, clock_now().wall_ms);
    if (str_absent(c->result.finding))
        return c->result.was_fenced ? fence_lift(c->slot) : 0;
    (void)snprintf(reason, sizeof(reason), "%.*s", STR_ARG(c->result.finding));
    fence_raise(c->slot, ERR_STORE_CORRUPT, reason, true);
    return 0;
}

/* ERR_STORE_BUSY while somebody is inside, ERR_STORE_FAILED when it may not be closed. */
static int try_to_close(struct slot *slot)
{
    (void)slot_db_close_idle(slot);
    (void)pthread_mutex_lock(&slot->lock);
    bool closed = !slot->db;
    bool failed = !closed && atomic_load(&slot->db->flush.failed);
    (void)pthread_mutex_unlock(&slot->lock);
    if (failed)
        return ERR_STORE_FAILED;
    return closed ? 0 : ERR_STORE_BUSY;
}

/* Nobody enters a fenced realm; who is inside, or looks after it, leaves soon. */
static int wait_to_close(struct slot *slot)
{
    int64_t until_ms = clock_now().monotonic_ms + slot->store->config.wait_ms;
    int err = try_to_close(slot);
    while (err == ERR_STORE_BUSY && clock_now().monotonic_ms < until_ms) {
        (void)nanosleep(&(struct timespec){.tv_nsec = CLOSE_PAUSE_NS}, NULL);
        err = try_to_close(slot);
    }
    return err;
}

/* A fenced realm is let go of first: its file may have been replaced. */
static int take(struct checking *c)
{
    c->result.was_fenced = fence_err(c->slot) != 0;
    if (!c->result.was_fenced) {
        int err = slot_db_acquire(c->slot, &c->db);
        c->result.was_fenced = err != 0 && fence_err(c->slot) != 0;
        return c->result.was_fenced ? 0 : err;
    }
    return wait_to_close(c->slot);
}

int store_realm_check(struct store *store, struct str realm, struct arena *a,
                      store_check_pace *pace, void *arg, struct store_check *ret_check)
{
    struct checking c = {.arena = a, .pace = pace, .pace_arg = arg};
    TRY(slot_find(store, realm, &c.slot));
    TRY(take(&c));
    int err = check_files(&c);
    if (err == 0)
        err = conclude(&c);
    if (c.db)
        slot_db_release(c.slot, c.db);
    if (err == 0)
        *ret_check = c.result;
    return err;
}
