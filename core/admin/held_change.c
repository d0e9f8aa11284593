/* What a transaction changes, judged by its events. */
#include "core/admin/held_change.h"

#include "core/admin/access.h"
#include "core/admin/record.h"
#include "core/port/events.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define EVENTS_PAGE     200
#define EVENTS_MAX      20000
#define JSON_MAX_BYTES  ((size_t)1 << 20)
#define SCRATCH_BYTES   ((size_t)32 << 20)
#define KNOWN_MAX_BYTES ((size_t)24 << 20)

static const struct rule {
    enum event_type type;
    const char *subject, *members; /* NULL members: free */
    enum four_eyes_kind kind;
} rules[] = {
#define H(event, subject, members, kind) {EVENT_##event, subject, members, FOUR_EYES_##kind},
#define FREE(event)                      {EVENT_##event, "", NULL, FOUR_EYES_KIND_COUNT},
#include "core/admin/four_eyes_events.def"
#undef H
#undef FREE
};

bool held_change_knows(enum event_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].type == type)
            return true;
    return false;
}

/* --- One event --- */

struct seen {
    enum event_type type;
    struct str kind, id; /* of the subject */
    const struct json_value *data;
    bool creates; /* its ids are new each time that it is tried */
};

static int look(struct arena *a, const struct event_record *record, struct seen *ret_seen)
{
    int type = event_type_find(record->type);
    ptrdiff_t colon = str_find(record->stream_id, ':');
    struct seen seen = {0};
    if (type < 0 || colon < 0)
        return ERR_INTERNAL;
    seen.type = (enum event_type)type;
    seen.kind = str_sub(record->stream_id, 0, (size_t)colon);
    seen.id = str_from(record->stream_id, (size_t)colon + 1);
    seen.creates = str_eq_c(STR("CREATE"), event_type_keycloak(seen.type));
    TRY(json_parse(a, record->data, JSON_MAX_BYTES, &seen.data));
    *ret_seen = seen;
    return 0;
}

/* --- Its kinds --- */

/* What is kept as a document of its own goes by the document's name. */
static struct str name_of(struct str name, const struct json_value *value)
{
    return str_eq(name, STR("document")) ? json_str(value) : name;
}

static bool has_member(const struct json_value *object, struct str list, bool others)
{
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(object); json_next(&it, &name, &value);) {
        bool is_side = str_eq(name, STR("before")) || str_eq(name, STR("after"));
        if (!is_side && str_has_word(list, name_of(name, value)) != others)
            return true;
    }
    return false;
}

/* Sides that are texts hide what they hold, unless a name beside them says it. */
static bool is_unnamed(const struct json_value *data)
{
    return !json_is_object(json_get(data, "before")) && !json_is_object(json_get(data, "after")) &&
           json_is_none(json_get(data, "document")) && json_is_none(json_get(data, "locale"));
}

static bool members_fit(const char *members, const struct json_value *data)
{
    struct str list = str_c(members);
    bool others = str_starts(list, STR("!"));
    if (str_eq(list, STR("*")))
        return true;
    list = others ? str_from(list, 1) : list;
    const struct json_value *parts[] = {data, json_get(data, "before"), json_get(data, "after")};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (json_is_object(parts[i]) && has_member(parts[i], list, others))
            return true;
    return others && is_unnamed(data);
}

static bool subject_fits(const char *subject, struct str kind)
{
    struct str wanted = str_c(subject);
    if (str_starts(wanted, STR("!")))
        return !str_eq(str_from(wanted, 1), kind);
    return str_empty(wanted) || str_eq(wanted, kind);
}

/* Bits of the event; every bit for an event without a line. */
static unsigned kinds_of(const struct seen *seen)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        const struct rule *rule = &rules[i];
        if (rule->type == seen->type && rule->members && subject_fits(rule->subject, seen->kind) &&
            members_fit(rule->members, seen->data))
            kinds |= FOUR_EYES_BIT(rule->kind);
    }
    return held_change_knows(seen->type) ? kinds : ~0u;
}

/* Whether the person has rights to administer, as the transaction leaves him, or gets them back when an
 * organization is turned on. */
static int person_administers(const struct auth_ctx *ctx, struct store_read *r, struct arena *a,
                              struct str id, bool *ret_administers)
{
    struct user user;
    struct roles roles;
    *ret_administers = false;
    int rc = user_find_by_id(r, a, id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(user_roles_dormant_too(r, a, user.pk, &roles));
    for (size_t i = 0; i < roles.count && !*ret_administers; i++)
        *ret_administers = admin_role_gives_rights(ctx, &roles.items[i]);
    return 0;
}

static int waiting_kinds(const struct auth_ctx *ctx, struct store_write *w, struct arena *a,
                         const struct seen *seen, unsigned wanted, unsigned *ret_kinds)
{
    unsigned person = FOUR_EYES_BIT(FOUR_EYES_ADMINISTRATORS);
    bool administers = true;
    *ret_kinds = kinds_of(seen) & wanted;
    if (!(*ret_kinds & person) || !str_eq(seen->kind, STR("user")))
        return 0;
    TRY(person_administers(ctx, store_write_reader(w), a, seen->id, &administers));
    *ret_kinds &= administers ? ~0u : ~person;
    return 0;
}

/* --- What is told of it, and what it is known by --- */

struct judging {
    const struct auth_ctx *ctx;
    struct store_write *w;
    unsigned wanted;
    struct held_change *held;
    struct json_writer rows;
    struct buf rows_text;
    struct buf *known;
    int64_t looked;
};

static void write_row(struct json_writer *w, const struct seen *seen, unsigned kinds)
{
    jw_begin_object(w);
    jw_member_c(w, "event", event_type_name(seen->type));
    jw_member_str(w, "subject", seen->kind);
    if (!seen->creates)
        jw_member_str(w, "id", seen->id);
    jw_key(w, "kinds");
    four_eyes_write_kinds(kinds, w);
    jw_member_value(w, "data", seen->data);
    jw_end_object(w);
}

/* A row that would not fit is counted instead. */
static int add_row(struct judging *j, struct arena *a, const struct seen *seen, unsigned kinds)
{
    struct buf b;
    struct json_writer row;
    struct str text;
    buf_init(&b, a, JSON_MAX_BYTES);
    jw_init(&row, &b);
    write_row(&row, seen, kinds);
    TRY(jw_finish(&row, &text));
    if (j->rows_text.len + text.len + 2 > HELD_ROWS_MAX_BYTES) {
        j->held->left_out++;
        return 0;
    }
    jw_raw(&j->rows, text);
    return 0;
}

/* New ids come out otherwise each time, and so does what is after: that follows from the call and from
 * what was before. */
static bool is_known_by(const struct seen *seen, struct str name)
{
    static const char *const fresh[] = {"kid", "roleId", "groupId", "sessionId"};
    if (str_eq(name, STR("after")))
        return false;
    for (size_t i = 0; seen->creates && i < ARRAY_LEN(fresh); i++)
        if (str_eq_c(name, fresh[i]))
            return false;
    return true;
}

static int add_known(struct judging *j, struct arena *a, const struct seen *seen)
{
    const struct json_value *value;
    struct str name, text;
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, JSON_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    jw_str(&w, str_c(event_type_name(seen->type)));
    jw_str(&w, seen->kind);
    jw_str(&w, seen->creates ? STR("") : seen->id);
    for (struct json_iter it = json_iter(seen->data); json_next(&it, &name, &value);)
        if (is_known_by(seen, name)) {
            jw_str(&w, name);
            jw_value(&w, value);
        }
    jw_end_array(&w);
    TRY(jw_finish(&w, &text));
    buf_add(j->known, text);
    return 0;
}

/* What an approval later could not do in the place of who asked. */
static bool takes_effect_elsewhere(enum event_type type)
{
    return type == EVENT_UserImpersonated || type == EVENT_ActionsMailed;
}

static int judge_one(struct judging *j, struct arena *a, const struct event_record *record)
{
    struct seen seen;
    unsigned kinds;
    TRY(look(a, record, &seen));
    TRY(waiting_kinds(j->ctx, j->w, a, &seen, j->wanted, &kinds));
    j->held->kinds |= kinds;
    j->held->refused = j->held->refused || (kinds && takes_effect_elsewhere(seen.type));
    TRY(add_row(j, a, &seen, kinds));
    return add_known(j, a, &seen);
}

static int judge_all(struct judging *j, struct arena *a)
{
    struct event_record *items;
    int64_t after = 0;
    size_t count;
    do {
        TRY(event_list_of_write(j->w, a, after, EVENTS_PAGE, &items, &count));
        for (size_t i = 0; i < count; i++)
            TRY(judge_one(j, a, &items[i]));
        after = count > 0 ? items[count - 1].seq : after;
        j->looked += (int64_t)count;
        if (j->looked > EVENTS_MAX)
            return err_set(j->ctx->err, ERR_TOO_LARGE,
                           "More than %d changes at once cannot be judged by a second person",
                           EVENTS_MAX);
        arena_reset(a);
    } while (count == EVENTS_PAGE);
    return 0;
}

static int finish(struct judging *j)
{
    struct str known;
    jw_end_array(&j->rows);
    TRY(jw_finish(&j->rows, &j->held->rows));
    TRY(buf_finish(j->known, &known));
    blake2b_256_of(known, j->held->digest);
    return 0;
}

int held_change_judge(const struct auth_ctx *ctx, struct store_write *w,
                      const struct four_eyes *setting, struct held_change *ret_held)
{
    CLEANUP(arena_free) struct arena scratch;
    CLEANUP(buf_free) struct buf known;
    struct held_change held = {0};
    struct judging j = {
        .ctx = ctx, .w = w, .wanted = setting->kinds, .held = &held, .known = &known};
    arena_init(&scratch, SCRATCH_BYTES);
    buf_init(&known, NULL, KNOWN_MAX_BYTES);
    buf_init(&j.rows_text, ctx->arena, HELD_ROWS_MAX_BYTES);
    jw_init(&j.rows, &j.rows_text);
    jw_begin_array(&j.rows);
    int rc = judge_all(&j, &scratch);
    TRY(rc == 0 ? finish(&j) : rc);
    *ret_held = held;
    return 0;
}
