/*
 * Feeds every file of the folders and files named on the command line to a fuzz target, so that a
 * corpus is replayed as an ordinary test without libFuzzer. It must fail when there was no input:
 * a target without a seeded corpus is not tested.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX_BYTES = 16 * 1024 * 1024 };

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || size > INPUT_MAX_BYTES) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    /* Exactly as large as the input, so that the sanitizer sees a read beyond its end. */
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (data == NULL || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int replay_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    if (!S_ISDIR(status.st_mode))
        return replay_file(path, (size_t)status.st_size);

    struct dirent **entries = NULL;
    int entry_count = scandir(path, &entries, NULL, alphasort);
    int input_count = 0;
    for (int i = 0; i < entry_count; i++) {
        char inner[4096];
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof inner)
            input_count += replay_path(inner);
        free(entries[i]);
    }
    free(entries);
    return input_count;
}

int main(int argc, char **argv)
{
    int input_count = 0;
    for (int i = 1; i < argc; i++)
        input_count += replay_path(argv[i]);
    printf("%d inputs replayed\n", input_count);
    return input_count > 0 ? 0 : 1;
}
