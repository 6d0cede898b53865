/* SPDX-License-Identifier: MIT */
/* The machine's virtio devices: which slot or window each has, and which interrupt. */
#include "machine_virtio.h"

#include "report.h"

#include <stdio.h>
#include <string.h>

#include "abi/machine.h"

/*
 * Inputs of the PIC, and IO-APIC, that nothing else here drives: COM1 has 4, the RTC 8, the mouse 12 on
 * a PC, IDE 14 and 15, and the PCI interrupts have none that they share with a disk, because with this
 * transport no PCI function asserts its INTA#. Not above 15: a Linux without ACPI knows only the PIC.
 */
static const uint8_t mmio_irqs[] = {5, 6, 7, 9, 10, 11, 12, 3};
_Static_assert(sizeof mmio_irqs == OPTIONS_MAX_VIRTIO_BLK, "an interrupt for each disk");

static uint64_t mmio_base(unsigned index)
{
    return VIRTIO_MMIO_BASE + (uint64_t)index * VIRTIO_MMIO_STRIDE;
}

static bool is_mmio(const struct machine *m)
{
    return m->options->virtio_transport == VIRTIO_TRANSPORT_MMIO;
}

static void set_irq(void *context, unsigned irq, bool level)
{
    struct machine *m = context;
    vm_irq_line(&m->vm, irq, level);
}

static bool add_mmio(struct machine *m, unsigned index)
{
    const struct irq_line irq = {.set = set_irq, .context = m, .line = mmio_irqs[index]};
    virtio_mmio_model_init(&m->virtio_mmio[index], &m->virtio_blk[index].device, irq);
    return bus_add(&m->mmio, &m->virtio_mmio[index].region, mmio_base(index));
}

static bool add_pci(struct machine *m, unsigned index)
{
    unsigned slot = MACHINE_SLOT_VIRTIO + index;
    virtio_pci_model_init(&m->virtio_pci[index], &m->virtio_blk[index].device, slot,
                          PCI_CLASS_VIRTIO_BLK, piix3_inta(&m->piix3, slot));
    return pci_host_add(&m->pci, &m->virtio_pci[index].pci);
}

/* The windows without a device answer nobody, and no BAR may be there. */
static bool claim_windows(struct machine *m, unsigned used)
{
    m->virtio_mmio_unused = (struct bus_region){
        .name = "virtio-mmio", .length = (uint64_t)(VIRTIO_MMIO_SLOTS - used) * VIRTIO_MMIO_STRIDE};
    return bus_add(&m->mmio, &m->virtio_mmio_unused, mmio_base(used));
}

bool machine_add_virtio(struct machine *m, struct disks *disks)
{
    bool ok = claim_windows(m, is_mmio(m) ? disks->virtio_blk_count : 0);
    for (unsigned i = 0; i < disks->virtio_blk_count; i++) {
        char id[VIRTIO_BLK_ID_BYTES + 1];
        snprintf(id, sizeof id, "trapline-%u", i);
        virtio_blk_model_init(&m->virtio_blk[i], i, id, &m->memory, &disks->virtio_blk[i].backend);
        ok &= is_mmio(m) ? add_mmio(m, i) : add_pci(m, i);
        m->virtio_blk_count++;
    }
    return ok;
}

void machine_reset_virtio(struct machine *m)
{
    for (unsigned i = 0; i < m->virtio_blk_count; i++) {
        if (is_mmio(m))
            virtio_mmio_model_reset(&m->virtio_mmio[i]);
        else
            virtio_pci_model_reset(&m->virtio_pci[i]);
    }
}

int machine_make_command_line(struct machine *m, const struct disks *disks)
{
    const char *given = m->options->command_line;
    size_t length = strlen(given);
    if (length >= sizeof m->command_line)
        return wrong_use("--cmd", NULL, "longer than the %zu characters the firmware takes",
                         sizeof m->command_line - 1);
    memcpy(m->command_line, given, length + 1);
    for (unsigned i = 0; is_mmio(m) && i < disks->virtio_blk_count; i++) {
        size_t room = sizeof m->command_line - length;
        int added = snprintf(m->command_line + length, room, "%svirtio_mmio.device=%u@0x%llx:%u",
                             length > 0 ? " " : "", VIRTIO_MMIO_STRIDE,
                             (unsigned long long)mmio_base(i), mmio_irqs[i]);
        if (added < 0 || (size_t)added >= room)
            return wrong_use("--cmd", NULL,
                             "with the words for %u disks of --virtio-transport mmio, longer than "
                             "the %zu characters the firmware takes",
                             disks->virtio_blk_count, sizeof m->command_line - 1);
        length += (size_t)added;
    }
    return 0;
}
