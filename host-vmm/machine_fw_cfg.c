/* SPDX-License-Identifier: MIT */
/* What the machine tells its firmware by fw_cfg: memory, command line, the order of boot disks. */
#include "machine_fw_cfg.h"

#include "bootorder.h"

#include <endian.h>
#include <string.h>

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

static void refresh_exits(void *context)
{
    struct machine *m = context;
    m->exits_now = htole64(machine_exits(m));
}

/* What the firmware's monitor asks for. An ordinary boot, which reads the whole directory, has none of
 * it to read past. */
static bool make_monitor_files(struct machine *m)
{
    bool interactive = serial_is_interactive(&m->serial);
    if (!interactive && m->options->command_line[0] == '\0')
        return true;
    return fw_cfg_add_live_file(&m->fw_cfg, FW_CFG_FILE_EXITS, &m->exits_now, sizeof m->exits_now,
                                refresh_exits, m) &&
           (!interactive || fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_INTERACTIVE, "1", 1));
}

/* What bench asks for. */
static bool make_bench_files(struct machine *m)
{
    m->hypercalls = htole64(m->options->hypercalls);
    return (m->direct_memory.mapping == NULL ||
            fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_DIRECT_MEMORY, m->direct_memory.place,
                            FW_CFG_DIRECT_MEMORY_BYTES)) &&
           (m->hypercalls == 0 || fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_HYPERCALLS,
                                                  &m->hypercalls, sizeof m->hypercalls));
}

/* For other people's ROMs: the machine's own looks at every disk itself. */
static bool make_bootorder(struct machine *m, struct disks *disks)
{
    if (m->options->firmware == NULL)
        return true;
    size_t length = bootorder_make(disks, MACHINE_SLOT_VIRTIO, m->bootorder, sizeof m->bootorder);
    return length == 0 ||
           fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_BOOTORDER, m->bootorder, (uint32_t)length + 1);
}

bool machine_add_fw_cfg(struct machine *m, struct disks *disks)
{
    m->ram_size = m->options->memory;
    m->cpu_count = 1;
    make_e820(m);
    fw_cfg_init(&m->fw_cfg, &m->memory);
    const char *line = m->command_line;
    return fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_RAM_SIZE, &m->ram_size, sizeof m->ram_size) &&
           fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_CPU_COUNT, &m->cpu_count, sizeof m->cpu_count) &&
           fw_cfg_add(&m->fw_cfg, FW_CFG_KEY_MAX_CPUS, &m->cpu_count, sizeof m->cpu_count) &&
           fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_E820, m->e820,
                           m->memory.count * E820_RECORD_SIZE) &&
           (line[0] == '\0' ||
            fw_cfg_add_file(&m->fw_cfg, FW_CFG_FILE_CMDLINE, line, (uint32_t)strlen(line))) &&
           make_monitor_files(m) && make_bench_files(m) && make_bootorder(m, disks);
}
