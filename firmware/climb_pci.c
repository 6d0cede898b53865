/* SPDX-License-Identifier: MIT */
/*
 * Rung 6: PCI enumerated and its BARs placed, then the switch: a memory address at which nobody
 * answers until one bit of a configuration register, reached by port, is set.
 */
#include "climb.h"

#include "abi/chunk.h"
#include "abi/machine.h"
#include "abi/virtio.h"
#include "abi/virtio_pci.h"
#include "console.h"
#include "cpu.h"
#include "errors.h"
#include "io.h"
#include "memory.h"
#include "platform.h"
#include "printf.h"
#include "virtio/pci.h"

#include <stddef.h>

/* Ports that no legacy device of a PC uses */
#define PCI_IO_BASE 0xc000
#define PCI_IO_END 0x10000

#define PLACE_64BIT_ALIGN 0x40000000ull

/* A read that shows whether a memory BAR is decoded */
struct witness {
    const struct pci_function *function;
    unsigned bar;
    uint64_t address;
    bool wide;         /* 32 bits, else 16 */
    uint32_t expected; /* what it must read; 0 = anything but what nobody says */
};

static bool is_chunk(const struct pci_function *f)
{
    return f->vendor_id == CHUNK_PCI_VENDOR && f->device_id == CHUNK_PCI_DEVICE;
}

static bool is_virtio_blk(const struct pci_function *f)
{
    return virtio_pci_match(f) && f->device_id == VIRTIO_PCI_DEVICE_MODERN + VIRTIO_DEVICE_BLOCK;
}

static const struct pci_function *find(const struct climb *climb,
                                       bool (*match)(const struct pci_function *), unsigned index)
{
    for (unsigned i = 0; i < climb->function_count; i++) {
        if (match(&climb->functions[i]) && index-- == 0)
            return &climb->functions[i];
    }
    return NULL;
}

const struct pci_function *climb_chunk_function(const struct climb *climb)
{
    return find(climb, is_chunk, 0);
}

const struct pci_function *climb_virtio_blk_function(const struct climb *climb, unsigned index)
{
    return find(climb, is_virtio_blk, index);
}

/* --- placing BARs -------------------------------------------------------------------------------------- */

static bool is_memory(const struct pci_bar *bar)
{
    return bar->base && bar->size && !bar->io;
}

/* Where the window for BARs begins: RAM may reach into it on machines that are not ours. */
static uint64_t window_base(const struct boot_info *info)
{
    uint64_t base = PCI_WINDOW_BASE;
    for (unsigned i = 0; i < info->ram_count; i++) {
        uint64_t end = info->ram[i].base + info->ram[i].length;
        if (info->ram[i].base < FOUR_GIB && end > base)
            base = end;
    }
    return info->ram_end_low > base ? info->ram_end_low : base;
}

/* The fourth GiB is mapped from the start. Firmware before us may have put a BAR elsewhere. */
static bool is_reachable(const struct pci_bar *bar)
{
    if (!is_memory(bar) || (bar->base >= PCI_WINDOW_BASE && bar->base < FOUR_GIB))
        return true;
    return memory_map(bar->base, bar->size) == 0;
}

static unsigned count_bars(struct pci_function *f)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
        struct pci_bar *bar = &f->bars[i];
        if (!bar->base || !bar->size)
            continue;
        if (!is_reachable(bar)) {
            platform_log("00:%02x.%x BAR%u 0x%lx: no room in the page tables", f->device,
                         f->function, i, bar->base);
            bar->base = 0; /* as if it had no place: nobody will touch it */
            continue;
        }
        count++;
        platform_log("00:%02x.%x BAR%u 0x%lx, 0x%lx bytes of %s", f->device, f->function, i,
                     bar->base, bar->size, bar->io ? "ports" : "memory");
    }
    return count;
}

/* Above all RAM, beginning a GiB: the pages that map RAM as RAM end before it. */
static void give_64bit_place(const struct boot_info *info, struct pci_window *window)
{
    uint64_t top = info->ram_end > FOUR_GIB ? info->ram_end : FOUR_GIB;
    for (unsigned i = 0; i < info->ram_count; i++) {
        uint64_t end = info->ram[i].base + info->ram[i].length;
        if (end > top)
            top = end;
    }
    window->memory64_next = (top + PLACE_64BIT_ALIGN - 1) & ~(PLACE_64BIT_ALIGN - 1);
    window->memory64_end = 1ull << cpu_physical_address_bits();
}

static void say_64bit(const struct climb *climb)
{
    unsigned count = 0;
    uint64_t lowest = UINT64_MAX;
    for (unsigned i = 0; i < climb->function_count * PCI_BAR_COUNT; i++) {
        const struct pci_bar *bar = &climb->functions[i / PCI_BAR_COUNT].bars[i % PCI_BAR_COUNT];
        if (!is_memory(bar) || bar->base < FOUR_GIB)
            continue;
        count++;
        if (bar->base < lowest)
            lowest = bar->base;
    }
    if (count)
        rung_say(RUNG_MMIO, "bar64", "%u of the BARs above 4 GiB, from 0x%lx on", count, lowest);
    else
        rung_say(RUNG_MMIO, "bar64", "absent: no 64-bit BAR");
}

/* Places the BARs of all functions; returns how many there are. */
static unsigned place_bars(struct climb *climb)
{
    struct pci_window chunk_window = {
        .memory_next = CHUNK_BAR0_BASE,
        .memory_end = CHUNK_BAR0_BASE + CHUNK_BAR_SIZE,
    };
    struct pci_window window = {
        .memory_next = window_base(climb->info),
        .memory_end = CHUNK_BAR0_BASE,
        .io_next = PCI_IO_BASE,
        .io_end = PCI_IO_END,
    };
    if (climb->command.bar64)
        give_64bit_place(climb->info, &window);
    const struct pci_function *chunk = climb_chunk_function(climb);
    unsigned bars = 0;
    for (unsigned i = 0; i < climb->function_count; i++) {
        struct pci_function *f = &climb->functions[i];
        platform_log("00:%02x.%x %04x:%04x class %06x", f->device, f->function, f->vendor_id,
                     f->device_id, f->class_code);
        if (f->class_code >> 16 == PCI_BASE_CLASS_BRIDGE)
            continue; /* nothing here drives one: what its BARs hold, if it has any, stays */
        int error = pci_assign_bars(f, f == chunk ? &chunk_window : &window);
        if (error)
            platform_log("00:%02x.%x BARs: %s", f->device, f->function, error_text(error));
        bars += count_bars(f);
    }
    if (climb->command.bar64)
        say_64bit(climb);
    return bars;
}

/* --- the switch ---------------------------------------------------------------------------------------- */

/* The common configuration of a virtio function: its num_queues is never 0. */
static bool virtio_witness(const struct pci_function *f, struct witness *w)
{
    unsigned at = 0;
    for (unsigned seen = 0; seen < PCI_CAPABILITY_MAX; seen++) { /* the list may be a loop */
        at = pci_find_capability(f, PCI_CAPABILITY_ID_VENDOR, at);
        if (at == 0)
            break;
        if (pci_read8(f, at + VIRTIO_PCI_CAP_TYPE) != VIRTIO_PCI_CAP_COMMON)
            continue;
        uint8_t bar = pci_read8(f, at + VIRTIO_PCI_CAP_BAR);
        uint32_t offset = pci_read32(f, at + VIRTIO_PCI_CAP_OFFSET);
        if (bar >= PCI_BAR_COUNT || !is_memory(&f->bars[bar]) || offset >= f->bars[bar].size)
            continue;
        *w = (struct witness){.function = f,
                              .bar = bar,
                              .address = f->bars[bar].base + offset + VIRTIO_COMMON_NUM_QUEUES};
        return true;
    }
    return false;
}

static uint32_t look(const struct witness *w)
{
    return w->wide ? mmio_read32(w->address) : mmio_read16(w->address);
}

/* Reads with decode off, then on. A door or firmware before this one may have turned it on. */
static void read_both(const struct witness *w, uint32_t *off, uint32_t *on)
{
    uint16_t before = pci_command_clear(w->function, PCI_COMMAND_MEMORY);
    *off = look(w);
    pci_command_set(w->function, PCI_COMMAND_MEMORY);
    *on = look(w);
    if (!(before & PCI_COMMAND_MEMORY))
        pci_command_clear(w->function, PCI_COMMAND_MEMORY);
}

/* Nobody: zeros or ones, depending on the machine. */
static bool is_silence(const struct witness *w, uint32_t value)
{
    return value == 0 || value == (w->wide ? UINT32_MAX : UINT16_MAX);
}

static void show_switch(struct climb *climb, const struct witness *w, unsigned bars)
{
    uint32_t off, on;
    read_both(w, &off, &on);
    if (!is_silence(w, off))
        rung_failed(climb, RUNG_MMIO, "mmio", "00:%02x.%x BAR%u: decode off, but 0x%x answers",
                    w->function->device, w->function->function, w->bar, off);
    else if (w->expected ? on != w->expected : is_silence(w, on))
        rung_failed(climb, RUNG_MMIO, "mmio", "00:%02x.%x BAR%u: decode on, but 0x%x answers",
                    w->function->device, w->function->function, w->bar, on);
    else {
        char answer[16] = "the same read";
        if (w->expected)
            format_text(answer, sizeof(answer), "0x%x", on);
        rung_say(RUNG_MMIO, "mmio",
                 "%u functions, %u BARs; 00:%02x.%x BAR%u: decode off, nobody answers; decode on, "
                 "%s answers",
                 climb->function_count, bars, w->function->device, w->function->function, w->bar,
                 answer);
        rung_passed(climb, RUNG_MMIO);
    }
}

/* Any memory BAR will do whose first register does not happen to look like nobody. */
static bool plain_witness(const struct climb *climb, struct witness *w)
{
    for (unsigned i = 0; i < climb->function_count; i++) {
        const struct pci_function *f = &climb->functions[i];
        for (unsigned bar = 0; bar < PCI_BAR_COUNT; bar++) {
            if (!is_memory(&f->bars[bar]))
                continue;
            *w = (struct witness){
                .function = f, .bar = bar, .address = f->bars[bar].base, .wide = true};
            uint32_t off, on;
            read_both(w, &off, &on);
            if (is_silence(w, off) && !is_silence(w, on))
                return true;
        }
    }
    return false;
}

static bool find_witness(const struct climb *climb, struct witness *w)
{
    const struct pci_function *chunk = climb_chunk_function(climb);
    if (chunk && is_memory(&chunk->bars[0])) {
        *w = (struct witness){.function = chunk,
                              .address = chunk->bars[0].base + CHUNK_REG_ID,
                              .wide = true,
                              .expected = CHUNK_ID};
        return true;
    }
    for (unsigned i = 0; i < climb->function_count; i++) {
        if (virtio_pci_match(&climb->functions[i]) && virtio_witness(&climb->functions[i], w))
            return true;
    }
    return plain_witness(climb, w);
}

void rung6_mmio(struct climb *climb)
{
    struct witness witness;
    rung_under_way = RUNG_MMIO;
    if (climb->results[RUNG_PCI] != RUNG_PASS) {
        if (climb->command.ecam)
            rung_say(RUNG_MMIO, "ecam", "absent: no PCI");
        rung_absent(climb, RUNG_MMIO, PART_MMIO);
        climb_find_virtio_mmio(climb);
        return;
    }
    if (climb->command.ecam)
        climb_use_ecam(climb->info);
    climb->function_count = pci_enumerate(climb->functions, CLIMB_FUNCTIONS_MAX);
    unsigned bars = place_bars(climb);
    if (find_witness(climb, &witness))
        show_switch(climb, &witness, bars);
    else
        rung_absent(climb, RUNG_MMIO, PART_MMIO);
    climb_find_virtio_mmio(climb);
}
