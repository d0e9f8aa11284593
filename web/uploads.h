/* Files that an administrator sends piece by piece, to be imported once they are whole: larger than what
 * one call takes, through proxies that take small bodies only, and so that both sides know how far they are.
 * In memory alone and bounded: what nobody goes on with is wiped after a while, and all with the process.
 * Whose it is, is the owner (the id of who sends it): everybody else is told that there is none. From any
 * thread. */
#ifndef GARITA_WEB_UPLOADS_H
#define GARITA_WEB_UPLOADS_H

#include "core/base/err.h"
#include "core/base/rng.h"

#define UPLOAD_MAX_BYTES       ((size_t)64 << 20)  /* one file */
#define UPLOADS_MAX_BYTES      ((size_t)128 << 20) /* all of them; taken when one is begun */
#define UPLOADS_MAX            8
#define UPLOADS_OF_OWNER_MAX   2
#define UPLOAD_OWNER_MAX_BYTES 64
#define UPLOAD_IDLE_MS         INT64_C(600000) /* without a call about it */
#define UPLOAD_WHAT_MAX_BYTES  32

struct uploads;
struct upload;

struct upload_state {
    size_t size_bytes, received_bytes;
    bool busy; /* something works with it */
    /* What that is at, "users", and how many of them are done; empty before the first. */
    char what[UPLOAD_WHAT_MAX_BYTES + 1];
    int64_t done;
};

MUST_CHECK int uploads_new(struct uploads **ret_uploads);
/* When no call is left. Wipes all. NULL is fine. */
void uploads_free(struct uploads *uploads);

/* A file of that size, whose pieces follow. now_ms is monotonic, here and below. When the owner has
 * UPLOADS_OF_OWNER_MAX, the one that rests longest is wiped for it. ERR_INVALID_REQUEST for nothing at all or
 * an owner that is too long, ERR_TOO_LARGE, ERR_LIMIT_REACHED: all of the owner's are being worked with,
 * ERR_OVERLOADED: there is no room among those of others, ERR_NO_MEMORY. */
MUST_CHECK int uploads_begin(struct uploads *uploads, struct str owner, uint64_t size_bytes,
                             int64_t now_ms, char ret_id[UUID_TEXT_LEN + 1]);
/* The next piece, which begins where the one before ended. The same piece once more is fine, for who did
 * not hear the answer. ERR_CONFLICT: it begins elsewhere, or something works with the file;
 * ERR_TOO_LARGE: it goes beyond the size; ERR_NOT_FOUND. */
MUST_CHECK int uploads_add(struct uploads *uploads, struct str owner, struct str id,
                           uint64_t offset, struct str piece, int64_t now_ms);
/* ERR_NOT_FOUND. */
MUST_CHECK int uploads_look(struct uploads *uploads, struct str owner, struct str id,
                            int64_t now_ms, struct upload_state *ret_state);
/* Wipes it. ERR_CONFLICT while something works with it, ERR_NOT_FOUND. */
MUST_CHECK int uploads_remove(struct uploads *uploads, struct str owner, struct str id);

/* To work with the whole file, alone: until uploads_give it stays as it is. ERR_CONFLICT: it is not whole, or
 * something works with it; ERR_NOT_FOUND. */
MUST_CHECK int uploads_take(struct uploads *uploads, struct str owner, struct str id,
                            struct upload **ret_upload);
struct str upload_content(const struct upload *upload);
/* For uploads_look, by who has taken it. */
void uploads_tell(struct uploads *uploads, struct upload *upload, const char *what, int64_t done);
void uploads_give(struct uploads *uploads, struct upload *upload, int64_t now_ms);

/* Wipes what nobody goes on with. */
void uploads_sweep(struct uploads *uploads, int64_t now_ms);

#endif
