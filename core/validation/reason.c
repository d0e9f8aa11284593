/* Reasons as texts. */
#include "core/validation/reason.h"

#include "core/base/banned.h"

static const struct {
    const char *name, *text;
} reasons[VALIDATION_REASONS] = {
#define V(name, text) [VALIDATION_##name] = {#name, text},
#include "core/validation/reasons.def"
#undef V
};

const char *validation_reason_name(enum validation_reason reason)
{
    return reasons[reason].name;
}

const char *validation_reason_text(enum validation_reason reason)
{
    return reasons[reason].text;
}
