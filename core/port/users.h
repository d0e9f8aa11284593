/* People in a realm's database. */
#ifndef GARITA_CORE_PORT_USERS_H
#define GARITA_CORE_PORT_USERS_H

#include "core/model/role.h"
#include "core/model/user.h"
#include "core/port/store.h"

/* Names are in canonical form, or as they were stored. ERR_CONFLICT when username, e-mail (unless the realm allows
 * duplicates) or id is taken; a user name may not equal another's e-mail (RE-02). Sets user->pk. */
MUST_CHECK int user_insert(struct store_write *w, struct user *user);
MUST_CHECK int user_update(struct store_write *w, const struct user *user);
/* Who logged in before this second has to anew; it never goes back. Nothing else of the person is looked at. */
MUST_CHECK int user_end_logins(struct store_write *w, int64_t user_pk, int64_t not_before_s);
MUST_CHECK int user_delete(struct store_write *w, int64_t user_pk);
MUST_CHECK int user_find_by_id(struct store_read *r, struct arena *a, struct str id,
                               struct user *ret_user);
MUST_CHECK int user_find_by_pk(struct store_read *r, struct arena *a, int64_t pk,
                               struct user *ret_user);
/* A name that was stored in another spelling before there was a canonical form is found by its
 * canonical form as well, unless that is somebody's name. */
MUST_CHECK int user_find_by_username(struct store_read *r, struct arena *a, struct str username,
                                     struct user *ret_user);
MUST_CHECK int user_find_by_email(struct store_read *r, struct arena *a, struct str email,
                                  struct user *ret_user);
/* The name of another user that can be taken for this one's (WE-13): same skeleton, and not both in
 * ASCII, where such names are ordinary (0 and O, 1 and l). ERR_NOT_FOUND. */
MUST_CHECK int user_find_look_alike(struct store_read *r, struct arena *a, const struct user *user,
                                    struct str *ret_username);
/* Whom a search is for. What is absent asks for nothing; what is given must all hold. */
enum user_flag { FLAG_ANY, FLAG_OFF, FLAG_ON };
struct user_filter {
    struct str search; /* of user name, e-mail, first and last name: core/model/name_search.h */
    /* The beginning of each, or with exact the whole. */
    struct str username, email, first_name, last_name;
    bool exact;
    enum user_flag enabled, email_verified;
    /* An attribute that has this value among its values, letter by letter; values beyond 255
     * characters are not found. */
    struct str attribute, value;
    struct str after; /* user names after this one */
    size_t first; /* so many left out at the beginning; after is the cheaper way to turn pages */
};
/* Sorted by user name; service accounts left out; letters match in either case, but in attributes.
 * The cost of a page grows with the page, not with the realm, unless several conditions that many
 * fulfil have few in common, or none of a search's words says how a name begins: then it is linear in
 * the realm at worst (AD-12), and there is one such search at a time: ERR_OVERLOADED when too many wait
 * for their turn. ERR_TOO_LARGE for a search that name_search_read refuses. */
MUST_CHECK int user_list(struct store_read *r, struct arena *a, const struct user_filter *filter,
                         size_t limit, struct user **ret_items, size_t *ret_count);
/* Everybody, service accounts too, in the order in which they were made, from after that one on (0: from the
 * start): the way through all of them that costs least, as what belongs to them lies in this order. */
MUST_CHECK int user_list_all(struct store_read *r, struct arena *a, int64_t after_pk, size_t limit,
                             struct user **ret_items, size_t *ret_count);
/* How many there are in all, whatever after and first say. Linear in those that the best index
 * gives; ERR_OVERLOADED as above. */
MUST_CHECK int user_list_count(struct store_read *r, struct arena *a,
                               const struct user_filter *filter, int64_t *ret_count);
MUST_CHECK int user_count(struct store_read *r, int64_t *ret_count);

/* Credentials, by priority. */
MUST_CHECK int credential_list(struct store_read *r, struct arena *a, int64_t user_pk,
                               struct credentials *ret_credentials);
/* The lowest and the highest key of all credentials. ERR_NOT_FOUND without any. */
MUST_CHECK int credential_span(struct store_read *r, int64_t *ret_first, int64_t *ret_last);
/* The first of a type at or after a key, whoever's it is. ERR_NOT_FOUND. */
MUST_CHECK int credential_from(struct store_read *r, struct arena *a, int64_t pk, struct str type,
                               struct credential *ret_credential);
/* Whether the person has one of a type; nothing is unsealed. */
MUST_CHECK int credential_exists(struct store_read *r, int64_t user_pk, struct str type,
                                 bool *ret_exists);
MUST_CHECK int credential_insert(struct store_write *w, int64_t user_pk, struct credential *c);
MUST_CHECK int credential_update(struct store_write *w, const struct credential *c);
MUST_CHECK int credential_delete(struct store_write *w, int64_t credential_pk);

/* Failures since the last success; zeros when there were none. */
MUST_CHECK int login_failures_find(struct store_read *r, struct arena *a, int64_t user_pk,
                                   struct login_failures *ret_failures);
MUST_CHECK int login_failures_put(struct store_write *w, int64_t user_pk,
                                  const struct login_failures *failures);
MUST_CHECK int login_failures_clear(struct store_write *w, int64_t user_pk);
/* Who has failures: keys in rising order, those after a key (0 for the first page), at most max. */
MUST_CHECK int login_failures_list(struct store_read *r, int64_t after_pk, int64_t *ret_pks,
                                   size_t max, size_t *ret_count);
/* Of everybody; how many there were. */
MUST_CHECK int login_failures_clear_all(struct store_write *w, int64_t *ret_count);

MUST_CHECK int consent_find(struct store_read *r, struct arena *a, int64_t user_pk,
                            int64_t client_pk, struct consent *ret_consent);
MUST_CHECK int consent_list(struct store_read *r, struct arena *a, int64_t user_pk,
                            struct consent **ret_items, size_t *ret_count);
MUST_CHECK int consent_put(struct store_write *w, int64_t user_pk, const struct consent *consent);
MUST_CHECK int consent_delete(struct store_write *w, int64_t user_pk, int64_t client_pk);

/* By provider. */
MUST_CHECK int federated_identity_list(struct store_read *r, struct arena *a, int64_t user_pk,
                                       struct federated_identity **ret_items, size_t *ret_count);
/* ERR_CONFLICT when the user has one of the provider, or the account is another user's. */
MUST_CHECK int federated_identity_insert(struct store_write *w, int64_t user_pk,
                                         const struct federated_identity *identity);
MUST_CHECK int federated_identity_delete(struct store_write *w, int64_t user_pk,
                                         struct str provider);
/* Of everybody, for a provider that goes. */
MUST_CHECK int federated_identity_delete_all(struct store_write *w, struct str provider);

/* Who has a role directly, by user name; first are left out. Service accounts are people here. */
MUST_CHECK int role_users(struct store_read *r, struct arena *a, int64_t role_pk, size_t first,
                          size_t limit, struct user **ret_items, size_t *ret_count);
/* Members of a group itself, not of those below it; the same order. */
MUST_CHECK int group_members(struct store_read *r, struct arena *a, int64_t group_pk, size_t first,
                             size_t limit, struct user **ret_items, size_t *ret_count);

#endif
