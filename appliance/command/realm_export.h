/* garita realm export: one half runs where the data is and sends the files in parts, the other writes
 * them where it was called. */
#ifndef GARITA_APPLIANCE_COMMAND_REALM_EXPORT_H
#define GARITA_APPLIANCE_COMMAND_REALM_EXPORT_H

#include "appliance/command.h"

MUST_CHECK int realm_export_send(struct call *call);
MUST_CHECK int realm_export_fetch(struct cli *cli);

#define REALM_EXPORT_OPTIONS 5
extern const struct option realm_export_options[REALM_EXPORT_OPTIONS];

#endif
