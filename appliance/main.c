/* The program: guards of the process, then the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/cli.h"
#include "core/crypto/init.h"

#include "core/base/banned.h"

#define WORDS_MAX 4096

/* SK-03: no core dump, no debugger of the same user; SK-05: what we make is ours alone. */
static void guard_process(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)umask(077);
}

int main(int argc, char **argv)
{
    static struct str words[WORDS_MAX];
    guard_process();
    if (crypto_init() != 0) {
        (void)fputs("garita: the generator of random numbers does not work\n", stderr);
        return EXIT_FAILURE;
    }
    if (argc < 1 || argc - 1 > WORDS_MAX) {
        (void)fputs("garita: too many words\n", stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        words[i - 1] = str_c(argv[i]);
    return cli_main(words, argc > 0 ? (size_t)argc - 1 : 0, environ);
}
