/*
 * How SQLite is compiled, for the library and for whoever includes sqlite3.c (both with
 * -D_HAVE_SQLITE_CONFIG_H). Explained at https://sqlite.org/compile.html.
 */
#ifndef SQLITECONFIG_H
#define SQLITECONFIG_H 1

/* What glibc on Linux has; fdatasync and pread are the ones that matter for speed. */
#define HAVE_FDATASYNC          1
#define HAVE_GMTIME_R           1
#define HAVE_ISNAN              1
#define HAVE_LOCALTIME_R        1
#define HAVE_MALLOC_USABLE_SIZE 1
#define HAVE_PREAD              1
#define HAVE_PREAD64            1
#define HAVE_PWRITE             1
#define HAVE_PWRITE64           1
#define HAVE_STRCHRNUL          1
#define HAVE_USLEEP             1
#define HAVE_UTIME              1
#define HAVE_INTTYPES_H         1
#define HAVE_STDINT_H           1

/* Behaviour. */
#define SQLITE_THREADSAFE              1
#define SQLITE_DQS                     0
#define SQLITE_DEFAULT_MEMSTATUS       0
#define SQLITE_DEFAULT_FOREIGN_KEYS    1
#define SQLITE_DEFAULT_WAL_SYNCHRONOUS 1
#define SQLITE_LIKE_DOESNT_MATCH_BLOBS 1
#define SQLITE_TEMP_STORE              3
#define SQLITE_USE_URI                 0
#define SQLITE_MAX_EXPR_DEPTH          100
#define SQLITE_MAX_WORKER_THREADS      0
#define SQLITE_TRUSTED_SCHEMA          0
#define SQLITE_ENABLE_DBPAGE_VTAB      1

/* Left out. */
#define SQLITE_OMIT_LOAD_EXTENSION 1
#define SQLITE_OMIT_DEPRECATED     1
#define SQLITE_OMIT_SHARED_CACHE   1
#define SQLITE_OMIT_TCL_VARIABLE   1

#endif
