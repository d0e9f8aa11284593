/* The consoles: pages that browsers load once and that then speak the Admin REST API like any script.
 * They are built from static/console and embedded, each file as it is and compressed. */
#ifndef GARITA_WEB_CONSOLE_CONSOLE_H
#define GARITA_WEB_CONSOLE_CONSOLE_H

#include "core/base/str.h"

/* Whether a client that sends this Accept-Encoding takes gzip (RFC 9110 12.5.3). Absent: no. */
bool console_takes_gzip(struct str accept_encoding);

#endif
