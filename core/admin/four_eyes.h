/* Four eyes: kinds of change that wait for a second person in a realm. Off unless the realm says so.
 * The setting is a document of the realm; what is of which kind stands in four_eyes_events.def. */
#ifndef GARITA_CORE_ADMIN_FOUR_EYES_H
#define GARITA_CORE_ADMIN_FOUR_EYES_H

#include "core/auth/context.h"

enum four_eyes_kind {
#define K(name, text) FOUR_EYES_##name,
#include "core/admin/four_eyes_kinds.def"
#undef K
    FOUR_EYES_KIND_COUNT
};

#define FOUR_EYES_BIT(kind) (1u << (unsigned)(kind))
#define FOUR_EYES_DAYS      7 /* that a request waits, when the realm does not say */
#define FOUR_EYES_DAYS_MAX  90

struct four_eyes {
    unsigned kinds; /* bits; 0: nothing waits */
    int64_t expires_after_days;
};

const char *four_eyes_kind_name(enum four_eyes_kind kind);
/* -1 when there is none of this name. */
int four_eyes_kind_find(struct str name);
/* An array of names. */
void four_eyes_write_kinds(unsigned kinds, struct json_writer *w);
/* Names with spaces between them, for sentences and events; absent: ERR_NO_MEMORY. */
struct str four_eyes_kinds_text(struct arena *a, unsigned kinds);
/* The bits of an array of names, FOUR_EYES among them as soon as there is any. ERR_INVALID_REQUEST. */
MUST_CHECK int four_eyes_read_kinds(const struct json_value *array, struct err_ctx *err,
                                    unsigned *ret_kinds);

/* As the transaction sees it. */
MUST_CHECK int four_eyes_read(struct store_read *r, struct arena *a, struct four_eyes *ret_setting);
/* Writes it, with the event. ERR_INVALID_REQUEST for days out of range. */
MUST_CHECK int four_eyes_change(const struct auth_ctx *ctx, struct store_write *w,
                                const struct four_eyes *after);

#endif
