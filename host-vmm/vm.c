/* SPDX-License-Identifier: MIT */
/* KVM's VM: creation, memory slots, interrupt inputs, the ring of coalesced writes. */
#include "vm.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/machine.h"

#define PIC_INPUTS 16
#define IOAPIC_TIMER_PIN 2

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
                  {KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING"},
                  {KVM_CAP_IRQFD, "KVM_CAP_IRQFD"},
                  {KVM_CAP_IRQFD_RESAMPLE, "KVM_CAP_IRQFD_RESAMPLE"},
                  {KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},
                  {KVM_CAP_IOEVENTFD_ANY_LENGTH, "KVM_CAP_IOEVENTFD_ANY_LENGTH"},
                  {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
                  {KVM_CAP_READONLY_MEM, "KVM_CAP_READONLY_MEM"},
                  {KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR"},
                  {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"}};
    for (unsigned i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (ioctl(vm->kvm, KVM_CHECK_EXTENSION, needed[i].number) <= 0)
            return wrong_use("/dev/kvm", NULL, "this KVM lacks %s", needed[i].name);
    return 0;
}

static struct kvm_irq_routing_entry route(unsigned gsi, unsigned chip, unsigned pin)
{
    return (struct kvm_irq_routing_entry){
        .gsi = gsi, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = {.irqchip = chip, .pin = pin}};
}

static struct kvm_irq_routing_entry message_route(unsigned gsi, const struct vm_message *message)
{
    return (struct kvm_irq_routing_entry){
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_MSI,
        .u.msi = {.address_lo = (uint32_t)message->address,
                  .address_hi = (uint32_t)(message->address >> 32),
                  .data = message->data}};
}

/*
 * Tells KVM the whole table, as each change needs: the controllers' inputs, then the messages.
 *
 * The inputs are wired as KVM wires them by itself but for the timer, which is at input 2 of the IO-APIC,
 * as on every PC since there are IO-APICs (and in QEMU): input 2 has no other use, since the 8259s'
 * cascade is no interrupt. The caller holds routing_lock. 0 or -errno.
 */
static int set_routing(struct vm *vm)
{
    struct kvm_irq_routing *table = vm->routing;
    struct kvm_irq_routing_entry *next = table->entries;
    for (unsigned irq = 0; irq < PIC_INPUTS; irq++)
        *next++ = route(irq, irq < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, irq % 8);
    for (unsigned gsi = 0; gsi < KVM_IOAPIC_NUM_PINS; gsi++)
        if (gsi != IOAPIC_TIMER_PIN)
            *next++ = route(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? IOAPIC_TIMER_PIN : gsi);
    for (unsigned i = 0; i < vm->message_count; i++)
        if (vm->messages[i].routed)
            *next++ = message_route(KVM_IOAPIC_NUM_PINS + i, &vm->messages[i]);
    table->nr = (uint32_t)(next - table->entries);
    return ioctl(vm->fd, KVM_SET_GSI_ROUTING, table) < 0 ? -errno : 0;
}

static int wire_controllers(struct vm *vm)
{
    vm->routing =
        calloc(1, sizeof *vm->routing + (PIC_INPUTS + KVM_IOAPIC_NUM_PINS + VM_MESSAGES_MAX) *
                                            sizeof vm->routing->entries[0]);
    if (vm->routing == NULL)
        return host_failure("out of memory");
    int error = set_routing(vm);
    if (error)
        return host_failure("KVM_SET_GSI_ROUTING: %s", strerror(-error));
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
    int status = wire_controllers(vm);
    if (status)
        return status;
    /* The dummy speaker makes port 0x61 gate channel 2, which is what guests time themselves by. */
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    if (ioctl(vm->fd, KVM_CREATE_PIT2, &pit) < 0)
        return host_failure("KVM_CREATE_PIT2: %s", strerror(errno));
    return 0;
}

int vm_create(struct vm *vm)
{
    *vm = (struct vm){.kvm = -1, .fd = -1};
    pthread_mutex_init(&vm->routing_lock, NULL);
    int status = open_kvm(vm);
    if (status)
        return status;
    vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return wrong_use("/dev/kvm", NULL, "no virtual machine to be had: %s", strerror(errno));
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
    free(vm->routing);
    vm->routing = NULL;
}

unsigned vm_new_slot(struct vm *vm)
{
    return vm->next_slot++;
}

int vm_set_slot(struct vm *vm, unsigned slot, gpa_t gpa, uint64_t size, const void *host,
                bool read_only)
{
    struct kvm_userspace_memory_region region = {.slot = slot,
                                                 .flags = read_only ? KVM_MEM_READONLY : 0,
                                                 .guest_phys_addr = gpa,
                                                 .memory_size = size,
                                                 .userspace_addr = (uintptr_t)host};
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        return host_failure("memory slot at 0x%llx: %s", (unsigned long long)gpa, strerror(errno));
    return 0;
}

int vm_remove_slot(struct vm *vm, unsigned slot)
{
    /* A size of 0 deletes. */
    struct kvm_userspace_memory_region region = {.slot = slot};
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        return host_failure("removing memory slot %u: %s", slot, strerror(errno));
    return 0;
}

int vm_add_memory(struct vm *vm, const struct guest_memory *memory)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct guest_ram_range *range = &memory->ranges[i];
        int status =
            vm_set_slot(vm, vm_new_slot(vm), range->base, range->length, range->host, false);
        if (status)
            return status;
    }
    return 0;
}

int vm_add_rom(struct vm *vm, const struct rom *rom)
{
    return vm_set_slot(vm, vm_new_slot(vm), FOUR_GIB - rom->size, rom->size, rom->image, true);
}

bool vm_coalesce_ports(struct vm *vm, uint64_t port, uint32_t length)
{
    if (vm->ring_page == 0 || vm->exact)
        return false;
    struct kvm_coalesced_mmio_zone zone = {.addr = port, .size = length, .pio = 1};
    return ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone) == 0;
}

void vm_uncoalesce_ports(struct vm *vm, uint64_t port, uint32_t length)
{
    struct kvm_coalesced_mmio_zone zone = {.addr = port, .size = length, .pio = 1};
    if (vm->ring_page != 0 && ioctl(vm->fd, KVM_UNREGISTER_COALESCED_MMIO, &zone) < 0)
        report("KVM_UNREGISTER_COALESCED_MMIO: %s", strerror(errno));
}

bool vm_coalesce_mmio(struct vm *vm, uint64_t address, uint32_t length)
{
    if (vm->ring_page == 0 || vm->exact)
        return false;
    struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = length};
    return ioctl(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone) == 0;
}

void vm_uncoalesce_mmio(struct vm *vm, uint64_t address, uint32_t length)
{
    struct kvm_coalesced_mmio_zone zone = {.addr = address, .size = length};
    if (vm->ring_page != 0 && ioctl(vm->fd, KVM_UNREGISTER_COALESCED_MMIO, &zone) < 0)
        report("KVM_UNREGISTER_COALESCED_MMIO: %s", strerror(errno));
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

bool vm_coalesced_pending(const struct vm *vm)
{
    return vm->ring != NULL && __atomic_load_n(&vm->ring->first, __ATOMIC_RELAXED) !=
                                   __atomic_load_n(&vm->ring->last, __ATOMIC_RELAXED);
}

bool vm_take_hypercalls(struct vm *vm, uint64_t mask)
{
    struct kvm_enable_cap capability = {.cap = KVM_CAP_EXIT_HYPERCALL, .args[0] = mask};
    return ioctl(vm->fd, KVM_ENABLE_CAP, &capability) == 0;
}

void vm_irq_line(struct vm *vm, unsigned irq, bool level)
{
    struct kvm_irq_level line = {.irq = irq, .level = level};
    if (level)
        trace_interrupt(&(struct trace_source){.trace = vm->trace}, true, irq);
    if (ioctl(vm->fd, KVM_IRQ_LINE, &line) < 0)
        report("KVM_IRQ_LINE %u: %s", irq, strerror(errno));
}

/* --- doorbells and interrupts ------------------------------------------------------------------- */

static int set_doorbell(struct vm *vm, const struct vm_doorbell *doorbell, uint32_t flags)
{
    struct kvm_ioeventfd request = {
        .addr = doorbell->address, .len = doorbell->length, .fd = doorbell->fd, .flags = flags};
    if (doorbell->port)
        request.flags |= KVM_IOEVENTFD_FLAG_PIO;
    if (doorbell->matches) {
        request.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
        request.datamatch = doorbell->value;
    }
    return ioctl(vm->fd, KVM_IOEVENTFD, &request) < 0 ? -errno : 0;
}

int vm_doorbell_assign(struct vm *vm, const struct vm_doorbell *doorbell)
{
    return vm->exact ? -EOPNOTSUPP : set_doorbell(vm, doorbell, 0);
}

int vm_doorbell_deassign(struct vm *vm, const struct vm_doorbell *doorbell)
{
    return set_doorbell(vm, doorbell, KVM_IOEVENTFD_FLAG_DEASSIGN);
}

int vm_irqfd_assign(struct vm *vm, unsigned gsi, int fd, int resample_fd)
{
    struct kvm_irqfd request = {.fd = (uint32_t)fd, .gsi = gsi};
    if (resample_fd >= 0) {
        request.flags = KVM_IRQFD_FLAG_RESAMPLE;
        request.resamplefd = (uint32_t)resample_fd;
    }
    return ioctl(vm->fd, KVM_IRQFD, &request) < 0 ? -errno : 0;
}

int vm_irqfd_deassign(struct vm *vm, unsigned gsi, int fd)
{
    struct kvm_irqfd request = {.fd = (uint32_t)fd, .gsi = gsi, .flags = KVM_IRQFD_FLAG_DEASSIGN};
    return ioctl(vm->fd, KVM_IRQFD, &request) < 0 ? -errno : 0;
}

int vm_message_new(struct vm *vm)
{
    int gsi = -1;
    pthread_mutex_lock(&vm->routing_lock);
    if (vm->message_count < VM_MESSAGES_MAX)
        gsi = (int)(KVM_IOAPIC_NUM_PINS + vm->message_count++);
    pthread_mutex_unlock(&vm->routing_lock);
    return gsi;
}

int vm_message_route(struct vm *vm, unsigned gsi, uint64_t address, uint32_t data)
{
    unsigned index = gsi - KVM_IOAPIC_NUM_PINS;
    int error = 0;
    pthread_mutex_lock(&vm->routing_lock);
    if (gsi < KVM_IOAPIC_NUM_PINS || index >= vm->message_count) {
        error = -EINVAL;
    } else {
        vm->messages[index] = (struct vm_message){.routed = true, .address = address, .data = data};
        error = set_routing(vm);
    }
    pthread_mutex_unlock(&vm->routing_lock);
    return error;
}
