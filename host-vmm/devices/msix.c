/* SPDX-License-Identifier: MIT */
/*
 * MSI-X: table, pending bits and both masks (PCI 3.0 section 6.8.2). Each change of what a vector's
 * message is, or whether it may go, is told to the sink once.
 */
#include "msix.h"

#include <stddef.h>

#define WORD 8 /* an entry is two of these: the address; data and control */
#define TABLE_SIZE(count) ((count) * (uint64_t)PCI_MSIX_ENTRY_SIZE)
_Static_assert(TABLE_SIZE(MSIX_VECTORS_MAX) <= MSIX_PBA_OFFSET, "the table ends before the PBA");
_Static_assert(MSIX_VECTORS_MAX <= 8 * WORD, "one word of pending bits");

/* --- vectors; lock held ----------------------------------------------------------------------- */

static bool is_unmasked(const struct msix_model *msix, const struct msix_vector *v)
{
    return msix->enabled && !msix->all_masked && !(v->control & PCI_MSIX_ENTRY_MASKED);
}

static void send_now(struct msix_model *msix, unsigned vector)
{
    if (msix->sink.send != NULL)
        msix->sink.send(msix->sink.context, vector);
}

/* Tells the sink if the vector's route is another one now, and sends what waited for it. */
static void update_vector(struct msix_model *msix, unsigned vector, bool message_changed)
{
    struct msix_vector *v = &msix->vectors[vector];
    bool on = is_unmasked(msix, v);

    if (on != v->routed || (on && message_changed)) {
        v->routed = on;
        if (msix->sink.route != NULL)
            msix->sink.route(msix->sink.context, vector, on, v->address, v->data);
    }
    if (on && v->pending && msix->master) {
        v->pending = false;
        send_now(msix, vector);
    }
}

static void forget_pending(struct msix_model *msix)
{
    for (unsigned i = 0; i < msix->count; i++)
        msix->vectors[i].pending = false;
}

/* --- the page --------------------------------------------------------------------------------- */

static uint64_t load_word(const struct msix_vector *v, bool second)
{
    return second ? (uint64_t)v->control << 32 | v->data : v->address;
}

static void store_word(struct msix_vector *v, bool second, uint64_t word)
{
    if (second) {
        v->data = (uint32_t)word;
        v->control = (uint32_t)(word >> 32) & PCI_MSIX_ENTRY_MASKED; /* the rest is reserved */
    } else {
        v->address = word & ~3ull; /* a message is an aligned doubleword */
    }
}

static uint64_t pending_bits(const struct msix_model *msix)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < msix->count; i++)
        bits |= (uint64_t)msix->vectors[i].pending << i;
    return bits;
}

static bool is_aligned(uint64_t offset, unsigned size)
{
    return (size == 4 || size == 8) && offset % size == 0;
}

bool msix_model_read(struct msix_model *msix, uint64_t offset, unsigned size, uint64_t *value)
{
    bool in_table = offset < TABLE_SIZE(msix->count);
    uint64_t word;

    if (!is_aligned(offset, size) || (!in_table && offset - MSIX_PBA_OFFSET >= WORD))
        return false;
    pthread_mutex_lock(&msix->lock);
    word = in_table ? load_word(&msix->vectors[offset / PCI_MSIX_ENTRY_SIZE], offset & WORD)
                    : pending_bits(msix);
    pthread_mutex_unlock(&msix->lock);
    *value = size == WORD ? word : (uint32_t)(word >> (8 * (offset & 4)));
    return true;
}

bool msix_model_write(struct msix_model *msix, uint64_t offset, unsigned size, uint64_t value)
{
    unsigned shift = 8 * (offset & 4);
    struct msix_vector *v, before;
    uint64_t word = value;

    if (!is_aligned(offset, size) || offset >= TABLE_SIZE(msix->count))
        return false;
    pthread_mutex_lock(&msix->lock);
    v = &msix->vectors[offset / PCI_MSIX_ENTRY_SIZE];
    before = *v;
    if (size < WORD)
        word = (load_word(v, offset & WORD) & ~(0xffffffffull << shift)) | value << shift;
    store_word(v, offset & WORD, word);
    update_vector(msix, (unsigned)(v - msix->vectors),
                  v->address != before.address || v->data != before.data);
    pthread_mutex_unlock(&msix->lock);
    return true;
}

/* --- the capability --------------------------------------------------------------------------- */

void msix_model_init(struct msix_model *msix, struct pci_device *pci, unsigned bar, uint32_t offset,
                     unsigned count, struct msi_sink sink)
{
    const uint8_t bytes[PCI_MSIX_SIZE] = {PCI_CAPABILITY_ID_MSIX};

    *msix = (struct msix_model){.pci = pci, .sink = sink, .count = count};
    pthread_mutex_init(&msix->lock, NULL);
    msix->capability = pci_device_capability(pci, bytes, sizeof bytes);
    pci_device_set_config16(pci, msix->capability + PCI_MSIX_CONTROL, (uint16_t)(count - 1));
    pci_device_set_config32(pci, msix->capability + PCI_MSIX_TABLE, offset | bar);
    pci_device_set_config32(pci, msix->capability + PCI_MSIX_PENDING,
                            (offset + MSIX_PBA_OFFSET) | bar);
    pci->writable[msix->capability + PCI_MSIX_CONTROL + 1] =
        (PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_FUNCTION_MASK) >> 8;
    for (unsigned i = 0; i < count; i++)
        msix->vectors[i].control = PCI_MSIX_ENTRY_MASKED;
}

/* Takes over what configuration space says. Lock held. */
static void take_control(struct msix_model *msix)
{
    uint16_t control = pci_device_config16(msix->pci, msix->capability + PCI_MSIX_CONTROL);

    msix->enabled = control & PCI_MSIX_CONTROL_ENABLE;
    msix->all_masked = control & PCI_MSIX_CONTROL_FUNCTION_MASK;
    msix->master = pci_device_is_master(msix->pci);
    if (!msix->enabled)
        forget_pending(msix);
    for (unsigned i = 0; i < msix->count; i++)
        update_vector(msix, i, false);
}

void msix_model_update(struct msix_model *msix)
{
    pthread_mutex_lock(&msix->lock);
    take_control(msix);
    pthread_mutex_unlock(&msix->lock);
}

void msix_model_reset(struct msix_model *msix)
{
    pthread_mutex_lock(&msix->lock);
    forget_pending(msix);
    for (unsigned i = 0; i < msix->count; i++) {
        store_word(&msix->vectors[i], false, 0);
        store_word(&msix->vectors[i], true, (uint64_t)PCI_MSIX_ENTRY_MASKED << 32);
    }
    take_control(msix);
    pthread_mutex_unlock(&msix->lock);
}

bool msix_model_enabled(struct msix_model *msix)
{
    bool enabled;

    pthread_mutex_lock(&msix->lock);
    enabled = msix->enabled;
    pthread_mutex_unlock(&msix->lock);
    return enabled;
}

void msix_model_send(struct msix_model *msix, unsigned vector)
{
    pthread_mutex_lock(&msix->lock);
    if (vector >= msix->count || !msix->enabled || !msix->master)
        msix->dropped++;
    else if (is_unmasked(msix, &msix->vectors[vector]))
        send_now(msix, vector);
    else
        msix->vectors[vector].pending = true;
    pthread_mutex_unlock(&msix->lock);
}
