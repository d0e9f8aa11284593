/* garita user erase and garita user export: what a person may ask for. */
#ifndef GARITA_APPLIANCE_COMMAND_USER_DATA_H
#define GARITA_APPLIANCE_COMMAND_USER_DATA_H

#include "appliance/command.h"

int user_erase(struct call *call);
/* All but the events, and the event of the export. */
int user_export_account(struct call *call);
/* One JSON object on standard output: {"account": {...}, "events": [...]}. */
int user_export(struct cli *cli);

#endif
