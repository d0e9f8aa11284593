/* Why a token is not active: core/validation/reasons.def. The names are part of the protocol. */
#ifndef GARITA_CORE_VALIDATION_REASON_H
#define GARITA_CORE_VALIDATION_REASON_H

enum validation_reason {
#define V(name, text) VALIDATION_##name,
#include "core/validation/reasons.def"
#undef V
    VALIDATION_REASONS
};

/* "EXPIRED", and a sentence for people. */
const char *validation_reason_name(enum validation_reason reason);
const char *validation_reason_text(enum validation_reason reason);

#endif
