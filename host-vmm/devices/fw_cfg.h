/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg model: the selector, data and DMA ports (QEMU docs/specs/fw_cfg). Items are read-only to the
 * guest; what lies past an item's end, and an item that is not there, reads as zeros. A DMA transfer
 * whose descriptor or target is not wholly RAM moves nothing and says ERROR.
 */
#ifndef HOST_DEVICES_FW_CFG_H
#define HOST_DEVICES_FW_CFG_H

#include "../bus.h"
#include "../guest_memory.h"

#include "../../drivers/abi/fw_cfg.h"

#define FW_CFG_MAX_ITEMS 48

struct fw_cfg_item {
    uint16_t key;
    const void *data; /* owned by whoever added it; stays in place */
    uint32_t length;
    char name[FW_CFG_FILE_NAME_SIZE]; /* "" unless a file */
    void (*refresh)(void *context);   /* NULL, or brings data up to date */
    void *context;
};

struct fw_cfg_model {
    struct bus_region region;
    const struct guest_memory *memory;
    struct fw_cfg_item items[FW_CFG_MAX_ITEMS];
    unsigned count;
    uint16_t next_file_key;
    uint16_t selected;
    uint32_t offset; /* into the selected item */
    uint32_t dma_high;
    uint8_t directory[4 + FW_CFG_MAX_ITEMS * FW_CFG_FILE_ENTRY_SIZE];
    uint8_t signature[4], id[4];
};

/* Starts with the signature, the id (traditional and DMA) and the file directory. */
void fw_cfg_init(struct fw_cfg_model *fw_cfg, const struct guest_memory *memory);

/* False when there is no room, a key is taken, or a name is empty, too long or taken. Files get keys
 * in the order of adding, which is also their order in the directory. */
bool fw_cfg_add(struct fw_cfg_model *fw_cfg, uint16_t key, const void *data, uint32_t length);
bool fw_cfg_add_file(struct fw_cfg_model *fw_cfg, const char *name, const void *data,
                     uint32_t length);

/* The same for a file whose content changes: refresh() is called whenever the guest selects it, and what
 * data holds then is what the guest reads. */
bool fw_cfg_add_live_file(struct fw_cfg_model *fw_cfg, const char *name, const void *data,
                          uint32_t length, void (*refresh)(void *context), void *context);

/* Selects the signature again, as after power-on. Items stay. */
void fw_cfg_reset(struct fw_cfg_model *fw_cfg);

#endif
