/* SPDX-License-Identifier: MIT */
/* ATA task file, commands and IDENTIFY words (ATA/ATAPI-7, volumes 1 and 2). */
#ifndef ABI_ATA_H
#define ABI_ATA_H

/* Offsets from the command block base */
#define ATA_DATA 0
#define ATA_ERROR 1    /* read */
#define ATA_FEATURES 1 /* write */
#define ATA_COUNT 2
#define ATA_LBA_LOW 3
#define ATA_LBA_MID 4
#define ATA_LBA_HIGH 5
#define ATA_DEVICE 6
#define ATA_STATUS 7  /* read: clears INTRQ */
#define ATA_COMMAND 7 /* write */
#define ATA_COMMAND_BLOCK_SIZE 8

#define ATA_STATUS_BSY 0x80
#define ATA_STATUS_DRDY 0x40
#define ATA_STATUS_DF 0x20
#define ATA_STATUS_DSC 0x10
#define ATA_STATUS_DRQ 0x08
#define ATA_STATUS_ERR 0x01

#define ATA_ERROR_ICRC 0x80
#define ATA_ERROR_UNC 0x40
#define ATA_ERROR_IDNF 0x10
#define ATA_ERROR_ABRT 0x04

#define ATA_DEVICE_BASE 0xa0 /* bits 7 and 5, obsolete, set by every driver */
#define ATA_DEVICE_LBA 0x40
#define ATA_DEVICE_DEV1 0x10
#define ATA_DEVICE_LBA_HIGH_MASK 0x0f /* LBA 27:24 of a 28-bit command */

/* Device control register (write) at the control port; reading it gives the alternate status */
#define ATA_CONTROL_NIEN 0x02
#define ATA_CONTROL_SRST 0x04
#define ATA_CONTROL_HOB 0x80

#define ATA_CMD_NOP 0x00
#define ATA_CMD_DEVICE_RESET 0x08
#define ATA_CMD_READ_SECTORS 0x20
#define ATA_CMD_READ_SECTORS_EXT 0x24
#define ATA_CMD_READ_DMA_EXT 0x25
#define ATA_CMD_READ_MULTIPLE_EXT 0x29
#define ATA_CMD_WRITE_SECTORS 0x30
#define ATA_CMD_WRITE_SECTORS_EXT 0x34
#define ATA_CMD_WRITE_DMA_EXT 0x35
#define ATA_CMD_WRITE_MULTIPLE_EXT 0x39
#define ATA_CMD_READ_VERIFY_SECTORS 0x40
#define ATA_CMD_READ_VERIFY_SECTORS_EXT 0x42
#define ATA_CMD_EXECUTE_DEVICE_DIAGNOSTIC 0x90
#define ATA_CMD_INITIALIZE_DEVICE_PARAMETERS 0x91
#define ATA_CMD_IDENTIFY_PACKET_DEVICE 0xa1
#define ATA_CMD_READ_MULTIPLE 0xc4
#define ATA_CMD_WRITE_MULTIPLE 0xc5
#define ATA_CMD_SET_MULTIPLE_MODE 0xc6
#define ATA_CMD_READ_DMA 0xc8
#define ATA_CMD_WRITE_DMA 0xca
#define ATA_CMD_FLUSH_CACHE 0xe7
#define ATA_CMD_FLUSH_CACHE_EXT 0xea
#define ATA_CMD_IDENTIFY_DEVICE 0xec
#define ATA_CMD_SET_FEATURES 0xef

/* IDENTIFY DEVICE: word numbers and bits */
#define ATA_ID_CONFIG 0
#define ATA_ID_CYLINDERS 1
#define ATA_ID_HEADS 3
#define ATA_ID_SECTORS_PER_TRACK 6
#define ATA_ID_SERIAL 10 /* 10 words, bytes swapped */
#define ATA_ID_SERIAL_WORDS 10
#define ATA_ID_FIRMWARE 23 /* 4 words, bytes swapped */
#define ATA_ID_FIRMWARE_WORDS 4
#define ATA_ID_MODEL 27 /* 20 words, bytes swapped */
#define ATA_ID_MODEL_WORDS 20
#define ATA_ID_MAX_MULTIPLE 47 /* low byte */
#define ATA_MULTIPLE_MAX 128   /* sectors: the largest power of two that fits there */
#define ATA_ID_CAPABILITIES 49
#define ATA_ID_VALIDITY 53
#define ATA_ID_MULTIPLE 59
#define ATA_ID_SECTORS_28 60    /* two words */
#define ATA_ID_MULTIWORD_DMA 63 /* low byte: modes it has; high byte: the one that is set */
#define ATA_ID_MAJOR_VERSION 80
#define ATA_ID_COMMAND_SET_1 82
#define ATA_ID_COMMAND_SET_2 83
#define ATA_ID_COMMAND_SET_3 84
#define ATA_ID_COMMAND_SET_1_ENABLED 85
#define ATA_ID_COMMAND_SET_2_ENABLED 86
#define ATA_ID_COMMAND_SET_3_ENABLED 87
#define ATA_ID_ULTRA_DMA 88 /* as word 63 */
#define ATA_ID_RESET_RESULT 93
#define ATA_ID_SECTORS_48 100 /* four words */
#define ATA_ID_SECTOR_SIZE 106
#define ATA_ID_LOGICAL_SECTOR_WORDS 117 /* two words */
#define ATA_ID_WORDS 256

#define ATA_ID_CONFIG_NOT_ATA 0x8000
#define ATA_ID_CAPABILITIES_DMA 0x0100
#define ATA_ID_CAPABILITIES_LBA 0x0200
#define ATA_ID_CAPABILITIES_IORDY 0x0800
#define ATA_ID_VALIDITY_64_70 0x0002
#define ATA_ID_VALIDITY_88 0x0004
#define ATA_ID_MULTIPLE_VALID 0x0100
#define ATA_ID_COMMAND_SET_1_WRITE_CACHE 0x0020
#define ATA_ID_COMMAND_SET_2_LBA48 0x0400
#define ATA_ID_COMMAND_SET_2_FLUSH 0x1000
#define ATA_ID_COMMAND_SET_2_FLUSH_EXT 0x2000
#define ATA_ID_COMMAND_SET_VALID 0x4000 /* words 83, 84, 87 and 106: bit 15 clear, bit 14 set */
#define ATA_ID_FEATURE_WORD_ZERO 0x8000 /* that bit 15 */
#define ATA_ID_SECTOR_SIZE_LARGE 0x1000

/* Signature after reset, diagnostic or a refused IDENTIFY: count, LBA low, mid, high */
#define ATA_SIGNATURE_MID 0x00
#define ATA_SIGNATURE_HIGH 0x00
#define ATA_SIGNATURE_ATAPI_MID 0x14
#define ATA_SIGNATURE_ATAPI_HIGH 0xeb

#define ATA_SECTOR_SIZE 512
#define ATA_SECTOR_WORDS 256
#define ATA_MAX_SECTORS_28 0x0fffffff /* as many as IDENTIFY words 60-61 may say */
#define ATA_MAX_SECTORS_48 0x1000000000000ull
#define ATA_COUNT_MAX_28 256 /* count register 0 */
#define ATA_COUNT_MAX_48 65536
#define ATA_FLOATING_BUS 0xff

#endif
