/* SPDX-License-Identifier: MIT */
/* host-vmm/bench/kvm_kind.c, on trees made like /sys and /proc. */
#include "test.h"

#include "host-vmm/bench/kvm_kind.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char root[64];

static int run(const char *format, const char *argument)
{
    char command[PATH_MAX];
    snprintf(command, sizeof command, format, root, argument);
    return system(command);
}

static int start(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test-kvm-kind-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int stop(void **state)
{
    (void)state;
    return run("rm -rf '%s'%s", "");
}

static void put(const char *path, const char *text)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s/%s", root, path);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void module(const char *name, const char *uses)
{
    char path[PATH_MAX];
    assert_int_equal(run("mkdir -p '%s/module/%s'", name), 0);
    snprintf(path, sizeof path, "module/%s/refcnt", name);
    if (uses != NULL)
        put(path, uses);
}

static void cpu(const char *flags)
{
    char text[256];
    snprintf(text, sizeof text,
             "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu %s sse\n\n"
             "processor\t: 1\nmodel name\t: Another\nflags\t\t: vmx\n",
             flags);
    put("cpuinfo", text);
}

static struct kvm_kind look(void)
{
    struct kvm_kind kind;
    kvm_kind_look(&kind, root, root);
    return kind;
}

static void intel(void **state)
{
    (void)state;
    module("kvm_intel", "1\n");
    cpu("vmx");
    struct kvm_kind kind = look();
    assert_string_equal(kind.kind, "VT-x");
    assert_string_equal(kind.module, "kvm_intel");
    assert_string_equal(kind.cpu, "Some CPU @ 2 GHz");
    assert_false(kind.virtual_machine);
}

static void amd_in_a_virtual_machine(void **state)
{
    (void)state;
    module("kvm_amd", NULL); /* built in */
    cpu("svm hypervisor");
    struct kvm_kind kind = look();
    assert_string_equal(kind.kind, "SVM");
    assert_true(kind.virtual_machine);
}

static void software_in_use_beside_an_idle_module(void **state)
{
    (void)state;
    module("kvm_pvm", "1\n");
    module("kvm_intel", "0\n");
    cpu("vmx");
    assert_string_equal(look().kind, "software");
}

static void hardware_in_use_beside_an_idle_software_module(void **state)
{
    (void)state;
    module("kvm_pvm", "0\n");
    module("kvm_intel", "3\n");
    cpu("vmx");
    assert_string_equal(look().kind, "VT-x");
}

/* A module that is built into the kernel is there on every machine: the flag decides. */
static void a_module_without_its_flag_is_not_it(void **state)
{
    (void)state;
    module("kvm_intel", NULL);
    module("kvm_amd", NULL);
    cpu("svm vmxy");
    assert_string_equal(look().kind, "SVM");
}

static void nothing_known(void **state)
{
    (void)state;
    struct kvm_kind kind = look();
    assert_string_equal(kind.kind, "unknown");
    assert_string_equal(kind.module, "");
    assert_string_equal(kind.cpu, "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intel, start, stop),
        cmocka_unit_test_setup_teardown(amd_in_a_virtual_machine, start, stop),
        cmocka_unit_test_setup_teardown(software_in_use_beside_an_idle_module, start, stop),
        cmocka_unit_test_setup_teardown(hardware_in_use_beside_an_idle_software_module, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_module_without_its_flag_is_not_it, start, stop),
        cmocka_unit_test_setup_teardown(nothing_known, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
