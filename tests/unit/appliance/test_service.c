/* The systemd units: what they lock away (SY-01), and that they start what the installer puts there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER  GARITA_TEST_DATA "/../../appliance/garita.service"
#define WITNESS GARITA_TEST_DATA "/../../appliance/garita-witness.service"

static char text[16384];

static void read_unit(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    assert_int_equal(fclose(f), 0);
}

static void has_lines(const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strstr(text, lines[i]))
            fail_msg("the unit lacks %s", lines[i]);
}
#define HAS(lines) has_lines(lines, sizeof(lines) / sizeof((lines)[0]))

/* Of both. */
static const char *const locked[] = {
    "\nType=notify\n",
    "\nWatchdogSec=",
    "\nUser=garita\n",
    "\nCapabilityBoundingSet=\n",
    "\nNoNewPrivileges=true\n",
    "\nProtectSystem=strict\n",
    "\nProtectHome=true\n",
    "\nPrivateUsers=true\n",
    "\nMemoryDenyWriteExecute=true\n",
    "\nNoExecPaths=/\n",
    "\nSystemCallArchitectures=native\n",
    "\nSystemCallFilter=@system-service\n",
    "\nSystemCallFilter=~@privileged ",
    "\nLimitCORE=0\n",
    "\nUMask=0077\n",
};

static void test_sy_01_server(void **state)
{
    static const char *const lines[] = {
        "\nExecStart=/usr/bin/garita serve --data /var/lib/garita\n",
        "\nReadWritePaths=/var/lib/garita\n",
        "\nSystemCallFilter=setrlimit prlimit64 setpriority\n", /* threads that hash give way */
        "\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n",
    };
    (void)state;
    read_unit(SERVER);
    HAS(locked);
    HAS(lines);
}

/* SY-01: it runs nothing but itself, dials nobody, and sees no data of a node on its machine. */
static void test_sy_01_witness(void **state)
{
    static const char *const lines[] = {
        "\nExecStart=/usr/bin/garita witness --data /var/lib/garita-witness\n",
        "\nStateDirectory=garita-witness\n",
        "\nStateDirectoryMode=0700\n",
        "\nReadWritePaths=/var/lib/garita-witness\n",
        "\nInaccessiblePaths=-/boot -/root -/srv -/media -/mnt -/var/lib/garita\n",
        "\nExecPaths=/usr/bin/garita\n",
        "\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n",
        "\nMemoryMax=",
    };
    (void)state;
    read_unit(WITNESS);
    HAS(locked);
    HAS(lines);
}

/* SY-01: at most 1.5 by systemd's own count. */
static void test_sy_01_score(void **state)
{
    (void)state;
    if (system("command -v systemd-analyze >/dev/null") != 0)
        skip();
    assert_int_equal(
        system("systemd-analyze security --offline=true --threshold=15 " SERVER " >/dev/null"), 0);
    assert_int_equal(
        system("systemd-analyze security --offline=true --threshold=15 " WITNESS " >/dev/null"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sy_01_server),
        cmocka_unit_test(test_sy_01_witness),
        cmocka_unit_test(test_sy_01_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
