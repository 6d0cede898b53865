/* SPDX-License-Identifier: MIT */
/* The multiboot 1 header: found, checked, and its address fields as a plan (specification, section 3.1). */
#include "kernel_plan.h"

#include <inttypes.h>
#include <string.h>

#include "abi/multiboot.h"

/* Of what a kernel may demand, this much is understood. A video mode is not given: the information's flags
 * say so, and a kernel that has another console goes on. */
#define KNOWN_DEMANDS (MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO | MULTIBOOT_VIDEO_MODE)

static bool take_header(struct kernel_plan *plan, const uint8_t *bytes, uint64_t room,
                        struct kernel_multiboot *header)
{
    struct multiboot_header raw = {0};
    memcpy(&raw, bytes, room < sizeof raw ? room : sizeof raw);
    uint32_t unknown = raw.flags & MULTIBOOT_REQUIRED_MASK & ~(uint32_t)KNOWN_DEMANDS;
    if (unknown != 0)
        return kernel_refuse(plan, "its multiboot header demands what is unknown here (flags 0x%x)",
                             unknown);
    header->found = true;
    header->has_addresses = (raw.flags & MULTIBOOT_AOUT_KLUDGE) != 0;
    if (header->has_addresses && room < sizeof raw)
        return kernel_refuse(plan, "its multiboot header is cut short");
    header->header_addr = raw.header_addr;
    header->load_addr = raw.load_addr;
    header->load_end_addr = raw.load_end_addr;
    header->bss_end_addr = raw.bss_end_addr;
    header->entry_addr = raw.entry_addr;
    return true;
}

bool kernel_multiboot_find(struct kernel_plan *plan, struct backend *file,
                           struct kernel_multiboot *header)
{
    uint8_t start[MULTIBOOT_SEARCH];
    uint64_t length = file->size < sizeof start ? file->size : sizeof start;
    *header = (struct kernel_multiboot){0};
    if (!kernel_read(file, 0, start, length))
        return kernel_refuse(plan, "cannot be read");
    for (uint64_t at = 0; at + MULTIBOOT_HEADER_SIZE_SHORT <= length;
         at += MULTIBOOT_HEADER_ALIGN) {
        uint32_t words[3]; /* magic, flags, checksum */
        memcpy(words, start + at, sizeof words);
        if (words[0] != MULTIBOOT_HEADER_MAGIC || words[0] + words[1] + words[2] != 0)
            continue;
        header->offset = at;
        return take_header(plan, start + at, length - at, header);
    }
    return true;
}

bool kernel_multiboot_read(struct kernel_plan *plan, struct backend *file,
                           const struct kernel_multiboot *h)
{
    uint64_t before = (uint64_t)h->header_addr - h->load_addr;
    if (h->load_addr > h->header_addr || before > h->offset)
        return kernel_refuse(plan, "its multiboot header's addresses contradict its place");
    uint64_t file_offset = h->offset - before;
    /* 0 stands for "to the end of the file", and for "no bss". */
    uint64_t load_size = h->load_end_addr != 0 ? (uint64_t)h->load_end_addr - h->load_addr
                                               : file->size - file_offset;
    uint64_t memory_size =
        h->bss_end_addr != 0 ? (uint64_t)h->bss_end_addr - h->load_addr : load_size;
    if ((h->load_end_addr != 0 && h->load_end_addr < h->load_addr) ||
        (h->bss_end_addr != 0 && h->bss_end_addr < h->load_addr))
        return kernel_refuse(plan, "its multiboot header's addresses are out of order");
    const struct kernel_segment segment = {.file_offset = file_offset,
                                           .file_size = load_size,
                                           .gpa = h->load_addr,
                                           .memory_size = memory_size};
    plan->count = 0;
    return kernel_plan_add(plan, file, &segment) && kernel_plan_enter(plan, h->entry_addr);
}
