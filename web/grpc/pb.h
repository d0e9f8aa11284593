/* The wire format of Protocol Buffers, as far as our messages need it: a cursor that gives field by
 * field, and a writer into a bounded buffer. Messages are known to those who read and write them;
 * here are only varints, lengths and fixed widths. Groups, which proto3 has not, are malformed. */
#ifndef GARITA_WEB_GRPC_PB_H
#define GARITA_WEB_GRPC_PB_H

#include "core/base/buf.h"
#include "core/base/err.h"

enum pb_type { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number;
    enum pb_type type;
    uint64_t value;   /* PB_VARINT, PB_FIXED64, PB_FIXED32 */
    struct str bytes; /* PB_BYTES: points into the message */
};

struct pb_reader {
    const unsigned char *pos;
    const unsigned char *end;
    bool failed;
};

struct pb_reader pb_reader(struct str message);
/* The next field; false at the end and when malformed, which failed tells apart. */
MUST_CHECK bool pb_next(struct pb_reader *r, struct pb_field *ret_field);
/* Whether the field is this one, of this type. A known number of another type is skipped like an
 * unknown field. */
static inline bool pb_is(const struct pb_field *f, uint32_t number, enum pb_type type)
{
    return f->number == number && f->type == type;
}
/* A text field: ERR_INVALID_UTF8 when it is none. Absent fields keep what *io_text was. */
MUST_CHECK int pb_text(const struct pb_field *f, struct str *io_text);

/* Writers leave out what is the default of proto3: empty texts, zero, false. */
void pb_put_varint(struct buf *b, uint64_t value);
void pb_put_str(struct buf *b, uint32_t number, struct str text);
void pb_put_u64(struct buf *b, uint32_t number, uint64_t value);
void pb_put_bool(struct buf *b, uint32_t number, bool value);
void pb_put_double(struct buf *b, uint32_t number, double value);
/* Written also when it is the default: elements of lists and members of a oneof. */
void pb_put_str_always(struct buf *b, uint32_t number, struct str text);
void pb_put_u64_always(struct buf *b, uint32_t number, uint64_t value);

/* A message inside the message: open, write its fields, close. */
MUST_CHECK size_t pb_open(struct buf *b, uint32_t number);
void pb_close(struct buf *b, size_t opened);

/* google.protobuf.Timestamp of whole milliseconds. */
void pb_put_time_ms(struct buf *b, uint32_t number, int64_t time_ms);
/* google.protobuf.Struct from the text of a JSON object. Errors of json_parse; ERR_INVALID_SYNTAX
 * when it is no object. An absent or empty text writes nothing. */
MUST_CHECK int pb_put_struct(struct buf *b, uint32_t number, struct arena *a, struct str json);
/* The same as a whole message. */
MUST_CHECK int pb_add_struct(struct buf *b, struct arena *a, struct str json);

#endif
