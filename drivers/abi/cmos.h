/* SPDX-License-Identifier: MIT */
/*
 * MC146818 RTC and the PC's CMOS bytes behind it: indices for PORT_CMOS_INDEX. The two memory sizes
 * that QEMU added are in fw_cfg.h.
 */
#ifndef ABI_CMOS_H
#define ABI_CMOS_H

#define CMOS_INDEX_MASK 0x7f /* bit 7 of the index port masks NMI */

#define CMOS_SECONDS 0x00
#define CMOS_MINUTES 0x02
#define CMOS_HOURS 0x04
#define CMOS_WEEKDAY 0x06 /* 1 = Sunday */
#define CMOS_DAY 0x07     /* of the month, from 1 */
#define CMOS_MONTH 0x08   /* from 1 */
#define CMOS_YEAR 0x09    /* of the century */
#define CMOS_STATUS_A 0x0a
#define CMOS_STATUS_B 0x0b
#define CMOS_STATUS_C 0x0c
#define CMOS_STATUS_D 0x0d
#define CMOS_BASE_MEMORY 0x15       /* 16 bits, KiB below 640 KiB */
#define CMOS_EXTENDED_MEMORY 0x17   /* 16 bits, KiB from 1 MiB on, as set up */
#define CMOS_EXTENDED_MEMORY_2 0x30 /* the same, as found by the power-on test */
#define CMOS_CENTURY 0x32

#define CMOS_STATUS_A_UPDATING 0x80
#define CMOS_STATUS_A_DEFAULT 0x26 /* 32,768 Hz time base, 1,024 Hz periodic rate */
#define CMOS_STATUS_B_24_HOUR 0x02
#define CMOS_STATUS_B_BINARY 0x04
#define CMOS_STATUS_D_VALID 0x80 /* the battery has not failed */

#endif
