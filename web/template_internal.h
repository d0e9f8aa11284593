/* Between template.c (compiling) and template_render.c. */
#ifndef GARITA_WEB_TEMPLATE_INTERNAL_H
#define GARITA_WEB_TEMPLATE_INTERNAL_H

#include "web/template.h"

enum tpl_op { OP_TEXT, OP_VALUE, OP_SECTION, OP_INVERTED, OP_PARTIAL, OP_MESSAGE };

/* A template is a row of steps; a section's step knows where its inside ends. */
struct tpl_step {
    enum tpl_op op;
    struct str text; /* of OP_TEXT; else the name, key or partial */
    struct str args; /* of OP_MESSAGE: names separated by spaces */
    size_t end;      /* of sections: the step behind the inside */
    const struct tpl *partial;
    int line;
};

struct tpl {
    struct str name;
    struct str source;
    const char *path;
    struct tpl_step *steps;
    size_t count;
    size_t cap;
};

#define TPL_MAX_DEPTH 16 /* of sections and partials together */

/* Whether a value may follow this part of a template: in text or inside a quoted attribute. */
bool tpl_value_may_stand(struct str before);
MUST_CHECK int tpl_compile(struct arena *a, struct tpl *t, struct err_ctx *err);
MUST_CHECK int tpl_render(const struct tpl *t, const struct messages *m, struct str lang,
                          const struct str_map *own, const struct tpl_value *root, struct buf *out);

#endif
