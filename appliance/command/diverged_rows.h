/* garita standby diverged rows: the rows of the databases that are kept and of those that are here, as far as
 * they differ. They are written while they are read, however many there are. */
#ifndef GARITA_APPLIANCE_COMMAND_DIVERGED_ROWS_H
#define GARITA_APPLIANCE_COMMAND_DIVERGED_ROWS_H

#include "appliance/command.h"
#include "store/repl/diverged.h"

/* Where the databases are: the rows go to the taker of parts, as text or as one JSON value. epoch names what
 * is kept. */
MUST_CHECK int diverged_rows_send(struct call *call, uint64_t epoch);
/* Where it was called: writes them out. */
MUST_CHECK int diverged_rows_show(struct cli *cli);

#endif
