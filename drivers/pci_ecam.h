/* SPDX-License-Identifier: MIT */
/* Where ECAM is: the MCFG table, or the chipset's register. Using it is pci.c's. */
#ifndef DRIVERS_PCI_ECAM_H
#define DRIVERS_PCI_ECAM_H

#include "acpi.h"

#include <stdbool.h>
#include <stdint.h>

struct pci_ecam {
    uint64_t base;
    unsigned buses; /* from bus 0 on, 1 MiB each */
    unsigned reg;   /* of 00:00.0, that holds this; 0 = MCFG named it */
    bool enabled;
};

/* What MCFG says of segment 0, whose window begins with bus 0. ERR_ABSENT without such a table. */
int pci_ecam_from_mcfg(struct pci_ecam *ecam, acpi_map *map, uint64_t rsdp);

/* What the host bridge's register says, read by mechanism #1. ERR_ABSENT: none that is known. */
int pci_ecam_from_chipset(struct pci_ecam *ecam);

/* Turns the window of a chipset's register on or off. ERR_DEVICE when that does not stick. */
int pci_ecam_enable(struct pci_ecam *ecam, bool on);

/* True when 00:00.0 says the same through the window, which is mapped, as by mechanism #1. */
bool pci_ecam_answers(const struct pci_ecam *ecam);

#endif
