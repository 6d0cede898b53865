/* SPDX-License-Identifier: MIT */
/* KVM's VM: creation, memory slots, interrupt inputs, the ring of coalesced writes. */
#include "vm.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/machine.h"

static int open_kvm(struct vm *vm)
{
    vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (vm->kvm < 0) {
        const char *hint = errno == ENOENT   ? " (no KVM on this machine)"
                           : errno == EACCES ? " (is this user in the group kvm?)"
                                             : "";
        return wrong_use("/dev/kvm", NULL, "%s%s", strerror(errno), hint);
    }
    if (ioctl(vm->kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        return wrong_use("/dev/kvm", NULL, "not KVM with API version %d", KVM_API_VERSION);
    static const struct {
        int number;
        const char *name;
    } needed[] = {{KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"},
                  {KVM_CAP_PIT2, "KVM_CAP_PIT2"},
                  {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
                  {KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM"},
                  {KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR"},
                  {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"}};
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (ioctl(vm->kvm, KVM_CHECK_EXTENSION, needed[i].number) <= 0)
            return wrong_use("/dev/kvm", NULL, "this KVM lacks %s", needed[i].name);
    return 0;
}

/* KVM's own pages go out of the ROM's way; then the controllers, before any vCPU. */
static int make_platform(struct vm *vm)
{
    uint64_t identity_map = KVM_IDENTITY_MAP_BASE;
    if (ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0)
        return host_failure("KVM_SET_IDENTITY_MAP_ADDR: %s", strerror(errno));
    if (ioctl(vm->fd, KVM_SET_TSS_ADDR, (unsigned long)KVM_TSS_BASE) < 0)
        return host_failure("KVM_SET_TSS_ADDR: %s", strerror(errno));
    if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
        return host_failure("KVM_CREATE_IRQCHIP: %s", strerror(errno));
    /* The dummy speaker makes port 0x61 gate channel 2, which is what guests time themselves by. */
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    if (ioctl(vm->fd, KVM_CREATE_PIT2, &pit) < 0)
        return host_failure("KVM_CREATE_PIT2: %s", strerror(errno));
    return 0;
}

int vm_create(struct vm *vm)
{
    *vm = (struct vm){.kvm = -1, .fd = -1};
    int status = open_kvm(vm);
    if (status)
        return status;
    vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return host_failure("KVM_CREATE_VM: %s", strerror(errno));
    vm->run_size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (vm->run_size < (int)sizeof(struct kvm_run))
        return host_failure("KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
    int page = ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
    if (page > 0 && ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_PIO) > 0)
        vm->ring_page = (uint32_t)page;
    return make_platform(vm);
}

void vm_destroy(struct vm *vm)
{
    if (vm->fd >= 0)
        close(vm->fd);
    if (vm->kvm >= 0)
        close(vm->kvm);
    vm->fd = vm->kvm = -1;
}

static int add_slot(struct vm *vm, gpa_t gpa, uint64_t size, const void *host, uint32_t flags)
{
    struct kvm_userspace_memory_region slot = {.slot = vm->next_slot++,
                                               .flags = flags,
                                               .guest_phys_addr = gpa,
                                               .memory_size = size,
                                               .userspace_addr = (uintptr_t)host};
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
        return host_failure("memory slot at 0x%llx: %s", (unsigned long long)gpa, strerror(errno));
    return 0;
}

int vm_add_memory(struct vm *vm, const struct guest_memory *memory)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_ram_range *range = &memory->ranges[i];
        int status = add_slot(vm, range->base, range->length, range->host, 0);
        if (status)
            return status;
    }
    return 0;
}

int vm_add_rom(struct vm *vm, const struct rom *rom)
{
    int status = add_slot(vm, FOUR_GIB - rom->size, rom->size, rom->image, KVM_MEM_READONLY);
    if (status)
        return status;
    return add_slot(vm, ROM_ALIAS_TOP - rom->alias, rom->alias, rom->image + rom->size - rom->alias,
                    KVM_MEM_READONLY);
}

bool vm_coalesce_ports(struct vm *vm, uint64_t port, uint32_t length)
{
    if (vm->ring_page == 0)
        return false;
    struct kvm_coalesced_mmio_zone zone = {.addr = port, .size = length, .pio = 1};
    return ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone) == 0;
}

void vm_coalesced_drain(struct vm *vm, coalesced_write *write, void *context)
{
    struct kvm_coalesced_mmio_ring *ring = vm->ring;
    if (ring == NULL)
        return;
    /* The ring shares its page with nothing that the guest can write; its indices are KVM's. Acquire
     * pairs with KVM's barrier between filling an entry and moving last. */
    uint32_t last = __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
    while (ring->first != last) {
        const struct kvm_coalesced_mmio *entry = &ring->coalesced_mmio[ring->first];
        write(context, entry->pio != 0, entry->phys_addr, entry->len, entry->data);
        /* Release: KVM may use the entry again only after it has been handed out. */
        __atomic_store_n(&ring->first, (ring->first + 1) % vm->ring_entries, __ATOMIC_RELEASE);
        last = __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE);
    }
}

void vm_irq_line(struct vm *vm, unsigned irq, bool level)
{
    struct kvm_irq_level line = {.irq = irq, .level = level};
    if (ioctl(vm->fd, KVM_IRQ_LINE, &line) < 0)
        report("KVM_IRQ_LINE %u: %s", irq, strerror(errno));
}
