/* SPDX-License-Identifier: MIT */
/*
 * What IDENTIFY DEVICE says (ATA/ATAPI-7 volume 1, section 6.17), and whether to believe it. No
 * hardware is touched here.
 */
#include "ata.h"

#include "errors.h"

static bool all_equal(const uint16_t *id)
{
    for (unsigned word = 1; word < ATA_ID_WORDS; word++)
        if (id[word] != id[0])
            return false;
    return true;
}

/* Words 83 and 87 say by their two top bits whether the features they and 86 list are real. */
static bool feature_words_valid(uint16_t word)
{
    return (word & (ATA_ID_COMMAND_SET_VALID | ATA_ID_FEATURE_WORD_ZERO)) ==
           ATA_ID_COMMAND_SET_VALID;
}

static void read_features(struct ata_drive *drive, const uint16_t *id)
{
    if (!feature_words_valid(id[ATA_ID_COMMAND_SET_2]) ||
        !feature_words_valid(id[ATA_ID_COMMAND_SET_3_ENABLED]))
        return;
    uint16_t both = id[ATA_ID_COMMAND_SET_2] & id[ATA_ID_COMMAND_SET_2_ENABLED];
    drive->lba48 = both & ATA_ID_COMMAND_SET_2_LBA48;
    drive->flush_ext = both & ATA_ID_COMMAND_SET_2_FLUSH_EXT;
}

static int read_capacity(struct ata_drive *drive, const uint16_t *id)
{
    uint64_t sectors = id[ATA_ID_SECTORS_28] | (uint64_t)id[ATA_ID_SECTORS_28 + 1] << 16;
    if (sectors > ATA_MAX_SECTORS_28)
        return ERR_DEVICE;
    if (drive->lba48) {
        sectors = 0;
        for (unsigned word = 4; word-- > 0;)
            sectors = sectors << 16 | id[ATA_ID_SECTORS_48 + word];
    }
    if (sectors == 0 || sectors > ATA_MAX_SECTORS_48)
        return ERR_DEVICE;
    drive->block.size = sectors * ATA_SECTOR_SIZE;
    return ERR_OK;
}

static void read_model(struct ata_drive *drive, const uint16_t *id)
{
    unsigned length = 0;
    for (unsigned i = 0; i < ATA_ID_MODEL_WORDS * 2; i++) {
        uint16_t word = id[ATA_ID_MODEL + i / 2];
        char c = (char)(i % 2 ? word & 0xff : word >> 8);
        drive->model[i] = c >= ' ' && c <= '~' ? c : '?';
        if (drive->model[i] != ' ')
            length = i + 1;
    }
    drive->model[length] = '\0';
}

int ata_read_identity(struct ata_drive *drive, const uint16_t *id)
{
    if (all_equal(id))
        return ERR_DEVICE;
    if (id[ATA_ID_CONFIG] & ATA_ID_CONFIG_NOT_ATA)
        return ERR_ABSENT;
    if (!(id[ATA_ID_CAPABILITIES] & ATA_ID_CAPABILITIES_LBA))
        return ERR_UNSUPPORTED;
    if (feature_words_valid(id[ATA_ID_SECTOR_SIZE]) &&
        id[ATA_ID_SECTOR_SIZE] & ATA_ID_SECTOR_SIZE_LARGE &&
        (id[ATA_ID_LOGICAL_SECTOR_WORDS] != ATA_SECTOR_WORDS ||
         id[ATA_ID_LOGICAL_SECTOR_WORDS + 1] != 0))
        return ERR_UNSUPPORTED;
    drive->dma_offered = id[ATA_ID_CAPABILITIES] & ATA_ID_CAPABILITIES_DMA;
    read_features(drive, id);
    read_model(drive, id);
    return read_capacity(drive, id);
}
