/* A primary and a standby in one process: what the primary commits goes as bytes to the follower, and
 * what the follower says is kept. A stand-in for the leader that knows whole databases and commits. */
#ifndef GARITA_TESTS_UNIT_STORE_FOLLOW_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_FOLLOW_SUPPORT_H

#include "tests/unit/store/store_support.h"

#include "store/page_file.h"
#include "store/repl/follower.h"
#include "store/repl/page_hash.h"
#include "store/sql/page.h"
#include "store/sql/position.h"
#include "store/store.h"
#include "store/tx.h"

#define CLUSTER   "1f6f3f5e-3d42-4d2a-9d1c-5f3b0f0c7a11"
#define FILES_MAX 16

static struct store *primary, *standby;
static struct follower *follower;

/* What the follower said of a database. */
struct said {
    char file[FILE_NAME_MAX + 1];
    struct repl_position at, acknowledged;
    bool named;  /* AT */
    bool wanted; /* AT after AT_END: it lacks something */
    uint64_t hashes[4096];
    uint32_t hash_count;
    bool hashed;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct said files[FILES_MAX];
    size_t count;
    bool all;
    size_t archives; /* that it has all of */
    uint64_t there;  /* bytes of the last one that was offered */
    bool broken;     /* nothing can be sent any more */
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Commits of this file get lost on the way. */
static const char *lost_file;

UNUSED static struct said *said_of(struct str file)
{
    for (size_t i = 0; i < heard.count; i++)
        if (str_eq_c(file, heard.files[i].file))
            return &heard.files[i];
    assert_true(heard.count < FILES_MAX && file.len <= FILE_NAME_MAX);
    struct said *said = &heard.files[heard.count++];
    memcpy(said->file, file.ptr, file.len);
    return said;
}

static void hear_hashes(const struct repl_hashes *h)
{
    struct said *said = said_of(h->file);
    size_t count = h->hashes.len / REPL_HASH_BYTES;
    assert_true(said->hash_count + count <= ARRAY_LEN(said->hashes));
    memcpy(said->hashes + said->hash_count, h->hashes.ptr, h->hashes.len);
    said->hash_count += (uint32_t)count;
    said->hashed = said->hash_count == h->page_count;
}

static int hear(void *arg, const struct repl_message *m)
{
    (void)arg;
    (void)pthread_mutex_lock(&heard.lock);
    bool broken = heard.broken;
    if (m->type == REPL_AT) {
        struct said *said = said_of(m->at.file);
        said->at = m->at.position;
        said->named = true;
        said->wanted = heard.all;
    } else if (m->type == REPL_ACK) {
        said_of(m->at.file)->acknowledged = m->at.position;
    } else if (m->type == REPL_HASHES) {
        hear_hashes(&m->hashes);
    } else if (m->type == REPL_ARCHIVE_ACK) {
        heard.archives += m->archive.there == m->archive.bytes;
        heard.there = m->archive.there;
    } else {
        heard.all = m->type == REPL_AT_END;
    }
    (void)pthread_cond_broadcast(&heard.changed);
    (void)pthread_mutex_unlock(&heard.lock);
    return broken ? ERR_IO : 0;
}

static size_t nothing_waits(void *arg)
{
    (void)arg;
    return 0;
}

static const struct repl_out to_primary = {hear, nothing_waits, NULL};

/* Over bytes, as the link brings it. */
static int deliver(const struct repl_message *m)
{
    static struct repl_message arrived;
    struct arena a;
    struct buf b;
    struct str bytes;
    arena_init(&a, (size_t)4 << 20);
    buf_init(&b, &a, (size_t)2 << 20);
    ok(repl_encode(&b, m));
    ok(buf_finish(&b, &bytes));
    ok(repl_decode(str_from(bytes, REPL_LENGTH_BYTES), &arrived));
    int err = follower_message(follower, &arrived);
    arena_free(&a);
    return err;
}

static int deliver_pages(const struct repl_page *pages, size_t count)
{
    static struct repl_message m;
    m.type = REPL_PAGES;
    for (size_t i = 0; i < count; i += m.pages.count) {
        m.pages.count = count - i < REPL_MESSAGE_PAGES ? count - i : REPL_MESSAGE_PAGES;
        memcpy(m.pages.pages, pages + i, m.pages.count * sizeof(*pages));
        TRY(deliver(&m));
    }
    return 0;
}

static int deliver_commit(const struct repl_commit *c)
{
    static struct repl_message m;
    m.type = REPL_COMMIT;
    m.commit = (struct repl_commit_head){.realm = c->realm,
                                         .file = c->file,
                                         .before = c->before,
                                         .after = c->after,
                                         .time_ms = c->time_ms,
                                         .page_count = c->page_count,
                                         .count = (uint32_t)c->count,
                                         .changed = c->changed,
                                         .change_count = c->change_count};
    if (c->change_count > 0)
        memcpy(m.commit.changes, c->changes, c->change_count * sizeof(*c->changes));
    TRY(deliver(&m));
    return deliver_pages(c->pages, c->count);
}

static void pass_commit(void *arg, const struct repl_commit *c)
{
    (void)arg;
    if (follower && !(lost_file && str_eq_c(c->file, lost_file)))
        ok(deliver_commit(c));
}

static const struct repl_sink to_standby = {.commit = pass_commit};

/* --- Databases as a whole --- */

struct whole {
    struct conn *conn;
    struct repl_position at;
    int64_t page_count;
    unsigned char *images;
    struct repl_page *pages;
    size_t count;
};

static void whole_read(struct store *of, struct str file, struct whole *w)
{
    char path[FOLDER_PATH_MAX];
    ok(folder_db_path(&of->folder, file, path));
    ok(conn_open(path, "unix-excl", CONN_READER, false, &w->conn));
    ok(conn_exec(w->conn, "BEGIN"));
    ok(position_read(w->conn, &w->at));
    ok(page_count(w->conn, &w->page_count));
    w->images = calloc((size_t)w->page_count, PAGE_BYTES);
    w->pages = calloc((size_t)w->page_count, sizeof(*w->pages));
    assert_true(w->images && w->pages);
    for (int64_t i = 0; i < w->page_count; i++) {
        unsigned char *image = w->images + i * PAGE_BYTES;
        ok(page_read(w->conn, i + 1, image, PAGE_BYTES));
        page_clean(image, (uint32_t)i + 1, (uint32_t)w->page_count);
        w->pages[w->count++] = (struct repl_page){(uint32_t)i + 1, image};
    }
}

static void whole_free(struct whole *w)
{
    conn_close(w->conn, true);
    free(w->images);
    free(w->pages);
}

/* Leaves out what the standby has by the hashes that it sent. */
UNUSED static void only_what_differs(struct whole *w, const struct said *said)
{
    struct page_hash_key key;
    size_t count = 0;
    page_hash_key(STR(CLUSTER), &key);
    for (size_t i = 0; i < w->count; i++)
        if (i >= said->hash_count ||
            said->hashes[i] != page_hash(&key, w->pages[i].number, w->pages[i].image))
            w->pages[count++] = w->pages[i];
    w->count = count;
}

static int deliver_whole(struct str file, struct whole *w, bool difference)
{
    struct repl_message m = {.type = REPL_SNAPSHOT,
                             .snapshot = {.realm = STR("a-realm"),
                                          .file = file,
                                          .position = w->at,
                                          .page_count = (uint32_t)w->page_count,
                                          .count = (uint32_t)w->count,
                                          .difference = difference}};
    TRY(deliver(&m));
    TRY(deliver_pages(w->pages, w->count));
    m = (struct repl_message){.type = REPL_SNAPSHOT_END, .file = file};
    return deliver(&m);
}

static void bring(struct str file)
{
    struct whole w = {0};
    whole_read(primary, file, &w);
    ok(deliver_whole(file, &w, false));
    whole_free(&w);
}

/* --- Keeping up --- */

static int bring_if_needed(void *arg, struct str name)
{
    struct repl_position at;
    struct conn *conn;
    char path[FOLDER_PATH_MAX];
    (void)arg;
    if (!str_ends(name, STR(".db")))
        return 0;
    struct str file = str_sub(name, 0, name.len - 3);
    ok(folder_db_path(&primary->folder, file, path));
    ok(conn_open(path, "unix-excl", CONN_READER, false, &conn));
    ok(position_read(conn, &at));
    conn_close(conn, true);
    (void)pthread_mutex_lock(&heard.lock);
    struct said *said = said_of(file);
    bool same = at.lsn != 0 && memcmp(&at, &said->at, sizeof(at)) == 0;
    bool needed = said->wanted || !(said->named && same);
    said->named = true;
    said->wanted = false;
    said->at = at;
    (void)pthread_mutex_unlock(&heard.lock);
    if (needed)
        bring(file);
    return 0;
}

static void attach(void)
{
    const struct follower_config config = {.cluster = STR(CLUSTER)};
    (void)pthread_mutex_lock(&heard.lock);
    heard.count = 0;
    heard.all = heard.broken = false;
    memset(heard.files, 0, sizeof(heard.files));
    (void)pthread_mutex_unlock(&heard.lock);
    if (!follower)
        ok(follower_new(standby, &config, &follower));
    ok(follower_attach(follower, &to_primary));
    (void)pthread_mutex_lock(&heard.lock);
    while (!heard.all)
        (void)pthread_cond_wait(&heard.changed, &heard.lock);
    (void)pthread_mutex_unlock(&heard.lock);
}

/* Brings what the standby lacks when it connects. */
static void bring_all(void)
{
    ok(folder_each(&primary->folder, bring_if_needed, NULL));
}

/* Until the follower has nothing to do. */
UNUSED static void settle(void)
{
    struct follower_state state;
    do {
        (void)sqlite3_sleep(1);
        follower_state(follower, &state);
        ok(state.trouble);
    } while (state.waiting_bytes > 0);
}

/* Brings what it asked for since. */
UNUSED static void bring_wanted(void)
{
    settle();
    for (size_t i = 0; i < heard.count; i++) {
        (void)pthread_mutex_lock(&heard.lock);
        bool wanted = heard.files[i].wanted;
        heard.files[i].wanted = false;
        (void)pthread_mutex_unlock(&heard.lock);
        if (wanted)
            bring(str_c(heard.files[i].file));
    }
    settle();
}

/* Page by page, and with it where they stand. */
UNUSED static void same_everywhere(struct str file)
{
    struct whole ours = {0}, theirs = {0};
    whole_read(primary, file, &ours);
    whole_read(standby, file, &theirs);
    for (uint32_t n = 0; n < ours.page_count && n < theirs.page_count; n++)
        if (memcmp(ours.images + n * PAGE_BYTES, theirs.images + n * PAGE_BYTES, PAGE_BYTES) != 0)
            print_message("page %u of %.*s differs; commit %llu here, %llu there\n", n + 1,
                          STR_ARG(file), (unsigned long long)ours.at.lsn,
                          (unsigned long long)theirs.at.lsn);
    assert_int_equal(ours.page_count, theirs.page_count);
    assert_memory_equal(ours.images, theirs.images, (size_t)ours.page_count * PAGE_BYTES);
    assert_memory_equal(&ours.at, &theirs.at, sizeof(ours.at));
    whole_free(&ours);
    whole_free(&theirs);
}

/* --- Life --- */

static void dir_of(const char *name, char path[300])
{
    (void)snprintf(path, 300, "%s/%s", test_dir, name);
}

static void open_primary(void)
{
    char path[300];
    dir_of("p", path);
    const struct store_config config = {.data_dir = path, .wait_ms = 20000};
    ok(store_open(&config, &primary));
    store = primary;
}

static void open_standby(void)
{
    char path[300];
    dir_of("s", path);
    const struct store_config config = {.data_dir = path, .standby = true};
    ok(store_open(&config, &standby));
}

static void close_standby(void)
{
    if (follower)
        follower_detach(follower);
    follower_free(follower);
    follower = NULL;
    store_close(standby);
    standby = NULL;
}

UNUSED static struct realm_view *standby_view(const char *name)
{
    struct realm_view *view;
    ok(realm_view_acquire(standby, str_c(name), &view));
    return view;
}

UNUSED static bool standby_has_user(const char *realm, const char *username)
{
    struct user user;
    struct store_read *r;
    struct realm_view *view = standby_view(realm);
    ok(store_read_begin(view, &r));
    int err = user_find_by_username(r, &arena, str_c(username), &user);
    assert_true(err == 0 || err == ERR_NOT_FOUND);
    store_read_end(r);
    realm_view_release(view);
    return err == 0;
}

UNUSED static const char *file_of(const char *realm)
{
    struct slot *slot;
    ok(slot_find(primary, str_c(realm), &slot));
    return slot->file;
}

/* A primary with the realms master and peru, and a standby that has them, too. */
UNUSED static int start_pair(void **state)
{
    char command[1000];
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    open_primary();
    make_realm(REALM_MASTER);
    make_realm("peru");
    (void)snprintf(command, sizeof(command),
                   "mkdir -m 700 '%s/s' && cp -p '%s/p/master.key' '%s/s/'", test_dir, test_dir,
                   test_dir);
    assert_int_equal(system(command), 0);
    open_standby();
    ok(repl_sink_add(primary, &to_standby));
    attach();
    bring_all();
    settle();
    return 0;
}

UNUSED static int end_pair(void **state)
{
    (void)state;
    lost_file = NULL;
    if (standby)
        close_standby();
    if (primary) {
        repl_sink_remove(primary, &to_standby);
        store_close(primary);
    }
    primary = store = NULL;
    arena_free(&arena);
    remove_dir();
    return 0;
}

#endif
