/* SPDX-License-Identifier: MIT */
/* host-vmm/trace/decode/pci*.c: what accesses to PCI configuration space are said to mean. */
#include "test.h"

#include "decode_fixture.h"

#include "abi/machine.h"
#include "abi/pci.h"

#include <stdlib.h>
#include <string.h>

static const struct decode_place address_port = {true, "pci-config", PORT_PCI_CONFIG_ADDRESS};
static const struct decode_place data_port = {true, "pci-config", PORT_PCI_CONFIG_DATA};
static const struct decode_place ecam = {false, "ecam", ECAM_BASE};

#define FUNCTION(device, function) ((uint32_t)(device) << 11 | (uint32_t)(function) << 8)
#define CHUNK FUNCTION(2, 0)
#define VIRTIO FUNCTION(3, 0)

static const char *select_register(struct decode_fixture *f, uint32_t function, unsigned reg)
{
    return decode_write(f, &address_port, 0, 4,
                        PCI_CONFIG_ENABLE | function | (reg & PCI_CONFIG_REGISTER_MASK));
}

static const char *config_read(struct decode_fixture *f, uint32_t function, unsigned reg,
                               unsigned size, uint64_t value)
{
    select_register(f, function, reg);
    return decode_read(f, &data_port, reg % 4, size, value);
}

static const char *config_write(struct decode_fixture *f, uint32_t function, unsigned reg,
                                unsigned size, uint64_t value)
{
    select_register(f, function, reg);
    return decode_write(f, &data_port, reg % 4, size, value);
}

static void the_address_is_a_function_and_a_register(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(select_register(f, CHUNK, PCI_BAR0),
                        "pci address <- 00:02.0 register 0x10 (BAR0)");
    assert_string_equal(decode_read(f, &address_port, 0, 4, 0x80000000),
                        "pci address -> 00:00.0 register 0x00 (id)");
    assert_string_equal(decode_write(f, &address_port, 0, 4, 0x8001ff3c),
                        "pci address <- 01:1f.7 register 0x3c (interrupt_line/interrupt_pin)");
    assert_string_equal(select_register(f, CHUNK, PCI_HEADER_TYPE),
                        "pci address <- 00:02.0 register 0x0c "
                        "(cache_line_size/latency_timer/header_type)");
    assert_string_equal(decode_write(f, &address_port, 0, 4, 0x80000874),
                        "pci address <- 00:01.0 register 0x74");
    assert_string_equal(decode_write(f, &address_port, 0, 4, 0), "pci address <- 0x00000000, off");
}

static void without_an_address_the_data_port_is_nobodys(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(decode_read(f, &data_port, 0, 4, UINT32_MAX),
                        "pci data -> 0xffffffff (the address is off)");
    assert_string_equal(decode_read(f, &data_port, 2, 1, 0xff),
                        "pci data+2 -> 0xff (the address is off)");
    config_read(f, CHUNK, 0, 4, 0x74701234);
    decoder_reset(f->decoder);
    assert_string_equal(decode_read(f, &data_port, 0, 4, UINT32_MAX),
                        "pci data -> 0xffffffff (the address is off)");
}

static void an_address_of_another_width_is_none(void **state)
{
    struct decode_fixture *f = *state;
    static const uint8_t data[2] = {0, 0x80};
    const struct decode_access access = {.is_port = true,
                                         .is_write = true,
                                         .address = PORT_PCI_CONFIG_ADDRESS,
                                         .size = 2,
                                         .count = 1,
                                         .data = data,
                                         .data_length = 2,
                                         .device = "pci-config"};

    select_register(f, CHUNK, PCI_COMMAND);
    assert_string_equal(decode_line(f, &access),
                        "pci address <- 0x8000 doubleword=0, nobody answers");
    assert_string_equal(decode_read(f, &data_port, 0, 2, 7),
                        "pci 00:02.0 command -> 0x7 IO MEMORY MASTER");
}

static void the_reset_control_is_another_devices(void **state)
{
    struct decode_fixture *f = *state;

    decode_write(f, &address_port, 1, 1, 6);
    assert_string_not_equal(f->decoded.device, "pci");
}

static void ids_have_names(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_read(f, 0, 0, 4, 0x12378086),
                        "pci 00:00.0 id -> 8086:1237 i440FX host bridge");
    assert_string_equal(config_read(f, CHUNK, 0, 4, 0x74701234),
                        "pci 00:02.0 id -> 1234:7470 chunk device");
    assert_string_equal(config_read(f, VIRTIO, 0, 4, 0x10421af4),
                        "pci 00:03.0 id -> 1af4:1042 virtio block device");
    assert_string_equal(config_read(f, FUNCTION(4, 0), 0, 4, UINT32_MAX),
                        "pci 00:04.0 id -> ffff:ffff nobody");
    assert_string_equal(config_read(f, FUNCTION(5, 0), 0, 4, 0x99998086),
                        "pci 00:05.0 id -> 8086:9999 Intel");
    assert_string_equal(config_read(f, FUNCTION(4, 0), 0, 2, 0xffff),
                        "pci 00:04.0 vendor_id -> ffff nobody");
    assert_string_equal(config_read(f, FUNCTION(1, 1), 0, 2, 0x8086),
                        "pci 00:01.1 vendor_id -> 8086 Intel");
    assert_string_equal(config_read(f, FUNCTION(1, 1), 2, 2, 0x7010),
                        "pci 00:01.1 device_id -> 7010 PIIX3 IDE");
    assert_string_equal(config_read(f, 0, PCI_SUBSYSTEM_VENDOR_ID, 4, 0x11001af4),
                        "pci 00:00.0 subsystem -> 1af4:1100 QEMU");
}

static void the_header_is_in_words(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_read(f, CHUNK, PCI_COMMAND, 4, 0x00100006),
                        "pci 00:02.0 command/status -> 0x6 MEMORY MASTER, 0x10 CAPABILITIES");
    assert_string_equal(config_write(f, CHUNK, PCI_COMMAND, 2, 0x0402),
                        "pci 00:02.0 command <- 0x402 MEMORY INTX_DISABLE");
    assert_string_equal(config_read(f, CHUNK, PCI_COMMAND + 1, 1, 0x04),
                        "pci 00:02.0 command+1 -> 0x4 INTX_DISABLE");
    assert_string_equal(config_read(f, CHUNK, PCI_REVISION_ID, 4, 0xff000001),
                        "pci 00:02.0 revision_id/class -> 0x1, ff0000 unassigned");
    assert_string_equal(config_read(f, FUNCTION(1, 1), PCI_REVISION_ID, 4, 0x01018000),
                        "pci 00:01.1 revision_id/class -> 0x0, 010180 IDE, bus master");
    assert_string_equal(config_read(f, 0, PCI_SUBCLASS, 2, 0x0600),
                        "pci 00:00.0 class -> 0600 host bridge");
    assert_string_equal(config_read(f, 0, PCI_CLASS, 1, 0x06),
                        "pci 00:00.0 base_class -> 0x6 bridge");
    assert_string_equal(config_read(f, 0, PCI_HEADER_TYPE, 1, 0x80),
                        "pci 00:00.0 header_type -> 0x80 type=0 multifunction");
    assert_string_equal(config_read(f, FUNCTION(9, 0), PCI_HEADER_TYPE, 1, 0xff),
                        "pci 00:09.0 header_type -> 0xff nobody");
    assert_string_equal(config_write(f, CHUNK, PCI_INTERRUPT_LINE, 1, 11),
                        "pci 00:02.0 interrupt_line <- IRQ 11");
    assert_string_equal(config_read(f, VIRTIO, PCI_INTERRUPT_LINE, 2, 0x01ff),
                        "pci 00:03.0 interrupt_line/interrupt_pin -> none, INTA");
    assert_string_equal(config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0x40),
                        "pci 00:02.0 capability_pointer -> 0x40");
}

static void a_bar_is_sized_and_then_placed(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_write(f, CHUNK, PCI_BAR0, 4, UINT32_MAX),
                        "pci 00:02.0 BAR0 <- 0xffffffff (sizing)");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 4, 0xfffff000),
                        "pci 00:02.0 BAR0 -> 0xfffff000 (4 KiB, 32-bit memory)");
    assert_string_equal(config_write(f, CHUNK, PCI_BAR0, 4, 0xfe000000),
                        "pci 00:02.0 BAR0 <- 0xfe000000 32-bit memory");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 4, 0xfe000000),
                        "pci 00:02.0 BAR0 -> 0xfe000000 32-bit memory");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0 + 4, 4, 0),
                        "pci 00:02.0 BAR1 -> 0x00000000 (no address)");
    config_write(f, CHUNK, PCI_BAR0 + 4, 4, UINT32_MAX);
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0 + 4, 4, 0),
                        "pci 00:02.0 BAR1 -> 0x00000000 (no BAR)");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0 + 2, 2, 0xfe00),
                        "pci 00:02.0 BAR0+2 -> 0xfe00");
}

static void the_kinds_of_bars(void **state)
{
    struct decode_fixture *f = *state;
    uint32_t ide = FUNCTION(1, 1);

    assert_string_equal(config_read(f, ide, PCI_BAR0 + 16, 4, 0xc041),
                        "pci 00:01.1 BAR4 -> 0x0000c041 I/O ports");
    config_write(f, ide, PCI_BAR0 + 16, 4, UINT32_MAX);
    assert_string_equal(config_read(f, ide, PCI_BAR0 + 16, 4, 0xfffffff1),
                        "pci 00:01.1 BAR4 -> 0xfffffff1 (16 bytes, I/O ports)");
    config_write(f, VIRTIO, PCI_BAR0 + 16, 4, UINT32_MAX);
    assert_string_equal(config_read(f, VIRTIO, PCI_BAR0 + 16, 4, 0xffff800c),
                        "pci 00:03.0 BAR4 -> 0xffff800c (32 KiB, 64-bit prefetchable memory)");
    assert_string_equal(config_write(f, VIRTIO, PCI_BAR0 + 20, 4, UINT32_MAX),
                        "pci 00:03.0 BAR5 <- 0xffffffff (sizing)");
    assert_string_equal(config_read(f, VIRTIO, PCI_BAR0 + 20, 4, UINT32_MAX),
                        "pci 00:03.0 BAR5 -> 0xffffffff (upper half of the size)");
    assert_string_equal(config_write(f, VIRTIO, PCI_BAR0 + 20, 4, 0),
                        "pci 00:03.0 BAR5 <- 0x00000000 (upper half)");
    assert_string_equal(config_write(f, VIRTIO, PCI_BAR0 + 16, 4, 0xfe008000),
                        "pci 00:03.0 BAR4 <- 0xfe008000 64-bit prefetchable memory");
    config_write(f, CHUNK, PCI_BAR0 + 8, 4, UINT32_MAX);
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0 + 8, 4, 0x4),
                        "pci 00:02.0 BAR2 -> 0x00000004 (4 GiB or more, 64-bit memory)");
    assert_string_equal(config_read(f, FUNCTION(8, 0), PCI_BAR0, 4, UINT32_MAX),
                        "pci 00:08.0 BAR0 -> 0xffffffff (nobody)");
}

static void the_expansion_rom(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_write(f, CHUNK, PCI_EXPANSION_ROM, 4, 0xfffff800),
                        "pci 00:02.0 expansion_ROM <- 0xfffff800 (sizing)");
    assert_string_equal(config_read(f, CHUNK, PCI_EXPANSION_ROM, 4, 0),
                        "pci 00:02.0 expansion_ROM -> 0x00000000 (no ROM)");
    config_write(f, CHUNK, PCI_EXPANSION_ROM, 4, 0xfffffffe);
    assert_string_equal(config_read(f, CHUNK, PCI_EXPANSION_ROM, 4, 0xfffe0000),
                        "pci 00:02.0 expansion_ROM -> 0xfffe0000 (128 KiB, ROM)");
    assert_string_equal(config_write(f, CHUNK, PCI_EXPANSION_ROM, 4, 0xfe0e0001),
                        "pci 00:02.0 expansion_ROM <- 0xfe0e0001 ROM, on");
}

static void msi_is_found_by_the_list(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_read(f, CHUNK, 0x42, 2, 0x80), "pci 00:02.0 0x42 -> 0x0080");
    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0x40);
    assert_string_equal(config_read(f, CHUNK, 0x40, 1, 5), "pci 00:02.0 MSI capability -> MSI");
    assert_string_equal(config_read(f, CHUNK, 0x41, 1, 0), "pci 00:02.0 MSI next -> none");
    assert_string_equal(config_write(f, CHUNK, 0x48, 2, 0x4031),
                        "pci 00:02.0 MSI data <- 0x4031 vector 0x31");
    assert_string_equal(config_read(f, CHUNK, 0x42, 2, 0x80),
                        "pci 00:02.0 MSI control -> 0x80 MULTIPLE_ENABLE=0 64BIT");
    assert_string_equal(select_register(f, CHUNK, 0x44),
                        "pci address <- 00:02.0 register 0x44 (MSI address)");
    assert_string_equal(decode_write(f, &data_port, 0, 4, 0xfee00000),
                        "pci 00:02.0 MSI address <- 0xfee00000");
    assert_string_equal(config_write(f, CHUNK, 0x48, 4, 0), "pci 00:02.0 MSI address_high <- 0x0");
    assert_string_equal(config_write(f, CHUNK, 0x4c, 2, 0x4031),
                        "pci 00:02.0 MSI data <- 0x4031 vector 0x31");
    assert_string_equal(config_write(f, CHUNK, 0x42, 2, 0x81),
                        "pci 00:02.0 MSI control <- 0x81 ENABLE MULTIPLE_ENABLE=0 64BIT");
    decoder_reset(f->decoder);
    assert_string_equal(config_read(f, CHUNK, 0x42, 2, 0x80), "pci 00:02.0 0x42 -> 0x0080");
}

static void one_read_may_show_a_whole_capability(void **state)
{
    struct decode_fixture *f = *state;

    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 4, 0x50);
    assert_string_equal(config_read(f, CHUNK, 0x50, 4, 0x00016011),
                        "pci 00:02.0 MSI-X capability/next/control -> MSI-X, at 0x60, 0x1 "
                        "LAST_ENTRY=1");
    assert_string_equal(config_read(f, CHUNK, 0x54, 4, 0x4004),
                        "pci 00:02.0 MSI-X table -> BAR4+0x4000");
    assert_string_equal(config_read(f, CHUNK, 0x58, 4, 0x4804),
                        "pci 00:02.0 MSI-X pending -> BAR4+0x4800");
    assert_string_equal(config_write(f, CHUNK, 0x52, 2, 0xc001),
                        "pci 00:02.0 MSI-X control <- 0xc001 LAST_ENTRY=1 FUNCTION_MASK ENABLE");
    /* The next one has not been looked at yet. */
    assert_string_equal(config_read(f, CHUNK, 0x64, 4, 1), "pci 00:02.0 0x64 -> 0x00000001");
    assert_string_equal(config_read(f, CHUNK, 0x60, 2, 0x0010),
                        "pci 00:02.0 capability/next -> PCI Express, none");
}

static void virtios_capabilities_have_fields(void **state)
{
    struct decode_fixture *f = *state;

    config_read(f, VIRTIO, 0, 4, 0x10421af4);
    config_read(f, VIRTIO, PCI_CAPABILITY_POINTER, 1, 0x40);
    assert_string_equal(config_read(f, VIRTIO, 0x40, 2, 0x5009),
                        "pci 00:03.0 virtio capability/next -> vendor, at 0x50");
    assert_string_equal(config_read(f, VIRTIO, 0x43, 1, 1),
                        "pci 00:03.0 virtio common type -> COMMON");
    assert_string_equal(config_read(f, VIRTIO, 0x44, 1, 4), "pci 00:03.0 virtio common BAR -> 4");
    assert_string_equal(config_read(f, VIRTIO, 0x4c, 4, 0x38),
                        "pci 00:03.0 virtio common region_length -> 0x38");
    assert_string_equal(config_read(f, VIRTIO, 0x50, 4, 0x02146409),
                        "pci 00:03.0 virtio notify capability/next/length/type -> vendor, at 0x64, "
                        "20, NOTIFY");
    assert_string_equal(config_read(f, VIRTIO, 0x60, 4, 4),
                        "pci 00:03.0 virtio notify multiplier -> 4");
    config_read(f, VIRTIO, 0x64, 4, 0x05140009);
    assert_string_equal(config_write(f, VIRTIO, 0x74, 4, 0x12),
                        "pci 00:03.0 virtio PCI window cfg_data <- 0x12");

    /* Another vendor's are its own. */
    config_read(f, CHUNK, 0, 4, 0x74701234);
    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0x40);
    config_read(f, CHUNK, 0x40, 4, 0x01000009);
    assert_string_equal(config_read(f, CHUNK, 0x44, 1, 4), "pci 00:02.0 0x44 -> 0x04");
}

static void a_list_that_loops_is_harmless(void **state)
{
    struct decode_fixture *f = *state;

    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0x40);
    for (unsigned i = 0; i < 3 * PCI_CAPABILITY_MAX; i++)
        config_read(f, CHUNK, PCI_HEADER_SIZE + 4 * (i % PCI_CAPABILITY_MAX), 4,
                    0x05 | (uint64_t)(0x44 + 4 * (i % PCI_CAPABILITY_MAX)) << 8);
    config_read(f, CHUNK, 0xfc, 4, 0x00804005); /* to the first one again */
    assert_string_equal(config_read(f, CHUNK, 0xfc, 1, 5), "pci 00:02.0 MSI capability -> MSI");
    /* Behind the end of the header's page there is nothing to point to. */
    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0xff);
    config_read(f, CHUNK, PCI_CAPABILITY_POINTER, 1, 0x10);
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 1, 5),
                        "pci 00:02.0 BAR0 -> 0x5 I/O 64-bit");
}

static void the_host_bridges_own_registers(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_write(f, 0, 0x59, 1, 0x30), "pci 00:00.0 PAM0 <- 0x30, 0xf0000 RAM");
    assert_string_equal(config_write(f, 0, 0x5a, 1, 0x31),
                        "pci 00:00.0 PAM1 <- 0x31, 0xc0000 RAM, read-only, 0xc4000 RAM");
    assert_string_equal(config_read(f, 0, 0x5f, 1, 0x02),
                        "pci 00:00.0 PAM6 -> 0x02, 0xe8000 ROM, writes to RAM, 0xec000 ROM");
    assert_string_equal(config_read(f, 0, 0x58, 2, 0x1000),
                        "pci 00:00.0 PAM0 -> 0x10, 0xf0000 RAM, read-only");
    assert_string_equal(config_write(f, 0, PCIEXBAR_I440FX, 4, 0xb0000001),
                        "pci 00:00.0 PCIEXBAR <- 0xb0000001 on, 256 buses at 0xb0000000");
    assert_string_equal(config_read(f, 0, PCIEXBAR_I440FX, 4, 0xb0000004),
                        "pci 00:00.0 PCIEXBAR -> 0xb0000004 off, 64 buses at 0xb0000000");
    assert_string_equal(config_read(f, 0, PCIEXBAR_I440FX + 4, 4, 0),
                        "pci 00:00.0 PCIEXBAR+4 -> 0x0");
}

static void the_isa_bridge_routes_interrupts(void **state)
{
    struct decode_fixture *f = *state;

    assert_string_equal(config_write(f, FUNCTION(1, 0), 0x60, 1, 0x0a),
                        "pci 00:01.0 PIRQA <- 0x0a IRQ 10");
    assert_string_equal(config_read(f, FUNCTION(1, 0), 0x62, 2, 0x0b80),
                        "pci 00:01.0 PIRQC/PIRQD -> 0x80 not routed, 0x0b IRQ 11");
    assert_string_equal(config_write(f, FUNCTION(1, 1), 0x42, 2, 0x8000),
                        "pci 00:01.1 IDETIM secondary <- 0x8000 DECODE");
}

static void ecam_reaches_the_same_registers(void **state)
{
    struct decode_fixture *f = *state;
    uint64_t chunk = 2 << PCI_ECAM_DEVICE_SHIFT;
    static const uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct decode_access access = {.is_write = true,
                                   .address = ECAM_BASE + chunk,
                                   .offset = chunk,
                                   .size = 8,
                                   .count = 1,
                                   .data = data,
                                   .data_length = 8,
                                   .device = "ecam"};

    assert_string_equal(decode_write(f, &ecam, chunk + PCI_BAR0, 4, UINT32_MAX),
                        "pci 00:02.0 BAR0 <- 0xffffffff (sizing)");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 4, 0xfffff000),
                        "pci 00:02.0 BAR0 -> 0xfffff000 (4 KiB, 32-bit memory)");
    assert_string_equal(decode_read(f, &ecam, 0x5fff000, 4, UINT32_MAX),
                        "pci 5f:1f.7 id -> ffff:ffff nobody");
    assert_string_equal(decode_read(f, &ecam, chunk + 0x104, 4, 0),
                        "pci 00:02.0 0x104 -> 0x00000000");
    decode_line(f, &access);
    assert_string_equal(f->decoded.device, "pci 00:02.0");
    assert_non_null(strstr(f->decoded.words, "nobody answers"));
    /* Off, the window does not answer, and that tells nothing of a device. */
    access.is_write = false;
    assert_string_equal(decode_line(f, &access),
                        "pci 00:02.0 id/command/status -> 0x807060504030201, nobody answers");
    access.is_write = true;
    access.size = access.data_length = 4;
    access.offset = chunk + PCI_BAR0 + 4;
    access.data = (const uint8_t[]){0xff, 0xff, 0xff, 0xff};
    decode_line(f, &access);
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0 + 4, 4, 0xfffff000),
                        "pci 00:02.0 BAR1 -> 0xfffff000 32-bit memory");
}

static void the_least_used_function_is_forgotten(void **state)
{
    struct decode_fixture *f = *state;

    config_write(f, CHUNK, PCI_BAR0, 4, UINT32_MAX);
    config_write(f, VIRTIO, PCI_BAR0, 4, UINT32_MAX);
    for (unsigned i = 0; i < 31; i++) {
        config_read(f, FUNCTION(i, 7), PCI_COMMAND, 2, 0);
        config_read(f, VIRTIO, PCI_COMMAND, 2, 0);
    }
    assert_string_equal(config_read(f, VIRTIO, PCI_BAR0, 4, 0xfffff000),
                        "pci 00:03.0 BAR0 -> 0xfffff000 (4 KiB, 32-bit memory)");
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 4, 0xfffff000),
                        "pci 00:02.0 BAR0 -> 0xfffff000 32-bit memory");
}

static void a_scan_of_the_bus_forgets_nobody(void **state)
{
    struct decode_fixture *f = *state;

    config_write(f, CHUNK, PCI_BAR0, 4, UINT32_MAX);
    for (unsigned bus = 1; bus < 8; bus++)
        for (unsigned i = 0; i < PCI_DEVICES_PER_BUS; i++)
            config_read(f, FUNCTION(i, 0) | bus << PCI_CONFIG_BUS_SHIFT, 0, 4, UINT32_MAX);
    assert_string_equal(config_read(f, CHUNK, PCI_BAR0, 4, 0xfffff000),
                        "pci 00:02.0 BAR0 -> 0xfffff000 (4 KiB, 32-bit memory)");
}

static void strings_are_data(void **state)
{
    struct decode_fixture *f = *state;
    static const uint8_t data[16] = {0x34, 0x12, 0x70, 0x74};
    const struct decode_access access = {.is_port = true,
                                         .address = PORT_PCI_CONFIG_DATA,
                                         .size = 4,
                                         .count = 64,
                                         .data = data,
                                         .data_length = 16,
                                         .device = "pci-config",
                                         .answered = true};

    select_register(f, CHUNK, 0);
    assert_string_equal(decode_line(f, &access),
                        "pci 00:02.0 id -> 256 bytes 34 12 70 74 00 00 00 00 ...");
}

/* Whatever a guest does, the words are words. The sanitizers look on. */
static void any_accesses_have_words(void **state)
{
    struct decode_fixture *f = *state;

    srand(1);
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size = 1u << rand() % 3;
        uint64_t value = rand() % 4 == 0 ? UINT32_MAX : (uint64_t)rand() * 3;
        uint64_t offset = (uint64_t)rand() % 0x100000;
        if (rand() % 8 == 0)
            offset = (offset & ~0xfffull) | PCI_CAPABILITY_POINTER;
        if (rand() % 4 == 0)
            decode_write(f, &ecam, offset, size, value);
        else if (rand() % 4 == 0)
            config_write(f, (uint32_t)offset << 8 & 0xffff00, (unsigned)rand() % 256, size, value);
        else
            decode_read(f, &ecam, offset, rand() % 16 == 0 ? 8 : size, value);
    }
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, decode_fixture_create, decode_fixture_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_address_is_a_function_and_a_register),
        TEST(without_an_address_the_data_port_is_nobodys),
        TEST(an_address_of_another_width_is_none),
        TEST(the_reset_control_is_another_devices),
        TEST(ids_have_names),
        TEST(the_header_is_in_words),
        TEST(a_bar_is_sized_and_then_placed),
        TEST(the_kinds_of_bars),
        TEST(the_expansion_rom),
        TEST(msi_is_found_by_the_list),
        TEST(one_read_may_show_a_whole_capability),
        TEST(virtios_capabilities_have_fields),
        TEST(a_list_that_loops_is_harmless),
        TEST(the_host_bridges_own_registers),
        TEST(the_isa_bridge_routes_interrupts),
        TEST(ecam_reaches_the_same_registers),
        TEST(the_least_used_function_is_forgotten),
        TEST(a_scan_of_the_bus_forgets_nobody),
        TEST(strings_are_data),
        TEST(any_accesses_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
