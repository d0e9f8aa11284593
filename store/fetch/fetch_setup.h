/* How fetch_json (core/port/fetch.h) may reach out. */
#ifndef GARITA_STORE_FETCH_FETCH_SETUP_H
#define GARITA_STORE_FETCH_FETCH_SETUP_H

#include "core/base/err.h"

/* Zeros mean the default. Texts and lists are kept as pointers: they must outlive the process. */
struct fetch_config {
    const char *ca_file;         /* PEM bundle; default: the system's */
    const char *const *networks; /* CIDR texts that may be reached although not public */
    size_t network_count;
    const uint16_t *ports; /* allowed besides 443 and 8443 */
    size_t port_count;
    bool allow_http;    /* for development and tests */
    int64_t timeout_ms; /* of the whole fetch, 5,000 */
};

/* Once, before the first fetch and before threads. ERR_CONFIG for a network that is none. */
MUST_CHECK int fetch_setup(const struct fetch_config *config, struct err_ctx *ctx);

#endif
