/* What resource servers hold (core/model/resource_server.h), as rows that are found by name, type, owner,
 * what they are linked to, and words (rs_word_put). Nothing of it is in a realm's view. All of it goes with
 * its client. */
#ifndef GARITA_CORE_PORT_RESOURCE_SERVERS_H
#define GARITA_CORE_PORT_RESOURCE_SERVERS_H

#include "core/model/resource_server.h"
#include "core/port/store.h"

#define RS_OBJECTS_MAX 10000 /* of one kind, of a resource server */

/* Sets pk. ERR_CONFLICT when the id, or the name among those of kind and owner, is taken;
 * ERR_LIMIT_REACHED. */
MUST_CHECK int rs_insert(struct store_write *w, struct rs_object *io_object);
/* All but client, kind and id. ERR_NOT_FOUND, ERR_CONFLICT. */
MUST_CHECK int rs_update(struct store_write *w, const struct rs_object *object);
/* With its links, on either side. ERR_NOT_FOUND. */
MUST_CHECK int rs_delete(struct store_write *w, int64_t pk);
/* Everything of a client, its settings too. */
MUST_CHECK int rs_delete_all(struct store_write *w, int64_t client_pk);

/* ERR_NOT_FOUND, also for what is of another client or kind (AD-03). */
MUST_CHECK int rs_find(struct store_read *r, struct arena *a, int64_t client_pk, enum rs_kind kind,
                       struct str id, struct rs_object *ret_object);
MUST_CHECK int rs_find_by_name(struct store_read *r, struct arena *a, int64_t client_pk,
                               enum rs_kind kind, struct str owner, struct str name,
                               struct rs_object *ret_object);
/* Whether any client has an object of the kind with this id. */
MUST_CHECK int rs_id_exists(struct store_read *r, enum rs_kind kind, struct str id,
                            bool *ret_exists);

/* Which objects a list is of. What is absent or 0 asks for nothing; what is given must all hold. */
enum rs_permissions { RS_ANY_POLICY, RS_NO_PERMISSION, RS_ONLY_PERMISSION };
struct rs_filter {
    int64_t client_pk; /* always given */
    enum rs_kind kind;
    struct str id;
    struct str name; /* a part of it, letters in either case; with exact the whole */
    bool exact;
    struct str type, owner;
    enum rs_permissions permissions;
    int64_t from_pk; /* an object links to them */
    int64_t to_pk;   /* they link to an object */
    struct str word; /* one of their words */
};
/* By name. By links and words through their indexes, else linear in the objects of the kind at worst, of
 * which there are at most RS_OBJECTS_MAX. */
MUST_CHECK int rs_list(struct store_read *r, struct arena *a, const struct rs_filter *filter,
                       size_t first, size_t limit, struct rs_objects *ret_objects);

/* The links of an object to those of a kind become these. */
MUST_CHECK int rs_links_put(struct store_write *w, int64_t from_pk, enum rs_kind kind,
                            const struct rs_objects *to);
/* Whatever an object links to, ascending. */
MUST_CHECK int rs_links_of(struct store_read *r, struct arena *a, int64_t from_pk,
                           int64_t **ret_pks, size_t *ret_count);
/* By name, the policies of the type RS_TYPE_SCOPE that link to any of the scopes and to no resource: by one
 * statement for all scopes. */
MUST_CHECK int rs_list_of_scopes(struct store_read *r, struct arena *a, int64_t client_pk,
                                 const struct rs_objects *scopes, size_t limit,
                                 struct rs_objects *ret_objects);
/* The words of an object become these. */
MUST_CHECK int rs_words_put(struct store_write *w, int64_t pk, const struct strs *words);
/* Resources of a person, of all clients. */
MUST_CHECK int rs_owned(struct store_read *r, struct arena *a, struct str owner,
                        struct rs_objects *ret_objects);
/* Policies of all clients that have a word. */
MUST_CHECK int rs_policies_with_word(struct store_read *r, struct arena *a, struct str word,
                                     struct rs_objects *ret_objects);

#endif
