/* SPDX-License-Identifier: MIT */
/* host-vmm/trace/profile*.c: rows, medians, and the text of the short form. */
#include "test.h"

#include "host-vmm/trace/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct profile *profile;
static char *text;

static int start(void **state)
{
    (void)state;
    profile = profile_create();
    assert_non_null(profile);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    profile_destroy(profile);
    free(text);
    text = NULL;
    return 0;
}

static const char *print(uint64_t run_ns)
{
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    profile_print(profile, run_ns, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* The line of the text that begins so; the text is taken apart. */
static const char *line_of(const char *begin)
{
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, begin, strlen(begin)) == 0)
            return line;
    fail_msg("no line begins with %s", begin);
    return NULL;
}

static void exit_of(const char *device, const char *reg, bool is_write, uint64_t ns)
{
    profile_access(profile, device, reg, is_write, true, 1, ns);
}

static void rows_are_by_device_register_and_direction(void **state)
{
    (void)state;
    exit_of("ata0", "status", false, 10);
    exit_of("ata0", "status", false, 10);
    exit_of("ata0", "status", false, 10);
    exit_of("ata0", "status", true, 10);
    exit_of("ata1", "status", false, 10);
    exit_of("ata1", "status", false, 10);
    profile_access(profile, "ata0", "data", false, true, 256, 10);
    profile_access(profile, "chunk", "data_gpa", true, false, 1, 0);
    unsigned count;
    const struct profile_row *rows = profile_rows(profile, &count);
    assert_int_equal(count, 5);
    assert_string_equal(rows[0].device, "ata0");
    assert_string_equal(rows[0].reg, "status");
    assert_int_equal(rows[0].exits, 3);
    assert_false(rows[0].is_write);
    assert_int_equal(rows[0].ns, 30);
    assert_string_equal(rows[1].device, "ata1");
    assert_string_equal(rows[2].reg, "data");
    assert_int_equal(rows[2].accesses, 256);
    assert_true(rows[3].is_write);
    assert_string_equal(rows[4].device, "chunk");
    assert_int_equal(rows[4].exits, 0);
    assert_int_equal(rows[4].collected, 1);
}

static void names_are_not_run_together(void **state)
{
    (void)state;
    exit_of("a", "bc", false, 1);
    exit_of("ab", "c", false, 1);
    unsigned count;
    profile_rows(profile, &count);
    assert_int_equal(count, 2);
}

static void names_are_copied(void **state)
{
    char device[] = "chunk", reg[] = "status";
    (void)state;
    exit_of(device, reg, false, 1);
    memset(device, 'x', sizeof device - 1);
    memset(reg, 'x', sizeof reg - 1);
    unsigned count;
    const struct profile_row *rows = profile_rows(profile, &count);
    assert_string_equal(rows[0].device, "chunk");
    assert_string_equal(rows[0].reg, "status");
}

static void the_median_is_right_within_a_twelfth(void **state)
{
    static const uint64_t times[] = {1,     5,         12,         100,     999,
                                     10007, 123456789, 5000000001, 1 << 20, UINT64_MAX / 3};
    (void)state;
    for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
        char reg[24];
        snprintf(reg, sizeof reg, "%u", i);
        /* An outlier on either side, and the middle three times */
        exit_of("d", reg, false, 0);
        exit_of("d", reg, false, UINT64_MAX);
        for (unsigned n = 0; n < 3; n++)
            exit_of("d", reg, false, times[i]);
    }
    unsigned count;
    const struct profile_row *rows = profile_rows(profile, &count);
    assert_int_equal(count, sizeof times / sizeof times[0]);
    for (unsigned i = 0; i < count; i++) {
        double wanted = (double)times[atoi(rows[i].reg)], got = (double)rows[i].median_ns;
        assert_true(got >= wanted * 11 / 12 - 1 && got <= wanted * 13 / 12);
    }
}

static void the_middle_of_an_even_spread(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 1000; i++)
        exit_of("d", "r", false, 1000 * i);
    unsigned count;
    uint64_t median = profile_rows(profile, &count)[0].median_ns;
    assert_true(median > 500000 * 11 / 12 && median < 500000 * 13 / 12);
}

static void time_goes_to_guest_models_backend_and_workers(void **state)
{
    (void)state;
    exit_of("ata0", "data", false, 30000000);
    profile_backend(profile, 12000000);
    profile_other_exit(profile, 10000000);
    profile_request(profile, 5000000);
    profile_request(profile, 2000000);
    double ms, part;
    print(100000000);
    char *copy = strdup(text);
    sscanf(line_of("in the guest"), "in the guest %lf %lf", &ms, &part);
    assert_true(ms == 60 && part == 60);
    strcpy(text, copy);
    sscanf(line_of("in host models"), "in host models %lf %lf", &ms, &part);
    assert_true(ms == 28 && part == 28);
    strcpy(text, copy);
    sscanf(line_of("in the backend"), "in the backend %lf %lf", &ms, &part);
    assert_true(ms == 12 && part == 12);
    strcpy(text, copy);
    assert_non_null(strstr(line_of("in workers"), "7.000          2 requests"));
    strcpy(text, copy);
    unsigned exits = 0;
    sscanf(line_of("all"), "all %u", &exits);
    assert_int_equal(exits, 2);
    free(copy);
}

static void only_the_busiest_are_printed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PROFILE_BUSIEST + 5; i++) {
        char reg[24];
        snprintf(reg, sizeof reg, "reg%02u", i);
        for (unsigned n = 0; n <= i; n++)
            exit_of("dev", reg, true, 2000);
    }
    print(1000000);
    assert_null(strstr(text, "reg04 <-"));
    assert_non_null(strstr(text, "reg05 <-"));
    assert_true(strstr(text, "reg14") < strstr(text, "reg13"));
}

static void no_line_is_wider_than_a_terminal(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        char device[64];
        snprintf(device, sizeof device, "a device with a name that is very long %u", i);
        profile_access(profile, device, "a register whose name does not end either, nor stops",
                       true, true, 1, 3600000000000);
        profile_access(profile, device, "r", false, false, UINT32_MAX, 1);
    }
    profile_other_exit(profile, 3600000000000);
    profile_request(profile, 3600000000000);
    print(3600000000000);
    unsigned lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
        if (strlen(line) > 80)
            fail_msg("%s", line);
    assert_true(lines > 20 && lines < 80);
}

/* By what they are sorted, and whose time it is. */
static void the_tables_say_what_they_count(void **state)
{
    (void)state;
    exit_of("uart", "LSR", false, 1000000);
    print(5000000);
    assert_non_null(strstr(text, "\nbusiest registers, by exits "));
    assert_non_null(strstr(text, " host ms      median us\n"));
    assert_non_null(strstr(text, "\nhost ms, median us: what the exits took in user space\n"));
    assert_non_null(strstr(line_of("device "), " host ms"));
}

static void functions_that_do_not_exist_are_one_device(void **state)
{
    static const char there[] = "pci 00:02.0";
    (void)state;
    assert_string_equal(profile_device("pci 00:1f.7", "ffff:ffff nobody"), "pci, nobody there");
    assert_string_equal(profile_device("pci ff:00.0", "ffff nobody"), "pci, nobody there");
    assert_ptr_equal(profile_device(there, "1234:7470 chunk device"), there);
    assert_ptr_equal(profile_device(there, "nobody knows"), there);
    assert_ptr_equal(profile_device(there, "body"), there);
    assert_ptr_equal(profile_device(there, ""), there);
    assert_string_equal(profile_device("pci", "nobody"), "pci");
    assert_string_equal(profile_device("uart", "\"nobody"), "uart");
}

static void a_run_of_nothing_can_be_printed(void **state)
{
    (void)state;
    assert_non_null(strstr(print(0), "in the guest"));
}

/* A guest that reads everywhere does not make the host grow for ever; nothing is left out of the sums. */
static void rows_are_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50000; i++) {
        char reg[24];
        snprintf(reg, sizeof reg, "0x%x", i);
        exit_of(i % 3 == 0 ? "others" : "nobody", reg, i & 1, 100);
    }
    unsigned count;
    uint64_t exits = 0;
    const struct profile_row *rows = profile_rows(profile, &count);
    assert_true(count < 5000);
    for (unsigned i = 0; i < count; i++)
        exits += rows[i].exits;
    assert_int_equal(exits, 50000);
}

#define test(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(rows_are_by_device_register_and_direction),
        test(names_are_not_run_together),
        test(names_are_copied),
        test(the_median_is_right_within_a_twelfth),
        test(the_middle_of_an_even_spread),
        test(time_goes_to_guest_models_backend_and_workers),
        test(only_the_busiest_are_printed),
        test(no_line_is_wider_than_a_terminal),
        test(the_tables_say_what_they_count),
        test(functions_that_do_not_exist_are_one_device),
        test(a_run_of_nothing_can_be_printed),
        test(rows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
