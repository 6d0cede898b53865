/* SPDX-License-Identifier: MIT */
/* From a kernel's file to a plan: which protocol, and the checks that all segments have to pass. */
#include "kernel_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool kernel_refuse(struct kernel_plan *plan, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(plan->refusal, sizeof plan->refusal, format, arguments);
    va_end(arguments);
    return false;
}

bool kernel_read(struct backend *file, uint64_t offset, void *to, uint64_t length)
{
    struct io_request request = {.backend = file,
                                 .op = IO_READ,
                                 .offset = offset,
                                 .length = length,
                                 .segments = {{.iov_base = to, .iov_len = length}},
                                 .segment_count = 1};
    if (offset > file->size || length > file->size - offset)
        return false;
    backend_run(&request);
    return request.error == 0 && request.transferred == length;
}

static bool overlap(const struct kernel_segment *a, const struct kernel_segment *b)
{
    return a->gpa < b->gpa + b->memory_size && b->gpa < a->gpa + a->memory_size;
}

bool kernel_plan_add(struct kernel_plan *plan, const struct backend *file,
                     const struct kernel_segment *segment)
{
    if (segment->memory_size == 0)
        return segment->file_size == 0 ||
               kernel_refuse(plan, "a segment has more bytes in the file than in memory");
    if (segment->file_size > segment->memory_size)
        return kernel_refuse(
            plan, "the segment at 0x%" PRIx64 " has more bytes in the file than in memory",
            segment->gpa);
    if (segment->file_offset > file->size || segment->file_size > file->size - segment->file_offset)
        return kernel_refuse(plan, "the segment at 0x%" PRIx64 " goes past the end of the file",
                             segment->gpa);
    if (segment->gpa > UINT64_MAX - segment->memory_size)
        return kernel_refuse(plan, "the segment at 0x%" PRIx64 " goes past the end of memory",
                             segment->gpa);
    if (plan->count == KERNEL_SEGMENTS_MAX)
        return kernel_refuse(plan, "more than %u segments", KERNEL_SEGMENTS_MAX);
    for (unsigned i = 0; i < plan->count; i++)
        if (overlap(&plan->segments[i], segment))
            return kernel_refuse(plan, "the segments at 0x%" PRIx64 " and 0x%" PRIx64 " overlap",
                                 plan->segments[i].gpa, segment->gpa);
    plan->segments[plan->count++] = *segment;
    return true;
}

bool kernel_plan_enter(struct kernel_plan *plan, uint64_t entry)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const struct kernel_segment *segment = &plan->segments[i];
        if (entry - segment->gpa < segment->memory_size && entry <= UINT32_MAX) {
            plan->entry = (uint32_t)entry;
            return true;
        }
    }
    return kernel_refuse(plan, "its entry point 0x%" PRIx64 " is in none of its segments", entry);
}

bool kernel_plan_read(struct kernel_plan *plan, struct backend *file)
{
    *plan = (struct kernel_plan){.protocol = KERNEL_NONE};
    bool is_elf = kernel_elf_is_one(file);
    struct kernel_elf elf = {0};
    if (is_elf && !kernel_elf_read(plan, file, &elf))
        return false;
    if (elf.has_pvh_entry) {
        plan->protocol = KERNEL_PVH;
        return kernel_plan_enter(plan, elf.pvh_entry);
    }
    struct kernel_multiboot header;
    if (!kernel_multiboot_find(plan, file, &header))
        return false;
    if (!header.found && is_elf)
        return kernel_refuse(plan, "has neither a PVH entry note nor a multiboot header");
    if (!header.found)
        return kernel_refuse(plan, "neither an ELF file nor one with a multiboot header");
    plan->protocol = KERNEL_MULTIBOOT;
    /* The header's own addresses come before the ELF headers (multiboot, section 3.1.2). */
    if (header.has_addresses)
        return kernel_multiboot_read(plan, file, &header);
    if (!is_elf)
        return kernel_refuse(plan, "its multiboot header has no addresses, and it is no ELF file");
    return kernel_plan_enter(plan, elf.entry);
}
