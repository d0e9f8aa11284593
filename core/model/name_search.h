/* What is typed to find people by their names, as Keycloak reads it: words, each of which must be found
 * in some name. `mar` and `mar*` are beginnings, `"maria"` a whole name, `*mar*` stands anywhere, and a
 * star elsewhere is any run of characters. Several words without quotes also find whom they begin
 * together, as last names here are two: `quispe mamani`. All texts are folded (unicode_fold). */
#ifndef GARITA_CORE_MODEL_NAME_SEARCH_H
#define GARITA_CORE_MODEL_NAME_SEARCH_H

#include "core/base/arena.h"
#include "core/base/err.h"

#define NAME_SEARCH_WORDS     8
#define NAME_SEARCH_MAX_BYTES 255

struct name_search_word {
    struct str text; /* without the quotes */
    bool whole;      /* stood in quotes: stars are themselves */
};
/* Points into its text. */
struct name_search {
    struct str text; /* folded, without blanks around it */
    struct name_search_word words[NAME_SEARCH_WORDS];
    size_t count;                   /* 0 finds everybody */
    struct name_search_word phrase; /* all of it as one word; absent with fewer than two words */
};

/* Folds what was typed. Blank: no words. ERR_TOO_LARGE beyond either limit, ERR_INVALID_UTF8,
 * ERR_NO_MEMORY. */
MUST_CHECK int name_search_read(struct arena *a, struct str typed, struct name_search *ret_search);
/* The same of a text that is folded. ERR_TOO_LARGE. */
MUST_CHECK int name_search_split(struct str folded, struct name_search *ret_search);
/* What every name that a word finds begins with; empty when that may be anything. */
struct str name_search_beginning(const struct name_search_word *word);
/* Linear in the names for each part of a word. */
bool name_search_finds(const struct name_search *search, const struct str *names, size_t count);

#endif
