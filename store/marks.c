/* Noting what a transaction changed, and telling those who keep answers.
 *
 * SQLite itself reports every changed row (also those that go with another, ON DELETE CASCADE), so no
 * statement can forget to. Tables without rowid are not reported: for the three facts in such tables
 * that answers stand on (a revoked jti, who has a role, what roles are made of), their one statement
 * notes it. */
#include "store/marks.h"

#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/port/footing.h"
#include "store/view.h"

#include "core/base/banned.h"

void marks_init(struct marks *marks)
{
    uint64_t values[64];
    for (size_t i = 0; i < MARK_STRIPES; i++) {
        if (i % ARRAY_LEN(values) == 0)
            rng_bytes(values, sizeof(values));
        atomic_init(&marks->counters[i], values[i % ARRAY_LEN(values)]);
    }
}

/* The finaliser of splitmix64: every bit of the key moves every bit of the place. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t place_of(uint64_t seed, enum mark_kind kind, uint64_t key)
{
    return (size_t)(mix(mix(seed + (uint64_t)kind) ^ key) % MARK_STRIPES);
}

void mark_set_add(struct mark_set *set, uint64_t seed, enum mark_kind kind, uint64_t key)
{
    size_t place = place_of(seed, kind, key);
    set->bits[place / 64] |= UINT64_C(1) << place % 64;
    set->any = true;
}

void marks_raise(struct marks *marks, const struct mark_set *set)
{
    for (size_t i = 0; i < ARRAY_LEN(set->bits); i++)
        for (uint64_t bits = set->bits[i]; bits; bits &= bits - 1)
            atomic_fetch_add(&marks->counters[i * 64 + (size_t)__builtin_ctzll(bits)], 1);
}

const atomic_uint_fast64_t *marks_counter(struct marks *marks, uint64_t seed, enum mark_kind kind,
                                          uint64_t key)
{
    return &marks->counters[place_of(seed, kind, key)];
}

uint64_t marks_value(struct marks *marks, uint64_t seed, enum mark_kind kind, uint64_t key)
{
    return atomic_load(marks_counter(marks, seed, kind, key));
}

/* --- rows as SQLite reports them --- */

static const struct {
    const char *table;
    enum mark_kind kind;
    enum ending_kind ending;
} row_tables[] = {
    {"user", MARK_USER, ENDING_USER},
    {"session", MARK_SESSION, ENDING_SESSION},
    {"client_session", MARK_CLIENT_SESSION, ENDING_CLIENT_SESSION},
};

/* Configuration that tokens can end with; scopes and mappers only shape those to come. */
static const struct {
    const char *table;
    enum ending_kind ending;
    const char *text; /* tells the row from the realm's own */
} ending_tables[] = {{"realm", ENDING_ALL, ""},
                     {"client", ENDING_CLIENT, ""},
                     {"signing_key", ENDING_KEY, ""},
                     {"issuer", ENDING_ALL, "issuer"}};

/* Inserted, changed or deleted: the realm's picture is an old one. */
static const char *const config_tables[] = {"realm",  "client",      "scope",
                                            "mapper", "signing_key", "issuer"};

/* A role or a group that changes or goes may take rights along. */
static const char *const rights_tables[] = {"role", "grp"};

static void note(struct realm_db *db, enum mark_kind kind, uint64_t key)
{
    mark_set_add(&db->marks, db->mark_seed, kind, key);
    capture_note(db, (struct repl_change){(uint8_t)kind, key});
}

static bool listed(const char *const *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, list[i]))
            return true;
    return false;
}

void marks_row_changed(void *arg, int operation, const char *database, const char *table,
                       sqlite3_int64 rowid)
{
    struct realm_db *db = arg;
    struct str name = str_c(table);
    (void)database;
    if (listed(config_tables, ARRAY_LEN(config_tables), name))
        db->marks.config = true;
    if (listed(rights_tables, ARRAY_LEN(rights_tables),
               name)) /* new ones too: mappers name groups */
        note(db, MARK_RIGHTS, 0);
    if (operation == SQLITE_INSERT) /* nothing can stand on a row that was not there */
        return;
    bool touch = db->marks.only_touches && operation == SQLITE_UPDATE;
    for (size_t i = 0; i < ARRAY_LEN(row_tables) && !touch; i++)
        if (str_eq_c(name, row_tables[i].table)) {
            note(db, row_tables[i].kind, (uint64_t)rowid);
            endings_note(db->notes, row_tables[i].ending, rowid, STR(""));
        }
    for (size_t i = 0; i < ARRAY_LEN(ending_tables); i++)
        if (str_eq_c(name, ending_tables[i].table))
            endings_note(db->notes, ending_tables[i].ending, rowid, str_c(ending_tables[i].text));
}

/* --- in a transaction --- */

static uint64_t key_of_jti(struct str jti)
{
    unsigned char hash[BLAKE2B_BYTES];
    uint64_t key;
    blake2b_256_of(jti, hash);
    memcpy(&key, hash, sizeof(key));
    return key;
}

void write_mark_revoked(struct store_write *w, struct str jti)
{
    if (w->reader.db->notes)
        endings_note(w->reader.db->notes, ENDING_TOKEN, 0, arena_str(&w->arena, jti));
    note(w->reader.db, MARK_REVOKED, key_of_jti(jti));
}

void write_mark_rights(struct store_write *w)
{
    note(w->reader.db, MARK_RIGHTS, 0);
}

void write_touch_config(struct store_write *w)
{
    w->reader.db->marks.config = true;
}

void write_mark_list(struct store_write *w)
{
    w->reader.db->marks.list = true;
}

void write_touches_only(struct store_write *w, bool only)
{
    w->reader.db->marks.only_touches = only;
}

/* --- for those who keep answers --- */

void store_footing(const struct realm_view *view, const struct footing_rows *rows,
                   struct footing *ret_footing)
{
    struct marks *marks = &view->slot->store->marks;
    uint64_t seed = view->slot->mark_seed;
    *ret_footing = (struct footing){
        .config = view->generation,
        .user = marks_value(marks, seed, MARK_USER, (uint64_t)rows->user_pk),
        .session = marks_value(marks, seed, MARK_SESSION, (uint64_t)rows->session_pk),
        .client_session =
            marks_value(marks, seed, MARK_CLIENT_SESSION, (uint64_t)rows->client_session_pk),
        .revoked = marks_value(marks, seed, MARK_REVOKED, key_of_jti(rows->jti)),
        .origin = str_absent(rows->origin_jti)
                      ? 0
                      : marks_value(marks, seed, MARK_REVOKED, key_of_jti(rows->origin_jti)),
        .rights = rows->rights ? marks_value(marks, seed, MARK_RIGHTS, 0) : 0,
    };
}

bool footing_same(const struct footing *a, const struct footing *b)
{
    return a->config == b->config && a->user == b->user && a->session == b->session &&
           a->client_session == b->client_session && a->revoked == b->revoked &&
           a->origin == b->origin && a->rights == b->rights;
}

/* --- the counters themselves --- */

void ground_init(struct ground *ret_ground)
{
    *ret_ground = (struct ground){.until_ms = INT64_MAX};
}

static void add_pin(struct ground *g, const atomic_uint_fast64_t *counter, uint64_t value)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->pins[i].counter == counter && g->pins[i].value == value)
            return;
    if (g->count == GROUND_PINS_MAX)
        g->loose = true;
    else
        g->pins[g->count++] = (struct ground_pin){counter, value};
}

void store_ground_add(const struct realm_view *view, const struct footing_rows *rows,
                      const struct footing *footing, int64_t until_ms, struct ground *io_ground)
{
    uint64_t seed = view->slot->mark_seed;
    const struct {
        bool wanted;
        enum mark_kind kind;
        uint64_t key, value;
    } marks[] = {
        {rows->user_pk != 0, MARK_USER, (uint64_t)rows->user_pk, footing->user},
        {rows->session_pk != 0, MARK_SESSION, (uint64_t)rows->session_pk, footing->session},
        {rows->client_session_pk != 0, MARK_CLIENT_SESSION, (uint64_t)rows->client_session_pk,
         footing->client_session},
        {!str_absent(rows->jti), MARK_REVOKED, key_of_jti(rows->jti), footing->revoked},
        {!str_absent(rows->origin_jti), MARK_REVOKED, key_of_jti(rows->origin_jti),
         footing->origin},
        {rows->rights, MARK_RIGHTS, 0, footing->rights},
    };
    add_pin(io_ground, &view->slot->generation, footing->config);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (marks[i].wanted)
            add_pin(io_ground,
                    marks_counter(&view->slot->store->marks, seed, marks[i].kind, marks[i].key),
                    marks[i].value);
    if (until_ms < io_ground->until_ms)
        io_ground->until_ms = until_ms;
}

bool store_ground_holds(const struct ground_pin *pins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const atomic_uint_fast64_t *counter = pins[i].counter;
        if (atomic_load_explicit(counter, memory_order_acquire) != pins[i].value)
            return false;
    }
    return true;
}

uint64_t store_changes(const struct realm_view *view)
{
    return atomic_load(&view->slot->changes);
}
