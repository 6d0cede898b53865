/* SPDX-License-Identifier: MIT */
/* The items of the machine's fw_cfg. */
#ifndef HOST_MACHINE_FW_CFG_H
#define HOST_MACHINE_FW_CFG_H

#include "machine.h"

/* Fills m->fw_cfg; its region is put on the bus by the caller. False: no room for an item. */
bool machine_add_fw_cfg(struct machine *m, struct disks *disks);

#endif
