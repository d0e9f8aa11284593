/* Faults and record for the few calls that the store makes by itself, past SQLite: the master key,
 * the folders, removing a database. The linker puts them in place (--wrap), so a program that links
 * this has them; see tests.cmake for the list. */
#ifndef GARITA_TESTS_TORTURE_FAULT_LIBC_H
#define GARITA_TESTS_TORTURE_FAULT_LIBC_H

/* Only what is below this folder is looked at; NULL: nothing. */
void fault_libc_watch(const char *root);

#endif
