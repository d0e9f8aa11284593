/* Names that are searched for. */
#include "core/model/name_search.h"

#include "core/codec/unicode.h"

#include "core/base/banned.h"

/* --- Reading --- */

static bool is_quoted(struct str text)
{
    return text.len >= 2 && text.ptr[0] == '"' && str_ends(text, STR("\""));
}

static struct name_search_word word_of(struct str text)
{
    if (is_quoted(text))
        return (struct name_search_word){str_sub(text, 1, text.len - 2), true};
    return (struct name_search_word){text, false};
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

static struct str trimmed(struct str text)
{
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = str_from(text, 1);
    return text;
}

static struct str cut_word(struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && !is_blank(rest->ptr[len]))
        len++;
    struct str word = str_sub(*rest, 0, len);
    *rest = trimmed(str_from(*rest, len));
    return word;
}

/* In quotes as a whole it is one word, blanks and all. */
static int read_words(struct name_search *s)
{
    struct str rest = s->text;
    if (is_quoted(rest) && str_find(str_sub(rest, 1, rest.len - 2), '"') < 0) {
        s->words[s->count++] = word_of(rest);
        return 0;
    }
    while (!str_empty(rest)) {
        if (s->count == NAME_SEARCH_WORDS)
            return ERR_TOO_LARGE;
        s->words[s->count++] = word_of(cut_word(&rest));
    }
    return 0;
}

int name_search_split(struct str folded, struct name_search *ret_search)
{
    struct name_search s = {.text = trimmed(folded)};
    if (s.text.len > NAME_SEARCH_MAX_BYTES)
        return ERR_TOO_LARGE;
    TRY(read_words(&s));
    if (s.count > 1 && str_find(s.text, '"') < 0)
        s.phrase.text = s.text;
    *ret_search = s;
    return 0;
}

int name_search_read(struct arena *a, struct str typed, struct name_search *ret_search)
{
    struct str folded;
    if (typed.len > NAME_SEARCH_MAX_BYTES)
        return ERR_TOO_LARGE;
    TRY(unicode_fold(a, typed, &folded));
    return name_search_split(folded, ret_search);
}

struct str name_search_beginning(const struct name_search_word *word)
{
    ptrdiff_t star = word->whole ? -1 : str_find(word->text, '*');
    return star < 0 ? word->text : str_sub(word->text, 0, (size_t)star);
}

/* --- Matching --- */

/* The parts between stars one after the other: the first begins the name, and taking the first place
 * of each leaves the most room for the next, so that nothing is tried twice. */
static bool finds_parts(struct str parts, struct str name)
{
    struct str part;
    if (!str_next(&parts, '*', &part) || !str_starts(name, part))
        return false;
    name = str_from(name, part.len);
    while (str_next(&parts, '*', &part)) {
        ptrdiff_t at = str_find_str(name, part);
        if (at < 0)
            return false;
        name = str_from(name, (size_t)at + part.len);
    }
    return true;
}

static bool finds_any(const struct name_search_word *word, const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_empty(names[i]))
            continue;
        if (word->whole ? str_eq(names[i], word->text) : finds_parts(word->text, names[i]))
            return true;
    }
    return false;
}

bool name_search_finds(const struct name_search *search, const struct str *names, size_t count)
{
    bool all = true;
    for (size_t i = 0; all && i < search->count; i++)
        all = finds_any(&search->words[i], names, count);
    return all || (!str_absent(search->phrase.text) && finds_any(&search->phrase, names, count));
}
