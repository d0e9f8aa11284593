/* garita audit key, sign, archive: keeping the chain. */
#ifndef GARITA_APPLIANCE_COMMAND_AUDIT_KEEPING_H
#define GARITA_APPLIANCE_COMMAND_AUDIT_KEEPING_H

#include "appliance/command.h"

int audit_sign_now(struct call *call);
int audit_key_show(struct call *call);
/* With --format the keys as a file, else as a table. */
int audit_key_print(struct cli *cli);
int audit_key_renew(struct call *call);
int audit_archive_now(struct call *call);

#endif
