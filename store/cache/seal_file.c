/* A keyed hash beside a file. */
#include "store/cache/seal_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/ct.h"
#include "core/crypto/digest.h"
#include "store/plain_file.h"

#include "core/base/banned.h"

static int hash_mapped(int fd, size_t len, struct str key, unsigned char hash[BLAKE2B_BYTES])
{
    void *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return ERR_IO;
    struct str all = str_of(bytes, len);
    blake2b_256(key, &all, 1, hash);
    (void)munmap(bytes, len);
    return 0;
}

static int hash_file(int folder_fd, const char *name, struct str key,
                     unsigned char hash[BLAKE2B_BYTES])
{
    struct stat st;
    int fd;
    TRY(plain_file_open(folder_fd, name, O_RDONLY, &fd));
    int rc = fstat(fd, &st) == 0 && st.st_size > 0 ? hash_mapped(fd, (size_t)st.st_size, key, hash)
                                                   : ERR_IO;
    (void)close(fd);
    return rc;
}

int seal_file_write(int folder_fd, const char *name, const char *seal_name, struct str key)
{
    unsigned char hash[BLAKE2B_BYTES];
    TRY(hash_file(folder_fd, name, key, hash));
    int fd;
    (void)unlinkat(folder_fd, seal_name, 0);
    TRY(plain_file_open(folder_fd, seal_name, O_WRONLY | O_CREAT | O_EXCL, &fd));
    bool written = write(fd, hash, sizeof(hash)) == (ssize_t)sizeof(hash);
    return close(fd) == 0 && written ? 0 : ERR_IO;
}

int seal_file_take(int folder_fd, const char *name, const char *seal_name, struct str key)
{
    unsigned char wanted[BLAKE2B_BYTES], hash[BLAKE2B_BYTES];
    int fd;
    if (plain_file_open(folder_fd, seal_name, O_RDONLY, &fd) != 0)
        return ERR_BAD_MAC;
    bool there = read(fd, wanted, sizeof(wanted)) == (ssize_t)sizeof(wanted);
    (void)close(fd);
    if (unlinkat(folder_fd, seal_name, 0) != 0 || !there ||
        hash_file(folder_fd, name, key, hash) != 0)
        return ERR_BAD_MAC;
    return ct_eq(str_of((const char *)wanted, sizeof(wanted)),
                 str_of((const char *)hash, sizeof(hash)))
               ? 0
               : ERR_BAD_MAC;
}
