/* Names, aliases and domains of many organizations, which no two may share: for an import, where looking
 * through all that came before at each one would take the square of their number. */
#ifndef GARITA_CORE_ADMIN_ORGANIZATION_NAMES_H
#define GARITA_CORE_ADMIN_ORGANIZATION_NAMES_H

#include "core/model/organization.h"

enum organization_name { ORGANIZATION_NAME, ORGANIZATION_ALIAS, ORGANIZATION_DOMAIN };

/* Starts as {.arena = a}; texts are copied into the arena. */
struct organization_names {
    struct arena *arena;
    struct str *items; /* sorted: a letter for the kind, then the text */
    size_t count, room;
};

/* The words for who has this already: ERR_CONFLICT, for domains ERR_INVALID_REQUEST. */
int organization_clash(enum organization_name kind, struct str name, struct err_ctx *err);
/* Whether it shares nothing with those that were added; else as organization_clash. */
MUST_CHECK int organization_names_check(const struct organization_names *names,
                                        const struct organization *o, struct err_ctx *err);
/* Of one that was checked. */
MUST_CHECK int organization_names_add(struct organization_names *names,
                                      const struct organization *o);

#endif
