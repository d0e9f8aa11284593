/* Tokens that pair nodes with a witness: a file each in the witness's folder, so that one can be made while
 * the witness runs. A token is spent when its file is gone from the disk. */
#ifndef GARITA_STORE_WITNESS_TOKENS_H
#define GARITA_STORE_WITNESS_TOKENS_H

#include "store/link/pairing.h"

#define WITNESS_TOKENS_MAX 8 /* that wait for a node */

/* Of the witness with this key. ERR_LIMIT_REACHED, ERR_STORE_FULL, ERR_IO. */
MUST_CHECK int witness_token_new(int data_dir_fd, const struct link_pin *own_pin, int64_t now_ms,
                                 int64_t expires_ms, char text[PAIRING_TOKEN_MAX]);
/* Whether somebody who said this over this connection has a token, which is spent then. ERR_ACCESS_DENIED,
 * ERR_IO. */
MUST_CHECK int witness_token_spend(int data_dir_fd, int64_t now_ms, struct str said,
                                   const unsigned char binding[CHANNEL_BINDING_BYTES],
                                   struct str proof);

#endif
