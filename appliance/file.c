/* Small files and questions on the terminal. */
#include "appliance/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

static int read_fd(int fd, struct buf *b)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        buf_add_bytes(b, chunk, (size_t)n);
        if (b->failed)
            break;
    }
    secret_wipe(chunk, sizeof(chunk));
    return 0;
}

static int read_all(struct arena *a, int fd, size_t max_bytes, struct str *ret_text)
{
    struct buf b;
    buf_init(&b, a, max_bytes);
    TRY(read_fd(fd, &b));
    return buf_finish(&b, ret_text);
}

int file_read(struct arena *a, const char *path, size_t max_bytes, struct str *ret_text)
{
    if (strcmp(path, "-") == 0)
        return read_all(a, STDIN_FILENO, max_bytes, ret_text);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int rc = read_all(a, fd, max_bytes, ret_text);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return rc;
}

static bool others_may_read(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           (st.st_mode & S_IROTH) != 0;
}

int secret_read(struct arena *a, const char *path, struct str *ret_secret, struct err_ctx *err)
{
    struct str text;
    /* Scripts write such files with whatever umask they have: tell, do not refuse. */
    if (others_may_read(path))
        (void)fprintf(stderr, "garita: warning: %s can be read by everyone\n", path);
    int rc = file_read(a, path, SECRET_MAX_BYTES, &text);
    if (rc != 0)
        return err_set(err, ERR_IO, "cannot read %s: %s", path,
                       rc == ERR_TOO_LARGE   ? "it is too large for a secret"
                       : rc == ERR_NOT_FOUND ? "no such file"
                                             : strerror(errno));
    if (str_ends(text, STR("\n")))
        text.len--;
    if (str_ends(text, STR("\r")))
        text.len--;
    *ret_secret = text;
    return 0;
}

int write_all(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        text = str_from(text, (size_t)n);
    }
    return 0;
}

/* Whether somebody pressed Ctrl-C meanwhile; the signal itself waits until the echo is back. */
static bool was_interrupted(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* One byte within the patience of a person, 0 at the end. ERR_CANCELLED. */
static int read_byte(int fd, char *ret_byte, ssize_t *ret_count)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, 100);
        if (was_interrupted())
            return ERR_CANCELLED;
        if (ready < 0 && errno != EINTR)
            return ERR_IO;
        if (ready <= 0)
            continue;
        *ret_count = read(fd, ret_byte, 1);
        return *ret_count < 0 ? ERR_IO : 0;
    }
}

static int read_line(struct arena *a, int fd, struct str *ret_line)
{
    struct buf b;
    char c;
    ssize_t n;
    buf_init(&b, a, SECRET_MAX_BYTES);
    for (;;) {
        TRY(read_byte(fd, &c, &n));
        if (n == 0)
            return ERR_CANCELLED;
        if (c == '\n')
            return buf_finish(&b, ret_line);
        buf_add_byte(&b, c);
    }
}

static int ask(struct arena *a, int fd, const char *question, struct str *ret_secret)
{
    struct termios before, quiet;
    if (tcgetattr(fd, &before) != 0)
        return ERR_IO;
    quiet = before;
    quiet.c_lflag &= (tcflag_t) ~(unsigned)ECHO;
    (void)tcsetattr(fd, TCSAFLUSH, &quiet);
    int rc = write_all(fd, str_c(question));
    if (rc == 0)
        rc = read_line(a, fd, ret_secret);
    (void)tcsetattr(fd, TCSAFLUSH, &before);
    if (write_all(fd, STR("\n")) != 0)
        return ERR_IO;
    return rc;
}

int secret_prompt(struct arena *a, const char *question, struct str *ret_secret)
{
    sigset_t set, old;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return ERR_IO;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, &old);
    int rc = ask(a, fd, question, ret_secret);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    (void)close(fd);
    return rc;
}
