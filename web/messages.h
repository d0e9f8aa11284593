/* Texts for people in their language: "key=text" lines of messages/XX.properties, with {0} {1} for
 * arguments, '#' comments, UTF-8, "\n" and "\\" as the only escapes. */
#ifndef GARITA_WEB_MESSAGES_H
#define GARITA_WEB_MESSAGES_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/fields.h"

struct messages;

/* Loads every asset "<folder>messages/XX.properties". A language that lacks a key of another is
 * ERR_INVALID_SYNTAX (detail names it): translations are complete or the start fails. */
MUST_CHECK int messages_new(const char *folder, struct err_ctx *err,
                            struct messages **ret_messages);
void messages_free(struct messages *m);

/* The text of a key; absent when there is none. Falls back to English. */
struct str messages_get(const struct messages *m, struct str lang, struct str key);
/* Appends with arguments filled in and everything HTML-escaped; the key itself when unknown. own (may be
 * NULL) holds texts that come first. */
void messages_html(const struct messages *m, struct str lang, const struct str_map *own,
                   struct str key, const struct str *args, size_t arg_count, struct buf *out);
/* As plain text, for mails; CR and LF in arguments become spaces. */
struct str messages_text(const struct messages *m, struct arena *a, struct str lang,
                         const struct str_map *own, struct str key, const struct str *args,
                         size_t arg_count);

/* Walks the texts of a language; false at its end, or when there is no such language. */
bool messages_at(const struct messages *m, struct str lang, size_t index,
                 struct str_pair *ret_text);

bool messages_has_language(const struct messages *m, struct str lang);
size_t messages_language_count(const struct messages *m);
struct str messages_language(const struct messages *m, size_t index);

/* What to choose a language from; absent or empty members do not count. Order of preference: as
 * listed. */
struct language_wish {
    struct str ui_locales;      /* OIDC Core 3.1.2.1: tags separated by spaces */
    struct str cookie;          /* earlier choice on our page */
    struct str user_locale;     /* the user's attribute */
    struct str accept_language; /* RFC 9110 12.5.4 */
    struct str realm_default;
    struct str supported; /* the realm's locales separated by spaces; empty: all we have */
};
/* A language we have; "en" when nothing fits. Points to static memory of messages. */
struct str messages_negotiate(const struct messages *m, const struct language_wish *wish);

#endif
