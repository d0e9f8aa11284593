/* What somebody should do something about, drawn from the state of the parts. */
#ifndef GARITA_APPLIANCE_STATUS_ALERTS_H
#define GARITA_APPLIANCE_STATUS_ALERTS_H

#include "appliance/status.h"

/* An array of {id, severity, about, text}: id is for programs, text for people, about names what it is
 * about and may be empty. checks is what /health lists. ERR_NO_MEMORY. */
MUST_CHECK int status_write_alerts(const struct status_parts *parts, struct arena *a,
                                   struct str checks, struct json_writer *w);

#endif
