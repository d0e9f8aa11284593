/* One flush of a file at a time, and none after one that failed.
 *
 * When a flush fails, the system takes the bytes that it could not write for written and reports that
 * once. Connections flush the same file for reasons of their own (a commit, a log that is folded in, a
 * log that starts anew), so a flush beside the one that failed, or after it, could end well and promise
 * bytes that are on no disk. A gate belongs to a file name as long as anybody in the process has the
 * file open; whoever flushes the file goes through it. */
#ifndef GARITA_STORE_SYNC_GATE_H
#define GARITA_STORE_SYNC_GATE_H

#include <sqlite3.h>

struct sync_gate;

/* The gate of this name, made when nobody has it; NULL without memory. Given back with
 * sync_gate_close. */
struct sync_gate *sync_gate_open(const char *name);
void sync_gate_close(struct sync_gate *gate); /* or NULL */

/* Flushes a file of the gate's name: what its own xSync says, or SQLITE_IOERR_FSYNC without asking it
 * once a flush has failed here. */
int sync_gate_pass(struct sync_gate *gate, sqlite3_file *file, int flags);

#endif
