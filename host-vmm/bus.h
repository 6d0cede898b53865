/* SPDX-License-Identifier: MIT */
/*
 * One small bus, three times: ports, MMIO and (inside the host bridge) PCI configuration. A device
 * claims a region and from then on sees offsets into it, never an address. Every access of the guest
 * goes through bus_access(), the one place that dispatches, counts and (later) traces.
 */
#ifndef HOST_BUS_H
#define HOST_BUS_H

#include <stdbool.h>
#include <stdint.h>

/* size is 1, 2, 4 or 8; the access lies wholly in the region. Returns false where no register answers
 * at this offset and width: the guest then reads all ones, a write does nothing, and it is counted. */
struct bus_ops {
    bool (*read)(void *self, uint64_t offset, unsigned size, uint64_t *value);
    bool (*write)(void *self, uint64_t offset, unsigned size, uint64_t value);
};

/* Owned by the device, which keeps it in place (and its counters with it) while it moves. */
struct bus_region {
    const char *name;          /* the device, as --stats-json shows it */
    const struct bus_ops *ops; /* NULL: reserved, nothing may be placed here and nothing answers */
    void *self;
    uint64_t base, length;
    uint64_t reads, writes; /* accesses, each element of a string I/O instruction counted */
    uint64_t exits;         /* exits to user space that ended here; the vCPU loop counts them */
    uint64_t coalesced;     /* writes that KVM collected without an exit */
    uint64_t odd;           /* refused by the device: no such register at this width */
    /* Optional: called after the region has come onto a bus (present) and before it leaves one. base is
     * its address at both times. */
    void (*moved)(void *context, struct bus_region *region, bool present);
    void *moved_context;
    unsigned trace_source; /* its name's number in the trace; 0: it has none yet */
};

#define BUS_MAX_REGIONS 96

struct bus {
    const char *name;
    /* Optional: as a region's own moved. */
    void (*changed)(void *context, const struct bus *bus, struct bus_region *region, bool present);
    void *changed_context;
    struct bus_region *regions[BUS_MAX_REGIONS]; /* sorted by base */
    unsigned count;
    uint64_t unclaimed_reads, unclaimed_writes;
};

enum bus_result {
    BUS_OK,
    BUS_UNCLAIMED, /* nothing there, or it straddles the end of a region */
    BUS_ODD,       /* the device has no register at this offset and width */
};

void bus_init(struct bus *bus, const char *name);

/* Adds region at base. False, and nothing changed, when it would overlap another region, wrap, or
 * when the bus is full. */
bool bus_add(struct bus *bus, struct bus_region *region, uint64_t base);
void bus_remove(struct bus *bus, struct bus_region *region);

/* The region that holds all of [address, address+length), or NULL. */
struct bus_region *bus_find(const struct bus *bus, uint64_t address, uint64_t length);

/* One access. On a read, *value receives the data, all ones (of size bytes) unless BUS_OK. region, if
 * not NULL, receives the region that was hit, or NULL. */
enum bus_result bus_access(struct bus *bus, uint64_t address, unsigned size, bool is_write,
                           uint64_t *value, struct bus_region **region);

/* The value of size bytes of ones. */
static inline uint64_t bus_ones(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

#endif
