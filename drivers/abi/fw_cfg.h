/* SPDX-License-Identifier: MIT */
/* fw_cfg, QEMU's firmware configuration device (QEMU docs/specs/fw_cfg). */
#ifndef ABI_FW_CFG_H
#define ABI_FW_CFG_H

/* Offsets from PORT_FW_CFG */
#define FW_CFG_SELECTOR 0 /* 16-bit write */
#define FW_CFG_DATA 1     /* 8-bit read */
#define FW_CFG_DMA_HIGH 4 /* 32-bit, big-endian: address 63:32 */
#define FW_CFG_DMA_LOW 8  /* 32-bit, big-endian: address 31:0; the write starts the transfer */
#define FW_CFG_PORT_COUNT 12

#define FW_CFG_KEY_SIGNATURE 0x00 /* "QEMU" */
#define FW_CFG_KEY_ID 0x01
#define FW_CFG_KEY_RAM_SIZE 0x03
#define FW_CFG_KEY_CPU_COUNT 0x05
#define FW_CFG_KEY_MAX_CPUS 0x0f
#define FW_CFG_KEY_FILE_DIRECTORY 0x19
#define FW_CFG_KEY_FILE_FIRST 0x20

#define FW_CFG_ID_TRADITIONAL 0x1
#define FW_CFG_ID_DMA 0x2

#define FW_CFG_SIGNATURE 0x554d4551          /* "QEMU" read as a little-endian u32 */
#define FW_CFG_DMA_SIGNATURE_HIGH 0x51454d55 /* "QEMU", big-endian, at FW_CFG_DMA_HIGH */
#define FW_CFG_DMA_SIGNATURE_LOW 0x20434647  /* " CFG", big-endian, at FW_CFG_DMA_LOW */

/* Directory: u32 count, then entries of 64 bytes, all big-endian */
#define FW_CFG_FILE_ENTRY_SIZE 64
#define FW_CFG_FILE_SIZE 0
#define FW_CFG_FILE_SELECT 4
#define FW_CFG_FILE_NAME 8
#define FW_CFG_FILE_NAME_SIZE 56

/* DMA descriptor, big-endian: control32, length32, address64 */
#define FW_CFG_DMA_ERROR 0x01
#define FW_CFG_DMA_READ 0x02
#define FW_CFG_DMA_SKIP 0x04
#define FW_CFG_DMA_SELECT 0x08
#define FW_CFG_DMA_WRITE 0x10
#define FW_CFG_DMA_DESCRIPTOR_SIZE 16

#define FW_CFG_FILE_CMDLINE "opt/trapline/cmdline"
#define FW_CFG_FILE_E820 "etc/e820"
#define FW_CFG_FILE_BOOTORDER "bootorder"
/* There, whatever it holds, where COM1 is somebody's terminal. */
#define FW_CFG_FILE_INTERACTIVE "opt/trapline/interactive"
/* u64, little-endian: exits of the guest before the item was selected */
#define FW_CFG_FILE_EXITS "opt/trapline/exits"
/* Where a file is mapped as memory: its address, then its length in bytes, u64, little-endian */
#define FW_CFG_FILE_DIRECT_MEMORY "opt/trapline/direct-memory"
#define FW_CFG_DIRECT_MEMORY_BYTES 16
/* u64, little-endian: bit n is set where KVM hypercall n answers. Without the file: none may be tried. */
#define FW_CFG_FILE_HYPERCALLS "opt/trapline/hypercalls"

/* etc/e820: records of 20 bytes, little-endian: base64, length64, type32 */
#define E820_RECORD_SIZE 20
#define E820_RAM 1
#define E820_RESERVED 2

/* CMOS: memory size for firmware that does not ask fw_cfg */
#define CMOS_MEMORY_ABOVE_1M 0x30  /* 16 bits, units of 1 KiB; for machines that end below 16 MiB */
#define CMOS_MEMORY_ABOVE_16M 0x34 /* 16 bits, units of 64 KiB */
#define CMOS_MEMORY_ABOVE_4G 0x5b  /* 24 bits, units of 64 KiB */

#endif
