/* Hooks run one after another, and what the node is in the end is what the last one heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "appliance/hook.h"

#define TRIES   3000
#define STEP_US 10000

static char folder[] = "/tmp/garita-hook-XXXXXX";
static char program[64], told[64], may_end[64];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void read_told(char out[256])
{
    FILE *file = fopen(told, "r");
    size_t len = file ? fread(out, 1, 255, file) : 0;
    out[len] = '\0';
    if (file)
        (void)fclose(file);
}

static void wait_for(const char *text)
{
    char now[256];
    read_told(now);
    for (int i = 0; i < TRIES && strcmp(now, text) != 0; i++) {
        (void)usleep(STEP_US);
        read_told(now);
    }
    assert_string_equal(now, text);
}

static int set_up(void **state)
{
    char script[300];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(program, sizeof(program), "%s/hook", folder);
    (void)snprintf(told, sizeof(told), "%s/told", folder);
    (void)snprintf(may_end, sizeof(may_end), "%s/end", folder);
    (void)snprintf(script, sizeof(script),
                   "#!/bin/sh\necho \"$@\" >> '%s'\nwhile [ ! -e '%s' ]; do sleep 0.01; done\n",
                   told, may_end);
    write_file(program, script);
    return chmod(program, 0700);
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(program);
    (void)unlink(told);
    (void)unlink(may_end);
    return rmdir(folder);
}

static void test_one_after_another(void **state)
{
    (void)state;
    hook_run("", "promote", 1); /* none is set */
    hook_run("/nowhere/hook", "demote", 1);
    hook_run(program, "promote", 2);
    wait_for("promote 2\n");
    hook_run(program, "demote", 2);
    hook_run(program, "promote", 3);
    hook_run(program, "demote", 3);
    write_file(may_end, "");
    wait_for("promote 2\ndemote 3\n");
    hook_run(program, "promote", 4);
    wait_for("promote 2\ndemote 3\npromote 4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
