/* Ways from bases to moments. */
#include "store/repl/replay.h"

#include <stdlib.h>
#include <unistd.h>

#include "store/repl/journal.h"
#include "store/repl/sealed_file.h"
#include "store/store.h"

#include "core/base/banned.h"

#define BASES_MAX 100000

/* --- What there is --- */

static int open_bases(const struct secret *master_key, bool alone, struct replay_source *s)
{
    int err = journal_folder(s->backups.folder.fd, JOURNAL_BASES, false, &s->bases.folder.fd);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    TRY(backup_key_of(master_key, &s->bases.key));
    return journal_lock(s->backups.folder.fd, alone, &s->lock_fd);
}

static int open_source(const char *dir, const struct secret *master_key, bool alone,
                       struct replay_source *ret_source, struct err_ctx *ctx)
{
    struct replay_source s = {.backups = {.folder = BACKUP_FOLDER_NONE},
                              .bases = {.folder = BACKUP_FOLDER_NONE},
                              .lock_fd = -1};
    TRY(backup_source_open(dir, master_key, &s.backups, ctx));
    int err = open_bases(master_key, alone, &s);
    if (err != 0) {
        replay_source_close(&s);
        return err_set(ctx, err, "the archive cannot be read now: %s",
                       err == ERR_CONFLICT ? "reels are just being put together; try again"
                                           : err_text(err));
    }
    *ret_source = s;
    return 0;
}

int replay_source_open(const char *dir, const struct secret *master_key,
                       struct replay_source *ret_source, struct err_ctx *ctx)
{
    return open_source(dir, master_key, false, ret_source, ctx);
}

int replay_source_alone(const char *dir, const struct secret *master_key,
                        struct replay_source *ret_source, struct err_ctx *ctx)
{
    return open_source(dir, master_key, true, ret_source, ctx);
}

int replay_source_of_store(struct store *store, const char *dir, struct replay_source *ret_source,
                           struct err_ctx *ctx)
{
    return replay_source_open(dir, &store->master_key, ret_source, ctx);
}

void replay_source_close(struct replay_source *source)
{
    backup_source_close(&source->backups);
    backup_source_close(&source->bases);
    if (source->lock_fd >= 0)
        (void)close(source->lock_fd);
    source->lock_fd = -1;
}

/* --- Bases --- */

struct bases {
    bool of_realm; /* by its name */
    struct arena *arena;
    struct replay_base *items;
    size_t count, cap;
};

static int add_base(struct bases *list, const struct replay_base *base)
{
    if (list->count == BASES_MAX)
        return ERR_TOO_LARGE;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        struct replay_base *items = ARENA_ARRAY(list->arena, cap, struct replay_base);
        if (!items)
            return ERR_NO_MEMORY;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = *base;
    return 0;
}

/* By name, by the name of the database's file, or all. */
struct wanted {
    struct str realm, file;
};

static bool is_wanted(const struct wanted *w, const struct backup_realm *realm)
{
    return str_absent(realm->trouble) && (str_absent(w->realm) || str_eq(realm->name, w->realm)) &&
           (str_absent(w->file) || str_eq(realm->file, w->file));
}

static int add_realms(struct bases *list, const struct backup_source *source, struct str id,
                      const struct wanted *wanted)
{
    struct backup_manifest m;
    TRY(backup_look(source, id, list->arena, &m));
    for (size_t i = 0; i < m.realm_count; i++) {
        const struct backup_realm *realm = &m.realms[i];
        const struct replay_base base = {source, id, realm,
                                         realm->until_ms ? realm->until_ms : realm->taken_ms};
        if (is_wanted(wanted, realm))
            TRY(add_base(list, &base));
    }
    return 0;
}

static int refuse(struct err_ctx *ctx, int err, const char *what, struct str name)
{
    if (err == ERR_NO_MEMORY || err == ERR_CANCELLED)
        return err;
    const char *why = err == ERR_BAD_KEY         ? "was sealed under another master key"
                      : err == ERR_SEAL          ? "was changed"
                      : err == ERR_STORE_CORRUPT ? "is damaged"
                      : err == ERR_NOT_FOUND     ? "is missing"
                                                 : err_text(err);
    return err_set(ctx, ERR_BACKUP, "%s %.*s %s", what, (int)(name.len < 80 ? name.len : 80),
                   name.ptr, why);
}

int replay_refuse(struct err_ctx *ctx, int err, struct str reel)
{
    return refuse(ctx, err, "reel", reel);
}

static int add_folder(struct bases *list, const struct backup_source *source,
                      const struct wanted *wanted, struct err_ctx *ctx)
{
    struct str *ids;
    size_t count;
    if (source->folder.fd < 0)
        return 0;
    TRY(backup_folder_list(&source->folder, list->arena, &ids, &count));
    for (size_t i = 0; i < count; i++) {
        int err = add_realms(list, source, ids[i], wanted);
        if (err != 0)
            return refuse(ctx, err, "the list of backup", ids[i]);
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct replay_base *x = a;
    const struct replay_base *y = b;
    return x->until_ms < y->until_ms ? -1 : x->until_ms > y->until_ms;
}

/* Oldest first. */
static int find_bases(const struct replay_source *source, const struct wanted *wanted,
                      struct arena *a, struct bases *ret_list, struct err_ctx *ctx)
{
    struct bases list = {.arena = a, .of_realm = !str_absent(wanted->realm)};
    TRY(add_folder(&list, &source->backups, wanted, ctx));
    TRY(add_folder(&list, &source->bases, wanted, ctx));
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(*list.items), by_time);
    *ret_list = list;
    return 0;
}

static const struct wanted everything = {{NULL, 0}, {NULL, 0}};

int replay_bases(const struct replay_source *source, struct arena *a,
                 struct replay_base **ret_bases, size_t *ret_count, struct err_ctx *ctx)
{
    struct bases list;
    TRY(find_bases(source, &everything, a, &list, ctx));
    *ret_bases = list.items;
    *ret_count = list.count;
    return 0;
}

/* --- Walking along reels --- */

struct walk {
    int dir;
    const struct secret *key;
    struct str file;
    struct str *names;
    size_t count, next; /* next: where to look for the one that follows */
    struct repl_position at;
    int64_t at_ms;
    int64_t end_ms; /* of what was walked */
    struct err_ctx *ctx;
};

static bool at_is(const struct repl_position *p, const struct repl_position *at)
{
    return p->lsn == at->lsn && p->mark == at->mark;
}

/* Whether the commit that the walk stands at is in that reel. */
static int has_inside(const struct walk *w, struct str name, bool *ret_has)
{
    struct reel_reader *r;
    struct reel_head head;
    struct reel_commit c = {0};
    bool any = true;
    *ret_has = false;
    int err = reel_open(w->dir, w->key, w->file, name, &r, &head);
    if (err != 0)
        return replay_refuse(w->ctx, err, name);
    while (err == 0 && any && c.after.lsn < w->at.lsn)
        err = reel_next(r, &c, &any);
    reel_close(r);
    *ret_has = err == 0 && any && at_is(&c.after, &w->at);
    return err == 0 ? 0 : replay_refuse(w->ctx, err, name);
}

static int goes_on(const struct walk *w, struct str text, const struct reel_name *name,
                   bool *ret_does)
{
    *ret_does = name->before.lsn <= w->at.lsn && w->at.lsn < name->after.lsn;
    if (*ret_does && name->before.lsn == w->at.lsn)
        *ret_does = at_is(&name->before, &w->at);
    else if (*ret_does)
        return has_inside(w, text, ret_does);
    return 0;
}

/* The longest one that goes on from here: after a crash in a merging its parts are there too. */
static int next_reel(struct walk *w, struct str *ret_text, struct reel_name *ret_name,
                     bool *ret_any)
{
    uint64_t reach = 0;
    *ret_any = false;
    for (size_t i = 0; i < w->count; i++) {
        struct reel_name name = {0};
        bool does;
        if (!reel_name_parse(w->names[i], &name) || name.before.lsn > w->at.lsn)
            break; /* they are in order */
        if (name.after.lsn <= reach)
            continue;
        TRY(goes_on(w, w->names[i], &name, &does));
        if (!does)
            continue;
        *ret_any = true;
        *ret_text = w->names[i];
        *ret_name = name;
        reach = name.after.lsn;
    }
    return 0;
}

static int look(const struct walk *w, struct str name, struct reel_head *ret_head)
{
    struct reel_reader *r;
    int err = reel_open(w->dir, w->key, w->file, name, &r, ret_head);
    if (err != 0)
        return replay_refuse(w->ctx, err, name);
    reel_close(r);
    return 0;
}

struct way {
    struct str *reels;
    size_t count;
    int64_t last_ms; /* of the last reel; 0: none */
    bool passed;     /* what comes after the moment is there too */
    int64_t hole_ms; /* when reels go on behind what is missing; 0: they do not */
};

/* names that end before the base are passed over for good. */
static void skip_older(struct walk *w)
{
    struct reel_name name = {0};
    while (w->count > 0 && reel_name_parse(w->names[0], &name) && name.after.lsn <= w->at.lsn) {
        w->names++;
        w->count--;
    }
}

/* Where nothing goes on, reels of later commits tell that something did. Those of earlier ones may have
 * larger numbers: they begin anew when a database was changed and nobody was told. */
static int find_hole(const struct walk *w, struct way *way)
{
    struct reel_name name = {0};
    struct reel_head head;
    for (size_t i = 0; i < w->count && way->hole_ms == 0; i++) {
        if (!reel_name_parse(w->names[i], &name) || name.before.lsn < w->at.lsn)
            continue;
        TRY(look(w, w->names[i], &head));
        if (head.first_ms > w->end_ms)
            way->hole_ms = head.first_ms;
    }
    return 0;
}

static int walk_on(struct walk *w, struct way *way)
{
    unsigned char chain[REEL_CHAIN_BYTES];
    struct reel_name name = {0};
    struct reel_head head;
    struct str text;
    bool any = true;
    while (!way->passed) {
        skip_older(w);
        TRY(next_reel(w, &text, &name, &any));
        if (!any)
            return find_hole(w, way);
        TRY(look(w, text, &head));
        if (way->count > 0 && memcmp(chain, head.chain_before, sizeof(chain)) != 0)
            return replay_refuse(w->ctx, ERR_SEAL, text);
        memcpy(chain, head.chain_after, sizeof(chain));
        way->passed = head.last_ms > w->at_ms;
        if (head.first_ms > w->at_ms && at_is(&head.before, &w->at))
            return 0;
        way->reels[way->count++] = text;
        way->last_ms = w->end_ms = head.last_ms;
        w->at = head.after;
    }
    return 0;
}

static int walk_from(const struct replay_source *source, const struct replay_base *base,
                     int64_t at_ms, struct arena *a, struct way *ret_way,
                     struct repl_position *ret_end, struct err_ctx *ctx)
{
    struct walk w = {.key = &source->backups.key,
                     .file = base->realm->file,
                     .at = base->realm->position,
                     .at_ms = at_ms,
                     .end_ms = base->until_ms,
                     .ctx = ctx};
    struct str file = arena_str(a, base->realm->file);
    *ret_way = (struct way){0};
    *ret_end = w.at;
    if (w.at.lsn == 0)
        return 0;
    if (str_absent(file))
        return ERR_NO_MEMORY;
    int err = journal_folder(source->backups.folder.fd, file.ptr, false, &w.dir);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    err = journal_list(w.dir, a, &w.names, &w.count);
    if (err == 0) {
        ret_way->reels = ARENA_ARRAY(a, w.count + 1, struct str);
        err = ret_way->reels ? walk_on(&w, ret_way) : ERR_NO_MEMORY;
    }
    (void)close(w.dir);
    *ret_end = w.at;
    return err;
}

/* --- A moment --- */

static void time_text(int64_t ms, char text[25])
{
    clock_rfc3339(ms, text);
}

static int say_unknown(struct err_ctx *ctx, struct str realm, int64_t from_ms, int64_t to_ms)
{
    char from[25], to[25];
    time_text(from_ms, from);
    time_text(to_ms, to);
    return err_set(ctx, ERR_BACKUP,
                   "what was done in realm %.*s between %s and %s was not archived: say one of "
                   "these times",
                   (int)(realm.len < 64 ? realm.len : 64), realm.ptr, from, to);
}

static int say_none(struct err_ctx *ctx, struct str realm, const struct bases *list)
{
    char from[25] = "";
    int len = (int)(realm.len < 64 ? realm.len : 64);
    if (list->count == 0)
        return err_set(ctx, ERR_NOT_FOUND, "there is no backup with realm %.*s in it", len,
                       realm.ptr);
    time_text(list->items[0].until_ms, from);
    return err_set(ctx, ERR_NOT_FOUND,
                   "there is no backup of realm %.*s that was taken by then: the first one is of "
                   "%s",
                   len, realm.ptr, from);
}

/* The newest one by then; NULL. */
static const struct replay_base *newest(const struct bases *list, int64_t at_ms)
{
    const struct replay_base *found = NULL;
    for (size_t i = 0; i < list->count && list->items[i].until_ms <= at_ms; i++)
        found = &list->items[i];
    return found;
}

static bool same_file(const struct replay_base *a, const struct replay_base *b)
{
    return str_eq(a->realm->file, b->realm->file);
}

/* The next one; NULL. Of the realm by its name that may be of another database, which took the place of this
 * one nobody knows when; where the list of realms tells which of them it was, of the same. */
static const struct replay_base *next_after(const struct bases *list,
                                            const struct replay_base *base, int64_t at_ms)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].until_ms > at_ms && (list->of_realm || same_file(&list->items[i], base)))
            return &list->items[i];
    return NULL;
}

/* Where reels end, the next base must stand at the same place. */
static int check_known(const struct bases *list, const struct replay *r, const struct way *way,
                       const struct repl_position *end, struct err_ctx *ctx)
{
    const struct replay_base *next = next_after(list, &r->base, r->at_ms);
    bool follows = next && same_file(next, &r->base) && at_is(end, &next->realm->position);
    int64_t from_ms = way->count > 0 ? way->last_ms : r->base.until_ms;
    if (way->passed || end->lsn == 0 || follows || (!next && way->hole_ms == 0) ||
        r->at_ms <= from_ms)
        return 0;
    return say_unknown(ctx, r->base.realm->name, from_ms, next ? next->until_ms : way->hole_ms);
}

static int note_reached(void *arg, const struct reel_commit *commit)
{
    struct replay *r = arg;
    r->reached_ms = commit->time_ms;
    r->position = commit->after;
    return 0;
}

/* The last reel alone tells where it ends. */
static int find_end(struct replay *r, struct err_ctx *ctx)
{
    struct replay last = *r;
    r->reached_ms = r->base.until_ms;
    r->position = r->base.realm->position;
    if (r->reel_count == 0)
        return 0;
    last.reels = r->reels + r->reel_count - 1;
    last.reel_count = 1;
    TRY(replay_run(&last, note_reached, &last, ctx));
    if (last.position.lsn != 0) {
        r->reached_ms = last.reached_ms;
        r->position = last.position;
    }
    return 0;
}

static int find_way(const struct replay_source *source, const struct bases *list,
                    const struct replay_base *base, int64_t at_ms, struct arena *a,
                    struct replay *ret_replay, struct err_ctx *ctx)
{
    struct replay r = {.source = source, .at_ms = at_ms, .base = *base};
    struct repl_position end;
    struct way way;
    TRY(walk_from(source, base, at_ms, a, &way, &end, ctx));
    TRY(check_known(list, &r, &way, &end, ctx));
    r.others = list->items;
    r.other_count = list->count;
    r.reels = way.reels;
    r.reel_count = way.count;
    TRY(find_end(&r, ctx));
    *ret_replay = r;
    return 0;
}

int replay_find(const struct replay_source *source, struct str realm, int64_t at_ms,
                struct arena *a, struct replay *ret_replay, struct err_ctx *ctx)
{
    const struct wanted wanted = {.realm = realm};
    struct bases list;
    TRY(find_bases(source, &wanted, a, &list, ctx));
    const struct replay_base *base = newest(&list, at_ms);
    return base ? find_way(source, &list, base, at_ms, a, ret_replay, ctx)
                : say_none(ctx, realm, &list);
}

/* The newest base by then of each database, which is the last of its file in the list; of one that was just
 * made the first after that: the list of realms tells whether it was there. */
static bool is_for_moment(const struct bases *list, size_t index, int64_t at_ms)
{
    bool is_late = list->items[index].until_ms > at_ms;
    for (size_t i = 0; i < list->count; i++) {
        bool is_by_then = list->items[i].until_ms <= at_ms;
        bool is_better = is_by_then ? is_late || i > index : is_late && i < index;
        if (is_better && same_file(&list->items[i], &list->items[index]))
            return false;
    }
    return true;
}

int replay_find_all(const struct replay_source *source, int64_t at_ms, struct arena *a,
                    struct replay **ret_replays, size_t *ret_count, struct err_ctx *ctx)
{
    struct bases list;
    size_t count = 0;
    TRY(find_bases(source, &everything, a, &list, ctx));
    struct replay *replays = ARENA_ARRAY(a, list.count + 1, struct replay);
    if (!replays)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list.count; i++)
        if (is_for_moment(&list, i, at_ms))
            TRY(find_way(source, &list, &list.items[i], at_ms, a, &replays[count++], ctx));
    *ret_replays = replays;
    *ret_count = count;
    return 0;
}

/* --- All moments --- */

int replay_spans(const struct replay_source *source, struct str realm, struct arena *a,
                 struct replay_span **ret_spans, size_t *ret_count, struct err_ctx *ctx)
{
    const struct wanted wanted = {.realm = realm};
    struct bases list;
    struct repl_position end = {0};
    struct way way;
    size_t count = 0;
    TRY(find_bases(source, &wanted, a, &list, ctx));
    struct replay_span *spans = ARENA_ARRAY(a, list.count + 1, struct replay_span);
    if (!spans)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list.count; i++) {
        const struct replay_base *base = &list.items[i];
        struct replay_span *last = count > 0 ? &spans[count - 1] : NULL;
        if (last && end.lsn != 0 && base->realm->position.lsn != 0 && base->until_ms <= last->to_ms)
            continue; /* on the way of the one before */
        struct repl_position before = end;
        TRY(walk_from(source, base, INT64_MAX, a, &way, &end, ctx));
        int64_t to_ms =
            way.count > 0 && way.last_ms > base->until_ms ? way.last_ms : base->until_ms;
        if (last && before.lsn != 0 && at_is(&before, &base->realm->position)) {
            last->to_ms = to_ms;
            last->reels += way.count;
        } else {
            spans[count++] = (struct replay_span){base->until_ms, to_ms, way.count};
        }
    }
    *ret_spans = spans;
    *ret_count = count;
    return 0;
}

/* --- Doing it --- */

static int run_reel(const struct replay *replay, int dir, struct str name, replay_take *take,
                    void *arg, int *ret_taken)
{
    struct reel_reader *r;
    struct reel_head head;
    struct reel_commit c;
    bool any = true;
    TRY(reel_open(dir, &replay->source->backups.key, replay->base.realm->file, name, &r, &head));
    int err = reel_next(r, &c, &any);
    while (err == 0 && any && *ret_taken == 0 && c.time_ms <= replay->at_ms) {
        if (c.after.lsn > replay->base.realm->position.lsn)
            *ret_taken = take(arg, &c);
        err = reel_next(r, &c, &any);
    }
    reel_close(r);
    return err;
}

int replay_run(const struct replay *replay, replay_take *take, void *arg, struct err_ctx *ctx)
{
    char file[FILE_NAME_MAX + 1];
    int taken = 0;
    int err = 0;
    int dir;
    if (replay->reel_count == 0)
        return 0;
    if (replay->base.realm->file.len > FILE_NAME_MAX)
        return ERR_STORE_CORRUPT;
    memcpy(file, replay->base.realm->file.ptr, replay->base.realm->file.len);
    file[replay->base.realm->file.len] = '\0';
    TRY(journal_folder(replay->source->backups.folder.fd, file, false, &dir));
    for (size_t i = 0; i < replay->reel_count && err == 0 && taken == 0; i++) {
        err = run_reel(replay, dir, replay->reels[i], take, arg, &taken);
        if (err != 0)
            err = replay_refuse(ctx, err, replay->reels[i]);
    }
    (void)close(dir);
    return taken != 0 ? taken : err;
}
