/* SPDX-License-Identifier: MIT */
/*
 * Modern virtio over PCI (VIRTIO 1.2 section 4.1): capabilities, and the structures in the BAR as
 * registers; the common configuration is in pci_common.c. What they do to the device is device.c's.
 * Interrupts go by INTA#; there is no MSI-X.
 */
#include "pci_internal.h"

#include <stddef.h>
#include <string.h>

#define SUBSYSTEM_ID_BASE 0x40 /* plus the device type, as QEMU numbers them */
#define INTA 1

static uint64_t load_le(const uint8_t *from, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

static void store_le(uint8_t *to, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* --- interrupt -------------------------------------------------------------------------------- */

/* INTA# follows the ISR unless the command register forbids it. Device's lock held. */
void virtio_pci_update_interrupt(struct virtio_pci_model *v)
{
    uint8_t *status = &v->pci.config[PCI_STATUS];

    *status = (uint8_t)(v->isr ? *status | PCI_STATUS_INTERRUPT : *status & ~PCI_STATUS_INTERRUPT);
    irq_set(&v->irq, v->isr != 0 && pci_device_intx_enabled(&v->pci));
}

static void raise_interrupt(void *transport, bool config_change)
{
    struct virtio_pci_model *v = transport;

    v->isr |= config_change ? VIRTIO_ISR_CONFIG : VIRTIO_ISR_QUEUE;
    virtio_pci_update_interrupt(v);
}

static bool can_dma(void *transport)
{
    struct virtio_pci_model *v = transport;

    return pci_device_is_master(&v->pci);
}

void virtio_pci_clear(struct virtio_pci_model *v)
{
    pthread_mutex_lock(&v->device->lock);
    v->isr = 0;
    virtio_pci_update_interrupt(v);
    pthread_mutex_unlock(&v->device->lock);
}

/* --- structures in the BAR -------------------------------------------------------------------- */

/* Reading the ISR clears it and takes INTA# back (section 4.1.4.5). */
static bool read_isr(struct virtio_pci_model *v, uint64_t offset, unsigned size, uint64_t *value)
{
    if (offset != 0 || size != 1)
        return false;
    pthread_mutex_lock(&v->device->lock);
    *value = v->isr;
    v->isr = 0;
    virtio_pci_update_interrupt(v);
    pthread_mutex_unlock(&v->device->lock);
    return true;
}

/* The place of the write names the queue; the value says the same and is not looked at. */
static bool write_notify(struct virtio_pci_model *v, uint64_t offset, unsigned size)
{
    uint64_t queue = offset / VIRTIO_PCI_NOTIFY_MULTIPLIER;

    if ((size != 2 && size != 4) || offset % VIRTIO_PCI_NOTIFY_MULTIPLIER != 0 ||
        queue >= v->device->queue_count)
        return false;
    virtio_device_notify(v->device, (unsigned)queue);
    return true;
}

static bool bar_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct virtio_pci_model *v = self;
    uint64_t inside = offset % VIRTIO_PCI_REGION_SIZE;

    switch (offset - inside) {
    case VIRTIO_PCI_COMMON_OFFSET:
        return virtio_pci_common_read(v, inside, size, value);
    case VIRTIO_PCI_ISR_OFFSET:
        return read_isr(v, inside, size, value);
    case VIRTIO_PCI_DEVICE_OFFSET:
        return virtio_device_read_config(v->device, inside, size, value);
    default:
        return false;
    }
}

static bool bar_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_pci_model *v = self;
    uint64_t inside = offset % VIRTIO_PCI_REGION_SIZE;

    switch (offset - inside) {
    case VIRTIO_PCI_COMMON_OFFSET:
        return virtio_pci_common_write(v, inside, size, value);
    case VIRTIO_PCI_NOTIFY_OFFSET:
        return write_notify(v, inside, size);
    default:
        return false;
    }
}

static const struct bus_ops bar_ops = {.read = bar_read, .write = bar_write};

/* --- PCI configuration access capability (section 4.1.4.9): the BAR through a window ---------- */

/* True when [reg, reg+size) touches the window's data. */
static bool touches_window(const struct virtio_pci_model *v, unsigned reg, unsigned size)
{
    unsigned data = v->cfg_capability + VIRTIO_PCI_CAP_CFG_DATA;

    return reg < data + 4 && reg + size > data;
}

/* What the guest has aimed the window at. False when that is nowhere in our BAR. */
static bool window_target(const struct virtio_pci_model *v, uint32_t *offset, uint32_t *length)
{
    const uint8_t *capability = &v->pci.config[v->cfg_capability];

    *offset = (uint32_t)load_le(&capability[VIRTIO_PCI_CAP_OFFSET], 4);
    *length = (uint32_t)load_le(&capability[VIRTIO_PCI_CAP_REGION_LENGTH], 4);
    return capability[VIRTIO_PCI_CAP_BAR] == VIRTIO_PCI_BAR &&
           (*length == 1 || *length == 2 || *length == 4) && *offset % *length == 0 &&
           *offset <= VIRTIO_PCI_BAR_SIZE - *length;
}

/* Fetches the register into the window's bytes; the host bridge then reads those. */
static bool config_read(struct pci_device *pci, unsigned reg, unsigned size, uint32_t *value)
{
    struct virtio_pci_model *v = pci->self;
    uint8_t *data = &pci->config[v->cfg_capability + VIRTIO_PCI_CAP_CFG_DATA];
    uint32_t offset, length;
    uint64_t fetched;

    (void)value;
    if (!touches_window(v, reg, size))
        return false;
    if (!window_target(v, &offset, &length)) {
        store_le(data, UINT32_MAX, 4);
        return false;
    }
    if (!bar_read(v, offset, length, &fetched))
        fetched = bus_ones(length);
    store_le(data, fetched, length);
    return false;
}

static void config_written(struct pci_device *pci, unsigned reg, unsigned size)
{
    struct virtio_pci_model *v = pci->self;
    const uint8_t *data = &pci->config[v->cfg_capability + VIRTIO_PCI_CAP_CFG_DATA];
    uint32_t offset, length;

    if (touches_window(v, reg, size) && window_target(v, &offset, &length))
        bar_write(v, offset, length, load_le(data, length));
    /* INTX_DISABLE may have changed. */
    pthread_mutex_lock(&v->device->lock);
    virtio_pci_update_interrupt(v);
    pthread_mutex_unlock(&v->device->lock);
}

/* --- the function ----------------------------------------------------------------------------- */

/* Appends a capability for length bytes at offset of the BAR. extra is what follows the common
 * part. */
static unsigned add_capability(struct virtio_pci_model *v, uint8_t type, uint32_t offset,
                               uint32_t length, unsigned size, uint32_t extra)
{
    uint8_t bytes[VIRTIO_PCI_CAP_SIZE + 4] = {0};

    bytes[0] = PCI_CAPABILITY_ID_VENDOR;
    bytes[VIRTIO_PCI_CAP_LENGTH] = (uint8_t)size;
    bytes[VIRTIO_PCI_CAP_TYPE] = type;
    bytes[VIRTIO_PCI_CAP_BAR] = VIRTIO_PCI_BAR;
    store_le(&bytes[VIRTIO_PCI_CAP_OFFSET], offset, 4);
    store_le(&bytes[VIRTIO_PCI_CAP_REGION_LENGTH], length, 4);
    store_le(&bytes[VIRTIO_PCI_CAP_SIZE], extra, 4);
    return pci_device_capability(&v->pci, bytes, size);
}

static void add_capabilities(struct virtio_pci_model *v)
{
    uint8_t *writable;

    add_capability(v, VIRTIO_PCI_CAP_COMMON, VIRTIO_PCI_COMMON_OFFSET, VIRTIO_COMMON_SIZE,
                   VIRTIO_PCI_CAP_SIZE, 0);
    add_capability(v, VIRTIO_PCI_CAP_NOTIFY, VIRTIO_PCI_NOTIFY_OFFSET,
                   v->device->queue_count * VIRTIO_PCI_NOTIFY_MULTIPLIER,
                   VIRTIO_PCI_CAP_NOTIFY_SIZE, VIRTIO_PCI_NOTIFY_MULTIPLIER);
    add_capability(v, VIRTIO_PCI_CAP_ISR, VIRTIO_PCI_ISR_OFFSET, 1, VIRTIO_PCI_CAP_SIZE, 0);
    add_capability(v, VIRTIO_PCI_CAP_DEVICE, VIRTIO_PCI_DEVICE_OFFSET, v->device->config_length,
                   VIRTIO_PCI_CAP_SIZE, 0);
    v->cfg_capability = add_capability(v, VIRTIO_PCI_CAP_PCI, 0, 0, VIRTIO_PCI_CAP_CFG_SIZE, 0);

    writable = &v->pci.writable[v->cfg_capability];
    writable[VIRTIO_PCI_CAP_BAR] = 0xff;
    memset(&writable[VIRTIO_PCI_CAP_OFFSET], 0xff, 4);
    memset(&writable[VIRTIO_PCI_CAP_REGION_LENGTH], 0xff, 4);
    memset(&writable[VIRTIO_PCI_CAP_CFG_DATA], 0xff, 4);
}

void virtio_pci_model_init(struct virtio_pci_model *v, struct virtio_device *device, unsigned slot,
                           uint32_t class_code, struct irq_line irq)
{
    *v = (struct virtio_pci_model){
        .region = {.name = device->name, .ops = &bar_ops, .self = v},
        .device = device,
        .irq = irq,
    };
    pci_device_init(&v->pci, device->name, slot, 0, VIRTIO_PCI_VENDOR,
                    (uint16_t)(VIRTIO_PCI_DEVICE_MODERN + device->type), class_code,
                    VIRTIO_PCI_REVISION);
    pci_device_subsystem(&v->pci, VIRTIO_PCI_VENDOR, (uint16_t)(SUBSYSTEM_ID_BASE + device->type));
    pci_device_bar(&v->pci, VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_SIZE, false, true, true, &v->region);
    pci_device_interrupt_pin(&v->pci, INTA);
    add_capabilities(v);
    v->pci.config_read = config_read;
    v->pci.config_written = config_written;
    v->pci.self = v;

    device->transport = v;
    device->interrupt = raise_interrupt;
    device->can_dma = can_dma;
}

void virtio_pci_model_reset(struct virtio_pci_model *v)
{
    virtio_device_set_status(v->device, 0);
    virtio_pci_clear(v);
}
