/* Mails as bytes: RFC 5322 with encoded words (RFC 2047) and a text and an HTML part (RFC 2046 5.1.4), in
 * base64. Nothing that is given can begin a header or a line of its own (RE-05). Reads nothing. */
#ifndef GARITA_CORE_CODEC_MAIL_H
#define GARITA_CORE_CODEC_MAIL_H

#include "core/base/arena.h"

#define MAIL_MAX_BYTES         ((size_t)256 << 10) /* of a whole mail */
#define MAIL_ADDRESS_MAX_BYTES 254                 /* RFC 5321 4.5.3.1.3 */
#define MAIL_HEADER_MAX_BYTES  512                 /* of a name or a subject */

/* An address with a name for people; name absent or empty: none. */
struct mail_address {
    struct str address;
    struct str name;
};

struct mail_content {
    struct mail_address from, to;
    struct mail_address reply_to; /* address absent or empty: none */
    struct str subject;
    struct str text, html; /* UTF-8; lines end with "\n" */
    int64_t date_ms;
};

/* Printable ASCII with one '@' between two parts that are not empty, and none of what means something in a
 * header or a command: spaces, control bytes, <>()[]\",:;. Quoted local parts and addresses beyond
 * ASCII (RFC 6531) are none. */
bool mail_address_is_sound(struct str address);
/* The part behind the '@'. */
struct str mail_address_domain(struct str address);

/* The bytes to be sent, CRLF at the ends of lines. ERR_INVALID_SYNTAX for an address that is not sound, and
 * for control bytes or broken UTF-8 in names and subject; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int mail_write(struct arena *a, const struct mail_content *mail, struct str *ret_bytes);

#endif
