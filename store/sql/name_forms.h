/* The other forms of a user's name that stand beside it in its row. */
#ifndef GARITA_STORE_SQL_NAME_FORMS_H
#define GARITA_STORE_SQL_NAME_FORMS_H

#include "store/conn.h"

/* The canonical form and the skeleton (UTS #39); absent where they are the name itself, as most
 * are. A name that has no canonical form any more is found as it stands. */
MUST_CHECK int name_forms_of(struct arena *a, struct str name, struct str *ret_key,
                             struct str *ret_skeleton);
/* What a first or last name is searched by: folded (unicode_fold); absent for an empty one and for a
 * text that is too long to be looked for. */
#define NAME_FOLD_MAX_BYTES 1024
MUST_CHECK int name_fold(struct arena *a, struct str name, struct str *ret_fold);
/* For migrations: the SQL functions name_key(text) and name_skeleton(text), NULL where the form is
 * the text itself, and name_fold(text). */
MUST_CHECK int name_forms_register(struct conn *conn);
/* For searches: name_finds(search, name, ...), whether a text that was folded and split by
 * core/model/name_search.h finds a person with these folded names. */
MUST_CHECK int name_finds_register(struct conn *conn);

#endif
