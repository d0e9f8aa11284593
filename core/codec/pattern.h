/* Regular expressions of strangers: the common part of Java's, compared in time that grows with the
 * product of pattern and text and never faster (no backtracking). The whole text must fit, as
 * java.util.regex.Matcher.matches() has it. Texts are UTF-8.
 *
 * Taken: characters, '.', classes with ranges, \d \w \s \h \v and their opposites, \p{L}, \p{Lu},
 * \p{IsAlphabetic}, \p{Alpha} and the other POSIX names, \t \n \r \f \xhh \uhhhh, groups, (?:...), '|',
 * '*', '+', '?', {n}, {n,}, {n,m} with or without '?' behind, '^' and '$'. Refused: what a machine
 * without backtracking cannot do (back-references, looking ahead and behind, possessive quantifiers),
 * flags, intersections of classes, classes within classes. */
#ifndef GARITA_CORE_CODEC_PATTERN_H
#define GARITA_CORE_CODEC_PATTERN_H

#include "core/base/arena.h"

#define PATTERN_MAX_BYTES  1024
#define PATTERN_MAX_STATES 2000 /* a repeat counts what it repeats as often as it may be there */

struct pattern;

/* Lives in the arena. ERR_INVALID_SYNTAX, with what is wrong in words in *ret_why (may be NULL);
 * ERR_TOO_LARGE beyond the limits, ERR_TOO_DEEP for groups within groups, ERR_INVALID_UTF8,
 * ERR_NO_MEMORY. */
MUST_CHECK int pattern_compile(struct arena *a, struct str text, const struct pattern **ret_pattern,
                               const char **ret_why);
/* Whether all of the text fits. ERR_INVALID_UTF8, ERR_NO_MEMORY. */
MUST_CHECK int pattern_matches(struct arena *a, const struct pattern *pattern, struct str text,
                               bool *ret_matches);

#endif
