/* The list of a backup, as text: whatever it says, no name in it leads out of a folder and no number is
 * beyond what restoring counts with. */
#include "tests/fuzz/fuzz.h"

#include "store/repl/backup_folder.h"
#include "store/repl/manifest.h"

static void check_name(struct str name)
{
    PROMISE(!str_empty(name) && name.len <= 64 && name.ptr[0] != '.' && str_find(name, '/') < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct backup_manifest m;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (manifest_parse(&a, fuzz_input(data, size), &m) == 0) {
        PROMISE(backup_id_is_valid(m.id) && m.realm_count > 0);
        for (size_t i = 0; i < m.realm_count; i++) {
            const struct backup_realm *r = &m.realms[i];
            check_name(r->file);
            PROMISE(r->pages >= 0 && r->pages <= UINT32_MAX && r->page_bytes <= 65536);
            for (size_t j = 0; j < r->file_count; j++)
                check_name(r->files[j].name);
        }
    }
    arena_free(&a);
    return 0;
}
