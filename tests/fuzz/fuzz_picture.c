/* Pictures: whatever the bytes, one kind or none; a drawing that is taken has no element that runs. */
#include "core/model/picture.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum picture_kind kind;
    struct str bytes = fuzz_input(data, size);
    if (picture_check(bytes, &kind) != 0)
        return 0;
    PROMISE(bytes.len <= PICTURE_MAX_BYTES && !str_empty(picture_type(kind)));
    PROMISE(kind != PICTURE_SVG || str_find_str(bytes, STR("<!--")) >= 0 ||
            str_find_str(bytes, STR("<script")) < 0);
    return 0;
}
