/* The report of an import. */
#include "core/transfer/import_report.h"

#include "core/base/err.h"

#include "core/base/banned.h"

#define PLACE_MAX_BYTES 200
#define STEPS_MAX       16

/* --- Places --- */

void import_at_write(const struct import_at *at, struct buf *b)
{
    const struct import_at *steps[STEPS_MAX];
    size_t count = 0;
    for (; at && count < STEPS_MAX; at = at->above)
        steps[count++] = at;
    for (size_t i = count; i-- > 0;) {
        if (str_absent(steps[i]->member)) {
            buf_printf(b, "[%zu]", steps[i]->index);
        } else {
            if (i + 1 < count)
                buf_add_byte(b, '.');
            buf_add(b, str_sub(steps[i]->member, 0, PLACE_MAX_BYTES));
        }
    }
}

static struct str place_text(struct arena *a, const struct import_at *at)
{
    struct buf b;
    struct str text;
    buf_init(&b, a, 2 * STEPS_MAX * PLACE_MAX_BYTES);
    import_at_write(at, &b);
    if (buf_finish(&b, &text) != 0)
        return STR("");
    return text.len <= PLACE_MAX_BYTES ? text : str_from(text, text.len - PLACE_MAX_BYTES);
}

/* --- Remarks --- */

int import_report_init(struct import_report *report, struct arena *arena)
{
    *report = (struct import_report){
        .arena = arena, .remarks = ARENA_ARRAY(arena, IMPORT_REASONS_MAX, struct import_remark)};
    return report->remarks ? 0 : ERR_NO_MEMORY;
}

void import_report_took(struct import_report *report, const char *kind, int64_t count)
{
    for (size_t i = 0; i < report->taken_count; i++)
        if (str_eq_c(str_c(kind), report->taken[i].kind)) {
            report->taken[i].count += count;
            return;
        }
    if (report->taken_count < IMPORT_KINDS_MAX)
        report->taken[report->taken_count++] = (struct import_taken){kind, count};
}

static struct import_remark *remark_of(struct import_report *report, enum import_fate fate,
                                       struct str reason)
{
    for (size_t i = 0; i < report->remark_count; i++)
        if (report->remarks[i].fate == fate && str_eq(report->remarks[i].reason, reason))
            return &report->remarks[i];
    if (report->remark_count == IMPORT_REASONS_MAX)
        return NULL;
    struct str copy = arena_str(report->arena, reason);
    if (str_absent(copy))
        return NULL;
    struct import_remark *remark = &report->remarks[report->remark_count++];
    *remark = (struct import_remark){.fate = fate, .reason = copy};
    return remark;
}

void import_report_note_text(struct import_report *report, enum import_fate fate,
                             const struct import_at *at, struct str reason)
{
    struct import_remark *remark = remark_of(report, fate, reason);
    if (!remark) {
        report->untold++;
        return;
    }
    if (remark->count < IMPORT_PLACES_TOLD)
        remark->places[remark->count] = place_text(report->arena, at);
    remark->count++;
}

void import_report_note(struct import_report *report, enum import_fate fate,
                        const struct import_at *at, const char *reason)
{
    import_report_note_text(report, fate, at, str_c(reason));
}

/* --- Writing --- */

static void write_remark(const struct import_remark *remark, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_str(w, "reason", remark->reason);
    jw_member_i64(w, "count", remark->count);
    jw_member_array(w, "places");
    for (size_t i = 0; i < IMPORT_PLACES_TOLD && (int64_t)i < remark->count; i++)
        jw_str(w, remark->places[i]);
    jw_end_array(w);
    jw_end_object(w);
}

static void write_fate(const struct import_report *report, enum import_fate fate, const char *name,
                       struct json_writer *w)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < report->remark_count; i++)
        if (report->remarks[i].fate == fate)
            write_remark(&report->remarks[i], w);
    jw_end_array(w);
}

void import_report_write(const struct import_report *report, struct json_writer *w)
{
    jw_member_object(w, "taken");
    for (size_t i = 0; i < report->taken_count; i++)
        jw_member_i64(w, report->taken[i].kind, report->taken[i].count);
    jw_end_object(w);
    write_fate(report, IMPORT_ADAPTED, "adapted", w);
    write_fate(report, IMPORT_LEFT, "left", w);
    if (report->untold > 0)
        jw_member_i64(w, "remarksLeftOut", report->untold);
}
