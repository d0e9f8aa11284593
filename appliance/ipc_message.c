/* Messages on the socket. */
#include "appliance/ipc_message.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/banned.h"

static int send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static int receive_all(int fd, char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, data, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

#define KIND_SHIFT 30
#define LENGTH_MAX (((size_t)1 << KIND_SHIFT) - 1)

#define HEAD_BYTES 4

/* Room for one descriptor in what is sent, and for a few, to be told and closed, in what comes. */
union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(4 * sizeof(int))];
};

/* The descriptor travels with the first byte. */
static int send_first(int fd, char first, int attached)
{
    union control control = {.bytes = {0}};
    struct iovec part = {&first, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (attached >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        control.head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &attached, sizeof(int));
    }
    ssize_t n;
    do
        n = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : ERR_IO;
}

static int send_message(int fd, enum part_kind kind, struct str bytes, int attached)
{
    if (bytes.len > LENGTH_MAX)
        return ERR_TOO_LARGE;
    size_t word = ((size_t)kind << KIND_SHIFT) | bytes.len;
    const char head[HEAD_BYTES] = {(char)(word >> 24), (char)(word >> 16), (char)(word >> 8),
                                   (char)word};
    TRY(send_first(fd, head[0], attached));
    TRY(send_all(fd, head + 1, sizeof(head) - 1));
    return send_all(fd, bytes.ptr, bytes.len);
}

int ipc_send_part(int fd, enum part_kind kind, struct str bytes)
{
    return send_message(fd, kind, bytes, -1);
}

int ipc_send_with(int fd, struct str text, int attached)
{
    return send_message(fd, PART_REPLY, text, attached);
}

int ipc_send(int fd, struct str text)
{
    return send_message(fd, PART_REPLY, text, -1);
}

/* All descriptors of a message; one is kept, more are nobody's wish. */
static int take_descriptors(struct msghdr *message, int *io_attached)
{
    bool many = (message->msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (*io_attached < 0) {
                *io_attached = fd;
                continue;
            }
            (void)close(fd);
            many = true;
        }
    }
    return many ? ERR_INVALID_SYNTAX : 0;
}

static int receive_first(int fd, char *first, int *io_attached)
{
    union control control = {.bytes = {0}};
    struct iovec part = {first, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t n;
    do
        n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return ERR_IO;
    int rc = take_descriptors(&message, io_attached);
    return n == 1 ? rc : ERR_IO;
}

static int receive_body(int fd, struct arena *a, size_t max_bytes, const unsigned char *head,
                        enum part_kind *ret_kind, struct str *ret_text)
{
    size_t word = ((size_t)head[0] << 24) | ((size_t)head[1] << 16) | ((size_t)head[2] << 8) |
                  (size_t)head[3];
    size_t len = word & LENGTH_MAX;
    *ret_kind = (enum part_kind)(word >> KIND_SHIFT);
    if (len > (*ret_kind == PART_REPLY ? max_bytes : PART_MAX_BYTES))
        return ERR_TOO_LARGE;
    char *text = arena_alloc(a, len + 1);
    if (!text)
        return ERR_NO_MEMORY;
    TRY(receive_all(fd, text, len));
    *ret_text = str_of(text, len);
    return 0;
}

/* A descriptor that came is the caller's also after an error. */
static int receive_message(int fd, struct arena *a, size_t max_bytes, enum part_kind *ret_kind,
                           struct str *ret_text, int *io_attached)
{
    unsigned char head[HEAD_BYTES];
    TRY(receive_first(fd, (char *)head, io_attached));
    TRY(receive_all(fd, (char *)head + 1, sizeof(head) - 1));
    return receive_body(fd, a, max_bytes, head, ret_kind, ret_text);
}

int ipc_receive_with(int fd, struct arena *a, size_t max_bytes, struct str *ret_text,
                     int *ret_attached)
{
    int attached = -1;
    enum part_kind kind;
    int rc = receive_message(fd, a, max_bytes, &kind, ret_text, &attached);
    if (rc == 0 && kind != PART_REPLY)
        rc = ERR_INVALID_SYNTAX;
    if (rc != 0 && attached >= 0)
        (void)close(attached);
    *ret_attached = rc == 0 ? attached : -1;
    return rc;
}

int ipc_receive_any(int fd, struct arena *a, size_t max_bytes, enum part_kind *ret_kind,
                    struct str *ret_text)
{
    int attached = -1;
    int rc = receive_message(fd, a, max_bytes, ret_kind, ret_text, &attached);
    if (attached < 0)
        return rc;
    (void)close(attached);
    return ERR_INVALID_SYNTAX;
}

int ipc_receive(int fd, struct arena *a, size_t max_bytes, struct str *ret_text)
{
    enum part_kind kind;
    TRY(ipc_receive_any(fd, a, max_bytes, &kind, ret_text));
    return kind == PART_REPLY ? 0 : ERR_INVALID_SYNTAX;
}

int ipc_request_write(struct arena *a, const struct str *words, size_t count, struct str input,
                      struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, REQUEST_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "words");
    for (size_t i = 0; i < count; i++)
        jw_str(&w, words[i]);
    jw_end_array(&w);
    jw_member_str_opt(&w, "input", input);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

int ipc_request_read(struct arena *a, struct str text, struct str **ret_words, size_t *ret_count,
                     struct str *ret_input)
{
    const struct json_value *json, *word;
    TRY(json_parse(a, text, REQUEST_MAX_BYTES, &json));
    const struct json_value *list = json_get(json, "words");
    size_t count = json_count(list), i = 0;
    if (!json_is_array(list) || count == 0 || count > IPC_MAX_WORDS)
        return ERR_INVALID_SYNTAX;
    struct str *words = ARENA_ARRAY(a, count, struct str);
    if (!words)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &word); i++) {
        words[i] = json_str(word);
        if (str_absent(words[i]))
            return ERR_INVALID_SYNTAX;
    }
    *ret_words = words;
    *ret_count = count;
    *ret_input = json_get_str(json, "input");
    return 0;
}

int ipc_reply_write(struct arena *a, const struct reply *reply, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, REPLY_MAX_BYTES + 8192);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "err", reply->err);
    jw_member_str_opt(&w, "error", reply->error);
    jw_member_str_opt(&w, "message", reply->message);
    jw_member_str_opt(&w, "data", reply->data);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

int ipc_reply_read(struct arena *a, struct str text, struct reply *ret_reply)
{
    const struct json_value *json;
    int64_t err;
    TRY(json_parse(a, text, 4 * REPLY_MAX_BYTES, &json));
    TRY(json_get_i64(json, "err", &err));
    if (err < 0 || err >= ERR_COUNT)
        err = ERR_INTERNAL;
    *ret_reply = (struct reply){.err = (int)err,
                                .error = json_get_str(json, "error"),
                                .message = json_get_str(json, "message"),
                                .data = json_get_str(json, "data")};
    return 0;
}
