/* SPDX-License-Identifier: MIT */
/*
 * A virtio device with two queues that does nothing but note what is asked of it, behind PCI, and a driver
 * in a few lines: what the tests of the PCI transport start from.
 */
#ifndef TESTS_UNIT_VIRTIO_PCI_FIXTURE_H
#define TESTS_UNIT_VIRTIO_PCI_FIXTURE_H

#include "host-vmm/virtio/pci.h"

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x10000
#define QUEUES 2
#define VECTORS (QUEUES + 1)
#define SIZE 8
#define SLOT 5
#define FEATURE_A 3

#define COMMON VIRTIO_PCI_COMMON_OFFSET
#define CONFIG VIRTIO_PCI_DEVICE_OFFSET
#define MSIX VIRTIO_PCI_MSIX_OFFSET

struct virtio_pci_fixture {
    struct guest_memory memory;
    struct virtio_device device;
    struct virtio_pci_model v;
    uint8_t config[12]; /* 0x10, 0x11 and so on; only the byte at 4 can be written */
    unsigned notified[QUEUES], resets;
    bool level; /* INTA# */
    unsigned messages[VECTORS];
    /* the last write to the device configuration */
    unsigned written_at, written_size;
    uint64_t written;
};

extern struct virtio_pci_fixture on_pci;

/* Setup and teardown of each test */
int virtio_pci_fixture_start(void **state);
int virtio_pci_fixture_stop(void **state);

/* Registers of the BAR; get and put fail the test where none answers. */
bool bar_try_read(uint64_t offset, unsigned size, uint64_t *value);
bool bar_try_write(uint64_t offset, unsigned size, uint64_t value);
uint64_t bar_get(uint64_t offset, unsigned size);
void bar_put(uint64_t offset, unsigned size, uint64_t value);

/* The handshake and its parts. set_status() returns what the register reads then. */
uint8_t set_status(uint8_t value);
void set_features(uint32_t word_0, uint32_t word_1);
void put_queue(uint16_t queue, uint64_t base);
void enable_queue(uint16_t queue, uint64_t base);
void to_features_ok(void);
void to_driver_ok(void);
/* Queue 0 is as to_driver_ok() left it. */
void expect_queue_0_as_enabled(void);

/* The device has used a buffer of queue, or (queue < 0) changed its configuration. */
void interrupt(int queue);

/* Configuration space as the guest reaches it, and the window in it. */
void put_config(unsigned reg, unsigned size, uint32_t value);
uint32_t get_config(unsigned reg, unsigned size);
void aim_window(uint8_t bar, uint32_t offset, uint32_t length);

#endif
