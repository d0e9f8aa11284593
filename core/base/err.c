/* Names of the error codes, and noting the detail of a failure. */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/banned.h"

static const struct {
    const char *name;
    const char *text;
} errors[ERR_COUNT] = {
    [ERR_NONE] = {"NONE", "no error"},
#define E(n, t) [ERR_##n] = {#n, t},
#include "core/base/err.def"
#undef E
};

const char *err_name(int err)
{
    return err >= 0 && err < ERR_COUNT ? errors[err].name : "UNKNOWN";
}

const char *err_text(int err)
{
    return err >= 0 && err < ERR_COUNT ? errors[err].text : "unknown error";
}

static void note(struct err_ctx *ctx, int err, const char *field, const char *fmt, va_list ap)
{
    if (!ctx)
        return;
    ctx->err = err;
    (void)vsnprintf(ctx->detail, sizeof(ctx->detail), fmt, ap);
    (void)snprintf(ctx->field, sizeof(ctx->field), "%s", field);
}

int err_set(struct err_ctx *ctx, int err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(ctx, err, "", fmt, ap);
    va_end(ap);
    return err;
}

int err_field(struct err_ctx *ctx, int err, const char *field, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(ctx, err, field, fmt, ap);
    va_end(ap);
    return err;
}
