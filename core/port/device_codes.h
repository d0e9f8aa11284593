/* Devices that wait for somebody to let them in (RFC 8628). */
#ifndef GARITA_CORE_PORT_DEVICE_CODES_H
#define GARITA_CORE_PORT_DEVICE_CODES_H

#include "core/port/store.h"

/* At a time, so that nobody fills the disk or takes another's place (HT-08): of one client that shows who it
 * is; of one host in the name of public clients, which anybody can be; of all hosts for one of these. */
#define DEVICE_CODES_MAX           5000
#define DEVICE_CODES_OF_SOURCE_MAX 100
#define DEVICE_CODES_PUBLIC_MAX    50000

enum device_state { DEVICE_WAITS, DEVICE_GRANTED, DEVICE_DENIED };

struct device_code {
    int64_t pk;
    struct str hash;      /* of the device code: handle_hash() */
    struct str user_hash; /* of the user code */
    int64_t client_pk;
    enum device_state state;
    struct str scope;          /* asked for; once granted, what was granted */
    int64_t client_session_pk; /* 0 until it is granted */
    struct str acr;
    int64_t auth_time_ms;
    int64_t interval_s;   /* between two polls */
    int64_t next_poll_ms; /* not before */
    int64_t expires_ms;
    struct str source; /* of a public client: client_auth_source(); else absent. Not read back */
};

/* ERR_CONFLICT when the realm has this user code, ERR_LIMIT_REACHED when so many are there. */
MUST_CHECK int device_code_insert(struct store_write *w, struct device_code *code);
MUST_CHECK int device_code_find(struct store_read *r, struct arena *a, struct str hash,
                                struct device_code *ret_code);
MUST_CHECK int device_code_find_by_user_code(struct store_read *r, struct arena *a,
                                             struct str user_hash, struct device_code *ret_code);
/* Granted (with scope, client session, acr and auth time) or denied. True for the first answer only. */
MUST_CHECK int device_code_decide(struct store_write *w, const struct device_code *decided,
                                  bool *ret_first);
/* Removes it if it is granted. True exactly once for a code, however many ask at once (OX-05). */
MUST_CHECK int device_code_spend(struct store_write *w, int64_t pk, bool *ret_first);
/* What the device was told about its polling. */
MUST_CHECK int device_code_pace(struct store_write *w, int64_t pk, int64_t interval_s,
                                int64_t next_poll_ms);
/* All of the realm. */
MUST_CHECK int device_code_delete_all(struct store_write *w);

#endif
