/* A server elsewhere, reached with a token through its Admin API. HTTPS with a verified certificate;
 * plain HTTP to this machine alone. No redirects, no proxies, answers bounded. */
#ifndef GARITA_APPLIANCE_APPLY_REMOTE_H
#define GARITA_APPLIANCE_APPLY_REMOTE_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct remote {
    struct arena *arena;
    struct err_ctx *err;
    struct str url; /* "https://id.example.pe", with the base path, without a slash at the end */
    const char *ca_file; /* PEM bundle; NULL: the system's */
    struct str token;
};

/* How a token comes: from a file, or for a client's secret from the token endpoint of a realm. */
struct remote_login {
    struct str token_file;             /* absent: the client's */
    struct str client_id, secret_file; /* absent: the token's */
    struct str realm;                  /* absent: master */
};

/* Checks the URL and gets the token. ERR_USAGE for options that do not fit, ERR_IO, ERR_UPSTREAM with a
 * sentence. */
MUST_CHECK int remote_open(struct remote *remote, struct str server,
                           const struct remote_login *login);
/* GET of a path below the URL; the answer and errors as of remote_post. */
MUST_CHECK int remote_get(struct remote *remote, struct str path, struct str *ret_answer);
/* POST of a JSON document to a path below the URL; why (may be absent) is the reason for the events.
 * The answer of a 2xx is JSON text. Else ERR_UPSTREAM with what the server says. */
MUST_CHECK int remote_post(struct remote *remote, struct str path, struct str json, struct str why,
                           struct str *ret_answer);

#endif
