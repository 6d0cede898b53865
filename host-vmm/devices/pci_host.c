/* SPDX-License-Identifier: MIT */
/*
 * The host bridge: who answers a configuration access, and which BARs are on the buses. A function's
 * registers are built in pci_device.c; what a BAR maps answers for itself.
 */
#include "pci_host.h"

#include "../../drivers/abi/machine.h"

#include <stddef.h>
#include <string.h>

#define CONFIG_ADDRESS_LENGTH 4
#define CONFIG_DATA_LENGTH 4
#define RESET_CONTROL_OFFSET 1 /* port 0xcf9, inside the configuration address */
#define I440FX_REVISION 2
#define IO_SPACE_SIZE 0x10000

/* --- decode ---------------------------------------------------------------------------------------- */

static struct bus *bar_bus(const struct pci_host *host, const struct pci_bar_model *bar)
{
    return bar->io ? host->ports : host->mmio;
}

static bool bar_is_enabled(const struct pci_device *d, unsigned index)
{
    const struct pci_bar_model *bar = &d->bars[index];
    uint16_t bit = bar->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    uint64_t address = pci_device_bar_address(d, index);

    if (bar->size == 0 || bar->region == NULL || !(pci_device_config16(d, PCI_COMMAND) & bit))
        return false;
    /* A memory BAR at 0 meets RAM there. Nothing guards ports: 0 is an unassigned BAR, and a 32-bit
     * I/O address does not alias into 64 KiB of ports. */
    if (bar->io)
        return address != 0 && address < IO_SPACE_SIZE && bar->size <= IO_SPACE_SIZE - address;
    return true;
}

static void bar_remove(struct pci_host *host, struct pci_bar_model *bar)
{
    bus_remove(bar_bus(host, bar), bar->region);
    bar->decoded = false;
}

/* Takes BARs that come after position (device, index) out of [base, base+size): they rank behind. */
static void evict_later_bars(struct pci_host *host, unsigned device, unsigned index)
{
    const struct pci_bar_model *placed = &host->devices[device]->bars[index];
    uint64_t base = pci_device_bar_address(host->devices[device], index);

    for (unsigned slot = device * PCI_BAR_COUNT + index + 1; slot < host->count * PCI_BAR_COUNT;
         slot++) {
        struct pci_bar_model *bar =
            &host->devices[slot / PCI_BAR_COUNT]->bars[slot % PCI_BAR_COUNT];

        if (!bar->decoded || bar->io != placed->io)
            continue;
        if (bar->region->base - base < placed->size || base - bar->region->base < bar->size)
            bar_remove(host, bar);
    }
}

/*
 * Makes the buses agree with configuration space. First whatever moved or was switched off goes, then
 * every enabled BAR that is not decoded is tried, in order of device, function and BAR, so that an
 * earlier one wins and one whose obstacle has gone away comes back. What stays is not touched.
 */
static void update_decode(struct pci_host *host)
{
    for (unsigned i = 0; i < host->count; i++) {
        struct pci_device *d = host->devices[i];

        for (unsigned index = 0; index < PCI_BAR_COUNT; index++) {
            struct pci_bar_model *bar = &d->bars[index];

            if (bar->decoded && (!bar_is_enabled(d, index) ||
                                 bar->region->base != pci_device_bar_address(d, index)))
                bar_remove(host, bar);
        }
    }
    for (unsigned i = 0; i < host->count; i++) {
        struct pci_device *d = host->devices[i];

        for (unsigned index = 0; index < PCI_BAR_COUNT; index++) {
            struct pci_bar_model *bar = &d->bars[index];

            if (bar->decoded || !bar_is_enabled(d, index))
                continue;
            evict_later_bars(host, i, index);
            bar->decoded =
                bus_add(bar_bus(host, bar), bar->region, pci_device_bar_address(d, index));
        }
    }
}

bool pci_host_undecoded(const struct pci_host *host, bool io, uint64_t address)
{
    for (unsigned i = 0; i < host->count; i++) {
        const struct pci_device *d = host->devices[i];

        for (unsigned index = 0; index < PCI_BAR_COUNT; index++) {
            const struct pci_bar_model *bar = &d->bars[index];
            uint64_t base = pci_device_bar_address(d, index);

            if (bar->size != 0 && bar->io == io && !bar->decoded && base != 0 &&
                address - base < bar->size)
                return true;
        }
    }
    return false;
}

/* --- configuration space --------------------------------------------------------------------------- */

static struct pci_device *find_function(const struct pci_host *host, unsigned bus, unsigned device,
                                        unsigned function)
{
    if (bus != 0)
        return NULL;
    for (unsigned i = 0; i < host->count; i++) {
        struct pci_device *d = host->devices[i];

        if (d->device == device && d->function == function)
            return d;
    }
    return NULL;
}

static bool config_access_is_valid(unsigned reg, unsigned size)
{
    return (size == 1 || size == 2 || size == 4) && reg <= PCI_CONFIG_SIZE - size;
}

uint32_t pci_host_config_read(struct pci_host *host, unsigned bus, unsigned device,
                              unsigned function, unsigned reg, unsigned size)
{
    struct pci_device *d = find_function(host, bus, device, function);
    uint32_t value;

    if (d == NULL || !config_access_is_valid(reg, size))
        return (uint32_t)bus_ones(size);
    if (d->config_read != NULL && d->config_read(d, reg, size, &value))
        return value & (uint32_t)bus_ones(size);
    value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)d->config[reg + i] << (8 * i);
    return value;
}

/* True when [reg, reg+size) touches what decode depends on: the command register or a BAR. */
static bool touches_decode(unsigned reg, unsigned size)
{
    unsigned end = reg + size;

    return (reg < PCI_COMMAND + 2 && end > PCI_COMMAND) ||
           (reg < PCI_BAR0 + 4 * PCI_BAR_COUNT && end > PCI_BAR0);
}

void pci_host_config_write(struct pci_host *host, unsigned bus, unsigned device, unsigned function,
                           unsigned reg, unsigned size, uint32_t value)
{
    struct pci_device *d = find_function(host, bus, device, function);

    if (d == NULL || !config_access_is_valid(reg, size))
        return;
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = d->writable[reg + i];
        uint8_t byte = (uint8_t)(value >> (8 * i));

        byte = (uint8_t)((d->config[reg + i] & ~mask) | (byte & mask));
        __atomic_store_n(&d->config[reg + i], byte, __ATOMIC_RELAXED);
    }
    if (touches_decode(reg, size))
        update_decode(host);
    if (d->config_written != NULL)
        d->config_written(d, reg, size);
}

/* --- ports ----------------------------------------------------------------------------------------- */

static bool is_reset_control(const struct pci_host *host, uint64_t offset, unsigned size)
{
    return offset == RESET_CONTROL_OFFSET && size == 1 && host->reset_control != NULL;
}

static bool address_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct pci_host *host = self;

    if (is_reset_control(host, offset, size))
        return host->reset_control->ops->read(host->reset_control->self, 0, size, value);
    if (offset != 0 || size != CONFIG_ADDRESS_LENGTH)
        return false;
    *value = host->config_address;
    return true;
}

static bool address_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct pci_host *host = self;

    if (is_reset_control(host, offset, size))
        return host->reset_control->ops->write(host->reset_control->self, 0, size, value);
    if (offset != 0 || size != CONFIG_ADDRESS_LENGTH)
        return false;
    host->config_address = (uint32_t)value;
    return true;
}

static const struct bus_ops address_ops = {.read = address_read, .write = address_write};

/* The configuration address taken apart (PCI 3.0 section 3.2.2.3.2). */
struct target {
    unsigned bus, device, function, reg;
};

/* False while mechanism #1 is not enabled: the data port is then an ordinary port nobody drives. */
static bool decode_address(const struct pci_host *host, uint64_t offset, struct target *target)
{
    uint32_t address = host->config_address;

    *target = (struct target){
        .bus = address >> PCI_CONFIG_BUS_SHIFT & 0xff,
        .device = address >> PCI_CONFIG_DEVICE_SHIFT & (PCI_DEVICES_PER_BUS - 1),
        .function = address >> PCI_CONFIG_FUNCTION_SHIFT & (PCI_FUNCTIONS_PER_DEVICE - 1),
        .reg = (address & PCI_CONFIG_REGISTER_MASK) + (unsigned)offset,
    };
    return (address & PCI_CONFIG_ENABLE) != 0;
}

static bool data_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct pci_host *host = self;
    struct target t;

    *value = bus_ones(size);
    if (decode_address(host, offset, &t))
        *value = pci_host_config_read(host, t.bus, t.device, t.function, t.reg, size);
    return true;
}

static bool data_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct pci_host *host = self;
    struct target t;

    if (decode_address(host, offset, &t))
        pci_host_config_write(host, t.bus, t.device, t.function, t.reg, size, (uint32_t)value);
    return true;
}

static const struct bus_ops data_ops = {.read = data_read, .write = data_write};

/* --- ECAM ------------------------------------------------------------------------------------------ */

static struct target decode_ecam(uint64_t offset)
{
    return (struct target){
        .bus = (unsigned)(offset >> PCI_ECAM_BUS_SHIFT),
        .device = (unsigned)(offset >> PCI_ECAM_DEVICE_SHIFT) & (PCI_DEVICES_PER_BUS - 1),
        .function = (unsigned)(offset >> PCI_ECAM_FUNCTION_SHIFT) & (PCI_FUNCTIONS_PER_DEVICE - 1),
        .reg = (unsigned)offset & (PCI_ECAM_FUNCTION_BYTES - 1),
    };
}

static bool ecam_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct target t = decode_ecam(offset);

    if (size > 4)
        return false;
    *value = pci_host_config_read(self, t.bus, t.device, t.function, t.reg, size);
    return true;
}

static bool ecam_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct target t = decode_ecam(offset);

    if (size > 4)
        return false;
    pci_host_config_write(self, t.bus, t.device, t.function, t.reg, size, (uint32_t)value);
    return true;
}

static const struct bus_ops ecam_ops = {.read = ecam_read, .write = ecam_write};

/* Off, the region has nobody behind it. */
static void update_ecam(struct pci_host *host)
{
    bool on = host->bridge.config[PCIEXBAR_I440FX] & PCIEXBAR_ENABLE;

    host->ecam_region.ops = on ? &ecam_ops : NULL;
}

/* --- the bridge ------------------------------------------------------------------------------------ */

/* Told once for each real change: somebody else builds memory slots from it. */
static void update_pam(struct pci_host *host)
{
    const uint8_t *registers = &host->bridge.config[I440FX_PAM];

    if (memcmp(host->pam, registers, sizeof host->pam) == 0)
        return;
    memcpy(host->pam, registers, sizeof host->pam);
    if (host->pam_changed != NULL)
        host->pam_changed(host->pam_context, host->pam);
}

static void bridge_config_written(struct pci_device *d, unsigned reg, unsigned size)
{
    (void)reg, (void)size;
    update_pam(d->self);
    update_ecam(d->self);
}

static void init_bridge(struct pci_host *host)
{
    struct pci_device *d = &host->bridge;

    pci_device_init(d, "pci-host", 0, 0, PCI_VENDOR_INTEL, PCI_DEVICE_I440FX, PCI_CLASS_HOST_BRIDGE,
                    I440FX_REVISION);
    pci_device_subsystem(d, QEMU_SUBSYSTEM_VENDOR, QEMU_SUBSYSTEM_ID);
    d->self = host;
    d->config_written = bridge_config_written;
    memset(&d->writable[I440FX_PAM], I440FX_PAM_WRITABLE, I440FX_PAM_COUNT);
    d->writable[I440FX_PAM] = I440FX_PAM_WRITABLE_FIRST;
    pci_device_set_config32(d, PCIEXBAR_I440FX, ECAM_BASE);
    d->writable[PCIEXBAR_I440FX] = PCIEXBAR_ENABLE;
}

void pci_host_init(struct pci_host *host, struct bus *ports, struct bus *mmio)
{
    *host = (struct pci_host){
        .address_region = {.name = "pci-config",
                           .ops = &address_ops,
                           .self = host,
                           .length = CONFIG_ADDRESS_LENGTH},
        .data_region = {.name = "pci-config",
                        .ops = &data_ops,
                        .self = host,
                        .length = CONFIG_DATA_LENGTH},
        .ecam_region = {.name = "ecam",
                        .self = host,
                        .length = (uint64_t)PCI_ECAM_BUSES_MAX << PCI_ECAM_BUS_SHIFT},
        .ports = ports,
        .mmio = mmio,
    };
    init_bridge(host);
    pci_host_add(host, &host->bridge);
}

static void set_multifunction(struct pci_device *function_0)
{
    function_0->config[PCI_HEADER_TYPE] |= PCI_HEADER_MULTIFUNCTION;
    function_0->initial[PCI_HEADER_TYPE] |= PCI_HEADER_MULTIFUNCTION;
}

bool pci_host_add(struct pci_host *host, struct pci_device *d)
{
    unsigned at = 0;

    if (host->count == PCI_HOST_MAX_DEVICES || d->device >= PCI_DEVICES_PER_BUS ||
        d->function >= PCI_FUNCTIONS_PER_DEVICE ||
        find_function(host, 0, d->device, d->function) != NULL)
        return false;
    while (at < host->count &&
           (host->devices[at]->device < d->device ||
            (host->devices[at]->device == d->device && host->devices[at]->function < d->function)))
        at++;
    for (unsigned i = host->count; i > at; i--)
        host->devices[i] = host->devices[i - 1];
    host->devices[at] = d;
    host->count++;
    memcpy(d->initial, d->config, sizeof d->initial);

    /* Software looks for functions 1 to 7 only where function 0 says that there are some. */
    for (unsigned i = 0; i < host->count; i++) {
        struct pci_device *other = host->devices[i];
        struct pci_device *function_0 = find_function(host, 0, other->device, 0);

        if (other->function != 0 && function_0 != NULL)
            set_multifunction(function_0);
    }
    return true;
}

void pci_host_reset(struct pci_host *host)
{
    for (unsigned i = 0; i < host->count; i++)
        for (unsigned reg = 0; reg < PCI_CONFIG_SIZE; reg++)
            __atomic_store_n(&host->devices[i]->config[reg], host->devices[i]->initial[reg],
                             __ATOMIC_RELAXED);
    host->config_address = 0;
    update_decode(host);
    update_pam(host);
    update_ecam(host);
}
