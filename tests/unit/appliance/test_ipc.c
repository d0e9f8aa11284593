/* The local socket (CL-03): commands reach the store, messages are bounded, strangers get nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/ipc.h"
#include "appliance/ipc_message.h"
#include "store/store_open.h"

#define ok(expr) assert_string_equal(err_name(expr), err_name(0))

static char dir[64];
static char socket_path[96];
static struct store *store;
static struct ipc_server *server;
static struct arena arena;
static int dir_fd;

static int setup(void **state)
{
    struct store_config config = {.data_dir = dir};
    struct err_ctx err = {0};
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/garita-ipc-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(socket_path, sizeof(socket_path), "%s/%s", dir, IPC_SOCKET);
    arena_init(&arena, (size_t)128 << 20);
    ok(store_open(&config, &store));
    ok(folder_prepare(store, &arena, NULL, NULL, &err));
    ok(ipc_start(dir, store, &err, &server));
    dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir_fd >= 0);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    ipc_stop(server);
    store_close(store);
    (void)close(dir_fd);
    arena_free(&arena);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

static void call(const char *line, struct reply *ret_reply)
{
    struct str words[16], rest = str_c(line), word;
    size_t count = 0;
    while (str_next_word(&rest, &word))
        words[count++] = word;
    const struct call_request request = {CALL_OF(words, count)};
    ok(ipc_call(dir_fd, &arena, &request, ret_reply));
}

static void test_commands(void **state)
{
    struct reply reply;
    (void)state;
    assert_true(ipc_is_up(dir_fd));
    call("realm create peru", &reply);
    assert_int_equal(reply.err, 0);
    assert_true(str_find_str(reply.data, STR("peru")) >= 0);
    call("realm create peru", &reply);
    assert_int_equal(reply.err, ERR_CONFLICT);
    assert_true(!str_empty(reply.error));
    call("user show --realm peru --username nobody", &reply);
    assert_int_equal(reply.err, ERR_NOT_FOUND);
    call("realm show", &reply);
    assert_int_equal(reply.err, ERR_USAGE);
}

/* Commands about the machine (serve, config, completion) do not run in the server. */
static void test_only_commands_about_data(void **state)
{
    struct reply reply;
    (void)state;
    call("serve", &reply);
    assert_int_equal(reply.err, ERR_USAGE);
    call("completion bash", &reply);
    assert_int_equal(reply.err, ERR_USAGE);
}

static void test_mode_of_socket(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(lstat(socket_path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
}

static int connect_plain(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* Messages that are too large, cut off or no JSON end the connection, not the server. */
static void test_bad_messages(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\xff\xff\xff\xff", 4},
        {"\x00\x00\x00\x05{}", 6},
        {"\x00\x00\x00\x02{}", 6},
        {"\x00\x00\x00\x0c{\"words\":[]}", 16},
        {"\x00\x00\x00\x0d{\"words\":[1]}", 17},
        {"\x00\x00\x00\x03\xff\xfe{", 7},
        {"", 0},
    };
    struct reply reply;
    char byte;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int fd = connect_plain();
        assert_true(fd >= 0);
        if (bad[i].len > 0)
            assert_int_equal(send(fd, bad[i].bytes, bad[i].len, MSG_NOSIGNAL), bad[i].len);
        (void)shutdown(fd, SHUT_WR);
        assert_true(recv(fd, &byte, 1, 0) <= 0);
        (void)close(fd);
    }
    call("realm list", &reply);
    assert_int_equal(reply.err, 0);
}

/* Even with the folder and the socket wide open, another user's process is not answered. */
static void test_other_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(chmod(socket_path, 0666), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        const char request[] = "\x00\x00\x00\x18{\"words\":[\"realm\",\"list\"]}";
        if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
            _exit(3);
        int fd = connect_plain();
        if (fd < 0)
            _exit(4);
        (void)send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
        _exit(recv(fd, &byte, 1, 0) <= 0 ? 0 : 5);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(dir, 0700), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- Results in parts --- */

struct taken {
    size_t files, bytes;
    bool fails;
};

static int take(void *arg, enum part_kind kind, struct str bytes)
{
    struct taken *taken = arg;
    assert_true(kind == PART_FILE || kind == PART_BYTES);
    if (taken->fails)
        return ERR_IO;
    taken->files += kind == PART_FILE;
    taken->bytes += kind == PART_BYTES ? bytes.len : 0;
    return 0;
}

static void test_parts(void **state)
{
    const struct str words[] = {STR("realm"), STR("export"), STR("master")};
    struct taken taken = {.files = 0};
    const struct part_taker parts = {take, &taken};
    struct reply reply;
    (void)state;
    ok(ipc_call(dir_fd, &arena, &(struct call_request){CALL_OF(words, 3), .parts = &parts},
                &reply));
    assert_int_equal(reply.err, 0);
    assert_int_equal(taken.files, 1);
    assert_true(taken.bytes > 1000);
    assert_true(str_find_str(reply.data, STR("\"files\":1")) >= 0);
    /* Who cannot take them, or will not, ends it, and the next one is served. */
    taken.fails = true;
    assert_int_equal(ipc_call(dir_fd, &arena,
                              &(struct call_request){CALL_OF(words, 3), .parts = &parts}, &reply),
                     ERR_IO);
    assert_int_equal(ipc_call(dir_fd, &arena, &(struct call_request){CALL_OF(words, 3)}, &reply),
                     ERR_INVALID_SYNTAX);
    call("realm list", &reply);
    assert_int_equal(reply.err, 0);
}

/* Of a part no more is taken than a part may have. */
static void test_bad_parts(void **state)
{
    static const char *const heads[] = {"\x80\x10\x00\x01", "\xc0\x10\x00\x01", "\x7f\xff\xff\xff"};
    enum part_kind kind;
    struct str bytes;
    int pair[2];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(send(pair[0], heads[i], 4, MSG_NOSIGNAL), 4);
        assert_int_not_equal(ipc_receive_any(pair[1], &arena, REPLY_MAX_BYTES, &kind, &bytes), 0);
        (void)close(pair[0]);
        (void)close(pair[1]);
    }
}

/* --- A descriptor beside a message --- */

static void send_two(int fd, int first, int second)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {.bytes = {0}};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    const int both[] = {first, second};
    control.head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(both)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), both, sizeof(both));
    assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), 1);
}

static void CL_03_one_descriptor_comes_along(void **state)
{
    struct str text;
    struct stat sent, came;
    int pair[2], attached = -1;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    ok(ipc_send_with(pair[0], STR("read this"), dir_fd));
    ok(ipc_receive_with(pair[1], &arena, 100, &text, &attached));
    assert_true(str_eq(text, STR("read this")));
    assert_int_equal(fstat(dir_fd, &sent), 0);
    assert_int_equal(fstat(attached, &came), 0);
    assert_int_equal(sent.st_ino, came.st_ino);
    (void)close(attached);
    ok(ipc_send(pair[0], STR("none")));
    ok(ipc_receive_with(pair[1], &arena, 100, &text, &attached));
    assert_int_equal(attached, -1);
    /* Nobody asked for one here, and two are nobody's wish. */
    ok(ipc_send_with(pair[0], STR("unasked"), dir_fd));
    assert_int_equal(ipc_receive(pair[1], &arena, 100, &text), ERR_INVALID_SYNTAX);
    send_two(pair[0], dir_fd, dir_fd);
    assert_int_equal(ipc_receive_with(pair[1], &arena, 100, &text, &attached), ERR_INVALID_SYNTAX);
    assert_int_equal(attached, -1);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void test_messages(void **state)
{
    const struct str words[] = {STR("user"), STR("add"), STR("a \"b\" \xc3\xb1")};
    struct str text, *read_words, input;
    size_t count;
    struct reply reply = {.err = ERR_CONFLICT, .error = STR("taken"), .data = STR("{\"a\":1}")};
    struct reply back;
    (void)state;
    ok(ipc_request_write(&arena, words, 3, STR("geheim"), &text));
    ok(ipc_request_read(&arena, text, &read_words, &count, &input));
    assert_int_equal(count, 3);
    assert_true(str_eq(read_words[2], words[2]));
    assert_true(str_eq(input, STR("geheim")));
    ok(ipc_reply_write(&arena, &reply, &text));
    ok(ipc_reply_read(&arena, text, &back));
    assert_int_equal(back.err, ERR_CONFLICT);
    assert_true(str_eq(back.data, reply.data));
    assert_true(str_absent(back.message));
}

/* --- The end of a server --- */

#define CALLERS 8

static int last_error(struct arena *a)
{
    struct str words[] = {STR("realm"), STR("list")};
    struct reply reply;
    const struct call_request request = {CALL_OF(words, 2)};
    int rc = 0;
    while (rc == 0) {
        arena_reset(a);
        rc = ipc_call(dir_fd, a, &request, &reply);
    }
    return rc;
}

static void *call_until_it_ends(void *arg)
{
    struct arena a;
    arena_init(&a, (size_t)16 << 20);
    *(int *)arg = last_error(&a);
    arena_free(&a);
    return NULL;
}

/* Whoever reached the server is answered: a command that breaks off does not know what was done. */
static void test_nobody_is_cut_off_at_the_end(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct err_ctx err = {0};
        pthread_t callers[CALLERS];
        int errors[CALLERS];
        for (size_t i = 0; i < CALLERS; i++)
            assert_int_equal(pthread_create(&callers[i], NULL, call_until_it_ends, &errors[i]), 0);
        (void)usleep(5000);
        ipc_stop(server);
        for (size_t i = 0; i < CALLERS; i++)
            (void)pthread_join(callers[i], NULL);
        ok(ipc_start(dir, store, &err, &server));
        for (size_t i = 0; i < CALLERS; i++)
            assert_string_equal(err_name(errors[i]), err_name(ERR_NOT_RUNNING));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_only_commands_about_data),
        cmocka_unit_test(test_mode_of_socket),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_bad_parts),
        cmocka_unit_test(CL_03_one_descriptor_comes_along),
        cmocka_unit_test(test_other_user_is_refused),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_nobody_is_cut_off_at_the_end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
