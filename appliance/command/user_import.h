/* Importing users from lines of JSON. */
#ifndef GARITA_APPLIANCE_COMMAND_USER_IMPORT_H
#define GARITA_APPLIANCE_COMMAND_USER_IMPORT_H

#include "appliance/command.h"

/* Takes some lines (call->input) in one transaction; the result tells counts and refused lines. */
int user_import_batch(struct call *call);
/* Reads the file of --file and hands it over in batches. */
int user_import(struct cli *cli);

#endif
