/* SPDX-License-Identifier: MIT */
/*
 * The bus: regions sorted by base, found by binary search, counted as they are hit. What a register
 * means is the device's business, and who calls with which lock held is the machine's.
 */
#include "bus.h"

#include <stddef.h>

void bus_init(struct bus *bus, const char *name)
{
    *bus = (struct bus){.name = name};
}

/* The number of regions whose base is at or below address: the last of them is the only one that can
 * hold address. */
static unsigned bus_upper_bound(const struct bus *bus, uint64_t address)
{
    unsigned low = 0, high = bus->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (bus->regions[middle]->base <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool bus_add(struct bus *bus, struct bus_region *region, uint64_t base)
{
    unsigned at = bus_upper_bound(bus, base);
    uint64_t last = base + (region->length - 1); /* a length that ends at 2^64 is fine */

    if (bus->count == BUS_MAX_REGIONS || region->length == 0 || last < base)
        return false;
    if (at > 0 && base - bus->regions[at - 1]->base < bus->regions[at - 1]->length)
        return false;
    if (at < bus->count && bus->regions[at]->base <= last)
        return false;
    for (unsigned i = 0; i < bus->count; i++) {
        if (bus->regions[i] == region)
            return false; /* moving base under a sorted table would corrupt it */
    }
    for (unsigned i = bus->count; i > at; i--)
        bus->regions[i] = bus->regions[i - 1];
    region->base = base;
    bus->regions[at] = region;
    bus->count++;
    if (region->moved != NULL)
        region->moved(region->moved_context, region, true);
    if (bus->changed != NULL)
        bus->changed(bus->changed_context, bus, region, true);
    return true;
}

void bus_remove(struct bus *bus, struct bus_region *region)
{
    unsigned i = 0;

    while (i < bus->count && bus->regions[i] != region)
        i++;
    if (i == bus->count)
        return;
    if (region->moved != NULL)
        region->moved(region->moved_context, region, false);
    if (bus->changed != NULL)
        bus->changed(bus->changed_context, bus, region, false);
    bus->count--;
    for (; i < bus->count; i++)
        bus->regions[i] = bus->regions[i + 1];
    bus->regions[i] = NULL;
}

struct bus_region *bus_find(const struct bus *bus, uint64_t address, uint64_t length)
{
    unsigned at = bus_upper_bound(bus, address);
    struct bus_region *region;
    uint64_t offset;

    if (at == 0 || length == 0)
        return NULL;
    region = bus->regions[at - 1];
    offset = address - region->base;
    if (offset >= region->length || length > region->length - offset)
        return NULL;
    return region;
}

enum bus_result bus_access(struct bus *bus, uint64_t address, unsigned size, bool is_write,
                           uint64_t *value, struct bus_region **hit)
{
    struct bus_region *region = bus_find(bus, address, size);
    bool answered = false;
    uint64_t data = 0;

    if (hit != NULL)
        *hit = region;
    if (region == NULL || region->ops == NULL) {
        if (is_write) {
            bus->unclaimed_writes++;
        } else {
            bus->unclaimed_reads++;
            *value = bus_ones(size);
        }
        return BUS_UNCLAIMED;
    }
    if (is_write) {
        region->writes++;
        if (region->ops->write != NULL)
            answered = region->ops->write(region->self, address - region->base, size,
                                          *value & bus_ones(size));
    } else {
        region->reads++;
        if (region->ops->read != NULL)
            answered = region->ops->read(region->self, address - region->base, size, &data);
        *value = answered ? data & bus_ones(size) : bus_ones(size);
    }
    if (answered)
        return BUS_OK;
    region->odd++;
    return BUS_ODD;
}
