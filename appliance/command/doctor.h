/* garita doctor: is this machine fit, and is the data sound? */
#ifndef GARITA_APPLIANCE_COMMAND_DOCTOR_H
#define GARITA_APPLIANCE_COMMAND_DOCTOR_H

#include "appliance/command.h"

int doctor(struct cli *cli);
/* The part about data, on a folder or in the running server. */
int doctor_data(struct call *call);

#endif
