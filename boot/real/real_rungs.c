/* SPDX-License-Identifier: MIT */
/* The results of the real-mode rungs, for C. */
#include "real_rungs.h"

#include "noinit.h"
#include "printf.h"

#include <string.h>

/* real_entry.asm, real_ata.asm */
extern const uint8_t rung_results[RUNG_REAL_MODE_LAST + 1];
extern const uint64_t tsc_at_entry;
extern const uint8_t ata_failed_status, ata_failed_error;

static NOINIT char ata_reason[32];

void real_rungs_read(struct boot_info *info)
{
    info->tsc_at_entry = tsc_at_entry;
    memcpy(info->early_rungs, rung_results, sizeof(info->early_rungs));
    format_text(ata_reason, sizeof(ata_reason), "status 0x%02x, error 0x%02x", ata_failed_status,
                ata_failed_error);
    info->early_reasons[RUNG_SERIAL] = "transmitter stuck";
    info->early_reasons[RUNG_PCI] = "no host bridge at 00:00.0";
    info->early_reasons[RUNG_ATA] = ata_reason;
}
