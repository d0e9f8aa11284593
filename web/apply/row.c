/* What a run tells: one row for each object that differs, with its members before and after. */
#include "web/apply/engine.h"

#include "core/base/banned.h"

#define IGNORED_MAX       100
#define FOREIGN_MAX_BYTES 120

static const char *const names[] = {
    [APPLY_CREATE] = "create", [APPLY_UPDATE] = "update",   [APPLY_ADOPT] = "adopt",
    [APPLY_DELETE] = "delete", [APPLY_FOREIGN] = "foreign", [APPLY_KEEP] = "keep"};

static int64_t *counter(struct apply *e, enum apply_action action)
{
    switch (action) {
    case APPLY_CREATE: return &e->count.create;
    case APPLY_UPDATE: return &e->count.update;
    case APPLY_ADOPT: return &e->count.adopt;
    case APPLY_DELETE: return &e->count.remove;
    case APPLY_FOREIGN: return &e->count.foreign;
    case APPLY_KEEP: break;
    }
    return &e->count.keep;
}

void row_begin(struct apply *e, enum apply_action action, const char *kind, struct str name)
{
    struct json_writer *w = e->out;
    ++*counter(e, action);
    if (action == APPLY_FOREIGN && e->foreign.len < FOREIGN_MAX_BYTES)
        buf_printf(&e->foreign, "%s%s %.*s", e->foreign.len > 0 ? ", " : "", kind,
                   (int)(name.len < 48 ? name.len : 48), name.ptr);
    jw_begin_object(w);
    jw_member_c(w, "action", names[action]);
    jw_member_c(w, "kind", kind);
    jw_member_str(w, "name", name);
    jw_member_array(w, "members");
}

void row_end(struct apply *e)
{
    jw_end_array(e->out);
    jw_end_object(e->out);
}

void row_member_begin(struct apply *e, const char *member)
{
    jw_begin_object(e->out);
    jw_member_c(e->out, "member", member);
}

void row_member_end(struct apply *e)
{
    jw_end_object(e->out);
}

void row_member(struct apply *e, const char *member, const struct json_value *before,
                const struct json_value *after)
{
    row_member_begin(e, member);
    if (!json_is_none(before))
        jw_member_value(e->out, "before", before);
    jw_member_value(e->out, "after", after);
    row_member_end(e);
}

void row_secret(struct apply *e, const char *member)
{
    row_member_begin(e, member);
    jw_member_bool(e->out, "secret", true);
    row_member_end(e);
}

void row_ignored(struct apply *e, const char *kind, struct str name, struct str member)
{
    if (e->ignored_count++ >= IGNORED_MAX)
        return;
    jw_begin_object(&e->ignored);
    jw_member_c(&e->ignored, "kind", kind);
    jw_member_str(&e->ignored, "name", name);
    jw_member_str(&e->ignored, "member", member);
    jw_end_object(&e->ignored);
}
