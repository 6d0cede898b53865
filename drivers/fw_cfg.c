/* SPDX-License-Identifier: MIT */
/* fw_cfg through its ports (QEMU docs/specs/fw_cfg): a selector and a data port. No DMA here. */
#include "fw_cfg.h"

#include "abi/fw_cfg.h"
#include "abi/machine.h"
#include "io.h"

/* Where there is no fw_cfg the count reads all ones; no builder comes near this many files. */
#define FILES_MAX 1024
#define ENTRIES_AT_ONCE 8

static void select_item(uint16_t key)
{
    out16(PORT_FW_CFG + FW_CFG_SELECTOR, key);
}

/* Goes on where the last read of the selected item ended. */
static void read_on(void *buffer, size_t length)
{
    in8_rep(PORT_FW_CFG + FW_CFG_DATA, buffer, length);
}

static uint32_t big_endian(const uint8_t *bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

bool fw_cfg_present(void)
{
    uint32_t signature = 0;
    fw_cfg_read(FW_CFG_KEY_SIGNATURE, &signature, sizeof(signature));
    return signature == FW_CFG_SIGNATURE;
}

void fw_cfg_read(uint16_t key, void *buffer, size_t length)
{
    select_item(key);
    read_on(buffer, length);
}

/* An entry's name counts only if its NUL is inside the entry. */
static bool name_is(const uint8_t *entry, const char *name)
{
    for (unsigned i = 0; i < FW_CFG_FILE_NAME_SIZE; i++) {
        if (entry[FW_CFG_FILE_NAME + i] != (uint8_t)name[i])
            return false;
        if (name[i] == '\0')
            return true;
    }
    return false;
}

/* True when the entry is one of names, seen for the first time. */
static bool note_entry(const uint8_t *entry, const char *const *names, struct fw_cfg_file *files,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        /* Every boot comes here for each file there is: most differ in the first character. */
        if (entry[FW_CFG_FILE_NAME] != (uint8_t)names[i][0] || files[i].key ||
            !name_is(entry, names[i]))
            continue;
        uint16_t key = (uint16_t)big_endian(entry + FW_CFG_FILE_SELECT, 2);
        if (key < FW_CFG_KEY_FILE_FIRST)
            return false;
        files[i].key = key;
        files[i].size = big_endian(entry + FW_CFG_FILE_SIZE, 4);
        return true;
    }
    return false;
}

unsigned fw_cfg_find(const char *const *names, struct fw_cfg_file *files, unsigned count)
{
    uint8_t entries[ENTRIES_AT_ONCE * FW_CFG_FILE_ENTRY_SIZE];
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        files[i] = (struct fw_cfg_file){0};

    fw_cfg_read(FW_CFG_KEY_FILE_DIRECTORY, entries, sizeof(uint32_t));
    uint32_t left = big_endian(entries, sizeof(uint32_t));
    if (left > FILES_MAX)
        return 0;
    while (left > 0 && found < count) {
        unsigned batch = left < ENTRIES_AT_ONCE ? left : ENTRIES_AT_ONCE;
        read_on(entries, batch * FW_CFG_FILE_ENTRY_SIZE);
        for (unsigned i = 0; i < batch; i++)
            found += note_entry(entries + i * FW_CFG_FILE_ENTRY_SIZE, names, files, count);
        left -= batch;
    }
    return found;
}
