/* SPDX-License-Identifier: MIT */
/*
 * MSI-X of a PCI function (PCI 3.0 section 6.8.2): the capability, and a page of one of the function's
 * memory BARs with the vector table and the pending bits. A masked vector remembers its message and sends
 * it when unmasked. Which messages there are, and where they go, others know.
 */
#ifndef HOST_DEVICES_MSIX_H
#define HOST_DEVICES_MSIX_H

#include "../irq.h"
#include "pci_device.h"

#include <pthread.h>

#define MSIX_VECTORS_MAX 16
#define MSIX_PAGE_SIZE 0x1000 /* no other register may be in the page (section 6.8.2) */
#define MSIX_PBA_OFFSET 0x800 /* in the page */

struct msix_model {
    struct pci_device *pci;
    unsigned capability; /* its offset */
    struct msi_sink sink;
    pthread_mutex_t lock;             /* all that follows; the sink is called with it held */
    bool enabled, all_masked, master; /* configuration space, as of msix_model_update() */
    unsigned count;
    struct msix_vector {
        uint64_t address;
        uint32_t data, control;
        bool routed; /* as last told to the sink */
        bool pending;
    } vectors[MSIX_VECTORS_MAX];
    uint64_t
        dropped; /* messages of vectors that do not exist, or with MSI-X or bus mastering off */
};

/* Appends the capability for count vectors (1 to MSIX_VECTORS_MAX), whose page is at offset of BAR bar. The
 * BAR is the function's: it hands on to msix_model_read() and msix_model_write() what hits the page. */
void msix_model_init(struct msix_model *msix, struct pci_device *pci, unsigned bar, uint32_t offset,
                     unsigned count, struct msi_sink sink);

/* An access to the page, as in struct bus_ops: aligned, of 4 or 8 bytes. Pending bits are read-only. */
bool msix_model_read(struct msix_model *msix, uint64_t offset, unsigned size, uint64_t *value);
bool msix_model_write(struct msix_model *msix, uint64_t offset, unsigned size, uint64_t value);

/* To be called by the function's config_written hook. Turning MSI-X off forgets pending messages. */
void msix_model_update(struct msix_model *msix);

/* As after power-on; the configuration space is reset by the host bridge, before this. */
void msix_model_reset(struct msix_model *msix);

bool msix_model_enabled(struct msix_model *msix);

/* Sends vector's message, now or when it is unmasked. Any thread. */
void msix_model_send(struct msix_model *msix, unsigned vector);

#endif
