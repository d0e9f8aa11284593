/* The configuration file: whatever stands in it, what was taken is within its bounds, and what was
 * refused says why. */
#include "appliance/config.h"
#include "tests/fuzz/fuzz.h"

static void check_bounds(const struct config *config)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (params[i].type != PARAM_INT || config->origin[i].source != CONFIG_FILE)
            continue;
        int64_t value = *(const int64_t *)(const void *)((const char *)config + params[i].offset);
        PROMISE(value >= params[i].least && value <= params[i].most);
        PROMISE(config->origin[i].line > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct config config = {0};
    struct err_ctx err = {0};
    arena_init(&a, FUZZ_ARENA_BYTES);
    int rc = config_read_yaml(&a, "fuzz", fuzz_input(data, size), &config, &err);
    PROMISE(rc == 0 || rc == ERR_CONFIG || rc == ERR_NO_MEMORY);
    PROMISE(rc != ERR_CONFIG || err.detail[0] != '\0');
    check_bounds(&config);
    return 0;
}
