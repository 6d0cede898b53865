/* SPDX-License-Identifier: MIT */
/* firmware/command_line.c: what each word sets, and that nothing wrong passes. */
#include "test.h"

#include "firmware/command_line.c"

static struct command_line command;

static void empty_line_means_defaults(void **state)
{
    (void)state;
    static const char *const lines[] = {"", " ", " \t\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(command_line_parse(&command, lines[i]));
        assert_int_equal(command.require, 0);
        assert_false(command.verbose);
        assert_false(command.write);
        assert_false(command.shell);
        assert_false(command.ticks);
        assert_false(command.copy);
        assert_int_equal(command.copy_chunk, COPY_CHUNK_DEFAULT);
        assert_int_equal(command.fault, FAULT_NONE);
    }
}

static void words_are_separated_by_blanks(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "  verbose\twrite  ticks shell\n"));
    assert_true(command.verbose);
    assert_true(command.write);
    assert_true(command.ticks);
    assert_true(command.shell);
}

static void require_takes_a_list(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "require=ata,virtio-blk"));
    assert_int_equal(command.require, 1u << PART_ATA | 1u << PART_VIRTIO_BLK);
    assert_true(command_line_parse(&command, "require=serial require=pci,chunk"));
    assert_int_equal(command.require, 1u << PART_SERIAL | 1u << PART_PCI | 1u << PART_CHUNK);
}

static void copy_takes_mechanism_and_range(void **state)
{
    (void)state;
    assert_true(command_line_parse(
        &command, "copy=virtio-blk copy-offset=1099511627776 copy-length=513 copy-chunk=4096"));
    assert_true(command.copy);
    assert_int_equal(command.copy_via, PART_VIRTIO_BLK);
    assert_int_equal(command.copy_offset, 1099511627776);
    assert_int_equal(command.copy_length, 513);
    assert_int_equal(command.copy_chunk, 4096);
    assert_true(command_line_parse(&command, "copy=ata copy-length=18446744073709551615"));
    assert_int_equal(command.copy_via, PART_ATA);
    assert_true(command.copy_length == UINT64_MAX);
    assert_true(command_line_parse(&command, "copy=chunk"));
    assert_int_equal(command.copy_via, PART_CHUNK);
}

static void virtio_mmio_as_linux_has_it(void **state)
{
    (void)state;
    assert_true(command_line_parse(
        &command, "virtio_mmio.device=512@0xfeb00000:5 virtio_mmio.device=4K@0XC0DE0000:12:3 "
                  "verbose virtio_mmio.device=0x1M@1g:0"));
    assert_true(command.verbose);
    assert_int_equal(command.virtio_mmio_count, 3);
    assert_int_equal(command.virtio_mmio[0].length, 512);
    assert_int_equal(command.virtio_mmio[0].base, 0xfeb00000);
    assert_int_equal(command.virtio_mmio[1].length, 4096);
    assert_int_equal(command.virtio_mmio[1].base, 0xc0de0000);
    assert_int_equal(command.virtio_mmio[2].length, 0x100000);
    assert_int_equal(command.virtio_mmio[2].base, 0x40000000);
    assert_true(command_line_parse(&command, ""));
    assert_int_equal(command.virtio_mmio_count, 0);
}

static void virtio_mmio_anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "virtio_mmio.device",
        "virtio_mmio.device=",
        "virtio_mmio.device=512",
        "virtio_mmio.device=512@",
        "virtio_mmio.device=512@0xfeb00000",
        "virtio_mmio.device=512@0xfeb00000:",
        "virtio_mmio.device=512@0xfeb00000:5:",
        "virtio_mmio.device=512@0xfeb00000:5:1:1",
        "virtio_mmio.device=512@0xfeb00000:5x",
        "virtio_mmio.device=512@feb00000:5",
        "virtio_mmio.device=0x@0xfeb00000:5",
        "virtio_mmio.device=0@0xfeb00000:5",
        "virtio_mmio.device=512T@0xfeb00000:5",
        "virtio_mmio.device=51a@0xfeb00000:5",
        "virtio_mmio.device=512@0x10000000000000000:5",
        "virtio_mmio.device=512@0xffffffffffffff00:5",
        "virtio_mmio.device=17179869184G@0:5",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(command_line_parse(&command, lines[i]));
}

static void virtio_mmio_is_bounded(void **state)
{
    (void)state;
    static const char word[] = "virtio_mmio.device=512@0xfeb00000:5 ";
    char line[sizeof(word) * (VIRTIO_MMIO_SLOTS + 1)] = "";
    for (unsigned i = 0; i < VIRTIO_MMIO_SLOTS; i++)
        strcat(line, word);
    assert_true(command_line_parse(&command, line));
    strcat(line, word);
    assert_false(command_line_parse(&command, line));
}

static void ecam_and_bar64(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "ecam"));
    assert_true(command.ecam && !command.bar64);
    assert_true(command_line_parse(&command, "bar64"));
    assert_true(command.bar64 && !command.ecam);
    assert_false(command_line_parse(&command, "ecam=1"));
}

static void faults_have_names(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "fault=triple"));
    assert_int_equal(command.fault, FAULT_TRIPLE);
    assert_true(command_line_parse(&command, "fault=ud"));
    assert_int_equal(command.fault, FAULT_UD);
}

static void wrong_words_are_named(void **state)
{
    (void)state;
    static const char *const words[] = {
        "x",
        "verbos",
        "verbose=1",
        "verbosely",
        "require=",
        "require",
        "require=ata,",
        "require=,ata",
        "require=atx",
        "require=ata,,pci",
        "copy=pci",
        "copy=",
        "copy-length",
        "copy-length=",
        "copy-length=12x",
        "copy-length=1:",
        "copy-length=-1",
        "copy-chunk=0",
        "copy-length=18446744073709551616",
        "fault=",
        "fault=none",
        "fault=udx",
        "=",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char line[96] = "verbose ";
        strcat(line, words[i]);
        strcat(line, " write");
        assert_false(command_line_parse(&command, line));
        assert_string_equal(command.bad_word, words[i]);
        assert_false(command.write);
    }
}

static void long_wrong_word_is_cut(void **state)
{
    (void)state;
    char line[200];
    memset(line, 'y', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    assert_false(command_line_parse(&command, line));
    assert_int_equal(strlen(command.bad_word), sizeof(command.bad_word) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_line_means_defaults),
        cmocka_unit_test(words_are_separated_by_blanks),
        cmocka_unit_test(require_takes_a_list),
        cmocka_unit_test(copy_takes_mechanism_and_range),
        cmocka_unit_test(virtio_mmio_as_linux_has_it),
        cmocka_unit_test(virtio_mmio_anything_else_is_refused),
        cmocka_unit_test(virtio_mmio_is_bounded),
        cmocka_unit_test(ecam_and_bar64),
        cmocka_unit_test(faults_have_names),
        cmocka_unit_test(wrong_words_are_named),
        cmocka_unit_test(long_wrong_word_is_cut),
    };
    return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
