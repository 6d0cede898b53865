/* SPDX-License-Identifier: MIT */
/* What the files that decode PCI share: what has been learned of each function, and the tables. */
#ifndef HOST_TRACE_DECODE_PCI_INTERNAL_H
#define HOST_TRACE_DECODE_PCI_INTERNAL_H

#include "span.h"

#include "abi/pci.h"

#define PCI_FUNCTIONS_KNOWN 32 /* more than the machine has; beyond that the oldest is forgotten */
#define PCI_ROM_SLOT PCI_BAR_COUNT

/* A base address register, as far as the guest's own accesses have told. */
struct pci_bar_seen {
    bool sizing; /* the last write was all ones */
    bool known;  /* flags were read */
    uint8_t flags;
    bool is_upper; /* of a 64-bit one */
};

/* What may begin at a doubleword behind the header */
struct pci_capability_seen {
    bool listed; /* the list's head, or an entry, says that one begins here */
    bool is_64bit;
    uint8_t id;   /* 0: not read yet */
    uint8_t type; /* of virtio's: VIRTIO_PCI_CAP_*; 0: not read yet */
};

struct pci_function_seen {
    uint64_t used; /* when, counted in accesses; 0: this entry is free */
    uint16_t where;
    uint16_t vendor; /* 0: not read yet */
    struct pci_bar_seen bars[PCI_BAR_COUNT + 1];
    struct pci_capability_seen capabilities[PCI_CAPABILITY_MAX];
};

/* One access to configuration space. Without a function nothing is known of it. */
struct pci_target {
    unsigned bus, device, function;
    unsigned reg;
    struct pci_function_seen *seen; /* NULL: nothing has been learned yet */
};

extern const struct decode_table decode_pci_header, decode_pci_wide, decode_pci_short_class;
extern const struct decode_table decode_pci_capability, decode_pci_msi32, decode_pci_msi64,
    decode_pci_msix, decode_pci_msix_entry;
extern const struct decode_table decode_pci_virtio, decode_pci_virtio_notify,
    decode_pci_virtio_window;
extern const struct decode_table decode_pci_i440fx, decode_pci_piix3, decode_pci_ide;
extern const struct decode_table decode_pci_mechanism;

/* --- pci_header.c: the first 64 bytes --------------------------------------------------------------- */

bool pci_header_decode(const struct pci_target *target, const struct decode_access *access,
                       struct decoded *decoded);
/* What the access tells of the BARs, after it was decoded. */
void pci_header_learn(struct pci_function_seen *seen, unsigned reg,
                      const struct decode_access *access);

/* --- pci_bar.c --------------------------------------------------------------------------------------- */

/* slot: the BAR's number, or PCI_ROM_SLOT. */
void pci_bar_words(const struct pci_bar_seen *bar, unsigned slot, bool is_write, uint32_t value,
                   char *words);
void pci_bar_learn(struct pci_bar_seen *bars, unsigned slot, bool is_write, uint32_t value);

/* --- pci_capability.c -------------------------------------------------------------------------------- */

bool pci_capability_decode(const struct pci_target *target, const struct decode_access *access,
                           struct decoded *decoded);
/* Before the access is decoded: a read that shows an id can name the place at once. */
void pci_capability_learn(struct pci_function_seen *seen, unsigned reg,
                          const struct decode_access *access);

/* --- pci_bridges.c: what 00:00.0, 00:01.0 and 00:01.1 have beside ---------------------------------------------- */

bool pci_bridge_decode(const struct pci_target *target, const struct decode_access *access,
                       struct decoded *decoded);

#endif
