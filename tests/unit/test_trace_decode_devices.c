/* SPDX-License-Identifier: MIT */
/* What the trace says of the plain devices' registers: COM1, ATA, chunk, testdev, fw_cfg, the small ports. */
#include "test.h"

#include "decode_fixture.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/abi/ata.h"
#include "drivers/abi/chunk.h"
#include "drivers/abi/fw_cfg.h"
#include "drivers/abi/machine.h"
#include "drivers/abi/testdev.h"
#include "drivers/abi/uart.h"
#include "host-vmm/trace/decode/table.h"

#define IDE_DMA_BASE 0xc000

static struct decode_fixture *fixture;

static int setup(void **state)
{
    int result = decode_fixture_create(state);

    fixture = *state;
    return result;
}

static int teardown(void **state)
{
    fixture = NULL;
    return decode_fixture_destroy(state);
}

/* --- accesses and the lines that are expected of them --------------------------------------------- */

/* The data are a copy with no byte to spare, so that reading past it is seen. */
static const char *run(struct decode_access access, const void *data, unsigned length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    const char *line;

    assert_non_null(copy);
    if (length > 0)
        memcpy(copy, data, length);
    access.data = copy;
    access.data_length = length;
    line = decode_line(fixture, &access);
    free(copy);
    return line;
}

static void expect_of(struct decode_access access, uint64_t value, const char *expected)
{
    uint64_t little = htole64(value);

    access.count = 1;
    assert_string_equal(run(access, &little, access.size), expected);
}

/* region begins at base, where it does. */
static struct decode_access port_access(const char *region, uint64_t base, uint64_t port,
                                        unsigned size, bool is_write)
{
    return (struct decode_access){
        .is_port = true,
        .is_write = is_write,
        .address = port,
        .offset = port - base,
        .size = size,
        .device = region,
        .answered = region != NULL,
    };
}

static void write_port(const char *region, uint64_t base, uint64_t offset, unsigned size,
                       uint64_t value, const char *expected)
{
    expect_of(port_access(region, base, base + offset, size, true), value, expected);
}

static void read_port(const char *region, uint64_t base, uint64_t offset, unsigned size,
                      uint64_t value, const char *expected)
{
    expect_of(port_access(region, base, base + offset, size, false), value, expected);
}

/* A string instruction: what is known of its data, and how many elements it had. */
static void string_port(struct decode_access access, unsigned count, const void *data,
                        unsigned length, const char *expected)
{
    access.count = count;
    assert_string_equal(run(access, data, length), expected);
}

static struct decode_access memory_access(const char *region, uint64_t offset, unsigned size,
                                          bool is_write)
{
    return (struct decode_access){
        .is_write = is_write,
        .address = CHUNK_BAR0_BASE + offset,
        .offset = offset,
        .size = size,
        .device = region,
        .answered = true,
    };
}

static void write_memory(const char *region, uint64_t offset, unsigned size, uint64_t value,
                         const char *expected)
{
    expect_of(memory_access(region, offset, size, true), value, expected);
}

static void read_memory(const char *region, uint64_t offset, unsigned size, uint64_t value,
                        const char *expected)
{
    expect_of(memory_access(region, offset, size, false), value, expected);
}

/* --- COM1 ----------------------------------------------------------------------------------------- */

static void uart_write(unsigned reg, uint8_t value, const char *expected)
{
    write_port("uart", PORT_COM1, reg, 1, value, expected);
}

static void uart_read(unsigned reg, uint8_t value, const char *expected)
{
    read_port("uart", PORT_COM1, reg, 1, value, expected);
}

static void test_uart_registers(void **state)
{
    (void)state;
    uart_write(UART_IER, 0, "uart IER <- 0x0");
    uart_write(UART_IER, 0x05, "uart IER <- 0x5 RDI RLSI");
    uart_write(UART_FCR, 0xc7, "uart FCR <- 0xc7 ENABLE CLEAR_RX CLEAR_TX trigger=14");
    uart_read(UART_IIR, 0xc1, "uart IIR -> 0xc1 pending=none FIFO_ON");
    uart_read(UART_IIR, 0xc2, "uart IIR -> 0xc2 pending=THRI FIFO_ON");
    uart_write(UART_LCR, UART_LCR_8N1, "uart LCR <- 0x3 8N1");
    uart_write(UART_MCR, 0x03, "uart MCR <- 0x3 DTR RTS");
    uart_read(UART_LSR, 0x60, "uart LSR -> 0x60 THRE TEMT");
    uart_read(UART_LSR, 0x61, "uart LSR -> 0x61 DR THRE TEMT");
    uart_read(UART_MSR, 0xb0, "uart MSR -> 0xb0 CTS DSR DCD");
    uart_write(UART_SCR, 0x5a, "uart SCR <- 0x5a");
}

static void test_uart_characters(void **state)
{
    (void)state;
    uart_write(UART_THR, 'T', "uart THR <- 'T'");
    uart_write(UART_THR, '\n', "uart THR <- '\\n'");
    uart_write(UART_THR, '\r', "uart THR <- '\\r'");
    uart_write(UART_THR, '\'', "uart THR <- '\\''");
    uart_write(UART_THR, '\\', "uart THR <- '\\\\'");
    uart_write(UART_THR, 0x1b, "uart THR <- 0x1b");
    uart_write(UART_THR, 0xe9, "uart THR <- 0xe9");
    uart_read(UART_RBR, 'q', "uart RBR -> 'q'");
}

#define SIXTY_FOUR "rung 1 real16 serial: 16550 at 0x3f8, 115200 8N1, and some more."
_Static_assert(sizeof SIXTY_FOUR - 1 == DECODE_DATA_MAX, "as many as are in the trace");

static void test_uart_text(void **state)
{
    struct decode_access transmit = port_access("uart", PORT_COM1, PORT_COM1, 1, true);
    char escapes[30], expected[160] = "uart THR <- \"";

    (void)state;
    string_port(transmit, 6, "rung \n", 6, "uart THR <- \"rung \\n\"");
    string_port(transmit, 3, "\"\x1b\xff", 3, "uart THR <- \"\\\"\\x1b\\xff\"");
    string_port(transmit, 40, "rung 1 real16 se", 16,
                "uart THR <- \"rung 1 real16 se\"... 40 characters");
    string_port(transmit, 64, SIXTY_FOUR, 64, "uart THR <- \"" SIXTY_FOUR "\"");
    /* As many as have room, so that more can be appended to what is known whole, and to nothing else */
    memset(escapes, 0x1b, sizeof escapes);
    for (unsigned i = 0; i < 23; i++)
        strcat(expected, "\\x1b");
    strcat(expected, "\"... 30 characters");
    string_port(transmit, 30, escapes, 30, expected);
}

/* DLAB puts the divisor before the first two registers, until it goes. */
static void test_uart_divisor(void **state)
{
    (void)state;
    uart_write(UART_LCR, 0x83, "uart LCR <- 0x83 8N1 DLAB");
    uart_write(UART_DLL, 1, "uart DLL <- 0x1 115200 baud where DLM is 0");
    uart_write(UART_DLM, 0, "uart DLM <- 0x0");
    uart_read(UART_DLL, 0x0c, "uart DLL -> 0xc");
    uart_read(UART_LSR, 0x60, "uart LSR -> 0x60 THRE TEMT");
    uart_write(UART_LCR, 0x03, "uart LCR <- 0x3 8N1");
    uart_write(UART_THR, 1, "uart THR <- 0x01");
}

static void test_uart_reset_forgets_dlab(void **state)
{
    (void)state;
    uart_write(UART_LCR, 0x83, "uart LCR <- 0x83 8N1 DLAB");
    decoder_reset(fixture->decoder);
    uart_write(UART_THR, 'x', "uart THR <- 'x'");
}

/* Each place has a DLAB of its own, and a write that nobody took sets none. */
static void test_uart_elsewhere(void **state)
{
    (void)state;
    write_port(NULL, 0x2f8, UART_LCR, 1, 0x83, "uart2 LCR <- 0x83 8N1 DLAB, nobody answers");
    write_port(NULL, 0x2f8, 0, 1, 'A', "uart2 THR <- 'A', nobody answers");
    read_port(NULL, 0x3e8, UART_IIR, 1, 0xff, "uart3 IIR -> 0xff, nobody answers");
    read_port(NULL, 0x2e8, UART_LSR, 1, 0xff, "uart4 LSR -> 0xff, nobody answers");
    read_port(NULL, PORT_COM1, UART_LSR, 1, 0xff, "uart LSR -> 0xff, nobody answers");
}

/* --- ATA ------------------------------------------------------------------------------------------ */

static void ata_write(unsigned reg, uint8_t value, const char *expected)
{
    write_port("ata", PORT_ATA_PRIMARY, reg, 1, value, expected);
}

static void ata_read(unsigned reg, uint8_t value, const char *expected)
{
    read_port("ata", PORT_ATA_PRIMARY, reg, 1, value, expected);
}

static void test_ata_status_and_error(void **state)
{
    (void)state;
    ata_read(ATA_STATUS, 0x58, "ata0 status -> 0x58 DRDY DSC DRQ");
    ata_read(ATA_STATUS, 0x80, "ata0 status -> 0x80 BSY");
    ata_read(ATA_STATUS, 0xff, "ata0 status -> 0xff floating bus");
    ata_read(ATA_STATUS, 0x00, "ata0 status -> 0x0");
    ata_read(ATA_ERROR, 0x14, "ata0 error -> 0x14 IDNF ABRT");
    read_port("ata", PORT_ATA_PRIMARY_CONTROL, 0, 1, 0x50,
              "ata0 alternate_status -> 0x50 DRDY DSC");
    write_port("ata", PORT_ATA_PRIMARY_CONTROL, 0, 1, 0x06, "ata0 control <- 0x6 NIEN SRST");
}

static void test_ata_drives(void **state)
{
    (void)state;
    ata_write(ATA_DEVICE, 0xf0, "ata1 device <- 0xf0 LBA DEV1 lba_27_24=0");
    ata_read(ATA_STATUS, 0x50, "ata1 status -> 0x50 DRDY DSC");
    read_port("ata", PORT_ATA_SECONDARY, ATA_STATUS, 1, 0x50, "ata2 status -> 0x50 DRDY DSC");
    write_port("ata", PORT_ATA_SECONDARY, ATA_DEVICE, 1, 0xb3,
               "ata3 device <- 0xb3 DEV1 lba_27_24=3");
    read_port("ata", PORT_ATA_SECONDARY_CONTROL, 0, 1, 0x50,
              "ata3 alternate_status -> 0x50 DRDY DSC");
    ata_write(ATA_DEVICE, 0x40, "ata0 device <- 0x40 LBA lba_27_24=0 without bits 7 and 5");
    ata_write(ATA_DEVICE, 0xf0, "ata1 device <- 0xf0 LBA DEV1 lba_27_24=0");
    write_port("ata", PORT_ATA_PRIMARY_CONTROL, 0, 1, 0x04, "ata0 control <- 0x4 SRST");
    ata_read(ATA_STATUS, 0x80, "ata0 status -> 0x80 BSY");
}

static void test_ata_commands(void **state)
{
    (void)state;
    ata_write(ATA_COMMAND, ATA_CMD_IDENTIFY_DEVICE, "ata0 command <- IDENTIFY_DEVICE");
    ata_write(ATA_DEVICE, 0xe1, "ata0 device <- 0xe1 LBA lba_27_24=1");
    ata_write(ATA_COUNT, 8, "ata0 count <- 0x8");
    ata_write(ATA_LBA_LOW, 0x12, "ata0 lba_low <- 0x12");
    ata_write(ATA_LBA_MID, 0x34, "ata0 lba_mid <- 0x34");
    ata_write(ATA_LBA_HIGH, 0x56, "ata0 lba_high <- 0x56");
    ata_write(ATA_COMMAND, ATA_CMD_READ_SECTORS,
              "ata0 command <- READ_SECTORS lba=22426642 count=8");
    ata_write(ATA_DEVICE, 0xa2, "ata0 device <- 0xa2 lba_27_24=2");
    ata_write(ATA_COUNT, 0, "ata0 count <- 0x0");
    ata_write(ATA_COMMAND, ATA_CMD_READ_MULTIPLE,
              "ata0 command <- READ_MULTIPLE cylinder=22068 head=2 sector=18 count=256");
    ata_write(ATA_COUNT, 16, "ata0 count <- 0x10");
    ata_write(ATA_COMMAND, ATA_CMD_SET_MULTIPLE_MODE,
              "ata0 command <- SET_MULTIPLE_MODE sectors=16");
    ata_write(ATA_FEATURES, 3, "ata0 features <- 0x3");
    ata_write(ATA_COMMAND, ATA_CMD_SET_FEATURES,
              "ata0 command <- SET_FEATURES features=0x3 count=0x10");
    ata_write(ATA_COMMAND, 0x77, "ata0 command <- 0x77");
}

/* 48 bits: each register takes two bytes, and HOB shows the first of them until the next write. */
static void test_ata_48_bits(void **state)
{
    static const uint8_t high[] = {0x01, 0x00, 0x01, 0x00}, low[] = {0x00, 0x02, 0x03, 0x04};
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        uint8_t value = i < 4 ? high[i] : low[i - 4];
        struct decode_access access =
            port_access("ata", PORT_ATA_PRIMARY, PORT_ATA_PRIMARY + ATA_COUNT + i % 4, 1, true);

        access.count = 1;
        run(access, &value, 1);
    }
    ata_write(ATA_COMMAND, ATA_CMD_READ_DMA_EXT,
              "ata0 command <- READ_DMA_EXT lba=4295230210 count=256");
    write_port("ata", PORT_ATA_PRIMARY_CONTROL, 0, 1, 0x80, "ata0 control <- 0x80 HOB");
    ata_read(ATA_COUNT, 0x01, "ata0 count -> 0x1 (high order)");
    ata_read(ATA_STATUS, 0x50, "ata0 status -> 0x50 DRDY DSC");
    ata_write(ATA_COUNT, 0, "ata0 count <- 0x0");
    ata_read(ATA_COUNT, 0x00, "ata0 count -> 0x0");
}

static void test_ata_data(void **state)
{
    static const uint8_t identify[16] = {0x40, 0x00, 0xff, 0x3f, 0, 0, 0x10, 0};
    struct decode_access data = port_access("ata", PORT_ATA_PRIMARY, PORT_ATA_PRIMARY, 2, false);

    (void)state;
    string_port(data, 256, identify, 16, "ata0 data -> 512 bytes 40 00 ff 3f 00 00 10 00 ...");
    read_port("ata", PORT_ATA_PRIMARY, ATA_DATA, 2, 0x3fff, "ata0 data -> 2 bytes ff 3f");
    read_port("ata", PORT_ATA_PRIMARY, ATA_DATA, 4, 0x3fff0040, "ata0 data -> 4 bytes 40 00 ff 3f");
    string_port(data, 2, identify, 4, "ata0 data -> 4 bytes 40 00 ff 3f");
    data.is_write = true;
    string_port(data, 1, identify, 2, "ata0 data <- 2 bytes 40 00");
    data.size = 1;
    string_port(data, 1, identify, 1, "ata0 data <- 1 byte 40");
    data.answered = false;
    string_port(data, 1, identify, 1, "ata0 data <- 1 byte 40, nobody answers");
}

static void test_ata_bus_master(void **state)
{
    (void)state;
    write_port("ide-dma", IDE_DMA_BASE, 4, 4, 0x7f000, "ata0 dma_table <- 0x7f000");
    write_port("ide-dma", IDE_DMA_BASE, 0, 1, 0x09, "ata0 dma_command <- 0x9 START TO_MEMORY");
    read_port("ide-dma", IDE_DMA_BASE, 2, 1, 0x24, "ata0 dma_status -> 0x24 INTERRUPT CAPABLE_0");
    read_port("ide-dma", IDE_DMA_BASE, 10, 1, 0x01, "ata2 dma_status -> 0x1 ACTIVE");
    read_port("ide-dma", IDE_DMA_BASE, 5, 1, 0xf0, "ata0 dma_table+1 -> 0xf0");
    read_port("ide-dma", IDE_DMA_BASE, 9, 1, 0, "ata2 0x09 -> 0x00");
    ata_write(ATA_DEVICE, 0xf0, "ata1 device <- 0xf0 LBA DEV1 lba_27_24=0");
    write_port("ide-dma", IDE_DMA_BASE, 0, 1, 0, "ata1 dma_command <- 0x0");
}

/* --- chunk ---------------------------------------------------------------------------------------- */

static void test_chunk_registers(void **state)
{
    (void)state;
    write_memory("chunk", CHUNK_REG_COMMAND, 4, 1, "chunk command <- READ_CHUNK");
    write_memory("chunk", CHUNK_REG_COMMAND, 4, 4, "chunk command <- FLUSH");
    write_memory("chunk", CHUNK_REG_COMMAND, 4, 99, "chunk command <- 0x63");
    read_memory("chunk", CHUNK_REG_STATUS, 4, 2, "chunk status -> COMPLETE");
    read_memory("chunk", CHUNK_REG_STATUS, 4, 0, "chunk status -> IDLE");
    read_memory("chunk", CHUNK_REG_ERROR, 4, 8, "chunk error -> NOT_MASTER");
    write_memory("chunk", CHUNK_REG_RESULT_GPA, 8, 0x120000000, "chunk result_gpa <- 0x120000000");
    write_memory("chunk", CHUNK_REG_RESULT_LENGTH, 8, 65536, "chunk result_length <- 65536");
    write_memory("chunk", CHUNK_REG_OFFSET, 8, 1048576, "chunk offset <- 1048576");
    read_memory("chunk", CHUNK_REG_TRANSFERRED, 8, 512, "chunk transferred -> 512");
    write_memory("chunk", CHUNK_REG_DOORBELL, 4, 1, "chunk doorbell <- 0x1");
    read_memory("chunk", CHUNK_REG_ID, 4, CHUNK_ID, "chunk id -> 0x4b4e4843 \"CHNK\"");
    read_memory("chunk", CHUNK_REG_VERSION, 4, 1, "chunk version -> 1");
    read_memory("chunk", CHUNK_REG_FEATURES, 4, 1, "chunk features -> RING");
    read_memory("chunk", CHUNK_REG_FEATURES, 4, 0, "chunk features -> none");
    write_memory("chunk", CHUNK_REG_CONTROL, 4, 6, "chunk control <- RING MSI");
    write_memory("chunk", CHUNK_REG_CONTROL, 4, 0x21, "chunk control <- RESET 0x20");
    write_memory("chunk", CHUNK_REG_RING_ENTRIES, 4, 64, "chunk ring_entries <- 64");
}

static void test_chunk_parts(void **state)
{
    struct decode_access odd = memory_access("chunk", CHUNK_REG_STATUS, 2, false);

    (void)state;
    write_memory("chunk", CHUNK_REG_DATA_GPA, 4, 0x10000000, "chunk data_gpa <- 0x10000000");
    write_memory("chunk", CHUNK_REG_DATA_GPA + 4, 4, 1, "chunk data_gpa+4 <- 0x1");
    odd.answered = false;
    expect_of(odd, 0xffff, "chunk status -> 0xffff, nobody answers");
    odd.offset = 0x100;
    expect_of(odd, 0xffff, "chunk 0x100 -> 0xffff, nobody answers");
    odd.offset = CHUNK_REG_COMMAND;
    odd.size = 8;
    odd.is_write = true;
    expect_of(odd, 0x300000001, "chunk command/status <- READ_CHUNK, ERROR, nobody answers");
}

/* --- testdev -------------------------------------------------------------------------------------- */

static void read_variant(unsigned index, struct testdev_variant variant,
                         const char *const *expected)
{
    const uint32_t words[] = {variant.kind, variant.offset, variant.width, variant.value};

    for (unsigned i = 0; i < 4; i++)
        read_memory("testdev", TESTDEV_REG_TABLE + 16 * index + 4 * i, 4, words[i], expected[i]);
}

static void test_testdev(void **state)
{
    static const char *const port[] = {
        "testdev variant 0 kind -> trapped port", "testdev variant 0 offset -> 0x8",
        "testdev variant 0 width -> 4", "testdev variant 0 value -> 0x1"};
    static const char *const page[] = {
        "testdev variant 23 kind -> read_only", "testdev variant 23 offset -> 0x1000",
        "testdev variant 23 width -> 4", "testdev variant 23 value -> 0x1"};

    (void)state;
    read_memory("testdev", TESTDEV_REG_ID, 4, TESTDEV_ID, "testdev id -> 0x54534554 \"TEST\"");
    write_memory("testdev", TESTDEV_REG_MARK, 4, 1, "testdev mark <- BEGIN");
    write_memory("testdev", TESTDEV_REG_RESULT, 8, 0x5000, "testdev result <- 0x5000");
    write_memory("testdev", TESTDEV_REG_ANSWER + 4, 4, 0, "testdev answer+4 <- 0x0");
    write_port("testdev-ports", 0xd000, 8, 4, 7, "testdev port 0x08 <- 0x00000007");
    read_variant(0, (struct testdev_variant){TESTDEV_PORT | TESTDEV_TRAPPED, 8, 4, 1}, port);
    read_variant(23, (struct testdev_variant){TESTDEV_READ_ONLY, 0x1000, 4, 1}, page);
    write_port("testdev-ports", 0xd000, 8, 4, 7, "testdev port trapped at 0x08 <- 0x7");
    write_memory("testdev", 0x1ffc, 4, 9, "testdev read_only at 0x1ffc <- 0x9");
    write_memory("testdev", 0x280, 4, 9, "testdev 0x280 <- 0x00000009");
}

/* --- fw_cfg --------------------------------------------------------------------------------------- */

static void fw_cfg_select(uint16_t key, const char *expected)
{
    write_port("fw_cfg", PORT_FW_CFG, FW_CFG_SELECTOR, 2, key, expected);
}

static void test_fw_cfg_items(void **state)
{
    struct decode_access data =
        port_access("fw_cfg", PORT_FW_CFG, PORT_FW_CFG + FW_CFG_DATA, 1, false);

    (void)state;
    fw_cfg_select(FW_CFG_KEY_SIGNATURE, "fw_cfg selector <- signature");
    string_port(data, 4, "QEMU", 4, "fw_cfg data -> 4 bytes 51 45 4d 55 of signature");
    fw_cfg_select(FW_CFG_KEY_ID, "fw_cfg selector <- id");
    read_port("fw_cfg", PORT_FW_CFG, FW_CFG_DATA, 1, 3, "fw_cfg data -> 1 byte 03 of id");
    fw_cfg_select(FW_CFG_KEY_FILE_DIRECTORY, "fw_cfg selector <- file directory");
    fw_cfg_select(FW_CFG_KEY_FILE_FIRST, "fw_cfg selector <- file 0x20");
    fw_cfg_select(0x23, "fw_cfg selector <- file 0x23");
    fw_cfg_select(0x1234 | 0x8000, "fw_cfg selector <- 0x9234");
}

static void test_fw_cfg_dma(void **state)
{
    (void)state;
    read_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_HIGH, 4, htobe32(FW_CFG_DMA_SIGNATURE_HIGH),
              "fw_cfg dma_high -> 0x51454d55 \"QEMU\"");
    read_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_LOW, 4, htobe32(FW_CFG_DMA_SIGNATURE_LOW),
              "fw_cfg dma_low -> 0x20434647 \" CFG\"");
    fw_cfg_select(FW_CFG_KEY_ID, "fw_cfg selector <- id");
    write_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_LOW, 4, htobe32(0x7ffe0),
               "fw_cfg dma_low <- 0x7ffe0 descriptor=0x7ffe0");
    read_port("fw_cfg", PORT_FW_CFG, FW_CFG_DATA, 1, 3, "fw_cfg data -> 1 byte 03");
    write_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_HIGH, 4, htobe32(1), "fw_cfg dma_high <- 0x1");
    write_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_LOW, 4, htobe32(0x7ffe0),
               "fw_cfg dma_low <- 0x7ffe0 descriptor=0x10007ffe0");
    write_port("fw_cfg", PORT_FW_CFG, FW_CFG_DMA_LOW, 4, htobe32(0x7ffe0),
               "fw_cfg dma_low <- 0x7ffe0 descriptor=0x7ffe0");
}

/* Reads length bytes of the directory, of which the first are in the trace. */
static void read_directory(const uint8_t *directory, unsigned at, unsigned length)
{
    struct decode_access data =
        port_access("fw_cfg", PORT_FW_CFG, PORT_FW_CFG + FW_CFG_DATA, 1, false);
    data.count = length;
    run(data, directory + at, length < DECODE_DATA_MAX ? length : DECODE_DATA_MAX);
}

/* Names are learned where all of their bytes were read in view, and only there. */
static void test_fw_cfg_names(void **state)
{
    uint8_t directory[4 + 2 * FW_CFG_FILE_ENTRY_SIZE] = {0, 0, 0, 2};
    uint8_t *second = directory + 4 + FW_CFG_FILE_ENTRY_SIZE;

    (void)state;
    directory[4 + FW_CFG_FILE_SELECT + 1] = 0x20;
    strcpy((char *)directory + 4 + FW_CFG_FILE_NAME, "etc/e820");
    second[FW_CFG_FILE_SELECT + 1] = 0x21;
    memset(second + FW_CFG_FILE_NAME, 0xff, FW_CFG_FILE_NAME_SIZE); /* no NUL, no character */

    fw_cfg_select(FW_CFG_KEY_FILE_DIRECTORY, "fw_cfg selector <- file directory");
    read_directory(directory, 0, sizeof directory); /* of which no entry is seen whole */
    fw_cfg_select(0x20, "fw_cfg selector <- file 0x20");

    fw_cfg_select(FW_CFG_KEY_FILE_DIRECTORY, "fw_cfg selector <- file directory");
    for (unsigned at = 0; at < sizeof directory; at++)
        read_directory(directory, at, 1);
    fw_cfg_select(0x20, "fw_cfg selector <- file 0x20 etc/e820");
    read_port("fw_cfg", PORT_FW_CFG, FW_CFG_DATA, 1, 5,
              "fw_cfg data -> 1 byte 05 of file 0x20 etc/e820");
    fw_cfg_select(0x21, "fw_cfg selector <- file 0x21 "
                        "???????????????????????????????????????????????????????");
    fw_cfg_select(0x22, "fw_cfg selector <- file 0x22");
}

/* As the firmware does: the count, then each entry with one string instruction. */
static void test_fw_cfg_entries(void **state)
{
    uint8_t directory[4 + FW_CFG_FILE_ENTRY_SIZE] = {0, 0, 0, 1};

    (void)state;
    directory[4 + FW_CFG_FILE_SELECT + 1] = 0x20;
    strcpy((char *)directory + 4 + FW_CFG_FILE_NAME, "etc/e820");
    fw_cfg_select(FW_CFG_KEY_FILE_DIRECTORY, "fw_cfg selector <- file directory");
    read_directory(directory, 0, 4);
    read_directory(directory, 4, FW_CFG_FILE_ENTRY_SIZE);
    fw_cfg_select(0x20, "fw_cfg selector <- file 0x20 etc/e820");
}

/* --- the small ports ------------------------------------------------------------------------------ */

static void test_small_ports(void **state)
{
    struct decode_access debug = port_access("debug", 0x402, 0x402, 1, true);

    (void)state;
    write_port("post", PORT_POST, 0, 1, 0xc0, "post code <- 0xc0 COPY_BEGIN");
    write_port("post", PORT_POST, 0, 1, 0x12, "post code <- 0x12");
    write_port("debug", PORT_DEBUG_CONSOLE, 0, 1, 'S', "debug data <- 'S'");
    read_port("debug", PORT_DEBUG_CONSOLE, 0, 1, 0xe9, "debug data -> 0xe9 present");
    string_port(debug, 3, "abc", 3, "debug data <- \"abc\"");
    write_port("exit", PORT_EXIT, 0, 1, 0, "exit code <- 0x0 PASS");
    write_port("exit", PORT_EXIT, 0, 4, 41, "exit code <- 0x29 PANIC");
    write_port("exit", PORT_EXIT, 0, 4, 0x107, "exit code <- 0x107 failure 263");
    write_port("system-control", PORT_SYSTEM_CONTROL_A, 0, 1, 2, "system-control A <- 0x2 A20");
    write_port("pci-config", PORT_PCI_CONFIG_ADDRESS, 1, 1, 6,
               "reset-control control <- 0x6 SYSTEM CPU");
    read_port(NULL, PORT_SYSTEM_CONTROL_B, 0, 1, 0xff, "system-control B -> 0xff, nobody answers");
    write_port(NULL, PORT_PIC1_COMMAND, 0, 1, 0x11, "pic command1 <- 0x11 ICW1, nobody answers");
    write_port(NULL, PORT_PIC1_DATA, 0, 1, 8, "pic data1 ICW2 <- 0x8, nobody answers");
    write_port(NULL, PORT_PIC1_DATA, 0, 1, 4, "pic data1 ICW3 <- 0x4, nobody answers");
    write_port(NULL, PORT_PIC1_DATA, 0, 1, 1, "pic data1 ICW4 <- 0x1 8086 mode, nobody answers");
    write_port(NULL, PORT_PIC1_DATA, 0, 1, 0xfb, "pic data1 <- 0xfb, nobody answers");
    write_port(NULL, PORT_PIT_COMMAND, 0, 1, 0xb0,
               "pit command <- 0xb0 channel 2, low then high byte, mode 0, nobody answers");
}

static void test_cmos(void **state)
{
    (void)state;
    write_port("cmos", PORT_CMOS_INDEX, 0, 1, 0x0b, "cmos index <- 0xb index=11 (status_b)");
    read_port("cmos", PORT_CMOS_INDEX, 1, 1, 0x02, "cmos status_b -> 0x2 24_HOUR");
    write_port("cmos", PORT_CMOS_INDEX, 0, 1, 0x8a,
               "cmos index <- 0x8a index=10 NMI_OFF (status_a)");
    read_port("cmos", PORT_CMOS_INDEX, 1, 1, 0x26,
              "cmos status_a -> 0x26 32768 Hz, 1024 Hz periodic");
    write_port("cmos", PORT_CMOS_INDEX, 0, 1, 0x35,
               "cmos index <- 0x35 index=53 (memory_above_16M)");
    read_port("cmos", PORT_CMOS_INDEX, 1, 1, 0x3f, "cmos memory_above_16M+1 -> 0x3f");
    write_port("cmos", PORT_CMOS_INDEX, 0, 1, 0x0f, "cmos index <- 0xf index=15 (shutdown_status)");
    read_port("cmos", PORT_CMOS_INDEX, 1, 1, 0, "cmos shutdown_status -> 0x0");
    write_port("cmos", PORT_CMOS_INDEX, 0, 1, 0x4f, "cmos index <- 0x4f index=79");
    write_port("cmos", PORT_CMOS_INDEX, 1, 1, 1, "cmos byte 0x4f <- 0x1");
}

/* What a byte at the data port is, the command before it says, once. */
static void test_i8042(void **state)
{
    (void)state;
    read_port("i8042", PORT_I8042_COMMAND, 0, 1, 0x15,
              "i8042 status -> 0x15 OUTPUT_FULL SYSTEM UNLOCKED");
    write_port("i8042", PORT_I8042_COMMAND, 0, 1, 0xaa, "i8042 command <- SELF_TEST");
    read_port("i8042", PORT_I8042_DATA, 0, 1, 0x55, "i8042 self_test -> 0x55 PASSED");
    read_port("i8042", PORT_I8042_DATA, 0, 1, 0x55, "i8042 data -> 0x55");
    write_port("i8042", PORT_I8042_COMMAND, 0, 1, 0x60, "i8042 command <- WRITE_COMMAND_BYTE");
    write_port("i8042", PORT_I8042_DATA, 0, 1, 0x34,
               "i8042 command_byte <- 0x34 SYSTEM KEYBOARD_OFF MOUSE_OFF");
    write_port("i8042", PORT_I8042_DATA, 0, 1, 0xff, "i8042 data <- 0xff RESET");
    read_port("i8042", PORT_I8042_DATA, 0, 1, 0xfa, "i8042 data -> 0xfa ACK");
    write_port("i8042", PORT_I8042_COMMAND, 0, 1, 0xd1, "i8042 command <- WRITE_OUTPUT_PORT");
    write_port("i8042", PORT_I8042_DATA, 0, 1, 0x03, "i8042 output_port <- 0x3 NOT_RESET A20");
    write_port("i8042", PORT_I8042_COMMAND, 0, 1, 0xfe, "i8042 command <- PULSE the reset line");
}

static void test_foreign_ports(void **state)
{
    (void)state;
    write_port(NULL, 0x3f2, 0, 1, 0x0c, "floppy digital_output <- 0xc, nobody answers");
    write_port(NULL, 0x3d4, 0, 2, 0x0e0c, "vga crtc_index/crtc_data <- 0xc, 0xe, nobody answers");
    write_port(NULL, 0x0d, 0, 1, 0, "dma1 master_clear <- 0x0, nobody answers");
    write_port(NULL, 0x81, 0, 1, 0, "dma-page 0x00 <- 0x00, nobody answers");
    read_port(NULL, 0xb3, 0, 1, 0xff, "apm status -> 0xff, nobody answers");
    read_port(NULL, 0x608, 0, 4, 0xffffffff, "acpi pm_timer -> 0xffffffff, nobody answers");
    read_port(NULL, 0x1f7, 0, 1, 0xff, "ata0 status -> 0xff, nobody answers");
    read_port(NULL, 0x511, 0, 1, 0xff, "fw_cfg data -> 0xff, nobody answers");
}

static void test_last_resort(void **state)
{
    struct decode_access hole = memory_access("vga-hole", 0x123, 1, false);
    struct decode_access nowhere = memory_access(NULL, 0, 4, false);

    (void)state;
    read_port(NULL, 0x1234, 0, 1, 0xff, "port 0x1234 -> 0xff, nobody answers");
    read_port("thing", 0x1230, 4, 2, 0x1234, "thing 0x4 -> 0x1234");
    hole.answered = false;
    expect_of(hole, 0xff, "vga-hole 0x123 -> 0xff, nobody answers");
    nowhere.answered = false;
    expect_of(nowhere, 0xffffffff, "memory 0xfe000000 -> 0xffffffff, nobody answers");
}

/* --- hostile -------------------------------------------------------------------------------------- */

static const char *const regions[] = {
    NULL,
    "",
    "uart",
    "ata",
    "ide-dma",
    "chunk",
    "testdev",
    "testdev-ports",
    "cmos",
    "i8042",
    "system-control",
    "reset-control",
    "fw_cfg",
    "post",
    "debug",
    "exit",
    "pci-config",
    "ecam",
    "virtio-blk0",
    "virtio-mmio",
    "a region with a name that is much longer than any field of the words it is put into",
};

/* A record may hold anything: no width, no data, a count that no instruction has, places outside of the
 * region. */
static void test_hostile_accesses(void **state)
{
    static const uint64_t places[] = {
        0,      1,     7,      8,     0x60,  0x64,       0x70,       0x71,          0xf4,  0x1f0,
        0x1f7,  0x3f8, 0x402,  0x510, 0x511, 0x514,      0x518,      0xcf8,         0xcf9, 0xcfc,
        0xffff, 0xfff, 0x1000, 0x27f, 0x100, 0xffffffff, UINT64_MAX, UINT64_MAX - 7};
    static const unsigned sizes[] = {0, 1, 2, 3, 4, 5, 8, 9, 255, UINT32_MAX};
    static const unsigned counts[] = {0, 1, 2, UINT32_MAX};
    static const unsigned lengths[] = {0, 1, 3, DECODE_DATA_MAX};
    static const uint8_t data[DECODE_DATA_MAX] = {0xff, 0x83, 0x19, 0x00, 0x80,
                                                  0xff, 0xff, 0xff, 0xff};
    (void)state;
    for (unsigned i = 0; i < DECODE_COUNT(regions) * DECODE_COUNT(places) * 8; i++) {
        struct decode_access access = {
            .device = regions[i / 8 % DECODE_COUNT(regions)],
            .address = places[i / 8 / DECODE_COUNT(regions)],
            .offset = places[i / 8 / DECODE_COUNT(regions)],
            .is_write = i & 1,
            .is_port = i & 2,
            .answered = i & 4,
        };

        for (unsigned s = 0; s < DECODE_COUNT(sizes); s++) {
            access.size = sizes[s];
            access.count = counts[(i + s) % DECODE_COUNT(counts)];
            for (unsigned l = 0; l < DECODE_COUNT(lengths); l++)
                run(access, data, lengths[l]);
        }
    }
}

/* data_length beyond what there can be is not believed; without data the value is 0. */
static void test_hostile_data(void **state)
{
    uint8_t data[DECODE_DATA_MAX] = {'a', 'b'};
    struct decode_access access = port_access("uart", PORT_COM1, PORT_COM1, 1, true);
    struct decoded decoded;

    (void)state;
    access.data = data;
    access.data_length = UINT32_MAX;
    access.count = UINT32_MAX;
    decoder_decode(fixture->decoder, &access, &decoded);
    assert_non_null(strstr(decoded.words, "... 4294967295 characters"));
    access.count = 2;
    decoder_decode(fixture->decoder, &access, &decoded);
    assert_string_equal(decoded.words, "\"ab\"");
    access.data = NULL;
    access.count = 1;
    decoder_decode(fixture->decoder, &access, &decoded);
    assert_string_equal(decoded.words, "0x00");
}

/* Words that do not fit are cut off, not written past the end. */
static void test_append_is_bounded(void **state)
{
    char words[DECODED_WORDS_SIZE + 1] = "";

    (void)state;
    words[DECODED_WORDS_SIZE] = '#';
    for (unsigned i = 0; i < DECODED_WORDS_SIZE; i++)
        decode_append(words, "%s", "abc");
    assert_int_equal(strlen(words), DECODED_WORDS_SIZE - 1);
    assert_int_equal(words[DECODED_WORDS_SIZE], '#');
}

/* --- words of a register -------------------------------------------------------------------------- */

static const struct decode_value modes[] = {{"A", 0x00, "SLOW"}, {"B", 0x20, "FAST"}, {0}};
static const struct decode_field fields[] = {
    {"C", 0x01, "ON", NULL, false},
    {"D", 0x0e, "level", NULL, true},
    {"E", 0x60, "mode", modes, false},
    {"F", 0xff000000, "top", NULL, true},
    {0},
};

static void expect_words(const struct decode_register *reg, unsigned at, unsigned size,
                         uint64_t value, const char *name, const char *words)
{
    struct decoded decoded;

    decode_register_words(reg, at, size, value, &decoded);
    assert_string_equal(decoded.reg, name);
    assert_string_equal(decoded.words, words);
}

static void test_register_words(void **state)
{
    static const struct decode_value values[] = {{"V", 0x80, "SPECIAL"}, {0}};
    struct decode_register reg = {"R", 0, 4, DECODE_READ, "reg", DECODE_HEX, fields, values};

    (void)state;
    expect_words(&reg, 0, 4, 0x05000027, "reg", "0x5000027 ON level=3 mode=FAST top=5");
    expect_words(&reg, 0, 4, 0x80, "reg", "0x80 SPECIAL");
    expect_words(&reg, 0, 1, 0x80, "reg", "0x80 level=0 mode=SLOW");
    expect_words(&reg, 3, 1, 0x05, "reg+3", "0x5 top=5");
    expect_words(&reg, 0, 4, 0x40, "reg", "0x40 level=0 mode=0x40 top=0");
    expect_words(&reg, 0, 4, 0xffffffff00000080, "reg", "0x80 SPECIAL");
    reg.form = DECODE_VALUE;
    expect_words(&reg, 0, 4, 0x80, "reg", "SPECIAL");
    reg.form = DECODE_FLAGS;
    expect_words(&reg, 2, 2, 0x0180, "reg+2", "top=1 0x800000");
    reg.form = DECODE_DECIMAL;
    reg.fields = NULL;
    expect_words(&reg, 0, 4, 4096, "reg", "4096");
    reg.form = DECODE_FLAGS;
    expect_words(&reg, 0, 4, 0, "reg", "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_uart_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_divisor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_reset_forgets_dlab, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uart_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_status_and_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_drives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_48_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_data, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ata_bus_master, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chunk_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_testdev, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fw_cfg_items, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fw_cfg_dma, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fw_cfg_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fw_cfg_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cmos, setup, teardown),
        cmocka_unit_test_setup_teardown(test_i8042, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_resort, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_accesses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile_data, setup, teardown),
        cmocka_unit_test(test_append_is_bounded),
        cmocka_unit_test(test_register_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
