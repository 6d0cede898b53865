/* SPDX-License-Identifier: MIT */
/* IDENTIFY DEVICE data (ATA/ATAPI-7 volume 1, section 6.17): what the disk says about itself. */
#include "ide_internal.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_FIXED_DRIVE 0x0040
#define MULTIPLE_WORD_HIGH 0x8000 /* fixed upper byte of word 47 */
#define ID_CAPABILITIES_2 50      /* word */
#define CAPABILITIES_2_VALID 0x4000
#define ID_PIO_MODES 64 /* word */
#define PIO_MODES_3_AND_4 0x0003
#define ID_PIO_CYCLE 67       /* word: nanoseconds without flow control */
#define ID_PIO_CYCLE_IORDY 68 /* word: nanoseconds with it */
#define PIO_MODE_4_CYCLE 120
#define MAJOR_ATA_4_TO_7 0x00f0
#define RESET_RESULT_DEVICE_0 0x400b /* passed, number taken from a jumper */
#define RESET_RESULT_DEVICE_1 0x4300
#define SECTOR_SIZE_VALID 0x4000 /* 512-byte logical sectors, one in a physical one */
#define ID_INTEGRITY 255         /* word */
#define INTEGRITY_SIGNATURE 0xa5

/* The geometry that old software is shown; the disk itself is LBA only. */
#define HEADS 16
#define SECTORS_PER_TRACK 63
#define MAX_CYLINDERS 16383

/* Text in IDENTIFY words: padded with blanks, the first character in the upper byte. */
static void put_text(uint16_t *words, unsigned count, const char *text)
{
    size_t length = strlen(text);

    for (unsigned i = 0; i < count; i++) {
        uint8_t first = 2 * i < length ? (uint8_t)text[2 * i] : ' ';
        uint8_t second = 2 * i + 1 < length ? (uint8_t)text[2 * i + 1] : ' ';

        words[i] = (uint16_t)(first << 8 | second);
    }
}

static void put_number(uint16_t *words, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++)
        words[i] = (uint16_t)(value >> (16 * i));
}

static void put_capacity(const struct ide_drive *drive, uint16_t *words)
{
    uint64_t cylinders = drive->sectors / (HEADS * SECTORS_PER_TRACK);

    words[ATA_ID_CYLINDERS] = (uint16_t)(cylinders < MAX_CYLINDERS ? cylinders : MAX_CYLINDERS);
    words[ATA_ID_HEADS] = HEADS;
    words[ATA_ID_SECTORS_PER_TRACK] = SECTORS_PER_TRACK;
    put_number(&words[ATA_ID_SECTORS_28], 2,
               drive->sectors < ATA_MAX_SECTORS_28 ? drive->sectors : ATA_MAX_SECTORS_28);
    put_number(&words[ATA_ID_SECTORS_48], 4, drive->sectors);
    words[ATA_ID_SECTOR_SIZE] = SECTOR_SIZE_VALID;
}

static void put_features(const struct ide_drive *drive, uint16_t *words)
{
    const uint16_t set_2 =
        ATA_ID_COMMAND_SET_2_LBA48 | ATA_ID_COMMAND_SET_2_FLUSH | ATA_ID_COMMAND_SET_2_FLUSH_EXT;

    words[ATA_ID_MAX_MULTIPLE] = MULTIPLE_WORD_HIGH | IDE_MAX_MULTIPLE;
    words[ATA_ID_CAPABILITIES] = ATA_ID_CAPABILITIES_LBA | ATA_ID_CAPABILITIES_IORDY;
    words[ID_CAPABILITIES_2] = CAPABILITIES_2_VALID;
    words[ATA_ID_VALIDITY] = ATA_ID_VALIDITY_64_70;
    if (drive->multiple != 0)
        words[ATA_ID_MULTIPLE] = (uint16_t)(ATA_ID_MULTIPLE_VALID | drive->multiple);
    words[ID_PIO_MODES] = PIO_MODES_3_AND_4;
    words[ID_PIO_CYCLE] = PIO_MODE_4_CYCLE;
    words[ID_PIO_CYCLE_IORDY] = PIO_MODE_4_CYCLE;
    words[ATA_ID_MAJOR_VERSION] = MAJOR_ATA_4_TO_7;
    words[ATA_ID_COMMAND_SET_1] = ATA_ID_COMMAND_SET_1_WRITE_CACHE;
    words[ATA_ID_COMMAND_SET_2] = ATA_ID_COMMAND_SET_VALID | set_2;
    words[ATA_ID_COMMAND_SET_3] = ATA_ID_COMMAND_SET_VALID;
    words[ATA_ID_COMMAND_SET_1_ENABLED] = drive->write_cache ? ATA_ID_COMMAND_SET_1_WRITE_CACHE : 0;
    words[ATA_ID_COMMAND_SET_2_ENABLED] = set_2;
    words[ATA_ID_COMMAND_SET_3_ENABLED] = ATA_ID_COMMAND_SET_VALID;
}

/* The modes of one kind, and which of them is set, if it is one of that kind. */
static uint16_t dma_modes(uint8_t mode, uint8_t first)
{
    uint16_t modes = (1 << (TRANSFER_MODE_DMA_MAX + 1)) - 1;

    if (mode >= first && mode <= first + TRANSFER_MODE_DMA_MAX)
        modes |= (uint16_t)(1 << (8 + mode - first));
    return modes;
}

static void put_dma(const struct ide_drive *drive, uint16_t *words)
{
    if (drive->dma_mode == 0)
        return;
    words[ATA_ID_CAPABILITIES] |= ATA_ID_CAPABILITIES_DMA;
    words[ATA_ID_VALIDITY] |= ATA_ID_VALIDITY_88;
    words[ATA_ID_MULTIWORD_DMA] = dma_modes(drive->dma_mode, TRANSFER_MODE_MULTIWORD_DMA);
    words[ATA_ID_ULTRA_DMA] = dma_modes(drive->dma_mode, TRANSFER_MODE_ULTRA_DMA);
}

/* Makes the 512 bytes add up to 0. */
static void put_checksum(uint16_t *words)
{
    uint8_t sum = INTEGRITY_SIGNATURE;

    for (unsigned i = 0; i < ID_INTEGRITY; i++)
        sum = (uint8_t)(sum + words[i] + (words[i] >> 8));
    words[ID_INTEGRITY] = (uint16_t)((uint8_t)-sum << 8 | INTEGRITY_SIGNATURE);
}

void ide_identify(const struct ide_drive *drive, unsigned unit, uint16_t words[ATA_ID_WORDS])
{
    char serial[2 * ATA_ID_SERIAL_WORDS + 1];

    memset(words, 0, ATA_ID_WORDS * sizeof words[0]);
    words[ATA_ID_CONFIG] = CONFIG_FIXED_DRIVE;
    snprintf(serial, sizeof serial, "TRAPLINE-%02u", unit % 100);
    put_text(&words[ATA_ID_SERIAL], ATA_ID_SERIAL_WORDS, serial);
    put_text(&words[ATA_ID_FIRMWARE], ATA_ID_FIRMWARE_WORDS, TRAPLINE_VERSION);
    put_text(&words[ATA_ID_MODEL], ATA_ID_MODEL_WORDS, "Trapline ATA disk");
    put_capacity(drive, words);
    put_features(drive, words);
    put_dma(drive, words);
    words[ATA_ID_RESET_RESULT] =
        unit % IDE_DRIVES == 0 ? RESET_RESULT_DEVICE_0 : RESET_RESULT_DEVICE_1;
    put_checksum(words);
}
