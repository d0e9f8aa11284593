/* Commits on their way to the archive. */
#include "store/repl/journal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/realm_list.h"
#include "store/repl/reel.h"
#include "store/repl/sealed_file.h"
#include "store/sql/position.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define PIECE_BYTES      ((size_t)8 << 20)  /* after which a reel ends */
#define PIECE_MAX_BYTES  ((size_t)48 << 20) /* with the largest commit behind that */
#define LIST_ARENA_BYTES ((size_t)64 << 20)
#define BASE_ARENA_BYTES ((size_t)64 << 10)
#define HASH_SIZE        1024
#define LIST_PAGE        500
#define LIST_RETRY_MS    2000
#define BASE_RETRY_MS    60000
#define BASE_TRIES       1800

/* Commits that follow each other: a reel to be. */
struct piece {
    struct piece *next;
    struct reel_head head;
    struct buf commits;
    bool closed; /* it is being written: nothing is added any more */
};

/* What is known of a database since the start. */
struct tape {
    struct tape *next; /* of the same hash */
    struct tape *all;  /* of all, the newest first; never removed */
    char file[FILE_NAME_MAX + 1];

    /* Under the lock. */
    struct repl_position at; /* of the last commit that was told */
    int64_t last_ms;
    struct piece *first, *last;
    uint64_t gaps;   /* so far, and months of events that moved to files */
    bool wants_base; /* for the last of them */
    int tries;       /* to make it */
    int64_t next_try_ms;

    /* The writing thread's. */
    bool asked;                   /* whether a process before this one wanted a base */
    bool noted;                   /* beside the reels that a base is wanted */
    struct repl_position written; /* zeros: nothing yet */
    unsigned char chain[REEL_CHAIN_BYTES];
};

struct journal {
    char *dir;
    struct store *store; /* NULL: not begun, or ended */
    struct secret key;
    pthread_mutex_t lock;
    struct tape *hash[HASH_SIZE];
    struct tape *tapes;
    size_t waiting_bytes;
    int64_t oldest_ms; /* of what waits; 0: nothing does */
};

/* --- Making --- */

int journal_new(const char *backup_dir, struct journal **ret_journal)
{
    struct journal *j = calloc(1, sizeof(*j));
    if (!j)
        return ERR_NO_MEMORY;
    j->dir = strdup(backup_dir);
    if (!j->dir) {
        free(j);
        return ERR_NO_MEMORY;
    }
    (void)pthread_mutex_init(&j->lock, NULL);
    *ret_journal = j;
    return 0;
}

static void piece_free(struct piece *p)
{
    buf_free(&p->commits);
    free(p);
}

static void tape_free(struct tape *t)
{
    while (t->first) {
        struct piece *p = t->first;
        t->first = p->next;
        piece_free(p);
    }
    free(t);
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    while (journal->tapes) {
        struct tape *t = journal->tapes;
        journal->tapes = t->all;
        tape_free(t);
    }
    (void)pthread_mutex_destroy(&journal->lock);
    secret_free(&journal->key);
    free(journal->dir);
    free(journal);
}

static void set_store(struct journal *j, struct store *store)
{
    (void)pthread_mutex_lock(&j->lock);
    j->store = store;
    (void)pthread_mutex_unlock(&j->lock);
}

int journal_begin(struct journal *journal, struct store *store)
{
    TRY(backup_key_of(&store->master_key, &journal->key));
    atomic_store(&store->backup.archives, true);
    set_store(journal, store);
    return 0;
}

void journal_end(struct journal *journal)
{
    set_store(journal, NULL);
}

const char *journal_dir(const struct journal *journal)
{
    return journal->dir;
}

const struct secret *journal_key(const struct journal *journal)
{
    return &journal->key;
}

/* --- Taking commits --- */

static size_t hash_of(struct str file)
{
    uint32_t h = UINT32_C(2166136261);
    for (size_t i = 0; i < file.len; i++)
        h = (h ^ (unsigned char)file.ptr[i]) * UINT32_C(16777619);
    return h % HASH_SIZE;
}

/* NULL without memory. */
static struct tape *tape_of(struct journal *j, struct str file)
{
    struct tape **bucket = &j->hash[hash_of(file)];
    struct tape *t = *bucket;
    while (t && !str_eq_c(file, t->file))
        t = t->next;
    if (t || file.len > FILE_NAME_MAX)
        return t;
    t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    memcpy(t->file, file.ptr, file.len);
    t->next = *bucket;
    *bucket = t;
    t->all = j->tapes;
    j->tapes = t;
    return t;
}

static bool same(const struct repl_position *a, const struct repl_position *b)
{
    return a->epoch == b->epoch && a->lsn == b->lsn && a->mark == b->mark;
}

static bool is_known(const struct repl_position *p)
{
    return p->lsn != 0;
}

static void want_base(struct tape *t)
{
    t->gaps++;
    t->wants_base = true;
    t->tries = 0;
    t->next_try_ms = 0;
}

static void gap(struct journal *j, struct tape *t)
{
    want_base(t);
    if (j->store)
        atomic_fetch_add(&j->store->backup.archive_gaps, 1);
}

/* Where the commit goes; NULL without memory. */
static struct piece *piece_for(struct tape *t, const struct repl_commit *commit, int64_t time_ms)
{
    struct piece *p = t->last;
    if (p && !p->closed && p->commits.len < PIECE_BYTES && same(&p->head.after, &commit->before))
        return p;
    p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    buf_init(&p->commits, NULL, PIECE_MAX_BYTES);
    p->head.first_ms = time_ms;
    p->head.before = p->head.after = commit->before;
    if (t->last)
        t->last->next = p;
    else
        t->first = p;
    t->last = p;
    return p;
}

/* The last piece, which holds half a commit or none. */
static void drop_last(struct journal *j, struct tape *t)
{
    struct piece **at = &t->first;
    struct piece *before = NULL;
    while (*at != t->last) {
        before = *at;
        at = &(*at)->next;
    }
    j->waiting_bytes -= (*at)->commits.len;
    piece_free(*at);
    *at = NULL;
    t->last = before;
}

static bool add_commit(struct journal *j, struct tape *t, const struct repl_commit *commit)
{
    int64_t time_ms = commit->time_ms > t->last_ms ? commit->time_ms : t->last_ms;
    size_t len = reel_commit_bytes(commit->count);
    if (j->waiting_bytes + len > JOURNAL_WAITING_MAX)
        return false;
    struct piece *p = piece_for(t, commit, time_ms);
    if (!p)
        return false;
    size_t had = p->commits.len;
    reel_put_commit(&p->commits, commit, time_ms);
    j->waiting_bytes += p->commits.len - had;
    if (p->commits.failed) {
        drop_last(j, t);
        return false;
    }
    p->head.after = commit->after;
    p->head.last_ms = t->last_ms = time_ms;
    p->head.commits++;
    if (j->oldest_ms == 0)
        j->oldest_ms = commit->time_ms;
    return true;
}

static void take(void *arg, const struct repl_commit *commit)
{
    struct journal *j = arg;
    (void)pthread_mutex_lock(&j->lock);
    struct tape *t = tape_of(j, commit->file);
    if (t) {
        bool follows =
            is_known(&commit->before) && (!is_known(&t->at) || same(&t->at, &commit->before));
        if (!commit->pages || !add_commit(j, t, commit) || !follows)
            gap(j, t);
        t->at = commit->after;
    }
    (void)pthread_mutex_unlock(&j->lock);
}

/* What was archived of it stays as long as all else; it needs no base any more. */
static void gone(void *arg, struct str file)
{
    struct journal *j = arg;
    (void)pthread_mutex_lock(&j->lock);
    struct tape *t = tape_of(j, file);
    if (t)
        t->wants_base = false;
    (void)pthread_mutex_unlock(&j->lock);
}

/* Commits do not say what is in the file: a base does. */
static void archived(void *arg, struct str file)
{
    struct journal *j = arg;
    (void)pthread_mutex_lock(&j->lock);
    struct tape *t = tape_of(j, file);
    if (t)
        want_base(t);
    (void)pthread_mutex_unlock(&j->lock);
}

struct repl_sink journal_sink(struct journal *journal)
{
    return (struct repl_sink){.commit = take, .gone = gone, .archived = archived, .arg = journal};
}

/* --- Writing --- */

static int tell(struct err_ctx *ctx, int err, const char *file)
{
    if (err == ERR_NO_MEMORY || err == ERR_CANCELLED)
        return err;
    return err_set(ctx, ERR_BACKUP, "the archive of %.48s is behind: %s", file, err_text(err));
}

/* The reel that ends there, if there is one, hands its chain on. */
static int find_end(const struct journal *j, int dir, struct tape *t,
                    const struct repl_position *at, bool *ret_found)
{
    CLEANUP(arena_free) struct arena a;
    struct reel_name name = {0};
    struct reel_reader *r;
    struct reel_head head;
    struct str *names;
    size_t count;
    *ret_found = false;
    arena_init(&a, LIST_ARENA_BYTES);
    TRY(journal_list(dir, &a, &names, &count));
    for (size_t i = 0; i < count; i++) {
        if (!reel_name_parse(names[i], &name) || name.after.lsn != at->lsn ||
            name.after.mark != at->mark)
            continue;
        int err = reel_open(dir, &j->key, str_c(t->file), names[i], &r, &head);
        if (err == ERR_NO_MEMORY)
            return err;
        if (err != 0)
            continue; /* it does not open: as if it were not there */
        reel_close(r);
        *ret_found = true;
        t->written = *at;
        memcpy(t->chain, head.chain_after, sizeof(t->chain));
        return 0;
    }
    return 0;
}

static bool wants_base(struct journal *j, const struct tape *t)
{
    (void)pthread_mutex_lock(&j->lock);
    bool wants = t->wants_base;
    (void)pthread_mutex_unlock(&j->lock);
    return wants;
}

/* A base that the process before this one wanted and did not make is still wanted. */
static int take_up_wish(struct journal *j, int dir, struct tape *t)
{
    if (t->asked)
        return 0;
    TRY(journal_wish_read(dir, &t->noted));
    t->asked = true;
    (void)pthread_mutex_lock(&j->lock);
    if (t->noted && !t->wants_base)
        want_base(t);
    (void)pthread_mutex_unlock(&j->lock);
    return 0;
}

/* Before the reels that rest on that base: they do not tell that it is missing. */
static int note_wish(struct journal *j, int dir, struct tape *t)
{
    if (t->noted || !wants_base(j, t))
        return 0;
    TRY(journal_wish_write(dir, true));
    t->noted = true;
    return 0;
}

/* Whether what comes follows what is archived; otherwise a chain begins, and a base is wanted. */
static int prove(struct journal *j, int dir, struct tape *t, const struct repl_position *before)
{
    TRY(take_up_wish(j, dir, t));
    bool found = is_known(&t->written) && same(&t->written, before);
    if (!found && is_known(before))
        TRY(find_end(j, dir, t, before, &found));
    if (found)
        return 0;
    memset(t->chain, 0, sizeof(t->chain));
    (void)pthread_mutex_lock(&j->lock);
    if (!t->wants_base)
        gap(j, t);
    (void)pthread_mutex_unlock(&j->lock);
    return 0;
}

static int write_piece(struct journal *j, int dir, struct tape *t, struct piece *p)
{
    unsigned char chain[REEL_CHAIN_BYTES];
    TRY(prove(j, dir, t, &p->head.before));
    TRY(note_wish(j, dir, t));
    memcpy(p->head.chain_before, t->chain, sizeof(chain));
    memcpy(chain, t->chain, sizeof(chain));
    TRY(reel_chain(buf_str(&p->commits), chain));
    memcpy(p->head.chain_after, chain, sizeof(chain));
    TRY(reel_write(dir, &j->key, str_c(t->file), &p->head, buf_str(&p->commits)));
    memcpy(t->chain, chain, sizeof(chain));
    t->written = p->head.after;
    return 0;
}

/* The next piece to write, which nothing is added to from now on; NULL: none. */
static struct piece *close_first(struct journal *j, struct tape *t)
{
    (void)pthread_mutex_lock(&j->lock);
    struct piece *p = t->first;
    if (p)
        p->closed = true;
    (void)pthread_mutex_unlock(&j->lock);
    return p;
}

static void let_go(struct journal *j, struct tape *t, struct piece *p)
{
    (void)pthread_mutex_lock(&j->lock);
    t->first = p->next;
    if (!t->first)
        t->last = NULL;
    j->waiting_bytes -= p->commits.len;
    (void)pthread_mutex_unlock(&j->lock);
    if (j->store)
        atomic_fetch_add(&j->store->backup.archive_bytes, (long long)p->commits.len);
    piece_free(p);
}

static int open_tape(const struct journal *j, const struct tape *t, int *ret_dir)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    struct err_ctx why;
    if (mkdir(j->dir, 0700) != 0 && access(j->dir, F_OK) != 0)
        return ERR_IO;
    TRY(backup_folder_open(j->dir, false, &folder, &why));
    return journal_folder(folder.fd, t->file, true, ret_dir);
}

/* As many pieces as there are now: who writes on meanwhile does not keep it here. */
static int write_tape(struct journal *j, struct tape *t)
{
    int dir;
    struct piece *p = close_first(j, t);
    if (!p && (t->noted || !wants_base(j, t)))
        return 0;
    TRY(open_tape(j, t, &dir));
    int err = note_wish(j, dir, t);
    while (p && err == 0) {
        err = write_piece(j, dir, t, p);
        if (err == 0)
            let_go(j, t, p);
        p = err == 0 ? close_first(j, t) : NULL;
    }
    (void)close(dir);
    return err;
}

static struct tape *first_tape(struct journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    struct tape *t = j->tapes;
    (void)pthread_mutex_unlock(&j->lock);
    return t;
}

static void note_outcome(struct journal *j, int err, int64_t begun_ms)
{
    (void)pthread_mutex_lock(&j->lock);
    if (err == 0)
        j->oldest_ms = j->waiting_bytes > 0 ? begun_ms : 0;
    int64_t oldest_ms = j->oldest_ms;
    (void)pthread_mutex_unlock(&j->lock);
    if (!j->store)
        return;
    atomic_store(&j->store->backup.archive_oldest_ms, oldest_ms);
    atomic_store(&j->store->backup.archive_failed, err != 0);
    if (err == 0)
        atomic_store(&j->store->backup.archived_ms, begun_ms);
}

int journal_write(struct journal *journal, struct err_ctx *ctx)
{
    int64_t begun_ms = clock_now().wall_ms;
    int first_err = 0;
    for (struct tape *t = first_tape(journal); t; t = t->all) {
        int err = write_tape(journal, t);
        if (err != 0 && first_err == 0)
            first_err = tell(ctx, err, t->file);
    }
    note_outcome(journal, first_err, begun_ms);
    return first_err;
}

/* --- Bases --- */

static bool next_wanted(struct journal *j, int64_t now_ms, struct tape **ret_tape,
                        uint64_t *ret_gaps)
{
    bool found = false;
    (void)pthread_mutex_lock(&j->lock);
    for (struct tape *t = j->tapes; t && !found; t = t->all)
        if (t->wants_base && t->next_try_ms <= now_ms) {
            found = true;
            *ret_tape = t;
            *ret_gaps = t->gaps;
        }
    (void)pthread_mutex_unlock(&j->lock);
    return found;
}

/* A gap that came while it was made wants another one. A realm that is not in the list is being made, or
 * was deleted. */
static void note_base(struct journal *j, struct tape *t, uint64_t gaps, int err)
{
    int64_t now_ms = clock_now().wall_ms;
    (void)pthread_mutex_lock(&j->lock);
    if (err == 0 && now_ms > t->last_ms)
        t->last_ms = now_ms; /* what comes is later, whatever the machine's clock says */
    if (t->gaps == gaps) {
        t->wants_base = err != 0 && t->tries++ < BASE_TRIES;
        t->next_try_ms =
            clock_now().monotonic_ms + (err == ERR_NOT_FOUND ? LIST_RETRY_MS : BASE_RETRY_MS);
    }
    (void)pthread_mutex_unlock(&j->lock);
}

/* The list of realms says first which database is a realm's, and then that one is used. */
static int check_in_use(struct journal *j, const struct list_row *row)
{
    struct slot *slot;
    int err = slot_find(j->store, row->name, &slot);
    if (err == ERR_STORE_BUSY) /* in a moment */
        return ERR_NOT_FOUND;
    TRY(err);
    return str_eq_c(row->file, slot->file) ? 0 : ERR_NOT_FOUND;
}

static int make_base(struct journal *j, const struct tape *t, const struct backup_watch *watch,
                     struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct backup_made made;
    struct list_row row;
    arena_init(&a, BASE_ARENA_BYTES);
    struct str bases = ARENA_CONCAT(&a, str_c(j->dir), STR("/" JOURNAL_FOLDER "/" JOURNAL_BASES));
    if (str_absent(bases))
        return ERR_NO_MEMORY;
    TRY(realm_list_find_file(j->store, &a, str_c(t->file), &row));
    TRY(check_in_use(j, &row));
    const struct realm_summary realm = {.id = row.id, .name = row.name};
    TRY(backup_make_base(j->store, bases.ptr, &realm, watch, &made, ctx));
    atomic_fetch_add(&j->store->backup.bases, 1);
    if (made.missing == 0)
        LOG_INFO("backup", "realm %.*s has a new base in the archive: %lld pages",
                 STR_ARG(row.name), (long long)made.pages);
    return made.missing == 0 ? 0 : ERR_STORE_CORRUPT;
}

/* Should it stay, the next start makes a base too many. */
static int forget_wish(struct journal *j, struct tape *t)
{
    int dir;
    if (!t->noted || wants_base(j, t))
        return 0;
    TRY(open_tape(j, t, &dir));
    int err = journal_wish_write(dir, false);
    (void)close(dir);
    t->noted = err != 0;
    return err;
}

int journal_make_bases(struct journal *journal, const struct backup_watch *watch,
                       struct err_ctx *ctx)
{
    int64_t now_ms = clock_now().monotonic_ms;
    struct tape *t;
    uint64_t gaps;
    int first_err = 0;
    while (next_wanted(journal, now_ms, &t, &gaps)) {
        int err = make_base(journal, t, watch, ctx);
        if (err == ERR_CANCELLED)
            return err;
        note_base(journal, t, gaps, err);
        if (err == 0)
            err = forget_wish(journal, t);
        bool failed = err != 0 && err != ERR_NOT_FOUND && err != ERR_STORE_CORRUPT;
        if (failed && first_err == 0)
            first_err = err;
    }
    return first_err;
}

/* --- At the start --- */

static int read_position(struct slot *slot, struct repl_position *ret_position)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(tx_config_read_begin(slot, NULL, &r));
    return position_read(r->conn, ret_position);
}

/* Without a position nothing was ever archived: the first commit will tell. */
static int prove_slot(struct journal *j, struct slot *slot)
{
    struct repl_position at;
    int dir;
    TRY(read_position(slot, &at));
    if (!is_known(&at))
        return 0;
    (void)pthread_mutex_lock(&j->lock);
    struct tape *t = tape_of(j, str_c(slot->file));
    bool told = t && is_known(&t->at);
    (void)pthread_mutex_unlock(&j->lock);
    if (!t)
        return ERR_NO_MEMORY;
    if (told)
        return 0; /* its reels prove it, or ask for a base */
    TRY(open_tape(j, t, &dir));
    int err = prove(j, dir, t, &at);
    (void)close(dir);
    return err;
}

static int prove_realm(struct journal *j, const struct realm_summary *realm)
{
    struct store_visit visit;
    int err = store_visit_begin(j->store, realm->name, &visit);
    if (err == 0) {
        err = prove_slot(j, visit.slot);
        store_visit_end(&visit);
    }
    return err;
}

int journal_prove(struct journal *journal, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    char after[REALM_NAME_MAX + 1] = "";
    struct realm_summary *items;
    size_t count = LIST_PAGE;
    arena_init(&a, LIST_ARENA_BYTES);
    while (count == LIST_PAGE) {
        arena_reset(&a);
        TRY(store_realm_list(journal->store, &a, str_c(after), LIST_PAGE, &items, &count));
        for (size_t i = 0; i < count; i++) {
            int err = prove_realm(journal, &items[i]);
            if (err == ERR_NO_MEMORY || err == ERR_IO || err == ERR_STORE_FULL)
                return tell(ctx, err, "a realm");
        }
        if (count > 0)
            (void)snprintf(after, sizeof(after), "%.*s", STR_ARG(items[count - 1].name));
    }
    return 0;
}
