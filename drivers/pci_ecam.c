/* SPDX-License-Identifier: MIT */
/*
 * Finding ECAM. MCFG names a window that is on; a chipset's register also turns it on, so that
 * firmware which comes first needs no table. The first access is by ports either way.
 */
#include "pci_ecam.h"

#include "errors.h"
#include "io.h"
#include "pci.h"

static const struct pci_function host_bridge; /* 00:00.0 */

int pci_ecam_from_mcfg(struct pci_ecam *ecam, acpi_map *map, uint64_t rsdp)
{
    const struct acpi_header *header = acpi_find_table(map, rsdp, "MCFG");
    if (!header || header->length < sizeof(struct acpi_mcfg))
        return ERR_ABSENT;
    const struct acpi_mcfg *mcfg = (const struct acpi_mcfg *)header;
    uint32_t count =
        (header->length - (uint32_t)sizeof(*mcfg)) / (uint32_t)sizeof(mcfg->allocations[0]);
    for (uint32_t i = 0; i < count; i++) {
        const struct acpi_mcfg_allocation *at = &mcfg->allocations[i];
        if (at->segment != 0 || at->start_bus != 0 || at->base == 0)
            continue;
        *ecam = (struct pci_ecam){.base = at->base, .buses = at->end_bus + 1u, .enabled = true};
        return ERR_OK;
    }
    return ERR_ABSENT;
}

/* The register's place in the host bridge that identifies itself so; 0: not known. */
static unsigned chipset_register(uint32_t identity)
{
    static const struct {
        uint16_t device_id;
        uint8_t reg;
    } chipsets[] = {{PCI_DEVICE_Q35, PCIEXBAR_Q35}, {PCI_DEVICE_I440FX, PCIEXBAR_I440FX}};
    for (unsigned i = 0; i < sizeof(chipsets) / sizeof(chipsets[0]); i++) {
        if (identity == ((uint32_t)chipsets[i].device_id << 16 | PCI_VENDOR_INTEL))
            return chipsets[i].reg;
    }
    return 0;
}

int pci_ecam_from_chipset(struct pci_ecam *ecam)
{
    unsigned reg = chipset_register(pci_read32(&host_bridge, PCI_VENDOR_ID));
    if (!reg)
        return ERR_ABSENT;
    uint64_t value = pci_read32(&host_bridge, reg);
    value |= (uint64_t)pci_read32(&host_bridge, reg + 4) << 32;
    unsigned buses =
        PCI_ECAM_BUSES_MAX >> ((value & PCIEXBAR_LENGTH_MASK) >> PCIEXBAR_LENGTH_SHIFT);
    uint64_t length = (uint64_t)buses << PCI_ECAM_BUS_SHIFT;
    *ecam = (struct pci_ecam){.base = value & PCIEXBAR_ADDRESS_MASK & ~(length - 1),
                              .buses = buses,
                              .reg = reg,
                              .enabled = value & PCIEXBAR_ENABLE};
    if (ecam->base == 0 || (value & PCIEXBAR_LENGTH_MASK) == PCIEXBAR_LENGTH_MASK)
        return ERR_ABSENT;
    return ERR_OK;
}

int pci_ecam_enable(struct pci_ecam *ecam, bool on)
{
    uint32_t old = pci_read32(&host_bridge, ecam->reg);
    pci_write32(&host_bridge, ecam->reg,
                on ? old | PCIEXBAR_ENABLE : old & ~(uint32_t)PCIEXBAR_ENABLE);
    ecam->enabled = pci_read32(&host_bridge, ecam->reg) & PCIEXBAR_ENABLE;
    return ecam->enabled == on ? ERR_OK : ERR_DEVICE;
}

bool pci_ecam_answers(const struct pci_ecam *ecam)
{
    return mmio_read32(ecam->base + PCI_VENDOR_ID) == pci_read32(&host_bridge, PCI_VENDOR_ID);
}
