/* What json_write.c asks of json.c, which alone knows the library. For no one else. */
#ifndef GARITA_CORE_CODEC_JSON_INTERNAL_H
#define GARITA_CORE_CODEC_JSON_INTERNAL_H

#include "core/codec/json.h"

#define JSON_NUMBER_TEXT_BYTES 32

/* The digits of a JSON_NUMBER, such that they read back as the same number: in scratch or in the
 * value itself. */
struct str json_number_text(const struct json_value *v, char scratch[JSON_NUMBER_TEXT_BYTES]);

#endif
