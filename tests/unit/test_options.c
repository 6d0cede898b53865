/* SPDX-License-Identifier: MIT */
/* The command line: what it means, and that each wrong use is refused. */
#include "test.h"

#include "options.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct options parsed;

/* Parses one line, split at blanks; standard error goes to a scratch buffer. */
static char message[1024];

static int parse(const char *line)
{
    static char words[1024];
    char *argv[32] = {0};
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    FILE *scratch = tmpfile();
    dup2(fileno(scratch), STDERR_FILENO);
    int status = options_parse(argc, argv, &parsed);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(scratch);
    size_t length = fread(message, 1, sizeof message - 1, scratch);
    message[length] = '\0';
    fclose(scratch);
    return status;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run"), 0);
    assert_int_equal(parsed.command, COMMAND_RUN);
    assert_int_equal(parsed.machine.memory, 1ull << 30);
    assert_string_equal(parsed.machine.serial, "stdio");
    assert_null(parsed.machine.firmware);
    assert_false(parsed.machine.chunk);
}

static void test_everything_of_run(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --firmware=f.rom --mem 64M --ata a --ata b,ro "
                           "--virtio-blk c --virtio-blk=d,ro --chunk in=i,out=o --cmd verbose "
                           "--serial log --timeout 2.5 --strict --stats --stats-json s.json"),
                     0);
    const struct machine_options *m = &parsed.machine;
    assert_string_equal(m->firmware, "f.rom");
    assert_int_equal(m->memory, 64ull << 20);
    assert_int_equal(m->ata_count, 2);
    assert_string_equal(m->ata[1].path, "b");
    assert_true(m->ata[1].read_only);
    assert_false(m->ata[0].read_only);
    assert_int_equal(m->virtio_blk_count, 2);
    assert_true(m->virtio_blk[1].read_only);
    assert_string_equal(m->chunk_in, "i");
    assert_string_equal(m->chunk_out, "o");
    assert_string_equal(m->command_line, "verbose");
    assert_true(m->timeout > 2.4 && m->timeout < 2.6);
    assert_true(m->strict && m->stats);
    assert_string_equal(m->stats_json, "s.json");
}

static void test_chunk_in_either_order_and_with_commas(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --chunk out=o,in=a,b"), 0);
    assert_string_equal(parsed.machine.chunk_out, "o");
    assert_string_equal(parsed.machine.chunk_in, "a,b");
    assert_int_equal(parse("trapline run --chunk in=only"), 0);
    assert_null(parsed.machine.chunk_out);
}

static void test_copy(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline copy --via virtio-blk --chunk-size 64K --offset 1G "
                           "--length=512 --json src dst"),
                     0);
    assert_int_equal(parsed.command, COMMAND_COPY);
    assert_int_equal(parsed.copy.via, COPY_VIA_VIRTIO_BLK);
    assert_int_equal(parsed.copy.chunk_size, 65536);
    assert_int_equal(parsed.copy.offset, 1ull << 30);
    assert_int_equal(parsed.copy.length, 512);
    assert_true(parsed.copy.has_length && parsed.copy.json);
    assert_string_equal(parsed.copy.destination, "dst");
    assert_int_equal(parse("trapline copy --via chunk src dst"), 0);
    assert_int_equal(parsed.copy.chunk_size, 1 << 20);
    assert_false(parsed.copy.has_range);
    assert_null(parsed.machine.serial);
}

static void test_a_kernel_instead_of_a_rom(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --kernel k.elf --initrd i --cmd words"), 0);
    assert_string_equal(parsed.machine.kernel, "k.elf");
    assert_string_equal(parsed.machine.initrd, "i");
    assert_null(parsed.machine.firmware);
    assert_string_equal(parsed.machine.command_line, "words");
    assert_int_equal(parse("trapline run"), 0);
    assert_null(parsed.machine.kernel);
}

static void test_sizes(void **state)
{
    (void)state;
    uint64_t value;
    assert_true(parse_size("0", &value) && value == 0);
    assert_true(parse_size("4096", &value) && value == 4096);
    assert_true(parse_size("0x1000", &value) && value == 4096);
    assert_true(parse_size("3k", &value) && value == 3072);
    assert_true(parse_size("2MiB", &value) && value == 2 << 20);
    assert_true(parse_size("16G", &value) && value == 16ull << 30);
    static const char *const bad[] = {"",
                                      "K",
                                      "-1",
                                      "1T",
                                      "1KX",
                                      "1.5G",
                                      " 1",
                                      "+1",
                                      "1 K",
                                      "x",
                                      "18446744073709551616",
                                      "17179869184G"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(parse_size(bad[i], &value));
}

static void test_wrong_uses(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"trapline", "no command"},
        {"trapline fly", "fly"},
        {"trapline --nonsense", "--nonsense"},
        {"trapline run --nonsense", "--nonsense: unknown option"},
        {"trapline run -x", "-x: unknown option"},
        {"trapline run a -xyz b", "-x: unknown option"},
        {"trapline run --st", "--st: could mean more than one option"},
        {"trapline copy --via chunk a b --nonsense", "--nonsense: unknown option"},
        {"trapline run --strict=yes", "--strict=yes: takes no argument"},
        {"trapline run --mem", "--mem: needs an argument"},
        {"trapline run --mem lots", "--mem lots: not a size"},
        {"trapline run --mem 1M", "too little memory"},
        {"trapline run --mem 2048G", "too much memory"},
        {"trapline run --mem 5000001", "not a multiple"},
        {"trapline run --ata a --ata b --ata c", "--ata c: given more than 2 times"},
        {"trapline run --ata ,ro", "--ata: no file named"},
        {"trapline run --chunk", "--chunk: needs an argument"},
        {"trapline run --chunk file", "--chunk file: expected in=FILE"},
        {"trapline run --chunk in=", "--chunk: no file named"},
        {"trapline run --chunk in=a,in=b", "second file"},
        {"trapline run --timeout 0", "--timeout 0"},
        {"trapline run --timeout soon", "--timeout soon"},
        {"trapline run --timeout nan", "--timeout nan"},
        {"trapline run file", "file: unexpected argument"},
        {"trapline run --kernel=", "--kernel: no file named"},
        {"trapline run --kernel k --initrd=", "--initrd: no file named"},
        {"trapline run --kernel k --firmware f", "--kernel k: excludes --firmware"},
        {"trapline run --firmware f --kernel k", "--kernel k: excludes --firmware"},
        {"trapline run --initrd i", "--initrd i: needs --kernel"},
        {"trapline run --kernel k file", "file: unexpected argument"},
        {"trapline copy --via ata --kernel k a b", "--kernel: unknown option"},
        {"trapline run --via ata", "--via: unknown option"},
        {"trapline copy a b", "--via: needed"},
        {"trapline copy --via floppy a b", "--via floppy"},
        {"trapline copy --via ata a", "needs SRC and DST, got 1"},
        {"trapline copy --via ata a b c", "got 3"},
        {"trapline copy --via ata --chunk-size 0 a b", "--chunk-size 0"},
        {"trapline copy --via ata --chunk-size 65M a b", "--chunk-size 65M"},
        {"trapline copy --via ata --chunk-size 1000 a b", "multiple of 512"},
        {"trapline copy --via ata --chunk-size 16M --mem 16M a b", "too little memory"},
        {"trapline copy --via ata --ata x a b", "--ata: unknown option"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parse(cases[i].line) != EXIT_STATUS_USAGE || strstr(message, cases[i].says) == NULL)
            fail_msg("\"%s\" said \"%s\", not \"%s\"", cases[i].line, message, cases[i].says);
        /* one line, and it begins with who is speaking */
        assert_ptr_equal(strchr(message, '\n'), message + strlen(message) - 1);
        assert_int_equal(strncmp(message, "trapline", 8), 0);
    }
}

static void test_odd_chunk_size_is_fine_for_the_chunk_device(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline copy --via chunk --chunk-size 1000 a b"), 0);
    assert_int_equal(parsed.copy.chunk_size, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything_of_run),
        cmocka_unit_test(test_chunk_in_either_order_and_with_commas),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_a_kernel_instead_of_a_rom),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_wrong_uses),
        cmocka_unit_test(test_odd_chunk_size_is_fine_for_the_chunk_device),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
