/* What a search for people asks for (core/port/users.h), as values for statements: each text as a range
 * that an index knows, low <= text < high. */
#ifndef GARITA_STORE_SQL_USER_FILTER_H
#define GARITA_STORE_SQL_USER_FILTER_H

#include "core/model/name_search.h"
#include "core/port/users.h"
#include "store/conn.h"

/* Numbers of parameters. */
enum user_parameter {
    BEGINNING_LOW = 1, /* ?1 ?2: what the names of a search begin with, by its rarest word */
    PHRASE_LOW = 3,    /* ?3 ?4: or begin with, by all its words together */
    SEARCH = 5,        /* the search itself */
    USERNAME_LOW = 6,
    EMAIL_LOW = 8,
    FIRST_NAME_LOW = 10,
    LAST_NAME_LOW = 12,
    ATTRIBUTE = 14, /* ?14, its value ?15 */
    AFTER = 16,
    /* ?17 and ?18: whether enabled, whether the e-mail is verified. ?19 and ?20 are the statement's. */
};

/* Conditions that a row tells, but that on the user name. A plus sign in front of a column keeps SQLite
 * from using its index there. */
#define IS_PERSON " AND service_account_client_id IS NULL"
#define JUDGE_ROW                                                                                  \
    IS_PERSON                                                                                      \
    " AND (?5 IS NULL OR name_finds(?5, username, email, first_fold, last_fold))"                  \
    " AND (?8 IS NULL OR (+email >= ?8 AND +email < ?9))"                                          \
    " AND (?10 IS NULL OR (+first_fold >= ?10 AND +first_fold < ?11))"                             \
    " AND (?12 IS NULL OR (+last_fold >= ?12 AND +last_fold < ?13))"                               \
    " AND (?17 IS NULL OR enabled = ?17) AND (?18 IS NULL OR email_verified = ?18)"

struct user_values {
    struct str texts[AFTER + 1]; /* by number of the parameter; absent: NULL */
    struct name_search search;
    enum user_flag enabled, email_verified;
    bool exact;
    size_t conditions;
};

/* ERR_TOO_LARGE, ERR_INVALID_UTF8, ERR_NO_MEMORY. */
MUST_CHECK int user_values_set(struct arena *a, const struct user_filter *f,
                               struct user_values *ret_values);
/* All texts that begin with this one; with exact the text alone. */
MUST_CHECK int user_values_set_range(struct arena *a, struct user_values *v, int low,
                                     struct str text, bool exact);
bool user_values_has(const struct user_values *v, enum user_parameter parameter);
/* ?1 to ?18. */
void user_values_bind(struct query *q, const struct user_values *v);

#endif
