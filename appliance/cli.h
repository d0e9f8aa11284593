/* The command line as a whole. */
#ifndef GARITA_APPLIANCE_CLI_H
#define GARITA_APPLIANCE_CLI_H

#include "appliance/command.h"

/* Runs the command that the words (without the program's name) ask for; tells the exit status. */
int cli_main(const struct str *words, size_t count, char *const *environment);

#endif
