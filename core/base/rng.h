/* Randomness: getrandom through libsodium; a failure ends the process (SK-04). */
#ifndef GARITA_CORE_BASE_RNG_H
#define GARITA_CORE_BASE_RNG_H

#include "core/base/arena.h"

void rng_bytes(void *out, size_t len);
/* Uniform below bound (bound > 0). */
uint32_t rng_below(uint32_t bound);

#define UUID_TEXT_LEN 36
/* Random UUID (RFC 9562 v4), lower case, with a NUL. */
void uuid_v4(char text[UUID_TEXT_LEN + 1]);
/* Time-ordered UUID (v7): 48 bits of milliseconds, the rest random. */
void uuid_v7(int64_t wall_ms, char text[UUID_TEXT_LEN + 1]);
/* The milliseconds inside a v7; -1 for anything else. */
int64_t uuid_v7_ms(struct str text);
/* In an arena; absent when it is exhausted. */
struct str uuid_new(struct arena *a);
/* 256 random bits as 43 characters of base64url: codes, secrets, handles (OT-03). */
#define TOKEN_TEXT_LEN 43
void token_random(char text[TOKEN_TEXT_LEN + 1]);
struct str token_new(struct arena *a);

#endif
