/* SQLite's file layer "faulty": the ordinary one with faults (fault.h) and with a record of what is
 * done to the files (disk.h). The one such layer of all tests. */
#ifndef GARITA_TESTS_TORTURE_FAULT_VFS_H
#define GARITA_TESTS_TORTURE_FAULT_VFS_H

#define FAULT_VFS "faulty"

/* Puts it over "unix-excl"; once is enough. Ends the test when that fails. */
void fault_vfs_register(void);

#endif
