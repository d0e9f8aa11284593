/* Message tables: read once at start into sorted arrays. */
#include "web/messages.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/asset.h"
#include "core/codec/header.h"
#include "web/template.h"

#include "core/base/banned.h"

#define MAX_LANGUAGES      16
#define MAX_MESSAGES       4096
#define MESSAGES_MAX_BYTES ((size_t)4 << 20)
#define ENGLISH            STR("en")

struct message {
    struct str key;
    struct str text;
};

struct language {
    struct str tag;
    struct message *messages; /* sorted by key */
    size_t count;
};

struct messages {
    struct arena arena;
    struct language languages[MAX_LANGUAGES];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct message *)a)->key, ((const struct message *)b)->key);
}

/* "\n" is a line break, "\\" a backslash; anything else after a backslash is a mistake. */
static int unescape(struct arena *a, struct str raw, struct str *ret_text)
{
    char *out = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    if (!out)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '\\') {
            char next = i + 1 < raw.len ? raw.ptr[++i] : '\0';
            if (next != 'n' && next != '\\')
                return ERR_INVALID_SYNTAX;
            c = next == 'n' ? '\n' : '\\';
        }
        out[len++] = c;
    }
    *ret_text = str_of(out, len);
    return 0;
}

static int parse_line(struct arena *a, struct str line, struct message *ret_message)
{
    ptrdiff_t eq = str_find(line, '=');
    if (eq <= 0 || !str_is_utf8(line))
        return ERR_INVALID_SYNTAX;
    ret_message->key = arena_str(a, str_trim(str_sub(line, 0, (size_t)eq)));
    return unescape(a, str_trim(str_from(line, (size_t)eq + 1)), &ret_message->text);
}

static int parse_file(struct messages *m, struct language *l, struct str file, const char *path,
                      struct err_ctx *err)
{
    struct str line;
    int number = 0;
    l->messages = ARENA_ARRAY(&m->arena, MAX_MESSAGES, struct message);
    if (!l->messages)
        return ERR_NO_MEMORY;
    while (str_next(&file, '\n', &line)) {
        number++;
        if (str_ends(line, STR("\r")))
            line.len--;
        line = str_trim(line);
        if (str_empty(line) || line.ptr[0] == '#')
            continue;
        if (l->count == MAX_MESSAGES || parse_line(&m->arena, line, &l->messages[l->count++]) != 0)
            return err_set(err, ERR_INVALID_SYNTAX, "%s:%d: not key=text", path, number);
    }
    qsort(l->messages, l->count, sizeof(l->messages[0]), compare);
    for (size_t i = 1; i < l->count; i++)
        if (str_eq(l->messages[i].key, l->messages[i - 1].key))
            return err_set(err, ERR_INVALID_SYNTAX, "%s: %.*s stands twice", path,
                           STR_ARG(l->messages[i].key));
    return 0;
}

static const struct language *find_language(const struct messages *m, struct str lang)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_ieq(m->languages[i].tag, lang))
            return &m->languages[i];
    return NULL;
}

static const struct message *find_message(const struct language *l, struct str key)
{
    struct message wanted = {.key = key};
    return l ? bsearch(&wanted, l->messages, l->count, sizeof(wanted), compare) : NULL;
}

static int check_complete(const struct messages *m, struct err_ctx *err)
{
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = 0; j < m->languages[i].count; j++)
            for (size_t k = 0; k < m->count; k++)
                if (!find_message(&m->languages[k], m->languages[i].messages[j].key))
                    return err_set(err, ERR_INVALID_SYNTAX, "message %.*s is missing in %.*s",
                                   STR_ARG(m->languages[i].messages[j].key),
                                   STR_ARG(m->languages[k].tag));
    return 0;
}

static int load_asset(struct messages *m, const struct asset *asset, struct str tag,
                      struct err_ctx *err)
{
    if (m->count == MAX_LANGUAGES)
        return err_set(err, ERR_INVALID_SYNTAX, "too many languages");
    struct language *l = &m->languages[m->count++];
    l->tag = arena_str(&m->arena, tag);
    return parse_file(m, l, str_of((const char *)asset->data, asset->size), asset->path, err);
}

static int load_all(struct messages *m, const char *folder, struct err_ctx *err)
{
    char prefix[128];
    size_t count;
    const struct asset *assets = asset_all(&count);
    (void)snprintf(prefix, sizeof(prefix), "%smessages/", folder);
    for (size_t i = 0; i < count; i++) {
        struct str path = str_c(assets[i].path);
        if (!str_starts(path, str_c(prefix)) || !str_ends(path, STR(".properties")))
            continue;
        struct str name = str_from(path, strlen(prefix));
        TRY(load_asset(m, &assets[i], str_sub(name, 0, name.len - 11), err));
    }
    return check_complete(m, err);
}

int messages_new(const char *folder, struct err_ctx *err, struct messages **ret_messages)
{
    struct messages *m = calloc(1, sizeof(*m));
    if (!m)
        return ERR_NO_MEMORY;
    arena_init(&m->arena, MESSAGES_MAX_BYTES);
    int rc = load_all(m, folder, err);
    if (rc != 0) {
        messages_free(m);
        return rc;
    }
    *ret_messages = m;
    return 0;
}

void messages_free(struct messages *m)
{
    if (!m)
        return;
    arena_free(&m->arena);
    free(m);
}

struct str messages_get(const struct messages *m, struct str lang, struct str key)
{
    const struct message *found = find_message(find_language(m, lang), key);
    if (!found)
        found = find_message(find_language(m, ENGLISH), key);
    return found ? found->text : str_of(NULL, 0);
}

/* "{0}" to "{9}"; other braces are text. */
static bool is_argument(struct str text, size_t at, size_t *ret_index)
{
    if (at + 2 >= text.len || text.ptr[at] != '{' || text.ptr[at + 2] != '}')
        return false;
    char digit = text.ptr[at + 1];
    *ret_index = (size_t)(digit - '0');
    return digit >= '0' && digit <= '9';
}

typedef void piece_writer(struct buf *out, struct str piece);

static void fill_in(struct str text, const struct str *args, size_t arg_count, struct buf *out,
                    piece_writer *write_text, piece_writer *write_argument)
{
    size_t start = 0, index;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_argument(text, i, &index))
            continue;
        write_text(out, str_sub(text, start, i - start));
        if (index < arg_count)
            write_argument(out, args[index]);
        i += 2;
        start = i + 1;
    }
    write_text(out, str_from(text, start));
}

static struct str text_of(const struct messages *m, struct str lang, const struct str_map *own,
                          struct str key)
{
    struct str text = own ? str_map_get(own, key) : str_of(NULL, 0);
    return str_absent(text) ? messages_get(m, lang, key) : text;
}

void messages_html(const struct messages *m, struct str lang, const struct str_map *own,
                   struct str key, const struct str *args, size_t arg_count, struct buf *out)
{
    struct str text = text_of(m, lang, own, key);
    fill_in(str_absent(text) ? key : text, args, arg_count, out, html_escape, html_escape);
}

/* RE-05: an argument cannot start a line of its own. */
static void add_on_one_line(struct buf *out, struct str piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        unsigned char c = (unsigned char)piece.ptr[i];
        buf_add_byte(out, c < 0x20 || c == 0x7f ? ' ' : piece.ptr[i]);
    }
}

struct str messages_text(const struct messages *m, struct arena *a, struct str lang,
                         const struct str_map *own, struct str key, const struct str *args,
                         size_t arg_count)
{
    struct buf out;
    struct str result, text = text_of(m, lang, own, key);
    buf_init(&out, a, a->max_bytes);
    fill_in(str_absent(text) ? key : text, args, arg_count, &out, buf_add, add_on_one_line);
    return buf_finish(&out, &result) == 0 ? result : str_of(NULL, 0);
}

bool messages_at(const struct messages *m, struct str lang, size_t index, struct str_pair *ret_text)
{
    const struct language *l = find_language(m, lang);
    if (!l || index >= l->count)
        return false;
    *ret_text = (struct str_pair){l->messages[index].key, l->messages[index].text};
    return true;
}

bool messages_has_language(const struct messages *m, struct str lang)
{
    return find_language(m, lang) != NULL;
}

size_t messages_language_count(const struct messages *m)
{
    return m->count;
}

struct str messages_language(const struct messages *m, size_t index)
{
    return index < m->count ? m->languages[index].tag : str_of(NULL, 0);
}

static bool is_supported(const struct language_wish *wish, struct str tag)
{
    return str_empty(wish->supported) || str_has_word(wish->supported, tag);
}

/* RFC 4647 3.4: "es-PE" finds "es". */
static struct str look_up(const struct messages *m, const struct language_wish *wish,
                          struct str tag)
{
    while (!str_empty(tag)) {
        const struct language *l = find_language(m, tag);
        if (l && is_supported(wish, l->tag))
            return l->tag;
        size_t end = tag.len;
        while (end > 0 && tag.ptr[end - 1] != '-')
            end--;
        tag = str_sub(tag, 0, end > 0 ? end - 1 : 0);
    }
    return str_of(NULL, 0);
}

static struct str choose_accepted(const struct messages *m, const struct language_wish *wish)
{
    struct languages accepted;
    struct str tag = {NULL, 0};
    if (str_empty(wish->accept_language))
        return tag;
    accept_language_parse(wish->accept_language, &accepted);
    for (size_t i = 0; i < accepted.count && str_absent(tag); i++)
        tag = look_up(m, wish, accepted.ranges[i].tag);
    return tag;
}

struct str messages_negotiate(const struct messages *m, const struct language_wish *wish)
{
    struct str locales = wish->ui_locales, word, tag = {NULL, 0};
    while (str_absent(tag) && str_next_word(&locales, &word))
        tag = look_up(m, wish, word);
    if (str_absent(tag))
        tag = look_up(m, wish, wish->cookie);
    if (str_absent(tag))
        tag = look_up(m, wish, wish->user_locale);
    if (str_absent(tag))
        tag = choose_accepted(m, wish);
    if (str_absent(tag))
        tag = look_up(m, wish, wish->realm_default);
    if (str_absent(tag) && m->count) {
        const struct language *english = find_language(m, ENGLISH);
        tag = english ? english->tag : m->languages[0].tag;
    }
    return str_absent(tag) ? ENGLISH : tag;
}
