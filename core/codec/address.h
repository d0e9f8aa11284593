/* Network addresses as texts. */
#ifndef GARITA_CORE_CODEC_ADDRESS_H
#define GARITA_CORE_CODEC_ADDRESS_H

#include "core/base/str.h"

#define ADDRESS_BYTES 16

/* What tells one host from others: one host of IPv6 has a whole /64, however its addresses are shortened, so
 * the first eight bytes count, which stand in room. Anything else counts as it is written. */
struct str address_host(struct str ip, unsigned char room[ADDRESS_BYTES]);

#endif
