/* SPDX-License-Identifier: MIT */
/*
 * testdev: a device that is only there to be measured. It has one port or register for each way in
 * which KVM can treat an access, and lists them itself; results go back to the host through it.
 * Little-endian. Not to be confused with QEMU's pci-testdev, which tests the same idea with other
 * numbers.
 */
#ifndef ABI_TESTDEV_H
#define ABI_TESTDEV_H

#include <stddef.h>
#include <stdint.h>

#define TESTDEV_PCI_VENDOR 0x1234
#define TESTDEV_PCI_DEVICE 0x7471

#define TESTDEV_BAR_REGISTERS 0
#define TESTDEV_BAR_PORTS 1
#define TESTDEV_PAGE_SIZE 0x1000
#define TESTDEV_REGISTERS_SIZE 0x2000 /* a page of registers, and the read-only page */
#define TESTDEV_PORTS_SIZE 0x80

/* Registers in the first page; u32 unless it says u64, which takes one access or two halves. */
#define TESTDEV_REG_ID 0x00       /* ro */
#define TESTDEV_REG_VERSION 0x04  /* ro */
#define TESTDEV_REG_VARIANTS 0x08 /* ro: entries of the table */
#define TESTDEV_REG_MARK 0x0c     /* wo: TESTDEV_MARK_* */
#define TESTDEV_REG_RESULT 0x10 /* u64 wo: gpa of a struct testdev_result, which is read at once */
#define TESTDEV_REG_ANSWER 0x18 /* u64 rw: gpa of a struct testdev_answer; 0 = none */
#define TESTDEV_REG_TABLE 0x100 /* ro: struct testdev_variant, u32 by u32 */

#define TESTDEV_ID 0x54534554 /* "TEST" in memory */
#define TESTDEV_VERSION 1

/* Between the two the host counts exits; the mark at the end is not counted. */
#define TESTDEV_MARK_BEGIN 1
#define TESTDEV_MARK_END 2

#define TESTDEV_VARIANTS_MAX 24

/* What happens at a place. TESTDEV_PORT says that it is in the ports' BAR. */
#define TESTDEV_PORT 0x10000
#define TESTDEV_KIND_MASK 0xffff
#define TESTDEV_TRAPPED 1   /* reads and writes: an exit to user space */
#define TESTDEV_DOORBELL 2  /* writes of this width: an ioeventfd that takes any value */
#define TESTDEV_DATAMATCH 3 /* an ioeventfd that takes value; any other is an exit */
#define TESTDEV_ANY_WIDTH 4 /* an ioeventfd of length 0 */
#define TESTDEV_COALESCED 5 /* writes: collected by KVM */
#define TESTDEV_READ_ONLY 6 /* reads: an ordinary load (KVM_MEM_READONLY); writes: an exit */
#define TESTDEV_STRING 7    /* a scratch port for rep ins and rep outs */
#define TESTDEV_IRQ 8    /* a doorbell: a thread of the host stores an answer, then sends the MSI */
#define TESTDEV_ANSWER 9 /* a doorbell: a thread of the host stores an answer */

struct testdev_variant {
    uint32_t kind;
    uint32_t offset; /* in its BAR */
    uint32_t width;  /* bytes */
    uint32_t value;  /* what to write */
};
_Static_assert(sizeof(struct testdev_variant) == 16, "testdev_variant");

/* What the thread stores: the guest's TSC as the host knows it, then the number, by one more. */
struct testdev_answer {
    uint64_t tsc;
    uint64_t sequence;
};

#define TESTDEV_NAME_BYTES 48
#define TESTDEV_SAMPLES_MAX 8192

/* direction */
#define TESTDEV_NONE 0
#define TESTDEV_READ 1
#define TESTDEV_WRITE 2

#define TESTDEV_ERROR_CLOCKS 1 /* the guest's TSC is not what the host believes it to be */
#define TESTDEV_ERROR_TIME 2   /* a smaller operation has shown that this one would take too long */

/* One measurement, between the last two marks. */
struct testdev_result {
    /* Ends with a NUL; empty: the cost of measuring, for all that follow. */
    char name[TESTDEV_NAME_BYTES];
    uint64_t samples; /* gpa of sample_count u64: TSC cycles of one operation each */
    uint32_t sample_count;
    uint32_t direction;
    uint64_t operations;
    uint64_t cycles; /* TSC cycles for all operations; 0 = the sum of the samples */
    uint32_t size;   /* bytes of one operation; 0 = it moves none */
    uint32_t depth;  /* operations in flight */
    int32_t error;   /* TESTDEV_ERROR_*: why there is nothing to tell; 0 = there is */
    uint32_t reserved;
};
_Static_assert(sizeof(struct testdev_result) == 96, "testdev_result");

#endif
