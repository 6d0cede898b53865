/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration by mechanism #1 (PCI Local Bus 3.0, section 3.2.2.3.2) or ECAM, enumeration of
 * bus 0, and placing BARs (section 6.2.5.1). Where ECAM is is pci_ecam.c's business, and what the
 * functions are good for their drivers'.
 */
#include "pci.h"

#include "abi/machine.h"
#include "errors.h"
#include "io.h"

#define HIGH_HALF 0xffffffff00000000ull

/*
 * What 0xcf8 holds. It reads back what was written, there is one CPU, and nobody but this file
 * writes it, so an access to the register of the access before costs one port access, not two.
 * Never 0 after a write: PCI_CONFIG_ENABLE is always in it.
 */
static uint32_t config_address;

static uint64_t ecam_base;
static unsigned ecam_buses; /* 0: ECAM is not used */

/* Bus, device and function at their places in 0xcf8; in ECAM they are four bits further up. */
static uint32_t where(const struct pci_function *f)
{
    return (uint32_t)f->bus << PCI_CONFIG_BUS_SHIFT |
           (uint32_t)f->device << PCI_CONFIG_DEVICE_SHIFT |
           (uint32_t)f->function << PCI_CONFIG_FUNCTION_SHIFT;
}

/* Has 0xcf8 name a register; false where ECAM is the way to it. That is asked only when 0xcf8 does
 * not name it already: while ECAM is used it never does. */
static bool select_by_ports(uint32_t at, unsigned reg)
{
    uint32_t address = PCI_CONFIG_ENABLE | at | (reg & PCI_CONFIG_REGISTER_MASK);
    if (address == config_address)
        return true;
    if (at >> PCI_CONFIG_BUS_SHIFT < ecam_buses)
        return false;
    out32(PORT_PCI_CONFIG_ADDRESS, address);
    config_address = address;
    return true;
}

static uint16_t data_port(unsigned reg)
{
    return (uint16_t)(PORT_PCI_CONFIG_DATA + (reg & ~PCI_CONFIG_REGISTER_MASK));
}

static uint64_t ecam_address(uint32_t at, unsigned reg)
{
    return ecam_base + ((uint64_t)at << (PCI_ECAM_BUS_SHIFT - PCI_CONFIG_BUS_SHIFT) | reg);
}
_Static_assert(PCI_ECAM_BUS_SHIFT - PCI_CONFIG_BUS_SHIFT ==
                       PCI_ECAM_DEVICE_SHIFT - PCI_CONFIG_DEVICE_SHIFT &&
                   PCI_ECAM_BUS_SHIFT - PCI_CONFIG_BUS_SHIFT ==
                       PCI_ECAM_FUNCTION_SHIFT - PCI_CONFIG_FUNCTION_SHIFT,
               "one shift for all three");

bool pci_present(void)
{
    out32(PORT_PCI_CONFIG_ADDRESS, PCI_CONFIG_ENABLE);
    config_address = ecam_buses ? 0 : PCI_CONFIG_ENABLE;
    return in32(PORT_PCI_CONFIG_ADDRESS) == PCI_CONFIG_ENABLE;
}

void pci_use_ecam(uint64_t base, unsigned buses)
{
    ecam_base = base;
    ecam_buses = buses;
    config_address = 0;
}

static uint8_t read8(uint32_t at, unsigned reg)
{
    return select_by_ports(at, reg) ? in8(data_port(reg)) : mmio_read8(ecam_address(at, reg));
}

static uint16_t read16(uint32_t at, unsigned reg)
{
    return select_by_ports(at, reg) ? in16(data_port(reg)) : mmio_read16(ecam_address(at, reg));
}

static uint32_t read32(uint32_t at, unsigned reg)
{
    return select_by_ports(at, reg) ? in32(data_port(reg)) : mmio_read32(ecam_address(at, reg));
}

static void write8(uint32_t at, unsigned reg, uint8_t value)
{
    if (select_by_ports(at, reg))
        out8(data_port(reg), value);
    else
        mmio_write8(ecam_address(at, reg), value);
}

static void write16(uint32_t at, unsigned reg, uint16_t value)
{
    if (select_by_ports(at, reg))
        out16(data_port(reg), value);
    else
        mmio_write16(ecam_address(at, reg), value);
}

static void write32(uint32_t at, unsigned reg, uint32_t value)
{
    if (select_by_ports(at, reg))
        out32(data_port(reg), value);
    else
        mmio_write32(ecam_address(at, reg), value);
}

uint8_t pci_read8(const struct pci_function *f, unsigned reg)
{
    return read8(where(f), reg);
}

uint16_t pci_read16(const struct pci_function *f, unsigned reg)
{
    return read16(where(f), reg);
}

uint32_t pci_read32(const struct pci_function *f, unsigned reg)
{
    return read32(where(f), reg);
}

void pci_write8(const struct pci_function *f, unsigned reg, uint8_t value)
{
    write8(where(f), reg, value);
}

void pci_write16(const struct pci_function *f, unsigned reg, uint16_t value)
{
    write16(where(f), reg, value);
}

void pci_write32(const struct pci_function *f, unsigned reg, uint32_t value)
{
    write32(where(f), reg, value);
}

/* Reads the identity of one function of bus 0; false when nobody is there, as most are not. */
static bool probe_function(struct pci_function *f, unsigned device, unsigned function)
{
    uint32_t at = device << PCI_CONFIG_DEVICE_SHIFT | function << PCI_CONFIG_FUNCTION_SHIFT;
    uint32_t identity = read32(at, PCI_VENDOR_ID);
    uint16_t vendor_id = (uint16_t)identity;
    if (vendor_id == PCI_VENDOR_NONE || vendor_id == 0)
        return false;
    *f = (struct pci_function){.device = (uint8_t)device,
                               .function = (uint8_t)function,
                               .vendor_id = vendor_id,
                               .device_id = (uint16_t)(identity >> 16)};
    uint32_t class_and_revision = read32(at, PCI_REVISION_ID);
    f->revision = (uint8_t)class_and_revision;
    f->class_code = class_and_revision >> 8;
    f->header_type = read8(at, PCI_HEADER_TYPE);
    return true;
}

unsigned pci_enumerate(struct pci_function *found, unsigned max)
{
    unsigned count = 0;
    for (unsigned device = 0; device < PCI_DEVICES_PER_BUS; device++) {
        unsigned functions = 1;
        for (unsigned function = 0; function < functions && count < max; function++) {
            if (!probe_function(&found[count], device, function))
                continue;
            if (function == 0 && found[count].header_type & PCI_HEADER_MULTIFUNCTION)
                functions = PCI_FUNCTIONS_PER_DEVICE;
            count++;
        }
    }
    return count;
}

uint16_t pci_command_set(const struct pci_function *f, uint16_t bits)
{
    uint16_t command = pci_read16(f, PCI_COMMAND);
    if ((command & bits) != bits)
        pci_write16(f, PCI_COMMAND, command | bits);
    return command;
}

uint16_t pci_command_clear(const struct pci_function *f, uint16_t bits)
{
    uint16_t command = pci_read16(f, PCI_COMMAND);
    if (command & bits)
        pci_write16(f, PCI_COMMAND, command & (uint16_t)~bits);
    return command;
}

/* A place of size bytes in [*next, end), aligned to size, moving next on. 0 when there is no room. */
static uint64_t take(uint64_t *next, uint64_t end, uint64_t size)
{
    uint64_t base = (*next + size - 1) & ~(size - 1);
    if (base < *next || base > end || size > end - base)
        return 0;
    *next = base + size;
    return base;
}

static bool goes_high(const struct pci_window *window, const struct pci_bar *bar)
{
    return bar->is_64bit && window->memory64_end != 0;
}

static uint64_t window_take(struct pci_window *window, const struct pci_bar *bar)
{
    if (bar->io) {
        uint64_t next = window->io_next;
        uint64_t base = take(&next, window->io_end, bar->size);
        window->io_next = (uint32_t)next;
        return base;
    }
    if (goes_high(window, bar))
        return take(&window->memory64_next, window->memory64_end, bar->size);
    uint64_t end = window->memory_end;
    if (!bar->is_64bit && end > FOUR_GIB)
        end = FOUR_GIB;
    return take(&window->memory_next, end, bar->size);
}

/* The size that writable address bits stand for; 0 unless they are one unbroken run at the top. */
static uint64_t size_of_mask(uint64_t mask)
{
    uint64_t size = mask & (~mask + 1);
    return mask == ~(size - 1) ? size : 0;
}

/*
 * Sizes a memory BAR whose low half held old and reads mask after all ones were written. Of a
 * 64-bit BAR the upper half needs sizing only when no address bit below 4 GiB can be written.
 */
static int size_memory_bar(uint32_t at, unsigned index, uint32_t old, uint32_t mask,
                           struct pci_bar *bar, uint32_t *old_high)
{
    uint32_t type = mask & PCI_BAR_TYPE_MASK;
    uint64_t address_bits = mask & ~(uint32_t)PCI_BAR_MEMORY_FLAGS;
    bar->is_64bit = type == PCI_BAR_TYPE_64;
    bar->prefetchable = mask & PCI_BAR_PREFETCHABLE;
    bar->base = old & ~(uint32_t)PCI_BAR_MEMORY_FLAGS;
    if ((type != 0 && !bar->is_64bit) || (bar->is_64bit && index + 1 == PCI_BAR_COUNT))
        return ERR_DEVICE;
    uint64_t mask_high = HIGH_HALF;
    if (bar->is_64bit) {
        unsigned reg_high = PCI_BAR0 + 4 * (index + 1);
        *old_high = read32(at, reg_high);
        bar->base |= (uint64_t)*old_high << 32;
        if (address_bits == 0) {
            write32(at, reg_high, UINT32_MAX);
            mask_high = (uint64_t)read32(at, reg_high) << 32;
            write32(at, reg_high, *old_high);
        }
    } else if (address_bits == 0) {
        return ERR_DEVICE;
    }
    bar->size = size_of_mask(mask_high | address_bits);
    return bar->size ? ERR_OK : ERR_DEVICE;
}

static int size_io_bar(uint32_t old, uint32_t mask, struct pci_bar *bar)
{
    uint64_t address_bits = mask & ~(uint32_t)PCI_BAR_IO_FLAGS;
    if (!(address_bits >> 16))
        address_bits |= 0xffff0000; /* a function may wire the bits that no x86 port has to 0 */
    bar->io = true;
    bar->base = old & ~(uint32_t)PCI_BAR_IO_FLAGS;
    bar->size = size_of_mask(HIGH_HALF | address_bits);
    if ((mask & PCI_BAR_IO_FLAGS) != PCI_BAR_IO)
        return ERR_DEVICE;
    return bar->size && bar->size <= UINT16_MAX ? ERR_OK : ERR_DEVICE;
}

/* Sizes and, where it has no address, places BAR index, decode being off. */
static int assign_bar(struct pci_function *f, unsigned index, struct pci_window *window)
{
    struct pci_bar *bar = &f->bars[index];
    uint32_t at = where(f);
    unsigned reg = PCI_BAR0 + 4 * index;
    uint32_t old = read32(at, reg);
    uint32_t old_high = 0;
    write32(at, reg, UINT32_MAX);
    uint32_t mask = read32(at, reg);
    if (mask == 0)
        return ERR_OK; /* not implemented, so there is nothing to restore either */

    struct pci_bar sized = {0};
    int error = mask & PCI_BAR_IO ? size_io_bar(old, mask, &sized)
                                  : size_memory_bar(at, index, old, mask, &sized, &old_high);
    if (!error) {
        *bar = sized;
        if (bar->base == 0 || goes_high(window, bar)) {
            bar->base = window_take(window, bar);
            if (bar->base == 0)
                error = ERR_NO_MEMORY;
        }
    }
    if (error) {
        write32(at, reg, old);
        return error;
    }
    write32(at, reg, (uint32_t)bar->base);
    if (bar->is_64bit && (uint32_t)(bar->base >> 32) != old_high)
        write32(at, reg + 4, (uint32_t)(bar->base >> 32));
    return ERR_OK;
}

int pci_assign_bars(struct pci_function *f, struct pci_window *window)
{
    if ((f->header_type & PCI_HEADER_TYPE_MASK) != 0)
        return ERR_OK;
    uint16_t command = pci_command_clear(f, PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
    int error = ERR_OK;
    for (unsigned index = 0; index < PCI_BAR_COUNT && !error; index++) {
        f->bars[index] = (struct pci_bar){0};
        error = assign_bar(f, index, window);
        if (f->bars[index].is_64bit)
            f->bars[++index] = (struct pci_bar){0}; /* its upper half */
    }
    if (command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY))
        pci_write16(f, PCI_COMMAND, command);
    return error;
}

unsigned pci_find_capability(const struct pci_function *f, uint8_t id, unsigned previous)
{
    uint32_t at = where(f);
    unsigned position;
    if (previous) {
        position = read8(at, previous + 1);
    } else {
        if (!(read16(at, PCI_STATUS) & PCI_STATUS_CAPABILITIES))
            return 0;
        position = read8(at, PCI_CAPABILITY_POINTER);
    }
    for (unsigned seen = 0; seen < PCI_CAPABILITY_MAX; seen++) {
        position &= PCI_CONFIG_REGISTER_MASK; /* the two low bits are reserved */
        if (position < PCI_HEADER_SIZE)
            return 0;
        uint16_t entry = read16(at, position); /* id, next */
        if ((uint8_t)entry == id)
            return position;
        position = entry >> 8;
    }
    return 0;
}
