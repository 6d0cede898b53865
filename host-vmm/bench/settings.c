/* SPDX-License-Identifier: MIT */
/* What is measured: one table of settings, one of what is not built yet. */
#include "settings.h"

#include <stddef.h>

#define GROUP_ACCESS "one access"
#define GROUP_INTERRUPT "interrupts"
#define GROUP_ATA "ata"
#define GROUP_CHUNK "chunk"
#define GROUP_PCI "virtio-blk, PCI"
#define GROUP_MMIO "virtio-blk, virtio-mmio"
#define GROUP_SERIAL "serial"
#define GROUP_NOT_YET "still to come"

static const char *const access_lines[] = {"cpuid",
                                           "port read",
                                           "port write",
                                           "register read",
                                           "register write",
                                           "port write, ioeventfd",
                                           "port write, ioeventfd with datamatch",
                                           "port write, datamatch missed",
                                           "port write, ioeventfd of any width",
                                           "register write, ioeventfd",
                                           "register write, ioeventfd with datamatch",
                                           "register write, datamatch missed",
                                           "register write, ioeventfd of any width",
                                           "port write, coalesced",
                                           "register write, coalesced",
                                           "register read of a read-only page",
                                           "register write to a read-only page",
                                           "rep insw, 512 bytes",
                                           "rep outsw, 512 bytes",
                                           NULL};

static const char *const hypercall_lines[] = {"hypercall VAPIC_POLL_IRQ", "hypercall KICK_CPU",
                                              "hypercall CLOCK_PAIRING", "hypercall MAP_GPA_RANGE",
                                              NULL};

static const char *const interrupt_lines[] = {"doorbell, thread, memory, polled",
                                              "doorbell, thread, irqfd, handler",
                                              "irqfd to handler, asleep", NULL};

static const char *const direct_lines[] = {"direct memory, first load of a page",
                                           "direct memory, load", "direct memory", NULL};
static const char *const serial_lines[] = {"serial", NULL};

/* The same features on both sides, so that each line is what its name says whatever either offers. */
#define SPLIT "-indirect_desc-event_idx-ring_packed-mq"
#define INDIRECT "+indirect_desc+event_idx-ring_packed-mq"
#define PACKED "+indirect_desc+event_idx+ring_packed-mq"
#define MQ "+indirect_desc+event_idx-ring_packed+mq"

#define BLK(prefix, name, features, keys_, words_, transport, group_, code_)                       \
    {.line = prefix name,                                                                          \
     .group = group_,                                                                              \
     .bench = "virtio-blk",                                                                        \
     .device = ON_VIRTIO_BLK,                                                                      \
     .keys = "features=" features keys_,                                                           \
     .mmio = transport,                                                                            \
     .words = "virtio-blk.features=" features words_,                                              \
     .code = code_},                                                                               \
    {                                                                                              \
        .line = prefix name ", irq", .group = group_, .bench = "virtio-blk",                       \
        .device = ON_VIRTIO_BLK, .keys = "features=" features keys_, .mmio = transport,            \
        .words = "irq virtio-blk.features=" features words_, .code = code_                         \
    }

#define BLK_FEATURE_SETS(prefix, transport, group, code)                                           \
    BLK(prefix, "split", SPLIT, "", "", transport, group, code),                                   \
        BLK(prefix, "split, indirect, event_idx", INDIRECT, "", "", transport, group, code),       \
        BLK(prefix, "packed", PACKED, "", "", transport, group, code),                             \
        BLK(prefix, "4 queues", MQ, ",queues=4", " virtio-blk.queues=4", transport, group, code)

#define CHUNK(mode)                                                                                \
    {.line = "chunk " mode,                                                                        \
     .group = GROUP_CHUNK,                                                                         \
     .bench = "chunk",                                                                             \
     .device = ON_CHUNK,                                                                           \
     .keys = "mode=" mode,                                                                         \
     .code = "chunk"},                                                                             \
    {                                                                                              \
        .line = "chunk " mode ", irq", .group = GROUP_CHUNK, .bench = "chunk", .device = ON_CHUNK, \
        .keys = "mode=" mode, .words = "irq", .code = "chunk"                                      \
    }

const struct setting settings[] = {
    {.group = GROUP_ACCESS, .bench = "accesses", .lines = access_lines},
    {.group = GROUP_ACCESS, .bench = "hypercalls", .lines = hypercall_lines, .hypercalls = true},
    {.group = GROUP_INTERRUPT, .bench = "interrupts", .words = "irq", .lines = interrupt_lines},
    {.group = GROUP_SERIAL, .bench = "serial", .lines = serial_lines, .code = "serial"},
    {.line = "ata pio", .group = GROUP_ATA, .bench = "ata-single", .device = ON_ATA, .code = "ata"},
    {.line = "ata pio, multiple",
     .group = GROUP_ATA,
     .bench = "ata",
     .device = ON_ATA,
     .code = "ata"},
    {.line = "ata pio, multiple, irq",
     .group = GROUP_ATA,
     .bench = "ata",
     .device = ON_ATA,
     .words = "irq",
     .code = "ata"},
    {.line = "ata dma",
     .group = GROUP_ATA,
     .bench = "ata",
     .device = ON_ATA,
     .words = "dma",
     .code = "ata"},
    {.line = "ata dma, irq",
     .group = GROUP_ATA,
     .bench = "ata",
     .device = ON_ATA,
     .words = "dma irq",
     .code = "ata"},
    CHUNK("trap"),
    CHUNK("eventfd"),
    CHUNK("shadow"),
    CHUNK("ring"),
    {.line = "virtio-blk trap",
     .group = GROUP_PCI,
     .bench = "virtio-blk",
     .device = ON_VIRTIO_BLK,
     .keys = "features=" SPLIT ",mode=trap",
     .words = "virtio-blk.features=" SPLIT,
     .code = "virtio-blk"},
    BLK_FEATURE_SETS("virtio-blk ", false, GROUP_PCI, "virtio-blk"),
    {.line = "virtio-mmio trap",
     .group = GROUP_MMIO,
     .bench = "virtio-blk",
     .device = ON_VIRTIO_BLK,
     .keys = "features=" SPLIT ",mode=trap",
     .mmio = true,
     .words = "virtio-blk.features=" SPLIT,
     .code = "virtio-blk-mmio"},
    BLK_FEATURE_SETS("virtio-mmio ", true, GROUP_MMIO, "virtio-blk-mmio"),
    {.group = GROUP_MEMORY,
     .bench = "direct-memory",
     .device = ON_DIRECT_MEMORY,
     .lines = direct_lines,
     .code = "direct-memory"},
};
const unsigned setting_count = sizeof settings / sizeof settings[0];

static const char *const not_yet[] = {"virtio-console", "virtio-fs", "vsock",
                                      "vhost",          "VFIO",      "ivshmem"};

void settings_list_lines(struct lines *lines)
{
    for (unsigned i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        if (s->line != NULL)
            lines_add(lines, s->line, s->group, s->code);
        for (unsigned n = 0; s->lines != NULL && s->lines[n] != NULL; n++)
            lines_add(lines, s->lines[n], s->group, s->code);
    }
    static const char *const host[] = {LINE_PREAD, LINE_URING, LINE_MEMCPY};
    for (unsigned i = 0; i < sizeof host / sizeof host[0]; i++)
        lines_add(lines, host[i], GROUP_HOST, NULL);
    for (unsigned i = 0; i < sizeof not_yet / sizeof not_yet[0]; i++) {
        struct line *line = lines_add(lines, not_yet[i], GROUP_NOT_YET, NULL);
        if (line != NULL)
            line->state = LINE_NOT_YET;
    }
}
