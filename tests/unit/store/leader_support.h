/* A standby that is only a picture of one: it puts together what a leader sends, counts what breaks the
 * leader's promises, and answers on a thread of its own. */
#ifndef GARITA_TESTS_UNIT_STORE_LEADER_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_LEADER_SUPPORT_H

#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/page_file.h"
#include "store/realm_list.h"
#include "store/repl/leader.h"
#include "store/repl/page_hash.h"
#include "store/repl/recent.h"
#include "store/sql/page.h"
#include "store/sql/position.h"
#include "store/tx.h"

#define COPIES     16
#define COPY_PAGES 4000
#define REPLIES    4096
#define CLUSTER    "3c9f1f9e-6a1f-4c0b-9a51-5f1d6a0e7b42"
#define WAIT_MS    30000

struct copy {
    char file[FILE_NAME_MAX + 1];
    char realm[REALM_NAME_MAX + 1];
    unsigned char *pages; /* NULL: none */
    uint32_t page_count;
    struct repl_position at;
};

/* What the standby says next. */
struct reply {
    enum repl_message_type type;
    size_t copy;
    struct repl_position at;
};

/* What comes for a copy. */
struct coming {
    bool on;
    size_t copy;
    uint32_t pages_left, ends_with;
    struct repl_position ends_at;
};

static struct {
    pthread_mutex_t lock;
    struct copy copies[COPIES];
    struct reply replies[REPLIES];
    size_t reply_count;
    struct coming commit, snapshot; /* commits come between the pages of a snapshot */
    int commits_within;
    bool silent;           /* says nothing */
    atomic_size_t waiting; /* as told */
    atomic_int looks;      /* at that */
    int breaches;          /* of what the leader promises */
    int commits, snapshots, differences, gone;
    uint32_t snapshot_pages;
    int shared; /* messages of leader_share; the first value of the last one */
    char hostname[32];
} standby = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct leader *leader;
static pthread_t talker;
static atomic_bool talks;

/* --- The standby --- */

static size_t copy_of(struct str file)
{
    for (size_t i = 0; i < COPIES; i++)
        if (str_eq_c(file, standby.copies[i].file))
            return i;
    for (size_t i = 0; i < COPIES; i++)
        if (!standby.copies[i].file[0]) {
            memcpy(standby.copies[i].file, file.ptr, file.len);
            return i;
        }
    standby.breaches++;
    return 0;
}

static void reply(enum repl_message_type type, size_t copy, const struct repl_position *at)
{
    if (standby.reply_count == REPLIES)
        standby.breaches++;
    else
        standby.replies[standby.reply_count++] =
            (struct reply){type, copy, at ? *at : (struct repl_position){0}};
}

static void end_of(struct coming *what)
{
    struct copy *c = &standby.copies[what->copy];
    standby.breaches += !what->on || what->pages_left > 0;
    what->on = false;
    c->at = what->ends_at;
    c->page_count = what->ends_with;
    reply(REPL_ACK, what->copy, &c->at);
}

static void take_commit(const struct repl_commit_head *h)
{
    struct copy *c = &standby.copies[copy_of(h->file)];
    standby.commits++;
    standby.breaches += !c->pages || !position_same(&c->at, &h->before);
    standby.commits_within += standby.snapshot.on;
    standby.breaches += standby.snapshot.on && standby.snapshot.copy == copy_of(h->file);
    standby.commit = (struct coming){true, copy_of(h->file), h->count, h->page_count, h->after};
}

static void take_snapshot(const struct repl_snapshot *s)
{
    struct copy *c = &standby.copies[copy_of(s->file)];
    *(s->difference ? &standby.differences : &standby.snapshots) += 1;
    standby.snapshot_pages += s->count;
    standby.breaches += s->difference && !c->pages;
    standby.breaches += s->page_count > COPY_PAGES || !position_known(&s->position);
    if (!c->pages)
        c->pages = calloc(COPY_PAGES, PAGE_BYTES);
    memset(c->realm, 0, sizeof(c->realm));
    memcpy(c->realm, s->realm.ptr, s->realm.len);
    c->at = (struct repl_position){0};
    standby.breaches += standby.snapshot.on;
    standby.snapshot =
        (struct coming){true, copy_of(s->file), s->count, s->page_count, s->position};
}

static void take_pages(const struct repl_pages *p)
{
    struct coming *what = standby.commit.on ? &standby.commit : &standby.snapshot;
    struct copy *c = &standby.copies[what->copy];
    for (size_t i = 0; i < p->count; i++) {
        uint32_t n = p->pages[i].number;
        standby.breaches += n < 1 || n > COPY_PAGES || what->pages_left == 0;
        if (n < 1 || n > COPY_PAGES || what->pages_left == 0)
            return;
        memcpy(c->pages + (size_t)(n - 1) * PAGE_BYTES, p->pages[i].image, PAGE_BYTES);
        what->pages_left--;
    }
    if (standby.commit.on && what->pages_left == 0)
        end_of(what);
}

/* Of what is gone nothing is said any more. */
static void forget_replies(size_t copy)
{
    size_t kept = 0;
    for (size_t i = 0; i < standby.reply_count; i++)
        if (standby.replies[i].copy != copy)
            standby.replies[kept++] = standby.replies[i];
    standby.reply_count = kept;
}

static void take_gone(struct str file)
{
    struct copy *c = &standby.copies[copy_of(file)];
    standby.gone++;
    forget_replies(copy_of(file));
    free(c->pages);
    memset(c, 0, sizeof(*c));
}

/* What the leader knows of itself, or what it was given. */
static void take_settings(const struct repl_settings *s)
{
    if (s->count == 0 || !str_eq_c(s->names[0], "hostname")) {
        standby.breaches += s->count != 2;
        return;
    }
    standby.shared++;
    (void)snprintf(standby.hostname, sizeof(standby.hostname), "%.*s", STR_ARG(s->values[0]));
}

static int take(void *arg, const struct repl_message *m)
{
    (void)arg;
    (void)pthread_mutex_lock(&standby.lock);
    standby.breaches += standby.commit.on && m->type != REPL_PAGES;
    switch (m->type) {
    case REPL_COMMIT: take_commit(&m->commit); break;
    case REPL_SNAPSHOT: take_snapshot(&m->snapshot); break;
    case REPL_PAGES: take_pages(&m->pages); break;
    case REPL_SNAPSHOT_END: end_of(&standby.snapshot); break;
    case REPL_HASHES: reply(REPL_HASHES, copy_of(m->hashes.file), NULL); break;
    case REPL_SETTINGS: take_settings(&m->settings); break;
    case REPL_GONE: take_gone(m->file); break;
    default: standby.breaches++;
    }
    (void)pthread_mutex_unlock(&standby.lock);
    return 0;
}

static size_t waiting(void *arg)
{
    (void)arg;
    atomic_fetch_add(&standby.looks, 1);
    return atomic_load(&standby.waiting);
}

static const struct repl_out out = {take, waiting, NULL};

static int say_hashes(const struct copy *c)
{
    static unsigned char hashes[COPY_PAGES * REPL_HASH_BYTES];
    struct page_hash_key key;
    struct repl_message m = {.type = REPL_HASHES};
    uint32_t count = c->pages ? c->page_count : 0;
    page_hash_key(STR(CLUSTER), &key);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = page_hash(&key, i + 1, c->pages + (size_t)i * PAGE_BYTES);
        memcpy(hashes + i * REPL_HASH_BYTES, &hash, sizeof(hash));
    }
    m.hashes = (struct repl_hashes){.file = str_c(c->file), .first = 1, .page_count = count};
    for (uint32_t i = 0; i < count || i == 0;) {
        uint32_t n = count - i < 100 ? count - i : 100;
        m.hashes.first = i + 1;
        m.hashes.hashes = str_of((const char *)hashes + i * REPL_HASH_BYTES, n * REPL_HASH_BYTES);
        TRY(leader_message(leader, &m));
        i += n;
        if (n == 0)
            break;
    }
    return 0;
}

/* False when there is nothing to say. */
static bool say_next(void)
{
    (void)pthread_mutex_lock(&standby.lock);
    bool any = standby.reply_count > 0 && !standby.silent;
    struct reply r = standby.replies[0];
    struct copy c = standby.copies[r.copy];
    if (any) {
        standby.reply_count--;
        memmove(standby.replies, standby.replies + 1,
                standby.reply_count * sizeof(*standby.replies));
    }
    (void)pthread_mutex_unlock(&standby.lock);
    if (!any)
        return false;
    struct repl_message m = {.type = r.type};
    m.at = (struct repl_at){str_c(c.file), r.at};
    int err = r.type == REPL_HASHES ? say_hashes(&c) : leader_message(leader, &m);
    if (err != 0) {
        (void)pthread_mutex_lock(&standby.lock);
        standby.breaches++;
        (void)pthread_mutex_unlock(&standby.lock);
    }
    return true;
}

static void *talk(void *arg)
{
    (void)arg;
    while (atomic_load(&talks))
        if (!say_next())
            (void)usleep(200);
    return NULL;
}

/* --- Its connection --- */

UNUSED static void connect_standby(void)
{
    struct repl_message m = {.type = REPL_AT};
    ok(leader_attach(leader, &out));
    for (size_t i = 0; i < COPIES; i++)
        if (standby.copies[i].pages) {
            m.at = (struct repl_at){str_c(standby.copies[i].file), standby.copies[i].at};
            ok(leader_message(leader, &m));
        }
    m.type = REPL_AT_END;
    ok(leader_message(leader, &m));
    atomic_store(&talks, true);
    assert_int_equal(pthread_create(&talker, NULL, talk, NULL), 0);
}

UNUSED static void disconnect_standby(void)
{
    atomic_store(&talks, false);
    (void)pthread_join(talker, NULL);
    leader_detach(leader);
    standby.reply_count = 0;
    standby.commit.on = standby.snapshot.on = false;
}

UNUSED static struct leader_state state_of(void)
{
    struct leader_state s;
    leader_state(leader, &s);
    return s;
}

UNUSED static void until_in_step(void)
{
    for (int i = 0; i < WAIT_MS; i++) {
        struct leader_state s = state_of();
        if (s.in_step && s.behind_commits == 0)
            return;
        (void)usleep(1000);
    }
    fail_msg("the standby is not in step");
}

UNUSED static void start_leader(struct leader_config config)
{
    config.cluster = STR(CLUSTER);
    config.epoch = 3;
    ok(leader_new(store, &config, &leader));
}

/* --- What it has is what there is --- */

UNUSED static void same_as(const char *realm)
{
    struct slot *slot;
    struct realm_db *db;
    unsigned char page[PAGE_BYTES];
    struct repl_position at;
    int64_t count;
    ok(slot_find(store, str_c(realm), &slot));
    ok(slot_db_acquire(slot, &db));
    const struct copy *c = &standby.copies[copy_of(str_c(slot->file))];
    assert_non_null(c->pages);
    (void)sqlite3_set_authorizer(db->writer->db, NULL, NULL);
    ok(page_count(db->writer, &count));
    assert_int_equal(count, c->page_count);
    ok(position_read(db->writer, &at));
    assert_true(position_same(&at, &c->at));
    for (uint32_t i = 1; i <= count; i++) {
        ok(page_read(db->writer, i, page, PAGE_BYTES));
        page_clean(page, i, (uint32_t)count);
        assert_memory_equal(page, c->pages + (size_t)(i - 1) * PAGE_BYTES, PAGE_BYTES);
    }
    slot_db_release(slot, db);
    assert_int_equal(standby.breaches, 0);
}

UNUSED static void statement(struct slot *slot, const char *text)
{
    struct store_write *w;
    struct now now = clock_now();
    ok(tx_write_begin(slot, NULL, &now, &w));
    (void)sqlite3_set_authorizer(write_conn(w)->db, NULL, NULL);
    ok(conn_exec(write_conn(w), text));
    ok(store_commit(w, DURABLE_LOCAL));
}

UNUSED static void change(const char *realm, int times)
{
    struct slot *slot;
    ok(slot_find(store, str_c(realm), &slot));
    for (int i = 0; i < times; i++)
        statement(slot, "INSERT OR REPLACE INTO t"
                        " SELECT abs(random()) % 500, randomblob(abs(random()) % 5000)");
}

/* Nobody follows a change of the schema: it is made before. */
UNUSED static void make_filled(const char *realm)
{
    struct slot *slot;
    make_realm(realm);
    ok(slot_find(store, str_c(realm), &slot));
    statement(slot, "CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)");
}

#endif
