/* The first walk through the files of an import: which realms there are, where their long lists stand,
 * and all the rest of their members. The whole text is checked here, users included. */
#include "core/transfer/import_parts.h"

#include "core/base/banned.h"

#define TOP_MAX_BYTES ((size_t)12 << 20) /* members of one realm that are no sections */
#define PARTS_MAX     (IMPORT_SOURCES_MAX + IMPORT_REALMS_MAX)

static const struct {
    const char *member;
    enum import_section section;
} sections[] = {
    {"roles", SECTION_ROLES},
    {"clientScopes", SECTION_SCOPES},
    {"clientTemplates", SECTION_SCOPES}, /* before version 4 */
    {"clients", SECTION_CLIENTS},
    {"applications", SECTION_CLIENTS}, /* before version 1.2 */
    {"oauthClients", SECTION_CLIENTS},
    {"groups", SECTION_GROUPS},
    {"users", SECTION_USERS},
};

struct reading {
    const struct import_request *request;
    struct arena *a;
    struct json_pull *pull;
    struct import_outline *outline;
    size_t source;
};

const struct json_pull_limits import_limits = {
    .max_value_bytes = IMPORT_VALUE_MAX_BYTES, .max_members = 20000, .max_elements = 50000000};

int import_outline_say(const struct import_source *source, const struct json_pull *pull, int err,
                       struct err_ctx *ctx)
{
    uint64_t line, column;
    if (err == 0)
        return 0;
    json_pull_where(pull, &line, &column);
    return err_set(ctx, err, "%.*s%sline %llu, column %llu: %s",
                   (int)(source->name.len < 100 ? source->name.len : 100),
                   source->name.ptr ? source->name.ptr : "", str_empty(source->name) ? "" : ": ",
                   (unsigned long long)line, (unsigned long long)column, err_text(err));
}

/* --- One realm --- */

static int note_section(struct reading *from, struct import_part *part, bool *ret_noted)
{
    struct str name = from->pull->name;
    *ret_noted = false;
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (!str_eq_c(name, sections[i].member))
            continue;
        for (size_t k = 0; k < part->place_count; k++)
            if (part->places[k].member == sections[i].member)
                return ERR_DUPLICATE;
        struct import_place *place = &part->places[part->place_count++];
        place->section = sections[i].section;
        place->member = sections[i].member;
        json_pull_mark(from->pull, &place->place);
        *ret_noted = true;
        part->only_users &= sections[i].section == SECTION_USERS;
        return json_pull_skip(from->pull);
    }
    return 0;
}

static bool belongs_to_users(struct str name)
{
    return str_eq(name, STR("realm")) || str_eq(name, STR("federatedUsers"));
}

static int take_member(struct reading *from, struct import_part *part, struct json_writer *top)
{
    CLEANUP(arena_free) struct arena piece;
    const struct json_value *value;
    char name[JSON_PULL_NAME_MAX_BYTES];
    bool noted;
    TRY(note_section(from, part, &noted));
    if (noted)
        return 0;
    struct str member = str_of(name, from->pull->name.len);
    memcpy(name, from->pull->name.ptr, member.len);
    part->only_users &= belongs_to_users(member);
    arena_init(&piece, 8 * IMPORT_VALUE_MAX_BYTES);
    TRY(json_pull_read(from->pull, &piece, &value));
    jw_key_s(top, member);
    jw_value(top, value);
    return 0;
}

/* What stands twice is found by reading the members anew as one object. */
static int read_members(struct reading *from, struct import_part *part, struct json_writer *top)
{
    struct str text;
    bool more;
    jw_begin_object(top);
    TRY(json_pull_enter(from->pull));
    for (;;) {
        TRY(json_pull_next(from->pull, &more));
        if (!more)
            break;
        TRY(take_member(from, part, top));
    }
    jw_end_object(top);
    TRY(jw_finish(top, &text));
    return json_parse(from->a, text, TOP_MAX_BYTES, &part->top);
}

static int add_part(struct reading *from, struct import_part **ret_part)
{
    struct import_outline *outline = from->outline;
    size_t room = 16;
    if (outline->count >= PARTS_MAX)
        return ERR_TOO_LARGE;
    while (room < outline->count + 1)
        room *= 2;
    if (outline->count == 0 || outline->count == room / 2) {
        outline->parts =
            arena_grow(from->a, outline->parts, outline->count, room, sizeof(**ret_part));
        if (!outline->parts)
            return ERR_NO_MEMORY;
    }
    *ret_part = &outline->parts[outline->count++];
    **ret_part = (struct import_part){.source = from->source, .only_users = true};
    return 0;
}

static int read_realm(struct reading *from, struct err_ctx *err)
{
    struct import_part *part;
    struct json_writer top;
    struct buf text;
    enum json_kind kind;
    TRY(json_pull_kind(from->pull, &kind));
    if (kind != JSON_OBJECT)
        return ERR_INVALID_SYNTAX;
    TRY(add_part(from, &part));
    buf_init(&text, NULL, TOP_MAX_BYTES);
    jw_init(&top, &text);
    int rc = read_members(from, part, &top);
    buf_free(&text);
    TRY(rc);
    part->realm = json_get_str(part->top, "realm");
    return str_empty(part->realm)
               ? err_set(err, ERR_INVALID_REQUEST, "realm: the name of the realm is missing")
               : 0;
}

/* --- One file: a realm, or an array of realms --- */

static int read_file(struct reading *from, struct err_ctx *err)
{
    enum json_kind kind;
    bool more;
    TRY(json_pull_kind(from->pull, &kind));
    if (kind != JSON_ARRAY) {
        TRY(read_realm(from, err));
        return json_pull_end(from->pull);
    }
    TRY(json_pull_enter(from->pull));
    for (;;) {
        TRY(json_pull_next(from->pull, &more));
        if (!more)
            return json_pull_end(from->pull);
        TRY(read_realm(from, err));
    }
}

int import_outline_read(const struct import_request *request, struct arena *a, struct err_ctx *err,
                        struct import_outline *ret_outline)
{
    struct import_outline outline = {0};
    struct reading from = {.request = request,
                           .a = a,
                           .pull = arena_alloc(a, sizeof(struct json_pull)),
                           .outline = &outline};
    if (!from.pull)
        return ERR_NO_MEMORY;
    for (; from.source < request->source_count; from.source++) {
        const struct import_source *source = &request->sources[from.source];
        json_pull_init(from.pull, &source->json, &import_limits);
        err->detail[0] = '\0';
        int rc = read_file(&from, err);
        if (rc != 0)
            return err->detail[0] ? rc : import_outline_say(source, from.pull, rc, err);
    }
    *ret_outline = outline;
    return 0;
}
