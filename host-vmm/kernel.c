/* SPDX-License-Identifier: MIT */
/* Loading a kernel: the files opened, places found, bytes moved, registers set. */
#include "kernel.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/machine.h"
#include "abi/multiboot.h"

#define PAGE 4096ull

/* --- files --- */

static int open_file(struct file_backend *file, const char *option, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wrong_use(option, path, "%s", strerror(errno));
    struct stat st;
    const char *reason = NULL;
    if (fstat(fd, &st) < 0)
        reason = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        reason = "not a regular file";
    else if (st.st_size == 0)
        reason = "empty";
    if (reason != NULL) {
        close(fd);
        return wrong_use(option, path, "%s", reason);
    }
    file_backend_init(file, fd, path, (uint64_t)st.st_size, true);
    return 0;
}

int kernel_open(struct kernel *kernel, const char *path, const char *module,
                const char *command_line)
{
    *kernel =
        (struct kernel){.path = path, .command_line = command_line, .file.fd = -1, .module.fd = -1};
    int status = open_file(&kernel->file, "--kernel", path);
    if (status)
        return status;
    if (!kernel_plan_read(&kernel->plan, &kernel->file.backend))
        return wrong_use("--kernel", path, "%s", kernel->plan.refusal);
    if (module == NULL)
        return 0;
    kernel->module_path = module;
    return open_file(&kernel->module, "--initrd", module);
}

void kernel_close(struct kernel *kernel)
{
    if (kernel->path == NULL)
        return;
    if (kernel->file.fd >= 0)
        close(kernel->file.fd);
    if (kernel->module.fd >= 0)
        close(kernel->module.fd);
    *kernel = (struct kernel){.file.fd = -1, .module.fd = -1};
}

/* --- places --- */

static bool is_free(const struct kernel *kernel, const struct guest_memory *memory, gpa_t gpa,
                    uint64_t size)
{
    if (gpa + size > FOUR_GIB || guest_ptr(memory, gpa, size) == NULL)
        return false;
    for (unsigned i = 0; i < kernel->plan.count; i++) {
        const struct kernel_segment *segment = &kernel->plan.segments[i];
        if (gpa < segment->gpa + segment->memory_size && segment->gpa < gpa + size)
            return false;
    }
    return true;
}

static uint64_t up_to_page(uint64_t value)
{
    return (value + PAGE - 1) & ~(PAGE - 1);
}

/* The highest free place that begins where a segment ends, or at 1 MiB: behind the kernel, if possible.
 * 0 when there is none. */
static gpa_t place_behind(const struct kernel *kernel, const struct guest_memory *memory,
                          uint64_t size)
{
    gpa_t best = is_free(kernel, memory, HIGH_MEMORY_BASE, size) ? HIGH_MEMORY_BASE : 0;
    for (unsigned i = 0; i < kernel->plan.count; i++) {
        const struct kernel_segment *segment = &kernel->plan.segments[i];
        gpa_t gpa = up_to_page(segment->gpa + segment->memory_size);
        if (gpa > best && gpa >= HIGH_MEMORY_BASE && gpa < FOUR_GIB &&
            is_free(kernel, memory, gpa, size))
            best = gpa;
    }
    return best;
}

/* Top-down below 640 KiB: little kernels treat what is further down as theirs before they have read what
 * they are told. */
static gpa_t place_low(const struct kernel *kernel, const struct guest_memory *memory,
                       uint64_t size)
{
    for (gpa_t gpa = VGA_HOLE_BASE - up_to_page(size); gpa >= PAGE; gpa -= PAGE)
        if (is_free(kernel, memory, gpa, size))
            return gpa;
    return place_behind(kernel, memory, size);
}

static int find_places(struct kernel *kernel, const struct guest_memory *memory)
{
    for (unsigned i = 0; i < kernel->plan.count; i++) {
        const struct kernel_segment *segment = &kernel->plan.segments[i];
        if (guest_ptr(memory, segment->gpa, segment->memory_size) == NULL)
            return wrong_use("--kernel", kernel->path,
                             "the segment of %" PRIu64 " bytes at 0x%" PRIx64
                             " is not wholly in RAM (see --mem)",
                             segment->memory_size, segment->gpa);
    }
    kernel->information_size = kernel_information_size(kernel->plan.protocol);
    kernel->information = place_low(kernel, memory, kernel->information_size);
    if (kernel->information == 0)
        return wrong_use("--kernel", kernel->path, "leaves no RAM for what it is to be told");
    if (kernel->module_path == NULL)
        return 0;
    uint64_t size = kernel->module.backend.size;
    /* Where the information had to go behind the kernel, the module follows it. */
    uint64_t before =
        kernel->information >= HIGH_MEMORY_BASE ? up_to_page(kernel->information_size) : 0;
    gpa_t gpa = size < FOUR_GIB ? place_behind(kernel, memory, before + size) : 0;
    if (gpa == 0)
        return wrong_use("--initrd", kernel->module_path,
                         "%" PRIu64 " bytes do not fit into RAM behind the kernel (see --mem)",
                         size);
    if (before != 0)
        kernel->information = gpa;
    kernel->module_gpa = gpa + before;
    return 0;
}

/* --- bytes --- */

static int load_segment(struct kernel *kernel, const struct guest_memory *memory,
                        const struct kernel_segment *segment)
{
    uint8_t *to = guest_ptr(memory, segment->gpa, segment->memory_size);
    if (to == NULL ||
        !kernel_read(&kernel->file.backend, segment->file_offset, to, segment->file_size))
        return host_failure("--kernel %s: cannot be read any more", kernel->path);
    /* Fresh RAM is zeros already, and stays without pages. */
    if (kernel->loaded)
        memset(to + segment->file_size, 0, segment->memory_size - segment->file_size);
    return 0;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int load_module(struct kernel *kernel, const struct guest_memory *memory)
{
    uint64_t size = kernel->module.backend.size;
    void *to = guest_ptr(memory, kernel->module_gpa, size);
    if (to == NULL || !kernel_read(&kernel->module.backend, 0, to, size))
        return host_failure("--initrd %s: cannot be read any more", kernel->module_path);
    return 0;
}

int kernel_load(struct kernel *kernel, const struct guest_memory *memory)
{
    int status = kernel->loaded ? 0 : find_places(kernel, memory);
    for (unsigned i = 0; i < kernel->plan.count && status == 0; i++)
        status = load_segment(kernel, memory, &kernel->plan.segments[i]);
    if (status == 0 && kernel->module_path != NULL)
        status = load_module(kernel, memory);
    if (status)
        return status;
    const struct kernel_information info = {
        .memory = memory,
        .gpa = kernel->information,
        .command_line = kernel->command_line,
        .module_name = kernel->module_path != NULL ? file_name(kernel->module_path) : NULL,
        .module_gpa = kernel->module_gpa,
        .module_size = kernel->module_path != NULL ? kernel->module.backend.size : 0};
    if (!kernel_information_write(kernel->plan.protocol, &info))
        return host_failure("--kernel %s: no RAM for what it is to be told", kernel->path);
    kernel->loaded = true;
    return 0;
}

struct vcpu_entry kernel_entry(const struct kernel *kernel)
{
    return (struct vcpu_entry){
        .eip = kernel->plan.entry,
        .eax = kernel->plan.protocol == KERNEL_MULTIBOOT ? MULTIBOOT_BOOTLOADER_MAGIC : 0,
        .ebx = (uint32_t)kernel->information};
}
