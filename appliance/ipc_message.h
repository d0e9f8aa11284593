/* The messages on the socket: four bytes (big-endian), whose upper two bits tell the kind and whose rest
 * the length, and JSON or the bytes of a part. */
#ifndef GARITA_APPLIANCE_IPC_MESSAGE_H
#define GARITA_APPLIANCE_IPC_MESSAGE_H

#include "appliance/command.h"

/* ERR_IO (closed, too slow), ERR_TOO_LARGE. */
MUST_CHECK int ipc_send(int fd, struct str text);
MUST_CHECK int ipc_receive(int fd, struct arena *a, size_t max_bytes, struct str *ret_text);

/* The same with a descriptor beside the message (SCM_RIGHTS); -1: none. More than one are refused with
 * ERR_INVALID_SYNTAX and closed, as is any that comes with another message. */
MUST_CHECK int ipc_send_with(int fd, struct str text, int attached);
MUST_CHECK int ipc_receive_with(int fd, struct arena *a, size_t max_bytes, struct str *ret_text,
                                int *ret_attached);

/* A part of a result; and either kind, at most max_bytes of a reply. */
MUST_CHECK int ipc_send_part(int fd, enum part_kind kind, struct str bytes);
MUST_CHECK int ipc_receive_any(int fd, struct arena *a, size_t max_bytes, enum part_kind *ret_kind,
                               struct str *ret_bytes);

MUST_CHECK int ipc_request_write(struct arena *a, const struct str *words, size_t count,
                                 struct str input, struct str *ret_text);
/* At most IPC_MAX_WORDS words. ERR_INVALID_SYNTAX. */
MUST_CHECK int ipc_request_read(struct arena *a, struct str text, struct str **ret_words,
                                size_t *ret_count, struct str *ret_input);
MUST_CHECK int ipc_reply_write(struct arena *a, const struct reply *reply, struct str *ret_text);
MUST_CHECK int ipc_reply_read(struct arena *a, struct str text, struct reply *ret_reply);

#define IPC_MAX_WORDS 600

#endif
