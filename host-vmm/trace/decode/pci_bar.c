/* SPDX-License-Identifier: MIT */
/*
 * Base address registers (PCI 3.0 section 6.2.5.1): a write of all ones asks for the size, which the read
 * that follows answers; otherwise they hold addresses. The same with the expansion ROM's.
 */
#include "pci_internal.h"

#define ROM_ENABLE 0x1u
#define ROM_FLAGS 0x7ffu /* reserved, but for the enable bit */

static const char *kind_of(uint8_t flags)
{
    bool is_64bit = (flags & PCI_BAR_TYPE_MASK) == PCI_BAR_TYPE_64;

    if (flags & PCI_BAR_IO)
        return "I/O ports";
    if (flags & PCI_BAR_PREFETCHABLE)
        return is_64bit ? "64-bit prefetchable memory" : "32-bit prefetchable memory";
    return is_64bit ? "64-bit memory" : "32-bit memory";
}

static uint8_t flags_of(uint32_t value)
{
    return (uint8_t)(value & (value & PCI_BAR_IO ? PCI_BAR_IO_FLAGS : PCI_BAR_MEMORY_FLAGS));
}

static bool is_all_ones(unsigned slot, uint32_t value)
{
    return (slot == PCI_ROM_SLOT ? value | ROM_FLAGS : value) == UINT32_MAX;
}

/* The lowest bit of an address that can be changed is the size. */
static void size_words(unsigned slot, uint32_t value, char *words)
{
    uint32_t flags = slot == PCI_ROM_SLOT ? ROM_FLAGS : flags_of(value);
    uint32_t mask = value & ~flags;

    decode_append(words, " (");
    if (mask != 0)
        decode_append_bytes(words, mask & (~mask + 1));
    else if (slot != PCI_ROM_SLOT && (flags & PCI_BAR_TYPE_64) && !(flags & PCI_BAR_IO))
        decode_append(words, "4 GiB or more");
    else
        decode_append(words, slot == PCI_ROM_SLOT ? "no ROM" : "no BAR");
    if (mask != 0 || flags_of(value) != 0)
        decode_append(words, ", %s", slot == PCI_ROM_SLOT ? "ROM" : kind_of(flags_of(value)));
    decode_append(words, ")");
}

void pci_bar_words(const struct pci_bar_seen *bar, unsigned slot, bool is_write, uint32_t value,
                   char *words)
{
    decode_append(words, "0x%08x", value);
    if (is_write && is_all_ones(slot, value))
        decode_append(words, " (sizing)");
    else if (bar != NULL && bar->is_upper)
        decode_append(words, " (upper half%s)", bar->sizing && !is_write ? " of the size" : "");
    else if (!is_write && value == UINT32_MAX)
        decode_append(words, " (nobody)");
    else if (!is_write && bar != NULL && bar->sizing)
        size_words(slot, value, words);
    else if (slot == PCI_ROM_SLOT)
        decode_append(words, value & ROM_ENABLE ? " ROM, on" : " ROM, off");
    else if (!is_write && value == 0)
        decode_append(words, " (no address)");
    else if (!is_write)
        decode_append(words, " %s", kind_of(flags_of(value)));
    else if (bar != NULL && bar->known)
        decode_append(words, " %s", kind_of(bar->flags));
}

void pci_bar_learn(struct pci_bar_seen *bars, unsigned slot, bool is_write, uint32_t value)
{
    struct pci_bar_seen *bar = &bars[slot];

    if (is_write) {
        bar->sizing = is_all_ones(slot, value);
        return;
    }
    /* A zero read tells as much of a register that is not there, and what it is has been learned. */
    if (slot == PCI_ROM_SLOT || bar->is_upper || value == UINT32_MAX || value == 0)
        return;
    bar->known = true;
    bar->flags = flags_of(value);
    if (slot + 1 < PCI_BAR_COUNT && !(bar->flags & PCI_BAR_IO))
        bars[slot + 1].is_upper = (bar->flags & PCI_BAR_TYPE_MASK) == PCI_BAR_TYPE_64;
}
