/* Where this server is reached. Two, as administration may have a listener of its own. */
#ifndef GARITA_CORE_AUTH_OWN_URLS_H
#define GARITA_CORE_AUTH_OWN_URLS_H

#include "core/base/str.h"

/* "https://host" or "https://host/auth", no slash at the end. */
struct own_urls {
    struct str base;
    struct str admin; /* of the listener of administration; base where it has none of its own */
};

#endif
