/* SPDX-License-Identifier: MIT */
/* Message signalled interrupts of a PCI function: MSI and MSI-X (PCI Local Bus 3.0, section
 * 6.8). */
#ifndef DRIVERS_PCI_MSI_H
#define DRIVERS_PCI_MSI_H

#include "interrupt.h"
#include "pci.h"

/* Has the function raise message, by MSI with one vector. Bus mastering is the caller's: a function
 * without it sends nothing. ERR_UNSUPPORTED without the capability, or when the message does not
 * fit it (an address above 4 GiB, data above 16 bits). */
int pci_msi_enable(const struct pci_function *f, const struct interrupt_message *message);

/* Has the function raise message for entry of its MSI-X table, which is reached through f->bars:
 * the BAR is placed, mapped, and memory decode is on. Other entries stay as they are.
 * ERR_UNSUPPORTED without the capability or the entry, ERR_DEVICE where the table is not wholly in
 * a memory BAR. */
int pci_msix_enable(const struct pci_function *f, unsigned entry,
                    const struct interrupt_message *message);

#endif
