/* Compiler attributes and the two macros that shape every function of the house. */
#ifndef GARITA_CORE_BASE_ATTR_H
#define GARITA_CORE_BASE_ATTR_H

#include <stddef.h>

/* The caller must look at the result. On everything that can fail. */
#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN               __attribute__((noreturn))
#define UNUSED                 __attribute__((unused))
/* Owned things free themselves at the end of their scope: CLEANUP(thing_free_p) struct thing *t. */
#define CLEANUP(fn)            __attribute__((cleanup(fn)))

/* Returns from the calling function with the error of expr, if it is one. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        int try_rc_ = (expr);                                                                      \
        if (try_rc_ != 0)                                                                          \
            return try_rc_;                                                                        \
    } while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
