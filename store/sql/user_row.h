/* Stored people, for finding one and for searching. */
#ifndef GARITA_STORE_SQL_USER_ROW_H
#define GARITA_STORE_SQL_USER_ROW_H

#include "core/model/user.h"
#include "store/tx.h"

#define USER_COLUMNS                                                                               \
    "pk, id, username, email, email_verified, first_name, last_name, enabled, created_ms,"         \
    " not_before_s, service_account_client_id, doc"

/* A struct user (rows_reader). */
MUST_CHECK int user_row_read(struct query *q, struct arena *a, void *ret_user);

#endif
