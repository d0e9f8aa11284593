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

int ipc_send_part(int fd, enum part_kind kind, struct str bytes)
{
    if (bytes.len > LENGTH_MAX)
        return ERR_TOO_LARGE;
    size_t word = ((size_t)kind << KIND_SHIFT) | bytes.len;
    const char head[4] = {(char)(word >> 24), (char)(word >> 16), (char)(word >> 8), (char)word};
    TRY(send_all(fd, head, sizeof(head)));
    return send_all(fd, bytes.ptr, bytes.len);
}

int ipc_send(int fd, struct str text)
{
    return ipc_send_part(fd, PART_REPLY, text);
}

int ipc_receive(int fd, struct arena *a, size_t max_bytes, struct str *ret_text)
{
    enum part_kind kind;
    TRY(ipc_receive_any(fd, a, max_bytes, &kind, ret_text));
    return kind == PART_REPLY ? 0 : ERR_INVALID_SYNTAX;
}

int ipc_receive_any(int fd, struct arena *a, size_t max_bytes, enum part_kind *ret_kind,
                    struct str *ret_text)
{
    unsigned char head[4];
    TRY(receive_all(fd, (char *)head, sizeof(head)));
    size_t word = ((size_t)head[0] << 24) | ((size_t)head[1] << 16) | ((size_t)head[2] << 8) |
                  (size_t)head[3];
    size_t len = word & LENGTH_MAX;
    *ret_kind = (enum part_kind)(word >> KIND_SHIFT);
    if (*ret_kind > PART_BYTES)
        return ERR_INVALID_SYNTAX;
    if (len > (*ret_kind == PART_REPLY ? max_bytes : PART_MAX_BYTES))
        return ERR_TOO_LARGE;
    char *text = arena_alloc(a, len + 1);
    if (!text)
        return ERR_NO_MEMORY;
    TRY(receive_all(fd, text, len));
    *ret_text = str_of(text, len);
    return 0;
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
