/* Request heads, chunked bodies and paths: whatever comes, in one piece or two, the verdict is the
 * same, and what is taken is framed within the bytes. */
#include "tests/fuzz/fuzz.h"
#include "web/http_check.h"

static const struct http_limits limits = {
    .header_bytes = 2048, .uri_bytes = 512, .header_count = 16};

static void head(struct str input)
{
    struct http_head whole = {0}, pieces = {0};
    size_t scanned = 0, half = 0;
    int rc = http_check_head(input, &limits, &scanned, &whole);
    int first = http_check_head(str_sub(input, 0, input.len / 2), &limits, &half, &pieces);
    int second = first == HTTP_CHECK_MORE ? http_check_head(input, &limits, &half, &pieces) : first;
    PROMISE((rc == 0) == (second == 0));
    if (rc != 0)
        return;
    PROMISE(whole.head_bytes <= input.len && whole.head_bytes == pieces.head_bytes);
    PROMISE(whole.target.len > 0 && whole.target.ptr[0] == '/');
    PROMISE(!(whole.chunked && whole.content_length));
    PROMISE(whole.content_length >= 0);
}

static void chunked(struct str input)
{
    struct http_chunks whole = {0}, pieces = {0};
    size_t used = 0, first = 0, second = 0;
    int rc = http_check_chunks(&whole, input, 4096, &used);
    struct str a = str_sub(input, 0, input.len / 2);
    int rc2 = http_check_chunks(&pieces, a, 4096, &first);
    if (rc2 == HTTP_CHECK_MORE)
        rc2 = http_check_chunks(&pieces, str_from(input, a.len), 4096, &second);
    PROMISE(rc == rc2);
    if (rc == 0)
        PROMISE(used <= input.len && used == first + second);
}

static void path(struct str input)
{
    struct arena a;
    struct str decoded, query;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (http_path_decode(&a, input, &decoded, &query) == 0) {
        PROMISE(decoded.ptr[0] == '/' && str_is_utf8(decoded));
        PROMISE(str_find_str(decoded, STR("/../")) < 0 && str_find_str(decoded, STR("//")) < 0);
        PROMISE(str_find(decoded, '\0') < 0 && str_find(decoded, ';') < 0);
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = fuzz_input(data, size);
    head(input);
    chunked(input);
    path(input);
    return 0;
}
