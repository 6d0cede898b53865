/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg: which item is selected, and what is read of it. The names of files are learned where the guest reads
 * the directory through the data port; what comes by DMA no access shows.
 */
#include "span.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/fw_cfg.h"
#include "../../../drivers/abi/machine.h"

#define FILES_KNOWN 64
#define DIRECTORY_COUNT_BYTES 4 /* before the first entry */

static const struct decode_register ports[] = {
    R(PORT_FW_CFG, FW_CFG_PORT_COUNT, DECODE_BOTH, "fw_cfg", DECODE_HEX, NULL, NULL),
};
const struct decode_table decode_fw_cfg_ports = {"machine.h", ports, DECODE_COUNT(ports)};

static const struct decode_value keys[] = {
    V(FW_CFG_KEY_SIGNATURE, "signature"),
    V(FW_CFG_KEY_ID, "id"),
    {NULL, 0x02, "UUID"},
    V(FW_CFG_KEY_RAM_SIZE, "RAM size"),
    {NULL, 0x04, "no graphics"},
    V(FW_CFG_KEY_CPU_COUNT, "CPU count"),
    {NULL, 0x06, "machine id"},
    {NULL, 0x07, "kernel address"},
    {NULL, 0x08, "kernel size"},
    {NULL, 0x09, "kernel command line"},
    {NULL, 0x0a, "initrd address"},
    {NULL, 0x0b, "initrd size"},
    {NULL, 0x0c, "boot device"},
    {NULL, 0x0d, "NUMA"},
    {NULL, 0x0e, "boot menu"},
    V(FW_CFG_KEY_MAX_CPUS, "CPUs at most"),
    {NULL, 0x10, "kernel entry"},
    {NULL, 0x11, "kernel data"},
    {NULL, 0x12, "initrd data"},
    {NULL, 0x17, "kernel setup data"},
    {NULL, 0x18, "kernel setup size"},
    V(FW_CFG_KEY_FILE_DIRECTORY, "file directory"),
    V(FW_CFG_KEY_FILE_FIRST, "file 0x20"),
    {NULL, 0x8000, "ACPI tables"},
    {NULL, 0x8001, "SMBIOS entries"},
    {NULL, 0x8002, "IRQ 0 override"},
    {NULL, 0x8003, "e820 table"},
    {NULL, 0x8004, "HPET"},
    {0},
};

/* As the guest reads them; what it writes is the other way round. */
static const struct decode_value dma_high_values[] = {
    V(FW_CFG_DMA_SIGNATURE_HIGH, "\"QEMU\""),
    {0},
};
static const struct decode_value dma_low_values[] = {
    V(FW_CFG_DMA_SIGNATURE_LOW, "\" CFG\""),
    {0},
};

/* The data port lies in the selector's upper half. */
static const struct decode_register registers[] = {
    R(FW_CFG_SELECTOR, 2, DECODE_WRITE, "selector", DECODE_VALUE, NULL, keys),
    R(FW_CFG_DATA, 1, DECODE_READ, "data", DECODE_DATA, NULL, NULL),
    R(FW_CFG_DMA_HIGH, 4, DECODE_BOTH, "dma_high", DECODE_HEX, NULL, dma_high_values),
    R(FW_CFG_DMA_LOW, 4, DECODE_BOTH, "dma_low", DECODE_HEX, NULL, dma_low_values),
};
const struct decode_table decode_fw_cfg_registers = {"fw_cfg.h", registers,
                                                     DECODE_COUNT(registers)};

_Static_assert(FW_CFG_FILE_ENTRY_SIZE <= DECODE_DATA_MAX, "an entry read at once is seen whole");

struct file_name {
    uint16_t key;
    char name[FW_CFG_FILE_NAME_SIZE]; /* ends with a NUL */
};

struct fw_cfg_state {
    bool selected; /* by the port, and key is what */
    uint16_t key;
    uint64_t position; /* in the item, bytes */
    /* The directory's entry that is being read, and how many of its bytes are known, from the first on */
    uint8_t entry[FW_CFG_FILE_ENTRY_SIZE];
    unsigned entry_known;
    struct file_name files[FILES_KNOWN]; /* the first file_count of them */
    unsigned file_count;
    uint32_t dma_high;
};

/* --- names ---------------------------------------------------------------------------------------- */

static const char *find_name(const struct fw_cfg_state *state, uint16_t key)
{
    for (unsigned i = 0; i < state->file_count; i++) {
        if (state->files[i].key == key)
            return state->files[i].name;
    }
    return NULL;
}

/* An entry has been read whole. It is the host's, but another host's than this one might say anything. */
static void learn_file(struct fw_cfg_state *state)
{
    const uint8_t *entry = state->entry;
    uint16_t key = (uint16_t)(entry[FW_CFG_FILE_SELECT] << 8 | entry[FW_CFG_FILE_SELECT + 1]);
    struct file_name *file = &state->files[state->file_count];

    if (state->file_count == FILES_KNOWN || key < FW_CFG_KEY_FILE_FIRST ||
        entry[FW_CFG_FILE_NAME] == '\0' || find_name(state, key) != NULL)
        return;
    file->key = key;
    for (unsigned i = 0; i < FW_CFG_FILE_NAME_SIZE - 1 && entry[FW_CFG_FILE_NAME + i] != '\0';
         i++) {
        uint8_t c = entry[FW_CFG_FILE_NAME + i];
        file->name[i] = c > ' ' && c <= '~' ? (char)c : '?';
    }
    state->file_count++;
}

/* One byte of the directory, from its place in it. */
static void learn_byte(struct fw_cfg_state *state, uint64_t position, uint8_t byte)
{
    unsigned at;

    if (position < DIRECTORY_COUNT_BYTES)
        return;
    at = (position - DIRECTORY_COUNT_BYTES) % FW_CFG_FILE_ENTRY_SIZE;
    if (at == 0)
        state->entry_known = 0;
    if (at != state->entry_known)
        return; /* bytes before it were not in the trace */
    state->entry[at] = byte;
    state->entry_known++;
    if (state->entry_known == FW_CFG_FILE_ENTRY_SIZE)
        learn_file(state);
}

static void append_item(const struct fw_cfg_state *state, char *words)
{
    const char *word = decode_word_of(keys, state->key);
    const char *name = find_name(state, state->key);

    if (name != NULL)
        decode_append(words, "file 0x%x %s", state->key, name);
    else if (word != NULL)
        decode_append(words, "%s", word);
    else if (state->key > FW_CFG_KEY_FILE_FIRST && state->key < 0x4000)
        decode_append(words, "file 0x%x", state->key);
    else
        decode_append(words, "0x%x", state->key);
}

/* --- accesses ------------------------------------------------------------------------------------- */

static void decode_selector(struct fw_cfg_state *state, const struct decode_access *access,
                            struct decoded *decoded)
{
    state->selected = access->answered;
    state->key = (uint16_t)decode_value_of(access);
    state->position = 0;
    state->entry_known = 0;
    decoded->words[0] = '\0';
    append_item(state, decoded->words);
}

static void decode_data(struct fw_cfg_state *state, const struct decode_access *access,
                        struct decoded *decoded)
{
    if (!state->selected || !access->answered)
        return;
    for (unsigned i = 0; i < access->data_length && state->key == FW_CFG_KEY_FILE_DIRECTORY; i++)
        learn_byte(state, state->position + i, access->data[i]);
    state->position += (uint64_t)access->size * access->count;
    decode_append(decoded->words, " of ");
    append_item(state, decoded->words);
}

/* Big-endian: a write that starts a transfer is shown with all of the descriptor's address. */
static void decode_dma(struct fw_cfg_state *state, const struct decode_register *reg,
                       const struct decode_access *access, struct decoded *decoded)
{
    uint32_t value = __builtin_bswap32((uint32_t)decode_value_of(access));

    decode_register_words(reg, 0, access->size, value, decoded);
    if (!access->is_write || !access->answered)
        return;
    if (reg->offset == FW_CFG_DMA_HIGH) {
        state->dma_high = value;
        return;
    }
    decode_append(decoded->words, " descriptor=0x%llx",
                  (unsigned long long)((uint64_t)state->dma_high << 32 | value));
    state->dma_high = 0;
    state->selected = false; /* the descriptor may have selected another item */
}

static bool find_offset(const struct decode_access *access, uint64_t *offset)
{
    const struct decode_register *place =
        decode_find(&decode_fw_cfg_ports, access->address, access->is_write);

    if (strcmp(access->device, "fw_cfg") == 0) {
        *offset = access->offset;
        return true;
    }
    if (!access->is_port || access->device[0] != '\0' || place == NULL)
        return false;
    *offset = access->address - place->offset;
    return true;
}

static bool decode(void *self, const struct decode_access *access, struct decoded *decoded)
{
    struct fw_cfg_state *state = self;
    const struct decode_span span = {.table = &decode_fw_cfg_registers};
    const struct decode_register *reg;
    uint64_t offset;

    if (!find_offset(access, &offset))
        return false;
    snprintf(decoded->device, sizeof decoded->device, "fw_cfg");
    if (offset == FW_CFG_DATA) {
        reg = decode_find(&decode_fw_cfg_registers, FW_CFG_DATA, false);
        decode_register_words(reg, 0, access->size, decode_value_of(access), decoded);
        if (access->count > 1) {
            decoded->words[0] = '\0';
            decode_data_words(access, decoded->words);
        }
        if (!access->is_write)
            decode_data(state, access, decoded);
        return true;
    }
    if (!decode_span(&span, offset, access, decoded))
        decode_nameless(offset, access, decoded);
    reg = decode_find(&decode_fw_cfg_registers, offset, access->is_write);
    if (reg == NULL || reg->offset != offset || reg->size != access->size || access->count != 1)
        return true;
    if (offset == FW_CFG_SELECTOR)
        decode_selector(state, access, decoded);
    else
        decode_dma(state, reg, access, decoded);
    return true;
}

const struct decode_module decode_fw_cfg = {"fw_cfg", sizeof(struct fw_cfg_state), decode};
