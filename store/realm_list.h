/* The list of realms in the master database: which file holds which realm. */
#ifndef GARITA_STORE_REALM_LIST_H
#define GARITA_STORE_REALM_LIST_H

#include "store/tx.h"

enum list_state { LIST_READY, LIST_BEING_MADE, LIST_BEING_DELETED, LIST_BEING_CHANGED };

struct list_row {
    struct str file, id, name, next_name, display_name;
    bool enabled;
    enum list_state state;
};

/* A realm that is ready, by name. ERR_NOT_FOUND. */
MUST_CHECK int realm_list_find(struct store *store, struct arena *a, struct str name,
                               struct list_row *ret_row);
/* The same by the name of its file. */
MUST_CHECK int realm_list_find_file(struct store *store, struct arena *a, struct str file,
                                    struct list_row *ret_row);
/* Whether a line names this file, in whatever state its realm is. */
MUST_CHECK int realm_list_names(struct store_read *r, struct str file, bool *ret_named);
/* ERR_CONFLICT when the name or id is taken. */
MUST_CHECK int realm_list_insert(struct store_write *w, const struct list_row *row);
MUST_CHECK int realm_list_state(struct store_write *w, struct str file, enum list_state state);
MUST_CHECK int realm_list_remove(struct store_write *w, struct str file);
/* The name and id under which a file stands while it is not the one of its realm. */
struct str realm_list_aside(const char *file, char aside[FILE_NAME_MAX + 2]);
/* The realm of that file gives its name and id away and is being deleted. */
MUST_CHECK int realm_list_put_aside(struct store_write *w, struct str file);
/* The realm of that file is ready under this name and id. ERR_CONFLICT when they are taken. */
MUST_CHECK int realm_list_put_in_place(struct store_write *w, struct str file, struct str id,
                                       struct str name);
/* Rows that a crash left unfinished. */
MUST_CHECK int realm_list_unfinished(struct store_read *r, struct arena *a,
                                     struct list_row **ret_items, size_t *ret_count);

MUST_CHECK int realm_list_all(struct store_read *r, struct arena *a, struct list_row **ret_items,
                              size_t *ret_count);

/* A change of a realm's name, display name or switch, which the list repeats: the intention is on
 * disk before the realm's commit and taken back or carried out after it. */
MUST_CHECK int realm_list_change_begin(struct store_write *w);
MUST_CHECK int realm_list_change_end(struct store_write *w, int err);
/* Carries out what a crash interrupted, from what the realm's own database says. */
MUST_CHECK int realm_list_settle(struct slot *slot);

#endif
