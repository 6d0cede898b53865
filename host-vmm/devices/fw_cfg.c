/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg: a table of items, a selector with an offset into the selected one, and two ways to read on
 * from there: a byte at a time, or by a DMA descriptor in guest RAM. What the items say is decided by
 * whoever adds them.
 */
#include "fw_cfg.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

#define DIRECTORY_HEADER_SIZE 4
#define DMA_SELECT_SHIFT 16
#define DIRECTORY_ITEM 0 /* its place in the table: fw_cfg_init() adds it first */

struct dma_descriptor {
    uint32_t control, length;
    uint64_t address;
};
_Static_assert(sizeof(struct dma_descriptor) == FW_CFG_DMA_DESCRIPTOR_SIZE, "dma_descriptor");

static void put_be16(uint8_t *to, uint16_t value)
{
    uint16_t be = htobe16(value);

    memcpy(to, &be, sizeof be);
}

static void put_be32(uint8_t *to, uint32_t value)
{
    uint32_t be = htobe32(value);

    memcpy(to, &be, sizeof be);
}

/* --- items ----------------------------------------------------------------------------------------- */

static struct fw_cfg_item *find_item(struct fw_cfg_model *fw_cfg, uint16_t key)
{
    for (unsigned i = 0; i < fw_cfg->count; i++) {
        if (fw_cfg->items[i].key == key)
            return &fw_cfg->items[i];
    }
    return NULL;
}

bool fw_cfg_add(struct fw_cfg_model *fw_cfg, uint16_t key, const void *data, uint32_t length)
{
    if (fw_cfg->count == FW_CFG_MAX_ITEMS || find_item(fw_cfg, key) != NULL)
        return false;
    fw_cfg->items[fw_cfg->count++] =
        (struct fw_cfg_item){.key = key, .data = data, .length = length};
    return true;
}

static bool name_is_usable(const struct fw_cfg_model *fw_cfg, const char *name)
{
    if (name[0] == '\0' || strlen(name) >= FW_CFG_FILE_NAME_SIZE)
        return false;
    for (unsigned i = 0; i < fw_cfg->count; i++) {
        if (strcmp(fw_cfg->items[i].name, name) == 0)
            return false;
    }
    return true;
}

bool fw_cfg_add_file(struct fw_cfg_model *fw_cfg, const char *name, const void *data,
                     uint32_t length)
{
    uint16_t key = fw_cfg->next_file_key;
    unsigned files = key - FW_CFG_KEY_FILE_FIRST;
    uint8_t *entry = fw_cfg->directory + DIRECTORY_HEADER_SIZE + files * FW_CFG_FILE_ENTRY_SIZE;

    if (!name_is_usable(fw_cfg, name) || !fw_cfg_add(fw_cfg, key, data, length))
        return false;
    strcpy(fw_cfg->items[fw_cfg->count - 1].name, name);
    fw_cfg->next_file_key++;

    put_be32(fw_cfg->directory, files + 1);
    put_be32(entry + FW_CFG_FILE_SIZE, length);
    put_be16(entry + FW_CFG_FILE_SELECT, key);
    strcpy((char *)entry + FW_CFG_FILE_NAME, name);
    fw_cfg->items[DIRECTORY_ITEM].length += FW_CFG_FILE_ENTRY_SIZE;
    return true;
}

bool fw_cfg_add_live_file(struct fw_cfg_model *fw_cfg, const char *name, const void *data,
                          uint32_t length, void (*refresh)(void *context), void *context)
{
    struct fw_cfg_item *item = &fw_cfg->items[fw_cfg->count];

    if (!fw_cfg_add_file(fw_cfg, name, data, length))
        return false;
    item->refresh = refresh;
    item->context = context;
    return true;
}

/* --- reading --------------------------------------------------------------------------------------- */

static void select_item(struct fw_cfg_model *fw_cfg, uint16_t key)
{
    const struct fw_cfg_item *item = find_item(fw_cfg, key);

    fw_cfg->selected = key;
    fw_cfg->offset = 0;
    if (item != NULL && item->refresh != NULL)
        item->refresh(item->context);
}

/* Moves up to length bytes on in the selected item; *from is where they start. Returns how many of
 * them the item still has. */
static uint32_t advance(struct fw_cfg_model *fw_cfg, uint32_t length, const uint8_t **from)
{
    const struct fw_cfg_item *item = find_item(fw_cfg, fw_cfg->selected);
    uint32_t count;

    *from = NULL;
    if (item == NULL || item->length == fw_cfg->offset)
        return 0;
    count = item->length - fw_cfg->offset;
    if (count > length)
        count = length;
    *from = (const uint8_t *)item->data + fw_cfg->offset;
    fw_cfg->offset += count;
    return count;
}

static uint8_t read_byte(struct fw_cfg_model *fw_cfg)
{
    const uint8_t *from;

    return advance(fw_cfg, 1, &from) == 1 ? *from : 0;
}

/* Runs one validated copy of a descriptor; returns the control field that tells the guest how it
 * went. */
static uint32_t run_dma(struct fw_cfg_model *fw_cfg, uint32_t control, uint32_t length,
                        gpa_t target)
{
    const uint8_t *from;
    uint32_t count;
    uint8_t *to;

    if (control & FW_CFG_DMA_SELECT)
        select_item(fw_cfg, (uint16_t)(control >> DMA_SELECT_SHIFT));
    if (control & FW_CFG_DMA_READ) {
        if (length == 0)
            return 0;
        to = guest_ptr(fw_cfg->memory, target, length);
        if (to == NULL)
            return FW_CFG_DMA_ERROR;
        count = advance(fw_cfg, length, &from);
        if (count > 0)
            memcpy(to, from, count);
        memset(to + count, 0, length - count);
        return 0;
    }
    if (control & FW_CFG_DMA_WRITE)
        return FW_CFG_DMA_ERROR; /* no item of this machine is writable */
    if (control & FW_CFG_DMA_SKIP)
        advance(fw_cfg, length, &from);
    return 0;
}

static void start_dma(struct fw_cfg_model *fw_cfg, gpa_t address)
{
    struct dma_descriptor descriptor;
    uint32_t result = FW_CFG_DMA_ERROR;

    if (guest_read(fw_cfg->memory, address, &descriptor, sizeof descriptor))
        result = run_dma(fw_cfg, be32toh(descriptor.control), be32toh(descriptor.length),
                         be64toh(descriptor.address));
    /* Last, and even where the rest of the descriptor is not RAM: the guest waits for this field. */
    result = htobe32(result);
    guest_write(fw_cfg->memory, address + offsetof(struct dma_descriptor, control), &result,
                sizeof result);
}

/* --- ports ----------------------------------------------------------------------------------------- */

static bool fw_cfg_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct fw_cfg_model *fw_cfg = self;

    if (offset == FW_CFG_DATA && size == 1)
        *value = read_byte(fw_cfg);
    else if (offset == FW_CFG_DMA_HIGH && size == 4)
        *value = htobe32(FW_CFG_DMA_SIGNATURE_HIGH);
    else if (offset == FW_CFG_DMA_LOW && size == 4)
        *value = htobe32(FW_CFG_DMA_SIGNATURE_LOW);
    else
        return false;
    return true;
}

static bool fw_cfg_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct fw_cfg_model *fw_cfg = self;
    gpa_t address;

    if (offset == FW_CFG_SELECTOR && size == 2) {
        select_item(fw_cfg, (uint16_t)value);
    } else if (offset == FW_CFG_DMA_HIGH && size == 4) {
        fw_cfg->dma_high = be32toh((uint32_t)value);
    } else if (offset == FW_CFG_DMA_LOW && size == 4) {
        address = (gpa_t)fw_cfg->dma_high << 32 | be32toh((uint32_t)value);
        fw_cfg->dma_high = 0; /* so that a guest below 4 GiB need not write it */
        start_dma(fw_cfg, address);
    } else {
        return false;
    }
    return true;
}

static const struct bus_ops fw_cfg_ops = {.read = fw_cfg_read, .write = fw_cfg_write};

void fw_cfg_init(struct fw_cfg_model *fw_cfg, const struct guest_memory *memory)
{
    uint32_t signature = htole32(FW_CFG_SIGNATURE);
    uint32_t id = htole32(FW_CFG_ID_TRADITIONAL | FW_CFG_ID_DMA);

    *fw_cfg = (struct fw_cfg_model){
        .region = {.name = "fw_cfg",
                   .ops = &fw_cfg_ops,
                   .self = fw_cfg,
                   .length = FW_CFG_PORT_COUNT},
        .memory = memory,
        .next_file_key = FW_CFG_KEY_FILE_FIRST,
    };
    memcpy(fw_cfg->signature, &signature, sizeof signature);
    memcpy(fw_cfg->id, &id, sizeof id);
    fw_cfg_add(fw_cfg, FW_CFG_KEY_FILE_DIRECTORY, fw_cfg->directory, DIRECTORY_HEADER_SIZE);
    fw_cfg_add(fw_cfg, FW_CFG_KEY_SIGNATURE, fw_cfg->signature, sizeof fw_cfg->signature);
    fw_cfg_add(fw_cfg, FW_CFG_KEY_ID, fw_cfg->id, sizeof fw_cfg->id);
}

void fw_cfg_reset(struct fw_cfg_model *fw_cfg)
{
    select_item(fw_cfg, FW_CFG_KEY_SIGNATURE);
    fw_cfg->dma_high = 0;
}
