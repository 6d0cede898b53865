/* SPDX-License-Identifier: MIT */
/* Rung 6, where it is asked for: PCI configuration moves from ports to memory, reached by ports first. */
#include "climb.h"

#include "errors.h"
#include "memory.h"
#include "pci_ecam.h"

#include <stddef.h>

/* As a device: ECAM may lie in the same GiB, and one page may map all of that. */
static const void *map_table(uint64_t address, uint64_t length)
{
    return memory_map(address, length) ? NULL : (const void *)(uintptr_t)address;
}

/* Doors that a BIOS opens: its tables are where a BIOS leaves them. */
static bool has_bios(enum boot_door door)
{
    return door == BOOT_DOOR_MBR || door == BOOT_DOOR_MULTIBOOT;
}

/* In order of cost: what the door was told, two registers, a search. */
static int find_ecam(const struct boot_info *info, struct pci_ecam *ecam)
{
    if (info->rsdp && pci_ecam_from_mcfg(ecam, map_table, info->rsdp) == ERR_OK)
        return ERR_OK;
    if (pci_ecam_from_chipset(ecam) == ERR_OK)
        return ERR_OK;
    uint64_t rsdp = has_bios(info->door) ? acpi_search_rsdp(map_table) : 0;
    return rsdp ? pci_ecam_from_mcfg(ecam, map_table, rsdp) : ERR_ABSENT;
}

static bool over_ram(const struct boot_info *info, const struct pci_ecam *ecam)
{
    uint64_t length = (uint64_t)ecam->buses << PCI_ECAM_BUS_SHIFT;
    if (ecam->base < info->ram_end_low)
        return true;
    for (unsigned i = 0; i < info->ram_count; i++) {
        const struct boot_memory_range *ram = &info->ram[i];
        if (ecam->base < ram->base + ram->length && ram->base < ecam->base + length)
            return true;
    }
    return false;
}

/* Turns the window on where it is off, and off again where nobody answers in it. */
static int open_window(struct pci_ecam *ecam)
{
    bool was_on = ecam->enabled;
    int error = memory_map(ecam->base, (uint64_t)ecam->buses << PCI_ECAM_BUS_SHIFT);
    if (!error && !was_on)
        error = pci_ecam_enable(ecam, true);
    if (error)
        return error;
    if (pci_ecam_answers(ecam))
        return ERR_OK;
    if (!was_on)
        pci_ecam_enable(ecam, false);
    return ERR_DEVICE;
}

void climb_use_ecam(const struct boot_info *info)
{
    struct pci_ecam ecam;
    pci_use_ecam(0, 0); /* a second climb begins where the first one did */
    int error = find_ecam(info, &ecam);
    if (error) {
        rung_say(RUNG_MMIO, "ecam", "absent: no MCFG table, no register that is known");
        return;
    }
    if (over_ram(info, &ecam)) {
        rung_say(RUNG_MMIO, "ecam", "absent: RAM is at 0x%lx", ecam.base);
        return;
    }
    bool was_on = ecam.enabled;
    error = open_window(&ecam);
    if (error) {
        rung_say(RUNG_MMIO, "ecam", "absent: 0x%lx: %s", ecam.base, error_text(error));
        return;
    }
    pci_use_ecam(ecam.base, ecam.buses);
    if (ecam.reg)
        rung_say(RUNG_MMIO, "ecam",
                 "%u buses at 0x%lx, by register 0x%02x of 00:00.0, %s: ports no more", ecam.buses,
                 ecam.base, ecam.reg, was_on ? "on already" : "turned on through 0xcf8");
    else
        rung_say(RUNG_MMIO, "ecam", "%u buses at 0x%lx, by MCFG: ports no more", ecam.buses,
                 ecam.base);
}
