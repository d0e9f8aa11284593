/* Error codes (0 is success) and the context that carries the human detail of a failed request.
 * Functions return a code; the detail goes into struct err_ctx where there is one. A detail may
 * name a parameter or a limit, never a secret, a table or a path. */
#ifndef GARITA_CORE_BASE_ERR_H
#define GARITA_CORE_BASE_ERR_H

#include "core/base/str.h"

enum err {
    ERR_NONE = 0,
#define E(name, text) ERR_##name,
#include "core/base/err.def"
#undef E
    ERR_COUNT
};

/* "INVALID_GRANT" and the text of err.def; for logs. */
const char *err_name(int err);
const char *err_text(int err);

#define ERR_DETAIL_MAX 256

struct err_ctx {
    int err;
    char detail[ERR_DETAIL_MAX]; /* NUL-terminated, for people; may be empty */
    char field[64];              /* parameter or member that is wrong; may be empty */
};

/* Notes the detail and returns err, so that callers write: return err_set(ctx, ERR_X, "..."). A
 * NULL ctx is fine. */
int err_set(struct err_ctx *ctx, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_field(struct err_ctx *ctx, int err, const char *field, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
