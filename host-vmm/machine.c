/* SPDX-License-Identifier: MIT */
/* Building the machine: which device is where, and what it is wired to. run.c has it run. */
#include "machine.h"

#include "access.h"
#include "machine_fw_cfg.h"
#include "machine_ide.h"
#include "machine_testdev.h"
#include "machine_trace.h"
#include "machine_virtio.h"
#include "outputs.h"
#include "report.h"
#include "rom.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "abi/machine.h"

/* --- what devices tell the machine --- */

static void set_irq(void *context, unsigned irq, bool level)
{
    struct machine *m = context;
    vm_irq_line(&m->vm, irq, level);
}

static struct irq_line isa_irq(struct machine *m, unsigned irq)
{
    return (struct irq_line){.set = set_irq, .context = m, .line = irq};
}

static void on_exit_port(void *context, uint32_t value)
{
    struct machine *m = context;
    vcpu_stop(&m->vcpu, STOP_GUEST, value);
}

static void on_post(void *context, uint8_t code)
{
    struct machine *m = context;
    struct machine_mark *mark = code == POST_COPY_BEGIN ? &m->copy_begin
                                : code == POST_COPY_END ? &m->copy_end
                                                        : NULL;
    if (mark == NULL || mark->seen)
        return;
    mark->seen = true;
    clock_gettime(CLOCK_MONOTONIC, &mark->time);
    mark->exits = machine_exits(m);
}

/* What the file does not take is counted, never waited for. */
static void flush_debug(struct machine *m)
{
    unsigned done = 0;
    while (done < m->debug_length) {
        ssize_t n = write(m->debugcon, m->debug_line + done, m->debug_length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (unsigned)n;
    }
    m->debug_dropped += m->debug_length - done;
    m->debug_length = 0;
}

static void on_debug(void *context, uint8_t byte)
{
    struct machine *m = context;
    if (m->debugcon < 0)
        return;
    m->debug_line[m->debug_length++] = (char)byte;
    if (byte == '\n' || m->debug_length == sizeof m->debug_line)
        flush_debug(m);
}

static void on_reset(void *context, const char *how)
{
    (void)how;
    struct machine *m = context;
    atomic_store(&m->vcpu.reset_wanted, true);
    /* The write may have been collected, and handed on in a worker's thread. */
    vcpu_kick(&m->vcpu);
}

static void on_pam(void *context, const uint8_t *registers)
{
    struct machine *m = context;
    if (shadow_update(&m->shadow, registers) != 0)
        vcpu_stop(&m->vcpu, STOP_HOST, 0);
}

static void on_now(void *context, int *year, int *month, int *day, int *weekday, int *hour,
                   int *minute, int *second)
{
    (void)context;
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    *year = tm.tm_year + 1900;
    *month = tm.tm_mon + 1;
    *day = tm.tm_mday;
    *weekday = tm.tm_wday;
    *hour = tm.tm_hour;
    *minute = tm.tm_min;
    *second = tm.tm_sec;
}

/* --- the address map --- */

/* A write to ROM is ignored, as on any PC, and counted: a firmware should not do it. */
static bool rom_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct rom *rom = self;
    (void)rom, (void)offset, (void)size, (void)value;
    return false;
}

static bool rom_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    (void)self, (void)offset, (void)size, (void)value;
    return true;
}

static const struct bus_ops rom_ops = {.read = rom_read, .write = rom_write};

static bool reserve(struct machine *m, const char *name, uint64_t base, uint64_t length)
{
    struct bus_region *region = &m->reserved[m->reserved_count++];
    *region = (struct bus_region){.name = name, .length = length};
    return bus_add(&m->mmio, region, base);
}

/* Where no BAR may be decoded: KVM does not check that, the bus does. */
static bool reserve_memory_map(struct machine *m)
{
    bool ok = true;
    for (unsigned i = 0; i < m->memory.count; i++)
        ok &= reserve(m, "ram", m->memory.ranges[i].base, m->memory.ranges[i].length);
    ok &= reserve(m, "vga-hole", VGA_HOLE_BASE, I440FX_PAM_BASE - VGA_HOLE_BASE);
    ok &= reserve(m, "ioapic", IOAPIC_BASE, 4096);
    ok &= reserve(m, "lapic", LAPIC_BASE, 4096);
    ok &= reserve(m, "kvm", KVM_IDENTITY_MAP_BASE, 4 * 4096);
    if (m->rom.size == 0)
        return ok;
    m->rom_region =
        (struct bus_region){.name = "rom", .ops = &rom_ops, .self = &m->rom, .length = m->rom.size};
    return ok && bus_add(&m->mmio, &m->rom_region, FOUR_GIB - m->rom.size);
}

/* --- the devices --- */

static bool make_legacy_devices(struct machine *m)
{
    const struct legacy_events events = {.exit = on_exit_port,
                                         .post = on_post,
                                         .debug = on_debug,
                                         .reset = on_reset,
                                         .now = on_now,
                                         .context = m};
    uint64_t above = m->memory.count > 2 ? m->memory.ranges[2].length : 0;
    uart_model_init(&m->uart, serial_sink(&m->serial), isa_irq(m, IRQ_COM1));
    legacy_init(&m->legacy, &events, m->options->memory - above, above);
    pci_host_init(&m->pci, &m->ports, &m->mmio);
    m->pci.reset_control = &m->legacy.reset_control;
    m->pci.pam_changed = on_pam;
    m->pci.pam_context = m;
    piix3_init(&m->piix3, set_irq, m);
    return bus_add(&m->ports, &m->uart.region, PORT_COM1) &&
           bus_add(&m->ports, &m->fw_cfg.region, PORT_FW_CFG) &&
           bus_add(&m->ports, &m->pci.address_region, PORT_PCI_CONFIG_ADDRESS) &&
           bus_add(&m->ports, &m->pci.data_region, PORT_PCI_CONFIG_DATA) &&
           bus_add(&m->mmio, &m->pci.ecam_region, ECAM_BASE) &&
           legacy_attach(&m->legacy, &m->ports) && pci_host_add(&m->pci, &m->piix3.pci);
}

static int make_devices(struct machine *m, struct disks *disks)
{
    if (!machine_add_fw_cfg(m, disks))
        return host_failure("fw_cfg has no room for all its files");
    if (!reserve_memory_map(m) || !make_legacy_devices(m))
        return host_failure("two devices claim the same place"); /* a mistake in this file */
    unsigned said = report_count();
    if (machine_add_ide(m, disks) && machine_add_chunk(m, disks) && machine_add_virtio(m, disks) &&
        machine_add_testdev(m))
        return 0;
    /* Most of what can fail there has said why. */
    if (report_count() != said)
        return EXIT_STATUS_HOST;
    return host_failure("two devices claim the same place, or there is no memory for one");
}

/* Writes whose effect nobody sees before the next exit are collected by KVM instead of costing an exit
 * each; the next exit, or the kick of the next tick, hands them on in order. A disk's data port is among
 * them: a block is complete a tick late at worst, and a driver asks the status register, which exits. */
static void coalesce(struct machine *m)
{
    vm_coalesce_ports(&m->vm, PORT_COM1 + UART_THR, 1);
    vm_coalesce_ports(&m->vm, PORT_ATA_PRIMARY, ATA_COMMAND);
    vm_coalesce_ports(&m->vm, PORT_ATA_SECONDARY, ATA_COMMAND);
    vm_coalesce_ports(&m->vm, PORT_FW_CFG + FW_CFG_SELECTOR, 2);
    /* With it goes an 8-bit write to reset control at 0xcf9: a reset may come a tick late. */
    vm_coalesce_ports(&m->vm, PORT_PCI_CONFIG_ADDRESS, 4);
}

static int make_direct_memory(struct machine *m)
{
    const struct guest_ram_range *last = &m->memory.ranges[m->memory.fixed - 1];
    return direct_memory_create(&m->direct_memory, &m->vm, &m->mmio, m->options->direct_memory,
                                last->base + last->length);
}

/* What the first instruction belongs to. */
static int open_program(struct machine *m)
{
    const struct machine_options *options = m->options;
    if (options->kernel != NULL)
        return kernel_open(&m->kernel, options->kernel, options->initrd, m->command_line);
    return rom_load(&m->rom, options->firmware);
}

static int start_kernel(struct machine *m)
{
    if (m->kernel.path == NULL)
        return 0;
    struct vcpu_entry entry = kernel_entry(&m->kernel);
    return vcpu_enter_at(&m->vcpu, &entry);
}

int machine_create(struct machine *m, const struct machine_options *options, struct disks *disks)
{
    m->options = options;
    m->memory.memfd = -1;
    m->vm.fd = m->vm.kvm = m->vcpu.fd = -1;
    m->stop_event = m->debugcon = m->stats_file = m->lines_ended = -1;
    pthread_mutex_init(&m->dispatch, NULL);
    bus_init(&m->ports, "port");
    bus_init(&m->mmio, "mmio");
    serial_init(&m->serial);
    int status = machine_make_command_line(m, disks);
    if (status == 0)
        status = open_program(m);
    if (status == 0)
        status = outputs_open(m, disks);
    if (status == 0)
        status = vm_create(&m->vm);
    m->vm.exact = options->trace_exact;
    if (status == 0)
        status = machine_trace_create(m, disks);
    if (status)
        return status;
    m->stop_event = eventfd(0, EFD_CLOEXEC);
    m->lines_ended = epoll_create1(EPOLL_CLOEXEC);
    if (m->stop_event < 0 || m->lines_ended < 0)
        return host_failure("eventfd: %s", strerror(errno));
    int error = guest_memory_create(&m->memory, options->memory);
    if (error)
        return host_failure("%llu bytes of guest memory: %s", (unsigned long long)options->memory,
                            strerror(-error));
    status = m->kernel.path != NULL ? kernel_load(&m->kernel, &m->memory) : 0;
    if (status == 0)
        status = vm_add_memory(&m->vm, &m->memory);
    if (status == 0 && m->rom.size > 0)
        status = vm_add_rom(&m->vm, &m->rom);
    if (status == 0)
        status = shadow_init(&m->shadow, &m->vm, &m->memory, &m->rom, &m->mmio);
    if (status == 0)
        status = make_direct_memory(m);
    if (status)
        return status;
    status = make_devices(m, disks);
    if (status)
        return status;
    coalesce(m);
    status = vcpu_create(&m->vcpu, &m->vm, &access_vcpu_ops, m);
    if (status == 0)
        status = machine_start_testdev(m);
    if (status == 0 && m->trace != NULL)
        machine_trace_connect(m, disks);
    return status ? status : start_kernel(m);
}

void machine_destroy(struct machine *m)
{
    if (m->debugcon >= 0) {
        flush_debug(m);
        close(m->debugcon);
    }
    if (m->stats_file >= 0)
        close(m->stats_file);
    serial_close(&m->serial);
    machine_destroy_testdev(m);
    machine_trace_destroy(m);
    machine_destroy_chunk(m);
    machine_destroy_virtio(m);
    machine_destroy_ide(m);
    vcpu_destroy(&m->vcpu);
    vm_destroy(&m->vm);
    direct_memory_destroy(&m->direct_memory);
    guest_memory_destroy(&m->memory);
    rom_unload(&m->rom);
    kernel_close(&m->kernel);
    if (m->stop_event >= 0)
        close(m->stop_event);
    if (m->lines_ended >= 0)
        close(m->lines_ended);
}
