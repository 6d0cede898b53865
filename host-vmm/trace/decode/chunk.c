/* SPDX-License-Identifier: MIT */
/* The chunk device's registers. Its region goes where the guest puts BAR 0, and has the device's name. */
#include "span.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "../../../drivers/abi/chunk.h"

static const struct decode_value commands[] = {
    V(CHUNK_CMD_READ_CHUNK, "READ_CHUNK"),
    V(CHUNK_CMD_WRITE_CHUNK, "WRITE_CHUNK"),
    V(CHUNK_CMD_GET_SIZE, "GET_SIZE"),
    V(CHUNK_CMD_FLUSH, "FLUSH"),
    {0},
};

static const struct decode_value statuses[] = {
    V(CHUNK_STATUS_IDLE, "IDLE"),
    V(CHUNK_STATUS_BUSY, "BUSY"),
    V(CHUNK_STATUS_COMPLETE, "COMPLETE"),
    V(CHUNK_STATUS_ERROR, "ERROR"),
    {0},
};

static const struct decode_value errors[] = {
    V(CHUNK_ERROR_NONE, "NONE"),
    V(CHUNK_ERROR_UNKNOWN_COMMAND, "UNKNOWN_COMMAND"),
    V(CHUNK_ERROR_BAD_ADDRESS, "BAD_ADDRESS"),
    V(CHUNK_ERROR_BAD_LENGTH, "BAD_LENGTH"),
    V(CHUNK_ERROR_NO_FILE, "NO_FILE"),
    V(CHUNK_ERROR_IO, "IO"),
    V(CHUNK_ERROR_NO_SPACE, "NO_SPACE"),
    V(CHUNK_ERROR_NOT_MASTER, "NOT_MASTER"),
    {0},
};

static const struct decode_value ids[] = {V(CHUNK_ID, "\"CHNK\""), {0}};
static const struct decode_value versions[] = {V(CHUNK_VERSION, ""), {0}};
static const struct decode_field features[] = {F(CHUNK_FEATURE_RING, "RING"), {0}};

static const struct decode_field controls[] = {
    F(CHUNK_CONTROL_RESET, "RESET"),
    F(CHUNK_CONTROL_RING, "RING"),
    F(CHUNK_CONTROL_MSI, "MSI"),
    {0},
};

static const struct decode_register registers[] = {
    R(CHUNK_REG_COMMAND, 4, DECODE_BOTH, "command", DECODE_VALUE, NULL, commands),
    R(CHUNK_REG_STATUS, 4, DECODE_READ, "status", DECODE_VALUE, NULL, statuses),
    R(CHUNK_REG_DATA_GPA, 8, DECODE_BOTH, "data_gpa", DECODE_HEX, NULL, NULL),
    R(CHUNK_REG_DATA_LENGTH, 8, DECODE_BOTH, "data_length", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_RESULT_GPA, 8, DECODE_BOTH, "result_gpa", DECODE_HEX, NULL, NULL),
    R(CHUNK_REG_RESULT_LENGTH, 8, DECODE_BOTH, "result_length", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_DOORBELL, 4, DECODE_WRITE, "doorbell", DECODE_HEX, NULL, NULL),
    R(CHUNK_REG_ERROR, 4, DECODE_READ, "error", DECODE_VALUE, NULL, errors),
    R(CHUNK_REG_OFFSET, 8, DECODE_BOTH, "offset", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_TRANSFERRED, 8, DECODE_READ, "transferred", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_ID, 4, DECODE_READ, "id", DECODE_HEX, NULL, ids),
    R(CHUNK_REG_VERSION, 4, DECODE_READ, "version", DECODE_DECIMAL, NULL, versions),
    R(CHUNK_REG_FEATURES, 4, DECODE_READ, "features", DECODE_FLAGS, features, NULL),
    R(CHUNK_REG_TAG, 4, DECODE_BOTH, "tag", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_DONE_TAG, 4, DECODE_READ, "done_tag", DECODE_DECIMAL, NULL, NULL),
    R(CHUNK_REG_CONTROL, 4, DECODE_BOTH, "control", DECODE_FLAGS, controls, NULL),
    R(CHUNK_REG_RING_GPA, 8, DECODE_BOTH, "ring_gpa", DECODE_HEX, NULL, NULL),
    R(CHUNK_REG_RING_ENTRIES, 4, DECODE_BOTH, "ring_entries", DECODE_DECIMAL, NULL, NULL),
};
const struct decode_table decode_chunk_registers = {"chunk.h", registers, DECODE_COUNT(registers)};

static bool decode(void *state, const struct decode_access *access, struct decoded *decoded)
{
    const struct decode_span span = {.table = &decode_chunk_registers};

    (void)state;
    if (access->is_port || strcmp(access->device, "chunk") != 0)
        return false;
    snprintf(decoded->device, sizeof decoded->device, "chunk");
    if (!decode_span(&span, access->offset, access, decoded))
        decode_nameless(access->offset, access, decoded);
    return true;
}

const struct decode_module decode_chunk = {"chunk", 0, decode};
