/* SPDX-License-Identifier: MIT */
/* drivers/pci_ecam.c, and drivers/pci.c once it goes through ECAM, against a fake bus. */
#include "test.h"

#include <string.h>

#include "drivers/abi/machine.h"
#include "drivers/errors.h"
#include "drivers/pci.h"
#include "drivers/pci_ecam.h"
#include "fake_io.h"
#include "fake_pci.h"

#define WINDOW 0xb0000000u

static struct fake_pci bus;
static struct fake_pci_function *bridge;
static bool window_is_dead;
static unsigned widths; /* of window accesses, or-ed */

/* The window: the bus's registers without the address register, which stays as it is. */
static unsigned aim(uint64_t address)
{
    uint64_t offset = address - WINDOW;
    assert_true(offset < 1ull << 28);
    assert_true((offset & 0xfff) < PCI_CONFIG_SIZE);
    bus.address = PCI_CONFIG_ENABLE | (uint32_t)(offset >> 12) << PCI_CONFIG_FUNCTION_SHIFT |
                  (offset & PCI_CONFIG_REGISTER_MASK);
    return (unsigned)(PORT_PCI_CONFIG_DATA + (offset & 3));
}

static uint64_t window_read(void *context, uint64_t address, unsigned size)
{
    uint32_t kept = bus.address;
    widths |= size;
    if (window_is_dead)
        return 0;
    uint64_t value = fake_pci_in(context, (uint16_t)aim(address), size);
    bus.address = kept;
    return value;
}

static void window_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    uint32_t kept = bus.address;
    widths |= size;
    fake_pci_out(context, (uint16_t)aim(address), size, (uint32_t)value);
    bus.address = kept;
}

static int setup(void **state)
{
    (void)state;
    bus = (struct fake_pci){0};
    window_is_dead = false;
    widths = 0;
    bridge = fake_pci_add(&bus, 0, 0, PCI_VENDOR_INTEL, PCI_DEVICE_Q35, PCI_CLASS_HOST_BRIDGE);
    fake_pci_set32(bridge, PCIEXBAR_Q35, WINDOW);
    fake_io_set(&(struct fake_io){.in = fake_pci_in,
                                  .out = fake_pci_out,
                                  .mmio_read = window_read,
                                  .mmio_write = window_write,
                                  .context = &bus});
    pci_use_ecam(0, 0);
    return pci_present() ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    pci_use_ecam(0, 0);
    return 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

static void q35_has_a_register(void **state)
{
    (void)state;
    struct pci_ecam ecam;
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    assert_int_equal(ecam.base, WINDOW);
    assert_int_equal(ecam.buses, 256);
    assert_int_equal(ecam.reg, PCIEXBAR_Q35);
    assert_false(ecam.enabled);
    assert_int_equal(pci_ecam_enable(&ecam, true), ERR_OK);
    assert_true(ecam.enabled);
    assert_int_equal(fake_pci_get32(bridge, PCIEXBAR_Q35), WINDOW | 1);
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    assert_true(ecam.enabled);
    assert_int_equal(pci_ecam_enable(&ecam, false), ERR_OK);
    assert_int_equal(fake_pci_get32(bridge, PCIEXBAR_Q35), WINDOW);
}

static void lengths_and_high_addresses(void **state)
{
    (void)state;
    static const struct {
        uint32_t low, high;
        uint64_t base;
        unsigned buses;
    } windows[] = {
        {0xe0000001, 0, 0xe0000000, 256}, {0xf8000003, 0, 0xf8000000, 128},
        {0xf4000005, 0, 0xf4000000, 64},  {0x10000001, 0x12, 0x1210000000, 256},
        {0xfc000001, 0, 0xf0000000, 256}, /* bits below the length are none of the address */
    };
    struct pci_ecam ecam;
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        fake_pci_set32(bridge, PCIEXBAR_Q35, windows[i].low);
        fake_pci_set32(bridge, PCIEXBAR_Q35 + 4, windows[i].high);
        assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
        assert_true(ecam.base == windows[i].base);
        assert_int_equal(ecam.buses, windows[i].buses);
    }
    fake_pci_set32(bridge, PCIEXBAR_Q35, 0xe0000007); /* a reserved length */
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_ABSENT);
}

static void an_i440fx_has_one_only_where_it_is_not_0(void **state)
{
    (void)state;
    struct pci_ecam ecam;
    fake_pci_set16(bridge, PCI_DEVICE_ID, PCI_DEVICE_I440FX);
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_ABSENT);
    fake_pci_set32(bridge, PCIEXBAR_I440FX, WINDOW);
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    assert_int_equal(ecam.reg, PCIEXBAR_I440FX);
    fake_pci_set16(bridge, PCI_DEVICE_ID, 0x1234);
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_ABSENT);
    fake_io_set(NULL);
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_ABSENT);
}

static void an_enable_bit_that_does_not_stick(void **state)
{
    (void)state;
    struct pci_ecam ecam;
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    fake_pci_set16(bridge, PCI_VENDOR_ID, PCI_VENDOR_INTEL);
    bus.functions[0].present = false; /* nobody listens any more */
    assert_int_equal(pci_ecam_enable(&ecam, false), ERR_DEVICE);
}

static void a_window_must_answer_like_the_ports(void **state)
{
    (void)state;
    struct pci_ecam ecam;
    assert_int_equal(pci_ecam_from_chipset(&ecam), ERR_OK);
    assert_true(pci_ecam_answers(&ecam));
    window_is_dead = true;
    assert_false(pci_ecam_answers(&ecam));
}

/* --- MCFG ------------------------------------------------------------------------------------- */

#define RSDP 0x1000
#define RSDT 0x1100
#define MCFG 0x1200
static uint8_t memory[0x1000];

static const void *map(uint64_t address, uint64_t length)
{
    assert_true(address >= RSDP && length <= sizeof(memory));
    return address - RSDP <= sizeof(memory) - length ? memory + (address - RSDP) : NULL;
}

static void add_up(uint8_t *bytes, unsigned length, unsigned at)
{
    uint8_t sum = 0;
    bytes[at] = 0;
    for (unsigned i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[at] = (uint8_t)-sum;
}

static void make_tables(const struct acpi_mcfg_allocation *allocations, unsigned count,
                        uint32_t length)
{
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)memory;
    struct acpi_header *rsdt = (struct acpi_header *)(memory + RSDT - RSDP);
    struct acpi_mcfg *mcfg = (struct acpi_mcfg *)(memory + MCFG - RSDP);
    const uint32_t entry = MCFG;
    memset(memory, 0, sizeof(memory));
    memcpy(rsdp->signature, "RSD PTR ", 8);
    rsdp->rsdt_address = RSDT;
    add_up(memory, ACPI_RSDP_BYTES_1, offsetof(struct acpi_rsdp, checksum));
    memcpy(rsdt->signature, "RSDT", 4);
    rsdt->length = sizeof(*rsdt) + sizeof(entry);
    memcpy(rsdt + 1, &entry, sizeof(entry));
    add_up((uint8_t *)rsdt, rsdt->length, offsetof(struct acpi_header, checksum));
    memcpy(mcfg->header.signature, "MCFG", 4);
    mcfg->header.length = length;
    memcpy(mcfg + 1, allocations, count * sizeof(*allocations));
    add_up((uint8_t *)mcfg, length, offsetof(struct acpi_header, checksum));
}

static void mcfg_names_the_window_of_segment_0_bus_0(void **state)
{
    (void)state;
    static const struct acpi_mcfg_allocation allocations[] = {
        {.base = 0xc0000000, .segment = 1, .end_bus = 255},
        {.base = 0xd0000000, .start_bus = 64, .end_bus = 255},
        {.base = 0, .end_bus = 255},
        {.base = 0xe0000000, .end_bus = 63},
    };
    struct pci_ecam ecam;
    make_tables(allocations, 4, 44 + 4 * 16);
    assert_int_equal(pci_ecam_from_mcfg(&ecam, map, RSDP), ERR_OK);
    assert_int_equal(ecam.base, 0xe0000000);
    assert_int_equal(ecam.buses, 64);
    assert_int_equal(ecam.reg, 0);
    assert_true(ecam.enabled);
    make_tables(allocations, 4, 44 + 3 * 16 + 15); /* the last one is cut off */
    assert_int_equal(pci_ecam_from_mcfg(&ecam, map, RSDP), ERR_ABSENT);
    make_tables(allocations, 0, 40);
    assert_int_equal(pci_ecam_from_mcfg(&ecam, map, RSDP), ERR_ABSENT);
    assert_int_equal(pci_ecam_from_mcfg(&ecam, map, RSDT), ERR_ABSENT);
}

/* --- using ------------------------------------------------------------------------------------ */

static void nothing_goes_by_ports_any_more(void **state)
{
    (void)state;
    struct pci_function functions[8];
    struct pci_window window = {.memory_next = 0xc0000000, .memory_end = 0xfe000000};
    struct fake_pci_function *f = fake_pci_add(&bus, 31, 7, 0x1234, 0x5678, PCI_CLASS_UNASSIGNED);
    struct fake_pci_function *zero =
        fake_pci_add(&bus, 31, 0, 0x1234, 0x5679, PCI_CLASS_UNASSIGNED);
    fake_pci_set8(zero, PCI_HEADER_TYPE, PCI_HEADER_MULTIFUNCTION);
    fake_pci_bar(f, 0, 0x1000, 0);
    pci_use_ecam(WINDOW, 256);
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(pci_enumerate(functions, 8), 3);
    assert_int_equal(functions[2].function, 7);
    assert_int_equal(functions[2].device_id, 0x5678);
    assert_int_equal(pci_assign_bars(&functions[2], &window), ERR_OK);
    assert_int_equal(fake_pci_get32(f, PCI_BAR0), 0xc0000000);
    pci_write8(&functions[2], 0x41, 0x11);
    pci_write16(&functions[2], 0x42, 0x3322);
    assert_int_equal(pci_read32(&functions[2], 0x40), 0x33221100);
    assert_int_equal(fake_io_port_accesses(), 0);
    assert_int_equal(widths, 1 | 2 | 4);
}

static void a_bus_outside_the_window_goes_by_ports(void **state)
{
    (void)state;
    const struct pci_function inside = {.bus = 63}, outside = {.bus = 64};
    pci_use_ecam(WINDOW, 64);
    fake_io_counts = (struct fake_io_counts){0};
    assert_int_equal(pci_read32(&inside, PCI_VENDOR_ID), UINT32_MAX);
    assert_int_equal(fake_io_port_accesses(), 0);
    assert_int_equal(pci_read32(&outside, PCI_VENDOR_ID), UINT32_MAX);
    assert_int_equal(fake_io_port_accesses(), 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(q35_has_a_register),
        TEST(lengths_and_high_addresses),
        TEST(an_i440fx_has_one_only_where_it_is_not_0),
        TEST(an_enable_bit_that_does_not_stick),
        TEST(a_window_must_answer_like_the_ports),
        TEST(mcfg_names_the_window_of_segment_0_bus_0),
        TEST(nothing_goes_by_ports_any_more),
        TEST(a_bus_outside_the_window_goes_by_ports),
    };
    return cmocka_run_group_tests_name("ECAM driver", tests, NULL, NULL);
}
