/* The modules come from libqrcodegen. */
#include "web/login/qr_code.h"

#include <qrcodegen/qrcodegen.h>

#include "core/base/buf.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define VERSION_MAX    30 /* 137 modules a side: telephones read no finer ones from a screen */
#define MARGIN         4
#define PATH_MAX_BYTES ((size_t)192 << 10)
#define BUFFER_BYTES   qrcodegen_BUFFER_LEN_FOR_VERSION(VERSION_MAX)

/* One stroke for each run of dark modules of a row. */
static void add_row(struct arena *a, struct buf *path, const uint8_t *modules, int y, int size)
{
    for (int x = 0, end; x < size; x = end + 1) {
        for (end = x; end < size && qrcodegen_getModule(modules, end, y);)
            end++;
        if (end > x)
            buf_add(path,
                    arena_printf(a, "M%d %dh%dv1h-%dz", x + MARGIN, y + MARGIN, end - x, end - x));
    }
}

static int path_of(struct arena *a, const uint8_t *modules, struct qr_code *ret_code)
{
    struct buf path;
    int size = qrcodegen_getSize(modules);
    buf_init(&path, a, PATH_MAX_BYTES);
    for (int y = 0; y < size; y++)
        add_row(a, &path, modules, y, size);
    TRY(buf_finish(&path, &ret_code->path));
    ret_code->size = size + 2 * MARGIN;
    return 0;
}

int qr_code_of(struct arena *a, struct str text, struct qr_code *ret_code)
{
    uint8_t modules[BUFFER_BYTES], data[BUFFER_BYTES];
    if (text.len > sizeof(data))
        return ERR_TOO_LARGE;
    memcpy(data, text.ptr, text.len);
    bool made =
        qrcodegen_encodeBinary(data, text.len, modules, qrcodegen_Ecc_MEDIUM, qrcodegen_VERSION_MIN,
                               VERSION_MAX, qrcodegen_Mask_AUTO, true);
    int rc = made ? path_of(a, modules, ret_code) : ERR_TOO_LARGE;
    secret_wipe(data, sizeof(data));
    secret_wipe(modules, sizeof(modules));
    return rc;
}
