/* Keys of persons: what is personal in an event is sealed with the key of the person, and gone when
 * the key is. */
#ifndef GARITA_STORE_SQL_PERSON_H
#define GARITA_STORE_SQL_PERSON_H

#include "store/tx.h"

/* The key of a person; made when there was never one. *ret_gone: it was destroyed, and there will be
 * none. The caller wipes the key. */
MUST_CHECK int person_key_for_write(struct store_write *w, struct str person,
                                    unsigned char ret_key[PERSON_KEY_BYTES], bool *ret_gone);
/* *ret_gone also when there never was a key. ERR_SEAL when the row does not open. */
MUST_CHECK int person_key_read(struct store_read *r, struct str person,
                               unsigned char ret_key[PERSON_KEY_BYTES], bool *ret_gone);
/* Wipes what is kept in memory. */
void person_keys_forget(struct person_keys *keys);

#endif
