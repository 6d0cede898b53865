/* SPDX-License-Identifier: MIT */
/* fw_cfg: what the machine's builder tells the firmware, by port. */
#ifndef DRIVERS_FW_CFG_H
#define DRIVERS_FW_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fw_cfg_present(void);

/* Reads up to length bytes of the item with this key, from its start. */
void fw_cfg_read(uint16_t key, void *buffer, size_t length);

struct fw_cfg_file {
    uint16_t key;
    uint32_t size;
};

/* Looks names up in the directory, which is read once for all of them; files[i].key is 0 where
 * names[i] is not there. Returns how many were found; 0 also without fw_cfg. */
unsigned fw_cfg_find(const char *const *names, struct fw_cfg_file *files, unsigned count);

#endif
