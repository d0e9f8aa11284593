/* Pages from templates that are embedded in the binary. A template cannot put out a value without
 * escaping it (WE-07):
 *   {{name}}              value, HTML- and attribute-safe; a.b walks into maps; "." is the item
 *   {{#name}}..{{/name}}  for a list each item, for a map its members, for true or text once
 *   {{^name}}..{{/name}}  when the value is missing, false, empty
 *   {{>dir/file}}         another template, in the same context
 *   {{t:key}}             message in the page's language; {{t:key a b.c}} fills {0} {1} from values
 *   {{! comment }}
 * Attributes must be quoted in templates. Values never go into scripts or styles. */
#ifndef GARITA_WEB_TEMPLATE_H
#define GARITA_WEB_TEMPLATE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "web/messages.h"

enum tpl_kind { TPL_TEXT, TPL_BOOL, TPL_MAP, TPL_LIST };

/* A value tree in the request's arena. NULL stands for "missing" everywhere. */
struct tpl_value {
    enum tpl_kind kind;
    bool truth;
    struct str text;
    struct str name;         /* of a member of a map */
    struct tpl_value *first; /* members or items */
    struct tpl_value *last;
    struct tpl_value *next;
};

/* All return NULL when the arena is exhausted, and accept NULL, so that a page is built without
 * checks; rendering a NULL root is ERR_NO_MEMORY. */
struct tpl_value *tpl_map(struct arena *a);
struct tpl_value *tpl_list(struct arena *a);
void tpl_set(struct arena *a, struct tpl_value *map, const char *name, struct str text);
void tpl_set_c(struct arena *a, struct tpl_value *map, const char *name, const char *text);
void tpl_set_i64(struct arena *a, struct tpl_value *map, const char *name, int64_t value);
void tpl_set_bool(struct arena *a, struct tpl_value *map, const char *name, bool truth);
/* A new map or list as a member. */
struct tpl_value *tpl_set_map(struct arena *a, struct tpl_value *map, const char *name);
struct tpl_value *tpl_set_list(struct arena *a, struct tpl_value *map, const char *name);
/* Appends to a list. */
struct tpl_value *tpl_add_map(struct arena *a, struct tpl_value *list);
void tpl_add_text(struct arena *a, struct tpl_value *list, struct str text);

struct template_set;

/* Compiles every asset under folder ("static/login/") that ends in .html; a template's name is its
 * path below the folder without ".html". Messages come from folder "messages/XX.properties".
 * ERR_INVALID_SYNTAX (detail: file and line) for unbalanced tags, unknown partials, partials that
 * include themselves, message keys that no language has. */
MUST_CHECK int template_set_new(const char *folder, struct err_ctx *err,
                                struct template_set **ret_set);
void template_set_free(struct template_set *set);
const struct messages *template_messages(const struct template_set *set);
bool template_exists(const struct template_set *set, const char *name);

/* Appends the page to out; own as for messages_html. ERR_NOT_FOUND, ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK int template_render(const struct template_set *set, const char *name, struct str lang,
                               const struct str_map *own, const struct tpl_value *root,
                               struct buf *out);

/* For tests and fuzzing: one template from text, without partials or messages. */
MUST_CHECK int template_render_text(struct arena *a, struct str source,
                                    const struct tpl_value *root, struct buf *out);

/* Appends text with & < > " ' and ` as references. */
void html_escape(struct buf *out, struct str text);

#endif
