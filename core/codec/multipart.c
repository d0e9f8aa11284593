/* Bodies of uploads. */
#include "core/codec/multipart.h"

#include "core/base/err.h"
#include "core/codec/header.h"

#include "core/base/banned.h"

#define CRLF STR("\r\n")

static bool take(struct str *io_rest, struct str text)
{
    if (!str_starts(*io_rest, text))
        return false;
    *io_rest = str_from(*io_rest, text.len);
    return true;
}

/* What stands before text, which is taken, too. */
static bool take_until(struct str *io_rest, struct str text, struct str *ret_before)
{
    ptrdiff_t at = str_find_str(*io_rest, text);
    if (at < 0)
        return false;
    *ret_before = str_sub(*io_rest, 0, (size_t)at);
    *io_rest = str_from(*io_rest, (size_t)at + text.len);
    return true;
}

/* Behind its first word a disposition is written as the parameters of a media type are. */
static int read_name(struct arena *a, struct str disposition, struct str *ret_name)
{
    struct media_type type;
    struct str text = ARENA_CONCAT(a, STR("multipart/"), str_trim(disposition));
    if (str_absent(text))
        return ERR_NO_MEMORY;
    if (media_type_parse(text, &type) != 0 || !media_type_is(&type, "multipart", "form-data"))
        return ERR_INVALID_SYNTAX;
    *ret_name = media_type_param(&type, "name");
    return str_empty(*ret_name) ? ERR_INVALID_SYNTAX : 0;
}

/* Header lines up to the empty one. */
static int read_headers(struct arena *a, struct str *io_rest, struct str *ret_name)
{
    struct str line;
    *ret_name = str_of(NULL, 0);
    while (take_until(io_rest, CRLF, &line)) {
        ptrdiff_t colon = str_find(line, ':');
        if (str_empty(line))
            return str_absent(*ret_name) ? ERR_INVALID_SYNTAX : 0;
        if (colon < 0)
            return ERR_INVALID_SYNTAX;
        if (!str_ieq(str_sub(line, 0, (size_t)colon), STR("Content-Disposition")))
            continue;
        if (!str_absent(*ret_name))
            return ERR_DUPLICATE;
        TRY(read_name(a, str_from(line, (size_t)colon + 1), ret_name));
    }
    return ERR_INVALID_SYNTAX;
}

/* Behind a boundary: the next part, or the end. */
static int read_part(struct arena *a, struct str delimiter, struct str *io_rest,
                     struct multipart *io_all)
{
    struct multipart_part part;
    if (!take(io_rest, CRLF))
        return ERR_INVALID_SYNTAX;
    TRY(read_headers(a, io_rest, &part.name));
    if (!take_until(io_rest, delimiter, &part.value))
        return ERR_INVALID_SYNTAX;
    if (io_all->count == MULTIPART_MAX_PARTS)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < io_all->count; i++)
        if (str_eq(io_all->parts[i].name, part.name))
            return ERR_DUPLICATE;
    io_all->parts[io_all->count++] = part;
    return 0;
}

/* CRLF, two dashes and the boundary. */
static int find_delimiter(struct arena *a, struct str content_type, struct str *ret_delimiter)
{
    struct media_type type;
    if (str_absent(content_type) || media_type_parse(content_type, &type) != 0 ||
        !media_type_is(&type, "multipart", "form-data"))
        return ERR_UNSUPPORTED_MEDIA_TYPE;
    struct str boundary = media_type_param(&type, "boundary");
    if (str_empty(boundary) || boundary.len > MULTIPART_BOUNDARY_MAX_BYTES)
        return ERR_INVALID_SYNTAX;
    *ret_delimiter = ARENA_CONCAT(a, STR("\r\n--"), boundary);
    return str_absent(*ret_delimiter) ? ERR_NO_MEMORY : 0;
}

int multipart_parse(struct arena *a, struct str content_type, struct str body,
                    struct multipart *ret_multipart)
{
    struct multipart all = {.count = 0};
    struct str delimiter, rest = body;
    TRY(find_delimiter(a, content_type, &delimiter));
    if (!take(&rest, str_from(delimiter, CRLF.len)))
        return ERR_INVALID_SYNTAX;
    while (!take(&rest, STR("--")))
        TRY(read_part(a, delimiter, &rest, &all));
    if (!str_empty(rest) && !str_eq(rest, CRLF))
        return ERR_INVALID_SYNTAX;
    *ret_multipart = all;
    return 0;
}

struct str multipart_get(const struct multipart *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq_c(m->parts[i].name, name))
            return m->parts[i].value;
    return str_of(NULL, 0);
}
