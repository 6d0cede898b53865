/* SPDX-License-Identifier: MIT */
/* A file as guest-physical memory. How the firmware finds it: fw_cfg. */
#include "direct_memory.h"

#include "report.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/fw_cfg.h"
#include "abi/machine.h"

#define OPTION "--direct-memory"
#define ALIGNMENT (1ull << 30)
#define PAGE 4096ull

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static int map_file(struct direct_memory *direct, const char *path, int fd, uint64_t *size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return wrong_use(OPTION, path, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return wrong_use(OPTION, path, "not a regular file");
    if (st.st_size == 0)
        return wrong_use(OPTION, path, "empty");
    *size = (uint64_t)st.st_size;
    direct->mapping_length = round_up(*size, PAGE);
    void *mapping = mmap(NULL, direct->mapping_length, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping == MAP_FAILED)
        return wrong_use(OPTION, path, "%s", strerror(errno));
    direct->mapping = mapping;
    return 0;
}

int direct_memory_create(struct direct_memory *direct, struct vm *vm, struct bus *mmio,
                         const char *path, uint64_t ram_end)
{
    *direct = (struct direct_memory){0};
    if (path == NULL)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wrong_use(OPTION, path, "%s", strerror(errno));
    uint64_t size = 0;
    int status = map_file(direct, path, fd, &size);
    close(fd);
    if (status)
        return status;
    uint64_t base =
        ram_end > DIRECT_MEMORY_BASE ? round_up(ram_end, ALIGNMENT) : DIRECT_MEMORY_BASE;
    status = vm_set_slot(vm, vm_new_slot(vm), base, direct->mapping_length, direct->mapping, true);
    if (status)
        return status;
    direct->region = (struct bus_region){.name = "direct-memory", .length = direct->mapping_length};
    if (!bus_add(mmio, &direct->region, base))
        return host_failure("%s %s: no room at 0x%llx", OPTION, path, (unsigned long long)base);
    uint64_t place[2] = {htole64(base), htole64(size)};
    memcpy(direct->place, place, sizeof place);
    return 0;
}

void direct_memory_destroy(struct direct_memory *direct)
{
    if (direct->mapping != NULL)
        munmap(direct->mapping, direct->mapping_length);
    direct->mapping = NULL;
}
