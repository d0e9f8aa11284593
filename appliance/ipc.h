/* The socket garita.sock in the data folder, through which commands reach a running server: one
 * bounded JSON message each way, and before the answer the parts of a result that is too long for it;
 * a request may bring one descriptor along, of a file or folder that the command reads. Mode 0600, the caller's user must be the server's or root (CL-03). */
#ifndef GARITA_APPLIANCE_IPC_H
#define GARITA_APPLIANCE_IPC_H

#include "appliance/command.h"

#define IPC_SOCKET "garita.sock"

struct ipc_server;

/* Listens in the data folder (whose lock this process holds) and answers on threads of its own: one command
 * after another, but for those that read at length (exports, audit list and verify, standby diverged), which nobody waits for.
 * At most eight callers are served at a time. ERR_IO with the reason. */
MUST_CHECK int ipc_start(const char *data_dir, struct store *store, struct err_ctx *err,
                         struct ipc_server **ret_server);
/* Finishes the commands at work, removes the socket. NULL is fine. */
void ipc_stop(struct ipc_server *server);

/* One command through the socket of the folder behind dir_fd. Without a taker a part is an error. ERR_NOT_RUNNING when nobody answers, ERR_IO, ERR_TOO_LARGE, errors of the taker. */
MUST_CHECK int ipc_call(int dir_fd, struct arena *a, const struct call_request *request,
                        struct reply *ret_reply);
/* Whether somebody listens there. */
bool ipc_is_up(int dir_fd);

#endif
