/* Where a torture happens: a scratch folder, and in it a data folder as a running server has it
 * (master, the realm peru with a client and a person who is logged in), made once and copied for
 * every round. Setting up must succeed; a failure ends the program. */
#ifndef GARITA_TESTS_TORTURE_WORLD_H
#define GARITA_TESTS_TORTURE_WORLD_H

#include "store/store_open.h"

#define WORLD_REALM    "peru"
#define WORLD_CLIENT   "web"
#define WORLD_CALLBACK "https://app.example/cb"
#define WORLD_ISSUER   "https://id.example/realms/" WORLD_REALM
#define WORLD_USER     "ana"
#define WORLD_PASSWORD "correct horse battery"
#define WORLD_PATH_MAX 256

/* Ends the program with what went wrong when expr is not 0. */
#define MUST(expr) world_must((expr), #expr, __FILE__, __LINE__)
void world_must(int err, const char *what, const char *file, int line);

/* The scratch folder lies in memory (/dev/shm) when there is one: what a test means by "on disk" is
 * the simulated disk or what outlives a process. */
void world_start(void);
void world_end(void);

/* root: a folder of that name in the scratch folder, emptied; its data folder is root/data. */
void world_empty(const char *name, char root[WORLD_PATH_MAX]);
/* The same with a copy of the data folder in it. */
void world_copy(const char *name, char root[WORLD_PATH_MAX]);
/* vfs NULL: the ordinary one. Small logs, so that checkpoints happen often. */
MUST_CHECK int world_open(const char *root, const char *vfs, struct store **ret_store);
/* The file of the database with that name ("master", or a realm's file). */
void world_database(const char *root, const char *file, char path[WORLD_PATH_MAX]);

/* The cookies of the browser in which ana is logged in. */
const char *world_sso_cookie(void);

/* From now on the program is a newer one, with one migration more: it moves data, adds a column
 * and an index, makes a table. */
void world_next_version(bool next);
#define WORLD_NEXT_VERSION 9001

/* Control: store_commit returns before the flush. */
void world_skip_flush(bool skip);

#endif
