/* SPDX-License-Identifier: MIT */
/* The segments below 1 MiB as KVM's memory slots, as ranges of guest memory and on the bus. */
#include "shadow.h"

#include "report.h"

#include <string.h>

#include "abi/machine.h"

/* --- what is not a memory slot answers here --- */

static bool ignore_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct shadow_segment *segment = self;
    (void)offset, (void)size, (void)value;
    ++*segment->ignored_writes;
    return true;
}

static bool write_behind(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct shadow_segment *segment = self;
    memcpy(segment->ram + offset, &value, size);
    return true;
}

static const struct bus_ops read_only_ops = {.write = ignore_write};
static const struct bus_ops write_only_ops = {.write = write_behind};

static const struct bus_ops *ops_of(const struct shadow_segment *segment)
{
    if (segment->map.write)
        return segment->map.read ? NULL : &write_only_ops;
    return segment->map.read || segment->rom != NULL ? &read_only_ops : NULL;
}

/* --- memory slots --- */

static int remove_slot(struct shadow *shadow, struct shadow_segment *segment)
{
    if (!segment->has_slot)
        return 0;
    segment->has_slot = false;
    return vm_remove_slot(shadow->vm, segment->slot);
}

static int add_slot(struct shadow *shadow, struct shadow_segment *segment)
{
    const struct pam_segment *map = &segment->map;
    uint8_t *host = map->read ? segment->ram : segment->rom;
    if (host == NULL)
        return 0;
    segment->has_slot = true;
    return vm_set_slot(shadow->vm, segment->slot, map->base, map->length, host,
                       !(map->read && map->write));
}

/* Neighbours become one range: a buffer may lie across the line between two segments. */
static void tell_guest_memory(struct shadow *shadow)
{
    guest_memory_begin_shadow(shadow->memory);
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS; i++) {
        const struct pam_segment *map = &shadow->segments[i].map;
        if (map->read && map->write)
            guest_memory_add_shadow(shadow->memory, map->base, map->length);
    }
    guest_memory_end_shadow(shadow->memory);
}

int shadow_update(struct shadow *shadow, const uint8_t registers[I440FX_PAM_COUNT])
{
    struct pam_segment maps[I440FX_PAM_SEGMENTS];
    pam_decode(registers, maps);
    int status = 0;
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS && status == 0; i++) {
        struct shadow_segment *segment = &shadow->segments[i];
        if (segment->map.read == maps[i].read && segment->map.write == maps[i].write)
            continue;
        /* KVM moves no slot: the old one has to go first. */
        status = remove_slot(shadow, segment);
        segment->map = maps[i];
        segment->region.ops = ops_of(segment);
        if (status == 0)
            status = add_slot(shadow, segment);
    }
    tell_guest_memory(shadow);
    return status;
}

int shadow_init(struct shadow *shadow, struct vm *vm, struct guest_memory *memory,
                const struct rom *rom, struct bus *mmio)
{
    static const uint8_t at_reset[I440FX_PAM_COUNT];
    struct pam_segment maps[I440FX_PAM_SEGMENTS];
    pam_decode(at_reset, maps);
    *shadow = (struct shadow){.vm = vm, .memory = memory};
    int status = 0;
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS && status == 0; i++) {
        struct shadow_segment *segment = &shadow->segments[i];
        uint64_t below_top = ROM_ALIAS_TOP - maps[i].base;
        bool has_rom = below_top <= rom->alias;
        *segment = (struct shadow_segment){
            .map = maps[i],
            .slot = vm_new_slot(vm),
            .rom = has_rom ? rom->image + rom->size - below_top : NULL,
            .ram = (uint8_t *)memory->mapping + maps[i].base,
            .region = {.name = has_rom ? "rom" : "shadow", .length = maps[i].length},
            .ignored_writes = &shadow->ignored_writes};
        segment->region.self = segment;
        segment->region.ops = ops_of(segment);
        if (!bus_add(mmio, &segment->region, maps[i].base))
            return host_failure("two devices claim the same place");
        status = add_slot(shadow, segment);
    }
    return status;
}
