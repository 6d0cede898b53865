/* SPDX-License-Identifier: MIT */
/* drivers/pci_msi.c against a bus of fake functions, with a table of MSI-X entries in a fake BAR. */
#include "test.h"

#include "drivers/errors.h"
#include "drivers/pci.h"
#include "drivers/pci_msi.h"
#include "fake_io.h"
#include "fake_pci.h"

#include <string.h>

#define MSI_AT 0x50
#define MSIX_AT 0x70
#define BAR_BASE 0xfe001000u
#define BAR_BYTES 0x1000
#define TABLE_AT 0x200
#define ENTRIES 4

static struct {
    struct fake_pci pci;
    uint8_t table[BAR_BYTES];
    unsigned
        changed_unmasked; /* writes to an entry's message while it and the function were unmasked */
    unsigned outside;     /* accesses that are not 32 bits wide in the table */
} bus;
static struct fake_pci_function *raw;
static struct pci_function f;

static const struct interrupt_message message = {.address = 0xfee01000, .data = 0x31};
static const struct interrupt_message high = {.address = 0x1fee01000, .data = 0x31};
static const struct interrupt_message wide = {.address = 0xfee01000, .data = 0x10031};

static uint32_t entry_word(unsigned entry, unsigned reg)
{
    uint32_t value;
    memcpy(&value, bus.table + TABLE_AT + entry * PCI_MSIX_ENTRY_SIZE + reg, sizeof(value));
    return value;
}

static void table_write(void *context, uint64_t address, unsigned size, uint64_t value)
{
    (void)context;
    uint64_t at = address - BAR_BASE;
    if (address < BAR_BASE || at < TABLE_AT || size != 4 ||
        at >= TABLE_AT + ENTRIES * PCI_MSIX_ENTRY_SIZE) {
        bus.outside++;
        return;
    }
    unsigned entry = (unsigned)(at - TABLE_AT) / PCI_MSIX_ENTRY_SIZE;
    uint16_t control = fake_pci_get16(raw, MSIX_AT + PCI_MSIX_CONTROL);
    bool masked = control & PCI_MSIX_CONTROL_FUNCTION_MASK ||
                  entry_word(entry, PCI_MSIX_ENTRY_CONTROL) & PCI_MSIX_ENTRY_MASKED;
    if ((at - TABLE_AT) % PCI_MSIX_ENTRY_SIZE < PCI_MSIX_ENTRY_CONTROL && !masked)
        bus.changed_unmasked++;
    uint32_t word = (uint32_t)value;
    memcpy(bus.table + at, &word, sizeof(word));
}

static int setup(void **state)
{
    (void)state;
    memset(&bus, 0, sizeof(bus));
    fake_io_set(&(struct fake_io){
        .in = fake_pci_in, .out = fake_pci_out, .mmio_write = table_write, .context = &bus.pci});
    raw = fake_pci_add(&bus.pci, 2, 0, PCI_VENDOR_INTEL, 0x1234, PCI_CLASS_UNASSIGNED);
    fake_pci_set16(raw, PCI_STATUS, PCI_STATUS_CAPABILITIES);
    fake_pci_set8(raw, PCI_CAPABILITY_POINTER, MSI_AT);
    fake_pci_set8(raw, MSI_AT, PCI_CAPABILITY_ID_MSI);
    fake_pci_set8(raw, MSI_AT + 1, MSIX_AT);
    fake_pci_set8(raw, MSIX_AT, PCI_CAPABILITY_ID_MSIX);
    fake_pci_set16(raw, MSIX_AT + PCI_MSIX_CONTROL, ENTRIES - 1);
    fake_pci_set32(raw, MSIX_AT + PCI_MSIX_TABLE, TABLE_AT | 1);
    for (unsigned i = 0; i < ENTRIES; i++)
        bus.table[TABLE_AT + i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_CONTROL] = 1;
    f = (struct pci_function){.device = 2};
    f.bars[1] = (struct pci_bar){.base = BAR_BASE, .size = BAR_BYTES};
    return 0;
}

static void set_msi_control(uint16_t control)
{
    fake_pci_set16(raw, MSI_AT + PCI_MSI_CONTROL, control);
}

static uint16_t msi_control(void)
{
    return fake_pci_get16(raw, MSI_AT + PCI_MSI_CONTROL);
}

static uint16_t msix_control(void)
{
    return fake_pci_get16(raw, MSIX_AT + PCI_MSIX_CONTROL);
}

static void msi_of_32_bits(void **state)
{
    (void)state;
    set_msi_control(PCI_MSI_CONTROL_MULTIPLE_ENABLE);
    fake_pci_set32(raw, MSI_AT + PCI_MSI_DATA, 0xa5a5a5a5);
    assert_int_equal(pci_msi_enable(&f, &message), ERR_OK);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_ADDRESS), 0xfee01000);
    assert_int_equal(fake_pci_get16(raw, MSI_AT + PCI_MSI_ADDRESS_HIGH), 0x31);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_DATA), 0xa5a5a5a5);
    assert_int_equal(msi_control(), PCI_MSI_CONTROL_ENABLE);
    assert_int_equal(pci_msi_enable(&f, &high), ERR_UNSUPPORTED);
}

static void msi_of_64_bits(void **state)
{
    (void)state;
    set_msi_control(PCI_MSI_CONTROL_64BIT | PCI_MSI_CONTROL_ENABLE);
    assert_int_equal(pci_msi_enable(&f, &high), ERR_OK);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_ADDRESS), 0xfee01000);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_ADDRESS_HIGH), 1);
    assert_int_equal(fake_pci_get16(raw, MSI_AT + PCI_MSI_DATA), 0x31);
    assert_int_equal(msi_control(), PCI_MSI_CONTROL_64BIT | PCI_MSI_CONTROL_ENABLE);
    assert_int_equal(pci_msi_enable(&f, &wide), ERR_UNSUPPORTED);
}

static void msi_with_masks_is_unmasked(void **state)
{
    (void)state;
    set_msi_control(PCI_MSI_CONTROL_64BIT | PCI_MSI_CONTROL_MASKABLE);
    fake_pci_set32(raw, MSI_AT + PCI_MSI_DATA + PCI_MSI_MASK_AFTER_DATA, 1);
    assert_int_equal(pci_msi_enable(&f, &message), ERR_OK);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_DATA + PCI_MSI_MASK_AFTER_DATA), 0);
    set_msi_control(PCI_MSI_CONTROL_MASKABLE);
    fake_pci_set32(raw, MSI_AT + PCI_MSI_ADDRESS_HIGH + PCI_MSI_MASK_AFTER_DATA, 1);
    assert_int_equal(pci_msi_enable(&f, &message), ERR_OK);
    assert_int_equal(fake_pci_get32(raw, MSI_AT + PCI_MSI_ADDRESS_HIGH + PCI_MSI_MASK_AFTER_DATA),
                     0);
}

static void without_the_capability(void **state)
{
    (void)state;
    fake_pci_set16(raw, PCI_STATUS, 0);
    assert_int_equal(pci_msi_enable(&f, &message), ERR_UNSUPPORTED);
    assert_int_equal(pci_msix_enable(&f, 0, &message), ERR_UNSUPPORTED);
    assert_int_equal(bus.pci.command_writes, 0);
}

static void msix_entry(void **state)
{
    (void)state;
    assert_int_equal(pci_msix_enable(&f, 2, &high), ERR_OK);
    assert_int_equal(entry_word(2, PCI_MSIX_ENTRY_ADDRESS), 0xfee01000);
    assert_int_equal(entry_word(2, PCI_MSIX_ENTRY_ADDRESS + 4), 1);
    assert_int_equal(entry_word(2, PCI_MSIX_ENTRY_DATA), 0x31);
    assert_int_equal(entry_word(2, PCI_MSIX_ENTRY_CONTROL), 0);
    assert_int_equal(entry_word(1, PCI_MSIX_ENTRY_CONTROL), PCI_MSIX_ENTRY_MASKED);
    assert_int_equal(msix_control(), PCI_MSIX_CONTROL_ENABLE | (ENTRIES - 1));
    assert_int_equal(pci_msix_enable(&f, 2, &message), ERR_OK); /* and again */
    assert_int_equal(entry_word(2, PCI_MSIX_ENTRY_ADDRESS + 4), 0);
    assert_int_equal(pci_msix_enable(&f, 3, &wide), ERR_OK); /* data has 32 bits here */
    assert_int_equal(entry_word(3, PCI_MSIX_ENTRY_DATA), 0x10031);
    assert_int_equal(bus.changed_unmasked, 0);
    assert_int_equal(bus.outside, 0);
}

static void msix_table_that_is_not_there(void **state)
{
    (void)state;
    static const uint32_t tables[] = {
        TABLE_AT | 0,                         /* a BAR that is not implemented */
        TABLE_AT | 6,           TABLE_AT | 7, /* no BAR at all */
        (BAR_BYTES - 0x10) | 1,               /* entry 1 is past its end */
        0xfffffff8 | 1,
    };
    assert_int_equal(pci_msix_enable(&f, ENTRIES, &message), ERR_UNSUPPORTED);
    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        fake_pci_set32(raw, MSIX_AT + PCI_MSIX_TABLE, tables[i]);
        assert_int_equal(pci_msix_enable(&f, 1, &message), ERR_DEVICE);
    }
    fake_pci_set32(raw, MSIX_AT + PCI_MSIX_TABLE, TABLE_AT | 1);
    f.bars[1].io = true;
    assert_int_equal(pci_msix_enable(&f, 1, &message), ERR_DEVICE);
    f.bars[1] = (struct pci_bar){.base = 0, .size = BAR_BYTES};
    assert_int_equal(pci_msix_enable(&f, 1, &message), ERR_DEVICE);
    assert_int_equal(fake_io_counts.mmio_writes, 0);
    assert_int_equal(msix_control(), ENTRIES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(msi_of_32_bits, setup),
        cmocka_unit_test_setup(msi_of_64_bits, setup),
        cmocka_unit_test_setup(msi_with_masks_is_unmasked, setup),
        cmocka_unit_test_setup(without_the_capability, setup),
        cmocka_unit_test_setup(msix_entry, setup),
        cmocka_unit_test_setup(msix_table_that_is_not_there, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
