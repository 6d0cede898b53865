/* SPDX-License-Identifier: MIT */
/*
 * testdev's model: its list of variants, its registers, and what it tells the machine. How KVM treats
 * each variant is arranged by machine_testdev.c; an access that comes here has cost an exit, or came out
 * of the ring of coalesced writes.
 */
#ifndef HOST_DEVICES_TESTDEV_H
#define HOST_DEVICES_TESTDEV_H

#include "../guest_memory.h"
#include "msi.h"
#include "pci_device.h"

#include "../../drivers/abi/testdev.h"

struct testdev_events {
    void (*mark)(void *context, uint32_t mark);
    /* Both are the host's own copies, checked: the name ends, samples has sample_count entries. */
    void (*result)(void *context, const struct testdev_result *result, uint64_t *samples);
    void *context;
};

struct testdev_model {
    struct pci_device pci;
    struct bus_region registers, ports;
    struct msi_model msi;
    const struct guest_memory *memory;
    struct testdev_events events;
    struct testdev_variant variants[TESTDEV_VARIANTS_MAX];
    unsigned variant_count;
    bool master;                   /* bus mastering is on: other threads read it */
    uint64_t result_gpa;           /* as far as it is written */
    uint64_t answer_gpa, sequence; /* the first is read by other threads */
    uint32_t scratch;     /* what the last write of data left: reads of a variant give it back */
    uint64_t writes;      /* writes to variants that came here */
    uint64_t bad_results; /* not in RAM, or nonsense: nothing was told */
    uint64_t samples[TESTDEV_SAMPLES_MAX];
};

/* Every variant there is, or without those of the kinds in without (bits 1 << TESTDEV_*), which this KVM
 * cannot do. */
void testdev_model_init(struct testdev_model *testdev, unsigned device,
                        const struct guest_memory *memory, struct msi_sink sink,
                        const struct testdev_events *events, unsigned without);
void testdev_model_reset(struct testdev_model *testdev);

/* Stores an answer where the guest asked for it; false where it did not. Any thread, one at a time. */
bool testdev_model_answer(struct testdev_model *testdev, uint64_t tsc);

#endif
