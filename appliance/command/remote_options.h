/* The options of commands that go to a server elsewhere instead of a data folder. */
#ifndef GARITA_APPLIANCE_COMMAND_REMOTE_OPTIONS_H
#define GARITA_APPLIANCE_COMMAND_REMOTE_OPTIONS_H

#include "appliance/apply/remote.h"
#include "appliance/command.h"

/* clang-format off */
#define REMOTE_OPTIONS                                                                             \
    {"server", "URL", "a server elsewhere, by its Admin API", 0},                                  \
    {"token-file", "FILE", "for --server: an access token", 0},                                    \
    {"client-id", "ID", "for --server: a client with a service account", 0},                       \
    {"secret-file", "FILE", "for --server: the client's secret", 0},                               \
    {"auth-realm", "NAME", "for --server: the client's realm (default master)", 0},                \
    {"ca-file", "FILE", "for --server: certificates to trust, PEM", 0}
/* clang-format on */

/* The server of --server, with its token. Errors as of remote_open. */
MUST_CHECK int remote_of_options(struct cli *cli, struct remote *ret_remote);

#endif
