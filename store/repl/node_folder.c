#include "store/repl/node_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

int node_folder_open(int data_dir_fd, int *ret_fd)
{
    *ret_fd = openat(data_dir_fd, NODE_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

int node_folder_make(int data_dir_fd, int *ret_fd)
{
    if (mkdirat(data_dir_fd, NODE_FOLDER, S_IRWXU) != 0 && errno != EEXIST)
        return file_err();
    return fsync(data_dir_fd) == 0 ? node_folder_open(data_dir_fd, ret_fd) : file_err();
}
