/* The systemd unit: what it locks away (SY-01), and that it starts what the installer puts there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNIT GARITA_TEST_DATA "/../../appliance/garita.service"

static char text[16384];

static int setup(void **state)
{
    (void)state;
    FILE *f = fopen(UNIT, "r");
    if (!f)
        return -1;
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    return fclose(f);
}

static void test_lines(void **state)
{
    static const char *const lines[] = {
        "\nType=notify\n",
        "\nWatchdogSec=",
        "\nExecStart=/usr/bin/garita serve --data /var/lib/garita\n",
        "\nUser=garita\n",
        "\nCapabilityBoundingSet=\n",
        "\nNoNewPrivileges=true\n",
        "\nProtectSystem=strict\n",
        "\nReadWritePaths=/var/lib/garita\n",
        "\nMemoryDenyWriteExecute=true\n",
        "\nNoExecPaths=/\n",
        "\nSystemCallArchitectures=native\n",
        "\nSystemCallFilter=@system-service\n",
        "\nSystemCallFilter=setrlimit prlimit64 setpriority\n", /* threads that hash give way */
        "\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n",
        "\nLimitCORE=0\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!strstr(text, lines[i]))
            fail_msg("the unit lacks %s", lines[i]);
}

/* SY-01: at most 1.5 by systemd's own count. */
static void test_score(void **state)
{
    (void)state;
    if (system("command -v systemd-analyze >/dev/null") != 0)
        skip();
    assert_int_equal(
        system("systemd-analyze security --offline=true --threshold=15 " UNIT " >/dev/null"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_score),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
