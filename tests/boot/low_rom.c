/* SPDX-License-Identifier: MIT */
/*
 * The smallest VMM that can be: RAM, the ROM below 1 MiB alone (nothing at the top of 4 GiB), the CPU at
 * F000:FFF0 with its base there too, and a UART that is always ready and
 * remembers its scratch register. Prints what the guest sends until
 * the exit port is written; its value becomes the exit status. For test_low_rom.py.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM_SIZE (16u << 20)
#define ROM_SIZE 0x10000u
#define ROM_BASE 0xf0000u

static void need(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(99);
    }
}

static void add_memory(int vm, unsigned slot, uint64_t gpa, uint64_t size, void *host,
                       unsigned flags)
{
    struct kvm_userspace_memory_region region = {.slot = slot,
                                                 .flags = flags,
                                                 .guest_phys_addr = gpa,
                                                 .memory_size = size,
                                                 .userspace_addr = (uintptr_t)host};
    need(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "memory");
}

static void port_access(struct kvm_run *run)
{
    static uint8_t scratch;
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    size_t length = (size_t)run->io.size * run->io.count;
    if (run->io.direction == KVM_EXIT_IO_OUT) {
        if (run->io.port == 0x3f8)
            fwrite(data, 1, length, stdout);
        if (run->io.port == 0x3ff)
            scratch = *data;
        if (run->io.port == 0xf4) {
            fflush(stdout);
            _exit(*data);
        }
        return;
    }
    memset(data, 0xff, length);
    if (run->io.port == 0x3fd)
        *data = 0x60;
    if (run->io.port == 0x3ff)
        *data = scratch;
}

int main(int argc, char **argv)
{
    (void)argc;
    alarm(20);
    int kvm = open("/dev/kvm", O_RDWR);
    need(kvm, "/dev/kvm");
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    need(vm, "vm");
    need(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000ul), "tss");
    uint8_t *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *rom = mmap(NULL, ROM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = open(argv[1], O_RDONLY);
    need(file, "rom");
    need(read(file, rom, ROM_SIZE) == ROM_SIZE ? 0 : -1, "rom");
    add_memory(vm, 0, 0, 0xa0000, ram, 0);
    add_memory(vm, 1, 0x100000, RAM_SIZE - 0x100000, ram + 0x100000, 0);
    add_memory(vm, 2, ROM_BASE, ROM_SIZE, rom, KVM_MEM_READONLY);

    int cpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    need(cpu, "vcpu");
    static struct {
        struct kvm_cpuid2 head;
        struct kvm_cpuid_entry2 entries[256];
    } cpuid = {.head = {.nent = 256}};
    need(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "cpuid");
    need(ioctl(cpu, KVM_SET_CPUID2, &cpuid), "cpuid");
    struct kvm_sregs sregs;
    need(ioctl(cpu, KVM_GET_SREGS, &sregs), "sregs");
    sregs.cs.selector = 0xf000;
    sregs.cs.base = 0xf0000; /* not FFFF0000 */
    need(ioctl(cpu, KVM_SET_SREGS, &sregs), "sregs");
    struct kvm_run *run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
                               PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
    for (;;) {
        need(ioctl(cpu, KVM_RUN, 0), "run");
        if (run->exit_reason == KVM_EXIT_IO) {
            port_access(run);
        } else if (run->exit_reason == KVM_EXIT_MMIO) {
            if (!run->mmio.is_write)
                memset(run->mmio.data, 0xff, run->mmio.len);
        } else {
            fprintf(stderr, "exit reason %u\n", run->exit_reason);
            return 98;
        }
    }
}
