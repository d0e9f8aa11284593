/* What became of the parts of an import: how many of each kind were taken, what was changed to fit and
 * what was left out, and why. The same reason is told once, with the first places and their number, so
 * that the report stays short whatever the file holds. */
#ifndef GARITA_CORE_TRANSFER_IMPORT_REPORT_H
#define GARITA_CORE_TRANSFER_IMPORT_REPORT_H

#include "core/base/arena.h"
#include "core/codec/json.h"

/* A place in the file: "users[17].credentials[0].secretData". Each step lives in its caller. */
struct import_at {
    const struct import_at *above; /* NULL: the realm itself */
    struct str member;             /* or, when absent, the element of that index */
    size_t index;
};
#define AT_MEMBER(up, name)  (&(const struct import_at){.above = (up), .member = str_c(name)})
#define AT_NAME(up, text)    (&(const struct import_at){.above = (up), .member = (text)})
#define AT_INDEX(up, number) (&(const struct import_at){.above = (up), .index = (number)})

/* At most 200 bytes; beginnings of longer ones are left out. */
void import_at_write(const struct import_at *at, struct buf *b);

enum import_fate { IMPORT_ADAPTED, IMPORT_LEFT };

#define IMPORT_PLACES_TOLD 5
#define IMPORT_REASONS_MAX 400
#define IMPORT_KINDS_MAX   24

struct import_remark {
    enum import_fate fate;
    struct str reason; /* a sentence without names of this file, so that equal ones meet */
    int64_t count;
    struct str places[IMPORT_PLACES_TOLD];
};

struct import_taken {
    const char *kind; /* "users" */
    int64_t count;
};

struct import_report {
    struct arena *arena;
    struct import_remark *remarks;
    size_t remark_count;
    int64_t untold; /* remarks beyond IMPORT_REASONS_MAX */
    struct import_taken taken[IMPORT_KINDS_MAX];
    size_t taken_count;
};

/* ERR_NO_MEMORY. The arena outlives the report. */
MUST_CHECK int import_report_init(struct import_report *report, struct arena *arena);
void import_report_took(struct import_report *report, const char *kind, int64_t count);
void import_report_note(struct import_report *report, enum import_fate fate,
                        const struct import_at *at, const char *reason);
/* The same with a reason that is made up; it is copied. */
void import_report_note_text(struct import_report *report, enum import_fate fate,
                             const struct import_at *at, struct str reason);
/* The members "taken", "adapted" and "left" of the object that is open in w. */
void import_report_write(const struct import_report *report, struct json_writer *w);

#endif
