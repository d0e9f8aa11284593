/* grpc.reflection, v1 and v1alpha: what can be called here, from the descriptors that the build made
 * of static/proto. Both versions have the same messages. */
#include "core/base/asset.h"
#include "web/grpc/internal.h"
#include "web/grpc/pb.h"

#include "core/base/banned.h"

#define DESCRIPTORS "descriptors.bin"
#define FILES_MAX   32

/* Fields of the question and of the answer. */
enum { ASK_FILE = 3, ASK_SYMBOL = 4, ASK_EXTENSION = 5, ASK_EXTENSIONS = 6, ASK_SERVICES = 7 };
enum { TELL_FILES = 4, TELL_SERVICES = 6, TELL_ERROR = 7 };
/* Fields of descriptor.proto. */
enum {
    FILE_NAME = 1,
    FILE_PACKAGE = 2,
    FILE_IMPORT = 3,
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6
};
enum { MESSAGE_NESTED = 3, MESSAGE_ENUM = 4, SERVICE_METHOD = 2, ANY_NAME = 1 };

struct question {
    struct str whole;
    struct str host;
    uint32_t kind; /* 0: nothing that is known here */
    struct str text;
};

static int read_question(struct str message, struct question *ret_question)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    *ret_question = (struct question){.whole = message};
    while (pb_next(&r, &f)) {
        if (pb_is(&f, 1, PB_BYTES))
            TRY(pb_text(&f, &ret_question->host));
        if (f.type != PB_BYTES || f.number < ASK_FILE || f.number > ASK_SERVICES)
            continue;
        ret_question->kind = f.number;
        if (f.number != ASK_EXTENSION)
            TRY(pb_text(&f, &ret_question->text));
    }
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

static struct pb_reader all_files(void)
{
    const struct asset *set = asset_find(DESCRIPTORS);
    return pb_reader(set ? str_of((const char *)set->data, set->size) : STR(""));
}

static struct str text_field(struct str message, uint32_t number)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    while (pb_next(&r, &f))
        if (pb_is(&f, number, PB_BYTES))
            return f.bytes;
    return STR("");
}

/* Takes "name" or "name." off the front of *io_symbol. */
static bool take_name(struct str *io_symbol, struct str name)
{
    if (str_empty(name) || !str_starts(*io_symbol, name))
        return false;
    if (io_symbol->len > name.len && io_symbol->ptr[name.len] != '.')
        return false;
    *io_symbol = str_from(*io_symbol, name.len < io_symbol->len ? name.len + 1 : name.len);
    return true;
}

/* Whether symbol, without what stands around it, is this declaration or inside it. The descriptors
 * are our own, so their depth is. */
static bool declares(struct str message, struct str symbol)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    if (!take_name(&symbol, text_field(message, ANY_NAME)))
        return false;
    if (str_empty(symbol))
        return true;
    while (pb_next(&r, &f))
        if (f.type == PB_BYTES && f.number >= SERVICE_METHOD && f.number <= MESSAGE_ENUM &&
            declares(f.bytes, symbol))
            return true;
    return false;
}

static bool file_has_symbol(struct str file, struct str symbol)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(file);
    struct str package = text_field(file, FILE_PACKAGE);
    if (!str_empty(package) && !take_name(&symbol, package))
        return false;
    while (pb_next(&r, &f))
        if (f.type == PB_BYTES && f.number >= FILE_MESSAGE && f.number <= FILE_SERVICE &&
            declares(f.bytes, symbol))
            return true;
    return false;
}

static struct str find_file(uint32_t kind, struct str text)
{
    struct pb_field f;
    struct pb_reader r = all_files();
    while (!str_empty(text) && pb_next(&r, &f))
        if (kind == ASK_FILE ? str_eq(text_field(f.bytes, FILE_NAME), text)
                             : file_has_symbol(f.bytes, text))
            return f.bytes;
    return STR("");
}

static bool seen(const struct str *files, size_t count, struct str file)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].ptr == file.ptr)
            return true;
    return false;
}

/* The file and all that it imports, directly or not. */
static void add_files(struct buf *out, struct str first)
{
    struct str files[FILES_MAX] = {first};
    size_t count = 1;
    for (size_t i = 0; i < count; i++) {
        struct pb_field f;
        struct pb_reader r = pb_reader(files[i]);
        pb_put_str_always(out, 1, files[i]);
        while (pb_next(&r, &f)) {
            struct str file =
                pb_is(&f, FILE_IMPORT, PB_BYTES) ? find_file(ASK_FILE, f.bytes) : STR("");
            if (!str_empty(file) && count < FILES_MAX && !seen(files, count, file))
                files[count++] = file;
        }
    }
}

static void add_services(struct buf *out)
{
    for (size_t i = 0; i < GRPC_METHODS; i++) {
        bool repeated = i > 0 && strcmp(grpc_methods[i - 1].service, grpc_methods[i].service) == 0;
        if (repeated)
            continue;
        size_t at = pb_open(out, 1);
        pb_put_str(out, 1, str_c(grpc_methods[i].service));
        pb_close(out, at);
    }
}

static void add_error(struct buf *out, enum grpc_code code, struct str text)
{
    size_t at = pb_open(out, TELL_ERROR);
    pb_put_u64(out, 1, code);
    pb_put_str(out, 2, text);
    pb_close(out, at);
}

static void answer(struct buf *out, const struct question *q)
{
    struct str file = find_file(q->kind, q->text);
    size_t at;
    switch (q->kind) {
    case ASK_SERVICES:
        at = pb_open(out, TELL_SERVICES);
        add_services(out);
        pb_close(out, at);
        return;
    case ASK_FILE:
    case ASK_SYMBOL:
        if (str_empty(file))
            break;
        at = pb_open(out, TELL_FILES);
        add_files(out, file);
        pb_close(out, at);
        return;
    /* proto3 has no extensions. */
    case ASK_EXTENSION:
    case ASK_EXTENSIONS: break;
    default: add_error(out, GRPC_UNIMPLEMENTED, STR("unknown question")); return;
    }
    add_error(out, GRPC_NOT_FOUND, STR("not found"));
}

int grpc_reflection(struct grpc_work *w)
{
    struct question q;
    TRY(read_question(w->message, &q));
    pb_put_str(w->out, 1, q.host);
    pb_put_str_always(w->out, 2, q.whole);
    answer(w->out, &q);
    return 0;
}
