/* SPDX-License-Identifier: MIT */
/* drivers/ata_dma.c against a fake bus master, one that lies included, in front of a fake channel. */
#include "test.h"

#include <string.h>
#include <sys/mman.h>

#include "drivers/abi/machine.h"
#include "drivers/ata_dma.h"
#include "drivers/errors.h"
#include "drivers/poll.h"
#include "fake_ata.h"
#include "fake_io.h"
#include "fake_pci.h"
#include "fake_platform.h"

#define SECONDS 1000000000ull
#define SMALL 1000ull
#define LARGE 0x20000000ull /* beyond 28 bits */
#define BUS_MASTER_BASE 0xc000
#define NOTES (IDE_DMA_STATUS_CAPABLE_0 | IDE_DMA_STATUS_CAPABLE_1)
#define MEMORY_BYTES (40 << 20)

/* How the bus master lies */
enum lie {
    NO_LIE,
    NEVER_ENDS,
    ERROR_BIT,        /* nothing moved */
    ENDS_EARLY,       /* the drive says done, and the table goes on */
    NO_INTERRUPT_BIT, /* only the active bit goes: nIEN, or a drive that is late */
    DRIVE_FAILS,
    DRIVE_FAILS_IDNF,
    DRIVE_WANTS_MORE, /* DRQ after the end */
};

static struct bus_master {
    uint8_t command, status;
    uint32_t table;
    enum lie lie;
    unsigned looks;   /* at the status, which a command takes */
    unsigned regions; /* of the last table */
    unsigned started, lines;
    bool without_line; /* the interrupt is lost */
    unsigned misuses;
} master;

static struct fake_ata ata;
static struct fake_pci pci;
static struct pci_function function;
static struct ata_drive drive;
static uint8_t *memory; /* below 4 GiB, where DMA gets */
static void *table;
static uint8_t *buffer;
static unsigned looks_until_done; /* each command takes so many looks or sleeps */

/* --- the bus master ----------------------------------------------------------------------------- */

static uint8_t *place(uint64_t byte)
{
    return ata.drives[0].data + byte;
}

/* Moves what the table says, and checks the table as a chipset would need it. */
static void move(void)
{
    const struct ide_prd *prd = (const void *)(uintptr_t)master.table;
    uint64_t at = (ata.last_lba - ata.drives[0].base_lba) * ATA_SECTOR_SIZE;
    uint64_t left = (uint64_t)ata.last_count * ATA_SECTOR_SIZE;
    bool to_memory = (master.command & IDE_DMA_COMMAND_TO_MEMORY) != 0;
    bool reads = ata.dma_command == ATA_CMD_READ_DMA || ata.dma_command == ATA_CMD_READ_DMA_EXT;
    bool backed = at + left <= sizeof(ata.drives[0].data);

    master.misuses += to_memory != reads;
    master.misuses += master.table / IDE_PRD_BOUNDARY !=
                      (master.table + ATA_DMA_TABLE_BYTES - 1) / IDE_PRD_BOUNDARY;
    for (master.regions = 1;; master.regions++, prd++) {
        uint32_t length = prd->count ? prd->count : IDE_PRD_BOUNDARY;
        uint8_t *host = (uint8_t *)(uintptr_t)prd->address;

        master.misuses += prd->address % 2 || prd->count % 2 || length > left ||
                          prd->address % IDE_PRD_BOUNDARY + length > IDE_PRD_BOUNDARY;
        if (backed && to_memory)
            memcpy(host, place(at), length);
        else if (backed)
            memcpy(place(at), host, length);
        at += length;
        left -= length;
        if (prd->flags & IDE_PRD_END)
            break;
    }
    master.misuses += left != 0;
}

static void raise_line(void)
{
    master.status |= IDE_DMA_STATUS_INTERRUPT;
    if (ata.control & ATA_CONTROL_NIEN)
        master.misuses++;
    if (!master.without_line && fake_platform_raise_line(IRQ_ATA_PRIMARY))
        master.lines++;
}

static void finish(void)
{
    switch (master.lie) {
    case NEVER_ENDS:
        return;
    case ERROR_BIT:
        master.status |= IDE_DMA_STATUS_ERROR;
        break;
    case ENDS_EARLY:
        fake_ata_end_dma(&ata, 0, 0);
        raise_line();
        return;
    case DRIVE_FAILS:
        fake_ata_end_dma(&ata, ATA_STATUS_ERR, ATA_ERROR_UNC);
        raise_line();
        return;
    case DRIVE_FAILS_IDNF:
        fake_ata_end_dma(&ata, ATA_STATUS_ERR, ATA_ERROR_IDNF);
        raise_line();
        return;
    case DRIVE_WANTS_MORE:
        fake_ata_end_dma(&ata, ATA_STATUS_DRQ, 0);
        raise_line();
        break;
    case NO_INTERRUPT_BIT:
        move();
        fake_ata_end_dma(&ata, 0, 0);
        break;
    default:
        move();
        fake_ata_end_dma(&ata, 0, 0);
        raise_line();
        break;
    }
    master.status &= (uint8_t)~IDE_DMA_STATUS_ACTIVE;
}

static void step(void)
{
    if (ata.dma_command && master.status & IDE_DMA_STATUS_ACTIVE &&
        ++master.looks > looks_until_done)
        finish();
}

static void sleep_step(void *context)
{
    (void)context;
    step();
}

static uint32_t master_in(unsigned reg)
{
    if (reg == IDE_DMA_STATUS) {
        step();
        return master.status;
    }
    master.misuses += reg != IDE_DMA_COMMAND;
    return master.command;
}

static void master_out(unsigned reg, unsigned size, uint32_t value)
{
    if (reg == IDE_DMA_TABLE && size == 4) {
        master.misuses += (master.status & IDE_DMA_STATUS_ACTIVE) != 0;
        master.table = value;
    } else if (reg == IDE_DMA_STATUS && size == 1) {
        master.status &= (uint8_t)(IDE_DMA_STATUS_ACTIVE | NOTES | ~value);
        master.misuses += (value & NOTES) != NOTES;
    } else if (reg == IDE_DMA_COMMAND && size == 1) {
        bool starts = value & ~(uint32_t)master.command & IDE_DMA_COMMAND_START;

        /* the direction is there before the start, and the command too */
        master.misuses += starts && ((value ^ master.command) & IDE_DMA_COMMAND_TO_MEMORY);
        master.misuses += starts && !ata.dma_command;
        master.misuses +=
            starts && (master.status & (IDE_DMA_STATUS_INTERRUPT | IDE_DMA_STATUS_ERROR));
        master.command = (uint8_t)value;
        master.started += starts;
        if (starts)
            master.status |= IDE_DMA_STATUS_ACTIVE;
        if (!(value & IDE_DMA_COMMAND_START))
            master.status &= (uint8_t)~IDE_DMA_STATUS_ACTIVE;
        master.looks = 0;
    } else {
        master.misuses++;
    }
}

static uint32_t port_in(void *context, uint16_t port, unsigned size)
{
    (void)context;
    if (port >= BUS_MASTER_BASE && port < BUS_MASTER_BASE + IDE_DMA_BAR_SIZE)
        return master_in(port - BUS_MASTER_BASE);
    if (port >= PORT_PCI_CONFIG_ADDRESS)
        return fake_pci_in(&pci, port, size);
    return fake_ata_in(&ata, port, size);
}

static void port_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    if (port >= BUS_MASTER_BASE && port < BUS_MASTER_BASE + IDE_DMA_BAR_SIZE)
        master_out(port - BUS_MASTER_BASE, size, value);
    else if (port >= PORT_PCI_CONFIG_ADDRESS)
        fake_pci_out(&pci, port, size, value);
    else
        fake_ata_out(&ata, port, size, value);
}

/* --- setting up --------------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_32BIT, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    table = memory + (IDE_PRD_BOUNDARY - (uintptr_t)memory % IDE_PRD_BOUNDARY);
    buffer = (uint8_t *)table + IDE_PRD_BOUNDARY;
    memset(&ata, 0, sizeof(ata));
    memset(&pci, 0, sizeof(pci));
    fake_ata_add(&ata, 0, SMALL);
    ata.drives[0].id[ATA_ID_CAPABILITIES] |= ATA_ID_CAPABILITIES_DMA;
    fake_pci_add(&pci, 1, 1, PCI_VENDOR_INTEL, PCI_DEVICE_PIIX3_IDE,
                 PCI_CLASS_IDE_LEGACY | PCI_IDE_BUS_MASTER);
    function = (struct pci_function){.device = 1, .function = 1};
    function.bars[IDE_DMA_BAR] =
        (struct pci_bar){.base = BUS_MASTER_BASE, .size = IDE_DMA_BAR_SIZE, .io = true};
    master = (struct bus_master){.status = NOTES};
    looks_until_done = 0;
    fake_io_set(&(struct fake_io){.in = port_in, .out = port_out});
    fake_platform_reset();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (ata.misuses + master.misuses > 0)
        print_error("misuses: %u of the channel, %u of the bus master\n", ata.misuses,
                    master.misuses);
    munmap(memory, MEMORY_BYTES);
    return ata.misuses == 0 && master.misuses == 0 ? 0 : -1;
}

static void bring_up(void)
{
    assert_int_equal(ata_init(&drive, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 0, 16), ERR_OK);
    assert_int_equal(ata_use_dma(&drive, &function, table), ERR_OK);
}

static struct interrupt interrupt;

static void bring_up_with_interrupt(void)
{
    fake_platform_interrupts = true;
    fake_platform_sleep = sleep_step;
    interrupt = (struct interrupt){0};
    bring_up();
    assert_int_equal(platform_line_interrupt(&interrupt, IRQ_ATA_PRIMARY, false), ERR_OK);
    ata_use_interrupt(&drive, &interrupt);
}

static void check_pattern(const uint8_t *bytes, uint32_t first_byte, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (bytes[i] != fake_ata_pattern(0, first_byte + i))
            fail_msg("byte %u differs", i);
}

/* --- bringing up -------------------------------------------------------------------------------- */

static void bringing_up(void **state)
{
    (void)state;
    bring_up();
    assert_true(fake_pci_get16(&pci.functions[0], PCI_COMMAND) & PCI_COMMAND_MASTER);
    assert_true(fake_pci_get16(&pci.functions[0], PCI_COMMAND) & PCI_COMMAND_IO);
    assert_int_equal(drive.block.max_transfer, 32 << 20);
    assert_int_equal(ata.control & ATA_CONTROL_NIEN, 0);
    assert_int_equal(master.status, NOTES);
}

static void without_dma_all_stays_as_it_was(void **state)
{
    (void)state;
    const struct pci_bar good = function.bars[IDE_DMA_BAR];
    const struct pci_bar bad[] = {{0},
                                  {.base = BUS_MASTER_BASE, .size = 16, .io = false},
                                  {.base = 0, .size = 16, .io = true},
                                  {.base = BUS_MASTER_BASE, .size = 8, .io = true}};
    assert_int_equal(ata_init(&drive, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 0, 16), ERR_OK);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        function.bars[IDE_DMA_BAR] = bad[i];
        assert_int_equal(ata_use_dma(&drive, &function, table), ERR_UNSUPPORTED);
    }
    function.bars[IDE_DMA_BAR] = good;
    assert_int_equal(ata_use_dma(&drive, &function, (uint8_t *)table + 4096), ERR_UNSUPPORTED);
    drive.dma_offered = false;
    assert_int_equal(ata_use_dma(&drive, &function, table), ERR_UNSUPPORTED);
    assert_int_equal(drive.block.max_transfer, 1 << 20);
    assert_int_equal(fake_pci_get16(&pci.functions[0], PCI_COMMAND), 0);
    assert_int_equal(block_read(&drive.block, 0, buffer, 1024), ERR_OK);
    check_pattern(buffer, 0, 1024);
    assert_int_equal(ata.last_command, ATA_CMD_READ_MULTIPLE);
}

/* The table's registers are 8 further on for the secondary channel. */
static void the_secondary_channel(void **state)
{
    (void)state;
    bring_up();
    drive.command_port = PORT_ATA_SECONDARY;
    drive.control_port = PORT_ATA_PRIMARY_CONTROL; /* nobody answers at the other one here */
    master.misuses = 0;
    assert_int_equal(ata_use_dma(&drive, &function, table), ERR_OK);
    assert_int_equal(drive.dma_port, BUS_MASTER_BASE + IDE_DMA_CHANNEL_SIZE);
    master.misuses = 0; /* the fake has one channel */
}

/* --- moving ------------------------------------------------------------------------------------- */

static void reads_and_writes(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(block_read(&drive.block, 3 * 512, buffer, 5 * 512), ERR_OK);
    check_pattern(buffer, 3 * 512, 5 * 512);
    assert_int_equal(ata.last_command, ATA_CMD_READ_DMA);
    assert_int_equal(ata.last_count, 5);
    memset(buffer, 0x77, 2 * 512);
    assert_int_equal(block_write(&drive.block, 9 * 512, buffer, 2 * 512), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_WRITE_DMA);
    assert_memory_equal(place(9 * 512), buffer, 2 * 512);
    assert_int_equal(*place(11 * 512), fake_ata_pattern(0, 11 * 512));
    assert_int_equal(block_flush(&drive.block), ERR_OK);
    assert_int_equal(ata.drives[0].flushes_ext, 1);
    assert_int_equal(master.started, 2);
    assert_int_equal(fake_io_counts.string_reads, 1); /* IDENTIFY */
}

static void regions_end_at_multiples_of_64_kib(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, length;
        unsigned regions;
    } cases[] = {{0, 512, 1},     {0xfffe, 512, 2}, {0xfe00, 512, 1},     {0, 0x10000, 1},
                 {2, 0x10000, 2}, {0, 0x10200, 2},  {0xfe00, 0x20000, 3}, {0x1234, 400 * 512, 4}};
    bring_up();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t *at = buffer + cases[i].offset;
        memset(buffer, 0xee, 0x80000);
        assert_int_equal(block_read(&drive.block, 512, at, cases[i].length), ERR_OK);
        check_pattern(at, 512, cases[i].length);
        assert_int_equal(at[cases[i].length], 0xee);
        assert_int_equal(master.regions, cases[i].regions);
    }
}

static void the_largest_request_is_one_command(void **state)
{
    (void)state;
    fake_ata_add(&ata, 0, LARGE);
    ata.drives[0].id[ATA_ID_CAPABILITIES] |= ATA_ID_CAPABILITIES_DMA;
    bring_up();
    assert_int_equal(block_read(&drive.block, 0, buffer + 2, 32 << 20), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_READ_DMA_EXT);
    assert_int_equal(ata.last_count, 65536);
    assert_int_equal(master.started, 1);
    assert_int_equal(master.regions, ATA_DMA_REGIONS);
}

static void forms_chosen_by_hand(void **state)
{
    (void)state;
    struct ata_transfer transfer = {.lba = 5, .sectors = 1, .dma = true};
    bring_up();
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_READ_DMA);
    transfer.force_48 = true;
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_READ_DMA_EXT);
    assert_int_equal(ata_write_sectors(&drive, &transfer, buffer), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_WRITE_DMA_EXT);
    transfer.dma = false; /* PIO is still there, and DMA after it works */
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_OK);
    assert_int_equal(ata.last_command, ATA_CMD_READ_MULTIPLE_EXT);
    transfer.dma = true;
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_OK);
    check_pattern(buffer, 5 * 512, 512);
    transfer.sectors = 0;
    assert_int_equal(ata_read_sectors(&drive, &transfer, buffer), ERR_RANGE);
}

/* A buffer that DMA does not reach goes by PIO. */
static void buffers_out_of_reach(void **state)
{
    (void)state;
    static uint8_t high[1024]; /* ASan keeps this above 4 GiB */
    struct ata_transfer transfer = {.lba = 5, .sectors = 1, .dma = true};
    bring_up();
    assert_true(platform_gpa_of(high) > UINT32_MAX);
    assert_int_equal(block_read(&drive.block, 512, high, 1024), ERR_OK);
    check_pattern(high, 512, 1024);
    assert_int_equal(block_read(&drive.block, 512, buffer + 1, 1024), ERR_OK);
    check_pattern(buffer + 1, 512, 1024);
    assert_int_equal(master.started, 0);
    assert_int_equal(ata_read_sectors(&drive, &transfer, high), ERR_UNSUPPORTED);
}

/* --- waiting ------------------------------------------------------------------------------------ */

/* However long a command takes, the looks at it are few. */
static void polls_are_few(void **state)
{
    (void)state;
    bring_up();
    looks_until_done = 4;
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_OK);
    unsigned before = fake_io_port_accesses();
    uint64_t time = fake_platform_time;
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_OK);
    /* 1 look at the drive, 5 for its task file, 5 to begin, 5 looks, 2 to end */
    assert_int_equal(fake_io_port_accesses() - before, 18);
    assert_true(fake_platform_time > time);
    looks_until_done = 0;
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_OK);
    before = fake_io_port_accesses();
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_OK);
    assert_int_equal(fake_io_port_accesses() - before, 14);
}

/* How long a read of so many sectors is waited for when the drive is done at once. */
static uint64_t time_of_quick_read(uint32_t sectors)
{
    looks_until_done = 0;
    uint64_t start = fake_platform_time;
    assert_int_equal(block_read(&drive.block, 0, buffer, sectors * 512), ERR_OK);
    return fake_platform_time - start;
}

/* What a large or a stalled command took says nothing about the next small one. */
static void one_slow_command_does_not_slow_the_next(void **state)
{
    (void)state;
    fake_ata_add(&ata, 0, LARGE);
    ata.drives[0].id[ATA_ID_CAPABILITIES] |= ATA_ID_CAPABILITIES_DMA;
    bring_up();
    looks_until_done = 15;
    assert_int_equal(block_read(&drive.block, 0, buffer, 32 << 20), ERR_OK);
    assert_true(drive.dma_last_ns > SECONDS / 5);
    assert_in_range(time_of_quick_read(1), 1, 3 * FAKE_PLATFORM_STEP_NS);
    looks_until_done = 15;
    assert_int_equal(block_read(&drive.block, 0, buffer, 512), ERR_OK);
    assert_true(drive.dma_last_ns > SECONDS / 5);
    assert_in_range(time_of_quick_read(1), 1, 3 * FAKE_PLATFORM_STEP_NS);
    looks_until_done = 15;
    assert_int_equal(block_read(&drive.block, 0, buffer, 32 << 20), ERR_OK);
    assert_in_range(time_of_quick_read(2048), 1, 3 * FAKE_PLATFORM_STEP_NS);
    looks_until_done = 15;
    assert_int_equal(block_read(&drive.block, 0, buffer, 32 << 20), ERR_OK);
    uint64_t last = drive.dma_last_ns; /* but of one of its own size it says all */
    assert_in_range(time_of_quick_read(65536), last / 2, last);
}

static void by_interrupt(void **state)
{
    (void)state;
    bring_up_with_interrupt();
    unsigned before = fake_io_port_accesses();
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(buffer, 512, 1024);
    assert_int_equal(interrupt.count, 1);
    assert_int_equal(fake_platform_sleeps, 1);
    assert_int_equal(fake_io_port_accesses() - before, 14); /* one look */
    assert_int_equal(block_write(&drive.block, 512, buffer, 1024), ERR_OK);
    assert_int_equal(interrupt.count, 2);
}

/* Adverse case 47: interrupts that mean nothing. */
static void case_47_spurious_interrupts(void **state)
{
    (void)state;
    bring_up_with_interrupt();
    looks_until_done = 5;
    for (unsigned i = 0; i < 3; i++)
        fake_platform_raise_line(IRQ_ATA_PRIMARY);
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(buffer, 512, 1024);
}

/* A lost interrupt costs time, not the command. */
static void a_lost_interrupt(void **state)
{
    (void)state;
    bring_up_with_interrupt();
    master.without_line = true;
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(buffer, 512, 1024);
    assert_int_equal(interrupt.count, 0);
}

static void without_an_interrupt_bit(void **state)
{
    (void)state;
    bring_up();
    master.lie = NO_INTERRUPT_BIT;
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(buffer, 512, 1024);
}

/* --- failures ----------------------------------------------------------------------------------- */

static void expect_failure(enum lie lie, int error, unsigned resets)
{
    uint64_t before = fake_platform_time;
    master.lie = lie;
    ata.resets = 0;
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), error);
    assert_in_range(fake_platform_time - before, 0, 2 * SECONDS);
    assert_int_equal(ata.resets, resets);
    assert_int_equal(master.command & IDE_DMA_COMMAND_START, 0);
    master.lie = NO_LIE; /* and the next command works */
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_OK);
    check_pattern(buffer, 512, 1024);
}

static void errors_are_told(void **state)
{
    (void)state;
    bring_up();
    expect_failure(DRIVE_FAILS, ERR_IO, 0);
    expect_failure(DRIVE_FAILS_IDNF, ERR_RANGE, 0);
    expect_failure(ERROR_BIT, ERR_IO, 1); /* the drive was left with the command */
    expect_failure(ENDS_EARLY, ERR_DEVICE, 0);
    expect_failure(DRIVE_WANTS_MORE, ERR_DEVICE, 1);
}

static void what_the_drive_said_is_kept(void **state)
{
    (void)state;
    bring_up();
    master.lie = DRIVE_FAILS;
    assert_int_equal(block_read(&drive.block, 512, buffer, 1024), ERR_IO);
    assert_true(drive.status & ATA_STATUS_ERR);
    assert_int_equal(drive.error, ATA_ERROR_UNC);
}

/* Adverse case 37: a command that never ends: stopped, reset, told, within two seconds. */
static void case_37_a_command_that_never_ends(void **state)
{
    (void)state;
    bring_up();
    uint64_t before = fake_platform_time;
    unsigned looks = fake_io_counts.port_reads;
    expect_failure(NEVER_ENDS, ERR_TIMEOUT, 1);
    assert_true(fake_platform_time - before > SECONDS); /* it had its time, and few looks in it */
    assert_in_range(fake_io_counts.port_reads - looks, 1, 60);
    bring_up_with_interrupt();
    expect_failure(NEVER_ENDS, ERR_TIMEOUT, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bringing_up),
        TEST(without_dma_all_stays_as_it_was),
        TEST(the_secondary_channel),
        TEST(reads_and_writes),
        TEST(regions_end_at_multiples_of_64_kib),
        TEST(the_largest_request_is_one_command),
        TEST(forms_chosen_by_hand),
        TEST(buffers_out_of_reach),
        TEST(polls_are_few),
        TEST(one_slow_command_does_not_slow_the_next),
        TEST(by_interrupt),
        TEST(case_47_spurious_interrupts),
        TEST(a_lost_interrupt),
        TEST(without_an_interrupt_bit),
        TEST(errors_are_told),
        TEST(what_the_drive_said_is_kept),
        TEST(case_37_a_command_that_never_ends),
    };
    return cmocka_run_group_tests_name("ATA driver, DMA", tests, NULL, NULL);
}
