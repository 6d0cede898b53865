/* SPDX-License-Identifier: MIT */
/*
 * Modern virtio over PCI (VIRTIO 1.2 section 4.1): capabilities, and the structures in the BAR as
 * registers; the common configuration is in pci_common.c, the MSI-X table in devices/msix.c. What they do to
 * the device is device.c's.
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

/* While MSI-X is off, INTA# follows the ISR unless the command register forbids it. Device's lock held. */
void virtio_pci_update_interrupt(struct virtio_pci_model *v)
{
    uint8_t *status = &v->pci.config[PCI_STATUS];
    bool wanted = v->isr != 0 && !v->msix_on;

    *status = (uint8_t)(wanted ? *status | PCI_STATUS_INTERRUPT : *status & ~PCI_STATUS_INTERRUPT);
    irq_set(&v->irq, wanted && pci_device_intx_enabled(&v->pci));
}

/* The ISR tells of a configuration change in either case, of a queue only without MSI-X (section
 * 4.1.4.5.1). */
static void raise_interrupt(void *transport, int queue)
{
    struct virtio_pci_model *v = transport;
    uint16_t vector = queue < 0 ? v->config_vector : v->queue_vectors[queue];

    if (queue < 0)
        v->isr |= VIRTIO_ISR_CONFIG;
    else if (!v->msix_on)
        v->isr |= VIRTIO_ISR_QUEUE;
    if (!v->msix_on)
        virtio_pci_update_interrupt(v);
    else if (vector != VIRTIO_MSI_NO_VECTOR)
        msix_model_send(&v->msix, vector);
}

/* Configuration space may say something else about interrupts than it did. */
static void take_interrupt_settings(struct virtio_pci_model *v)
{
    msix_model_update(&v->msix);
    pthread_mutex_lock(&v->device->lock);
    v->msix_on = msix_model_enabled(&v->msix);
    virtio_pci_update_interrupt(v);
    pthread_mutex_unlock(&v->device->lock);
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
    v->config_vector = VIRTIO_MSI_NO_VECTOR;
    for (unsigned i = 0; i < VIRTIO_MAX_QUEUES; i++)
        v->queue_vectors[i] = VIRTIO_MSI_NO_VECTOR;
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
    case VIRTIO_PCI_MSIX_OFFSET:
        return msix_model_read(&v->msix, inside, size, value);
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
    case VIRTIO_PCI_DEVICE_OFFSET:
        return virtio_device_write_config(v->device, inside, size, value);
    case VIRTIO_PCI_MSIX_OFFSET:
        return msix_model_write(&v->msix, inside, size, value);
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

/* While it was off the queues were not looked at, and doorbells went unheard. */
static void look_at_master(struct virtio_pci_model *v)
{
    bool before = v->master;

    v->master = pci_device_is_master(&v->pci);
    for (unsigned i = 0; v->master && !before && i < v->device->queue_count; i++)
        virtio_device_notify(v->device, i);
}

static void config_written(struct pci_device *pci, unsigned reg, unsigned size)
{
    struct virtio_pci_model *v = pci->self;
    const uint8_t *data = &pci->config[v->cfg_capability + VIRTIO_PCI_CAP_CFG_DATA];
    uint32_t offset, length;

    if (touches_window(v, reg, size) && window_target(v, &offset, &length))
        bar_write(v, offset, length, load_le(data, length));
    take_interrupt_settings(v);
    look_at_master(v);
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

unsigned virtio_pci_vectors(const struct virtio_device *device)
{
    unsigned wanted = device->queue_count + 1;

    return wanted < MSIX_VECTORS_MAX ? wanted : MSIX_VECTORS_MAX;
}

void virtio_pci_model_init(struct virtio_pci_model *v, struct virtio_device *device, unsigned slot,
                           uint32_t class_code, struct irq_line irq, struct msi_sink sink)
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
    msix_model_init(&v->msix, &v->pci, VIRTIO_PCI_BAR, VIRTIO_PCI_MSIX_OFFSET,
                    virtio_pci_vectors(device), sink);
    v->pci.config_read = config_read;
    v->pci.config_written = config_written;
    v->pci.self = v;

    device->transport = v;
    device->interrupt = raise_interrupt;
    device->can_dma = can_dma;
    virtio_pci_clear(v);
}

void virtio_pci_model_reset(struct virtio_pci_model *v)
{
    virtio_device_set_status(v->device, 0);
    virtio_pci_clear(v);
    msix_model_reset(&v->msix);
    take_interrupt_settings(v);
}
