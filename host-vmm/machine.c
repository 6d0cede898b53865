/* SPDX-License-Identifier: MIT */
/* Building the machine: which device is where, and what it is wired to. run.c has it run. */
#include "machine.h"

#include "access.h"
#include "report.h"
#include "rom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

static void on_debug(void *context, uint8_t byte)
{
    struct machine *m = context;
    if (m->debugcon < 0)
        return;
    m->debug_line[m->debug_length++] = (char)byte;
    if (byte != '\n' && m->debug_length < sizeof m->debug_line)
        return;
    /* A file: this does not block. Text that does not fit any more is lost with a full disk. */
    if (write(m->debugcon, m->debug_line, m->debug_length) < 0)
        m->debugcon = -1;
    m->debug_length = 0;
}

static void on_reset(void *context, const char *how)
{
    (void)how;
    struct machine *m = context;
    atomic_store(&m->vcpu.reset_wanted, true);
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
    uint64_t alias_base = ROM_ALIAS_TOP - m->rom.alias;
    ok &= reserve(m, "vga-hole", VGA_HOLE_BASE, alias_base - VGA_HOLE_BASE);
    ok &= reserve(m, "ioapic", IOAPIC_BASE, 4096);
    ok &= reserve(m, "lapic", LAPIC_BASE, 4096);
    ok &= reserve(m, "kvm", KVM_IDENTITY_MAP_BASE, 4 * 4096);
    ok &= reserve(m, "virtio-mmio", VIRTIO_MMIO_BASE, VIRTIO_MMIO_SLOTS * VIRTIO_MMIO_STRIDE);
    for (unsigned i = 0; i < 2; i++) {
        m->rom_regions[i] = (struct bus_region){.name = "rom",
                                                .ops = &rom_ops,
                                                .self = &m->rom,
                                                .length = i == 0 ? m->rom.size : m->rom.alias};
        ok &= bus_add(&m->mmio, &m->rom_regions[i], i == 0 ? FOUR_GIB - m->rom.size : alias_base);
    }
    return ok;
}

static void make_e820(struct machine *m)
{
    for (unsigned i = 0; i < m->memory.count; i++) {
        uint8_t *record = m->e820 + i * E820_RECORD_SIZE;
        uint32_t type = E820_RAM;
        memcpy(record, &m->memory.ranges[i].base, 8);
        memcpy(record + 8, &m->memory.ranges[i].length, 8);
        memcpy(record + 16, &type, 4);
    }
}

static bool make_fw_cfg(struct machine *m)
{
    m->ram_size = m->options->memory;
    m->cpu_count = 1;
    make_e820(m);
    fw_cfg_init(&m->fw_cfg, &m->memory);
    const char *line = m->options->command_line;
    return fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_RAM_SIZE, &m->ram_size, sizeof m->ram_size) &&
           fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_CPU_COUNT, &m->cpu_count, sizeof m->cpu_count) &&
           fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_MAX_CPUS, &m->cpu_count, sizeof m->cpu_count) &&
           fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_E820, m->e820,
                           m->memory.count * E820_RECORD_SIZE) &&
           (line[0] == '\0' ||
            fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_CMDLINE, line, (uint32_t)strlen(line)));
}

/* --- the devices --- */

static bool make_ide(struct machine *m, struct disks *disks)
{
    const struct irq_line irqs[IDE_CHANNELS] = {isa_irq(m, IRQ_ATA_PRIMARY),
                                                isa_irq(m, IRQ_ATA_SECONDARY)};
    static const uint16_t bases[IDE_CHANNELS][2] = {
        {PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL},
        {PORT_ATA_SECONDARY, PORT_ATA_SECONDARY_CONTROL}};
    ide_init(&m->ide, irqs);
    for (unsigned i = 0; i < disks->ata_count; i++)
        ide_attach(&m->ide, 0, i, &disks->ata[i].backend);
    bool ok = pci_host_add(&m->pci, &m->ide.pci);
    for (unsigned i = 0; i < IDE_CHANNELS; i++)
        ok &= bus_add(&m->ports, &m->ide.channels[i].command_region, bases[i][0]) &&
              bus_add(&m->ports, &m->ide.channels[i].control_region, bases[i][1]);
    return ok;
}

static bool make_chunk(struct machine *m, struct disks *disks)
{
    if (!disks->has_chunk)
        return true;
    chunk_model_init(&m->chunk, &m->memory, disks->has_chunk_in ? &disks->chunk_in.backend : NULL,
                     disks->has_chunk_out ? &disks->chunk_out.backend : NULL);
    return pci_host_add(&m->pci, &m->chunk.pci);
}

static bool make_virtio(struct machine *m, struct disks *disks)
{
    bool ok = true;
    for (unsigned i = 0; i < disks->virtio_blk_count; i++) {
        char id[VIRTIO_BLK_ID_BYTES + 1];
        snprintf(id, sizeof id, "trapline-%u", i);
        unsigned slot = MACHINE_SLOT_VIRTIO + i;
        virtio_blk_model_init(&m->virtio_blk[i], i, id, &m->memory, &disks->virtio_blk[i].backend);
        virtio_pci_model_init(&m->virtio_pci[i], &m->virtio_blk[i].device, slot,
                              PCI_CLASS_VIRTIO_BLK, piix3_inta(&m->piix3, slot));
        ok &= pci_host_add(&m->pci, &m->virtio_pci[i].pci);
        m->virtio_blk_count++;
    }
    return ok;
}

static bool make_devices(struct machine *m, struct disks *disks)
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
    piix3_init(&m->piix3, set_irq, m);
    return make_fw_cfg(m) && bus_add(&m->ports, &m->uart.region, PORT_COM1) &&
           bus_add(&m->ports, &m->fw_cfg.region, PORT_FW_CFG) &&
           bus_add(&m->ports, &m->pci.address_region, PORT_PCI_CONFIG_ADDRESS) &&
           bus_add(&m->ports, &m->pci.data_region, PORT_PCI_CONFIG_DATA) &&
           legacy_attach(&m->legacy, &m->ports) && pci_host_add(&m->pci, &m->piix3.pci) &&
           make_ide(m, disks) && make_chunk(m, disks) && make_virtio(m, disks);
}

/* Plain register writes that nothing waits for are collected by KVM instead of costing an exit each;
 * the next exit, or the tick, hands them on in order. Never a register whose write starts something. */
static void coalesce(struct machine *m)
{
    vm_coalesce_ports(&m->vm, PORT_COM1 + UART_THR, 1);
    vm_coalesce_ports(&m->vm, PORT_ATA_PRIMARY, ATA_COMMAND);
    vm_coalesce_ports(&m->vm, PORT_ATA_SECONDARY, ATA_COMMAND);
    vm_coalesce_ports(&m->vm, PORT_FW_CFG + FW_CFG_SELECTOR, 2);
    /* With it goes an 8-bit write to reset control at 0xcf9: a reset may come a tick late. */
    vm_coalesce_ports(&m->vm, PORT_PCI_CONFIG_ADDRESS, 4);
}

static int open_debugcon(struct machine *m)
{
    m->debugcon = -1;
    if (m->options->debugcon == NULL)
        return 0;
    m->debugcon =
        open(m->options->debugcon, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    if (m->debugcon < 0)
        return wrong_use("--debugcon", m->options->debugcon, "%s", strerror(errno));
    return 0;
}

int machine_create(struct machine *m, const struct machine_options *options, struct disks *disks)
{
    memset(m, 0, sizeof *m);
    m->options = options;
    m->memory.memfd = -1;
    m->vm.fd = m->vm.kvm = m->vcpu.fd = -1;
    m->stop_event = m->debugcon = -1;
    pthread_mutex_init(&m->dispatch, NULL);
    bus_init(&m->ports, "port");
    bus_init(&m->mmio, "mmio");
    int status = serial_open(&m->serial, options->serial);
    if (status == 0)
        status = open_debugcon(m);
    if (status == 0)
        status = rom_load(&m->rom, options->firmware);
    if (status == 0)
        status = vm_create(&m->vm);
    if (status)
        return status;
    m->stop_event = eventfd(0, EFD_CLOEXEC);
    if (m->stop_event < 0)
        return host_failure("eventfd: %s", strerror(errno));
    int error = guest_memory_create(&m->memory, options->memory);
    if (error)
        return host_failure("%llu bytes of guest memory: %s", (unsigned long long)options->memory,
                            strerror(-error));
    status = vm_add_memory(&m->vm, &m->memory);
    if (status == 0)
        status = vm_add_rom(&m->vm, &m->rom);
    if (status)
        return status;
    if (!reserve_memory_map(m) || !make_devices(m, disks))
        return host_failure("two devices claim the same place"); /* a mistake in this file */
    coalesce(m);
    return vcpu_create(&m->vcpu, &m->vm, &access_vcpu_ops, m);
}

void machine_destroy(struct machine *m)
{
    if (m->debugcon >= 0) {
        if (m->debug_length > 0 && write(m->debugcon, m->debug_line, m->debug_length) < 0)
            report("--debugcon %s: %s", m->options->debugcon, strerror(errno));
        close(m->debugcon);
    }
    serial_close(&m->serial);
    vcpu_destroy(&m->vcpu);
    vm_destroy(&m->vm);
    guest_memory_destroy(&m->memory);
    rom_unload(&m->rom);
    if (m->stop_event >= 0)
        close(m->stop_event);
}
