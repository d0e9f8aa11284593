/* How long from exec to the first answered request: starts a program, asks http://127.0.0.1:PORT/PATH
 * again and again, prints milliseconds, ends the program. Usage: first_answer PORT PATH PROGRAM ARG... */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One attempt; 1 when the answer is a 200. */
static int ask(const struct sockaddr_in *address, const char *request)
{
    char answer[64] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t n = 0;
    if (fd < 0)
        return 0;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
        write(fd, request, strlen(request)) > 0)
        n = read(fd, answer, sizeof answer - 1);
    close(fd);
    return n > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct timespec pause = {.tv_nsec = 100000};
    char request[512];
    double start;
    pid_t child;
    int status;
    if (argc < 4)
        return 2;
    address.sin_port = htons((unsigned short)strtol(argv[1], NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n", argv[2],
             argv[1]);
    start = now_ms();
    child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    while (!ask(&address, request)) {
        if (now_ms() - start > 60000 || waitpid(child, &status, WNOHANG) == child) {
            fprintf(stderr, "first_answer: no answer\n");
            return 1;
        }
        nanosleep(&pause, NULL);
    }
    printf("%.2f\n", now_ms() - start);
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    return 0;
}
