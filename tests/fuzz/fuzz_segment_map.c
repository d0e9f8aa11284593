/* The map at the end of an archived month: blocks follow each other and stay within the file, filters
 * within the map. */
#include "tests/fuzz/fuzz.h"

#include "store/archive/segment_map.h"

static void check_blocks(const struct segment_map *map, struct str frame, int64_t offset)
{
    struct str user = STR("5b1f9f4e-1111-4000-8000-000000000001");
    const struct event_filter filter = {.user_id = user, .or_about_user = true, .client_id = user};
    int64_t end = segment_map_block(map, 0).offset;
    for (size_t i = 0; i < map->count; i++) {
        struct segment_block b = segment_map_block(map, i);
        PROMISE(b.offset == end && b.bytes > 0 && b.count > 0);
        PROMISE(b.filter.ptr >= frame.ptr && b.filter.ptr + b.filter.len <= frame.ptr + frame.len);
        (void)segment_block_may_hold(&b, &filter, 0);
        end = b.offset + b.bytes;
    }
    PROMISE(end == offset);
}

/* The first two bytes say where the frame stands in its file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = fuzz_input(data, size);
    struct segment_map map;
    if (input.len < 2)
        return 0;
    int64_t offset = data[0] << 8 | data[1];
    struct str frame = str_from(input, 2);
    if (segment_map_parse(frame, offset, &map) == 0)
        check_blocks(&map, frame, offset);
    if (frame.len >= SEGMENT_MAP_TAIL_BYTES)
        (void)segment_map_frame_bytes(str_from(frame, frame.len - SEGMENT_MAP_TAIL_BYTES));
    return 0;
}
