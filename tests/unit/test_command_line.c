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
        assert_int_equal(command.irq, IRQ_NONE);
        assert_false(command.dma);
        assert_int_equal(command.copy_depth, 1);
        assert_string_equal(command.bench, "");
        assert_int_equal(command.bench_ms, BENCH_MS_DEFAULT);
        assert_int_equal(command.blk_queues, 1);
        assert_true(command.blk_features_on == 0 && command.blk_features_off == 0);
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
    assert_int_equal(command.virtio_mmio[0].irq, 5);
    assert_int_equal(command.virtio_mmio[1].irq, 12);
    assert_int_equal(command.virtio_mmio[2].irq, 0);
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
        "virtio_mmio.device=512@0xfeb00000:0x100000000",
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
    assert_true(command_line_parse(&command, "fault=lost-irq irq"));
    assert_int_equal(command.fault, FAULT_LOST_IRQ);
    assert_int_equal(command.irq, IRQ_IOAPIC);
}

static void interrupts_and_dma(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "irq"));
    assert_int_equal(command.irq, IRQ_IOAPIC);
    assert_false(command.dma);
    assert_true(command_line_parse(&command, "dma irq=pic"));
    assert_int_equal(command.irq, IRQ_PIC);
    assert_true(command.dma);
}

static void how_many_in_flight(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "copy-depth=64 virtio-blk.queues=4"));
    assert_int_equal(command.copy_depth, COPY_DEPTH_MAX);
    assert_int_equal(command.blk_queues, 4);
}

#define BIT(feature) (1ull << (feature))

static void features_on_and_off(void **state)
{
    (void)state;
    static const uint64_t named = 0
#define OR(name, bit) | BIT(bit)
        VIRTIO_BLK_FEATURE_NAMES(OR)
#undef OR
        ;
    static const struct {
        const char *line;
        uint64_t on, off;
    } cases[] = {
        {"all", named, 0},
        {"none", 0, named},
        {"+flush", BIT(VIRTIO_BLK_F_FLUSH), 0},
        {"-mq", 0, BIT(VIRTIO_BLK_F_MQ)},
        {"none+flush+ring_packed", BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_RING_PACKED),
         named & ~(BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_F_RING_PACKED))},
        {"all-event_idx", named & ~BIT(VIRTIO_F_EVENT_IDX), BIT(VIRTIO_F_EVENT_IDX)},
        {"+discard-discard", 0, BIT(VIRTIO_BLK_F_DISCARD)},
        {"-discard+discard", BIT(VIRTIO_BLK_F_DISCARD), 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char line[96] = "virtio-blk.features=";
        strcat(line, cases[i].line);
        assert_true(command_line_parse(&command, line));
        assert_true(command.blk_features_on == cases[i].on);
        assert_true(command.blk_features_off == cases[i].off);
    }
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
        "irq=",
        "irq=ioapic",
        "irqs",
        "dma=1",
        "copy-depth=0",
        "copy-depth=65",
        "copy-depth=",
        "virtio-blk.queues=0",
        "virtio-blk.queues=65",
        "virtio-blk.features=",
        "virtio-blk.features=flush",
        "virtio-blk.features=al",
        "virtio-blk.features=all+",
        "virtio-blk.features=all-",
        "virtio-blk.features=+flush+",
        "virtio-blk.features=+flus",
        "virtio-blk.features=++flush",
        "virtio-blk.features=none,flush",
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

static void bench_names_a_group_and_its_time(void **state)
{
    (void)state;
    assert_true(command_line_parse(&command, "bench=direct-memory bench-ms=60000"));
    assert_string_equal(command.bench, "direct-memory");
    assert_int_equal(command.bench_ms, BENCH_MS_MAX);
    static const char *const wrong[] = {"bench",      "bench=",         "bench=sixteen-letters-",
                                        "bench-ms=0", "bench-ms=60001", "bench-ms=ten"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(command_line_parse(&command, wrong[i]));
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
        cmocka_unit_test(interrupts_and_dma),
        cmocka_unit_test(how_many_in_flight),
        cmocka_unit_test(bench_names_a_group_and_its_time),
        cmocka_unit_test(features_on_and_off),
        cmocka_unit_test(wrong_words_are_named),
        cmocka_unit_test(long_wrong_word_is_cut),
    };
    return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
