/* SPDX-License-Identifier: MIT */
/*
 * Chunk device: registers, the doorbell, and the two ends of a command. What runs in the middle is
 * backend_run(); where it runs is the run hook's business.
 */
#include "chunk.h"

#include <errno.h>
#include <string.h>

#define CHUNK_PCI_SLOT 2
#define CHUNK_PCI_REVISION 1
#define CHUNK_MAX_OFFSET INT64_MAX

/* Registers as after power-on. A command in flight still uses guest memory: until it lets go the
 * device is BUSY, and takes no doorbell. Lock held. */
static void clear_registers(struct chunk_model *chunk)
{
    chunk->command = 0;
    chunk->error = CHUNK_ERROR_NONE;
    chunk->tag = 0;
    chunk->done_tag = 0;
    chunk->data_gpa = 0;
    chunk->data_length = 0;
    chunk->result_gpa = 0;
    chunk->result_length = 0;
    chunk->offset = 0;
    chunk->transferred = 0;
    chunk->pending = false;
    chunk->status = chunk->in_flight ? CHUNK_STATUS_BUSY : CHUNK_STATUS_IDLE;
}

void chunk_model_reset(struct chunk_model *chunk)
{
    pthread_mutex_lock(&chunk->lock);
    chunk->generation++;
    clear_registers(chunk);
    pthread_mutex_unlock(&chunk->lock);
}

/* --- submit ----------------------------------------------------------------------------------- */

static uint32_t check_length(uint64_t length, uint64_t offset)
{
    if (length == 0)
        return CHUNK_ERROR_NONE;
    if (length > CHUNK_MAX_LENGTH || offset > CHUNK_MAX_OFFSET ||
        length > CHUNK_MAX_OFFSET - offset)
        return CHUNK_ERROR_BAD_LENGTH;
    return CHUNK_ERROR_NONE;
}

/* READ_CHUNK and WRITE_CHUNK: turns buffer and offset into a request of one segment. */
static uint32_t prepare_transfer(struct chunk_model *chunk, struct backend *backend, enum io_op op,
                                 gpa_t gpa, uint64_t length)
{
    struct io_request *request = &chunk->request;
    uint32_t error = check_length(length, chunk->offset);
    void *buffer;

    if (error != CHUNK_ERROR_NONE || length == 0)
        return error;
    buffer = guest_ptr(chunk->memory, gpa, length);
    if (buffer == NULL)
        return CHUNK_ERROR_BAD_ADDRESS;
    request->backend = backend;
    request->op = op;
    request->offset = chunk->offset;
    request->length = length;
    request->segments[0] = (struct iovec){.iov_base = buffer, .iov_len = length};
    request->segment_count = 1;
    return CHUNK_ERROR_NONE;
}

static uint32_t prepare_get_size(struct chunk_model *chunk)
{
    void *target;

    if (chunk->result_length < CHUNK_SIZE_BYTES || chunk->result_length > CHUNK_MAX_LENGTH)
        return CHUNK_ERROR_BAD_LENGTH;
    target = guest_ptr(chunk->memory, chunk->result_gpa, CHUNK_SIZE_BYTES);
    if (target == NULL)
        return CHUNK_ERROR_BAD_ADDRESS;
    chunk->size_answer = chunk->input->size;
    chunk->size_target = target;
    return CHUNK_ERROR_NONE;
}

/* Validates the registers and fills in chunk->request. Returns CHUNK_ERROR_*. */
static uint32_t prepare(struct chunk_model *chunk)
{
    struct backend *output = chunk->output;

    if (!pci_device_is_master(&chunk->pci))
        return CHUNK_ERROR_NOT_MASTER;
    switch (chunk->command) {
    case CHUNK_CMD_READ_CHUNK:
        if (chunk->input == NULL)
            return CHUNK_ERROR_NO_FILE;
        return prepare_transfer(chunk, chunk->input, IO_READ, chunk->result_gpa,
                                chunk->result_length);
    case CHUNK_CMD_WRITE_CHUNK:
        if (output == NULL || output->read_only)
            return CHUNK_ERROR_NO_FILE;
        return prepare_transfer(chunk, output, IO_WRITE, chunk->data_gpa, chunk->data_length);
    case CHUNK_CMD_GET_SIZE:
        if (chunk->input == NULL)
            return CHUNK_ERROR_NO_FILE;
        return prepare_get_size(chunk);
    case CHUNK_CMD_FLUSH:
        if (output == NULL || output->read_only)
            return CHUNK_ERROR_NO_FILE;
        chunk->request.backend = output;
        chunk->request.op = IO_FLUSH;
        return CHUNK_ERROR_NONE;
    default:
        return CHUNK_ERROR_UNKNOWN_COMMAND;
    }
}

struct io_request *chunk_submit(struct chunk_model *chunk)
{
    struct io_request *request = NULL;

    pthread_mutex_lock(&chunk->lock);
    if (chunk->pending && !chunk->in_flight) {
        request = &chunk->request;
        request->backend = NULL;
        request->op = IO_NONE;
        request->offset = 0;
        request->length = 0;
        request->segment_count = 0;
        request->transferred = 0;
        request->error = 0;
        chunk->size_target = NULL;
        chunk->flight_error = prepare(chunk);
        chunk->flight_tag = chunk->tag;
        chunk->flight_generation = chunk->generation;
        chunk->in_flight = true;
        chunk->pending = false;
    }
    pthread_mutex_unlock(&chunk->lock);
    return request;
}

/* --- complete --------------------------------------------------------------------------------- */

static uint32_t error_from_errno(int error)
{
    switch (error) {
    case 0:
        return CHUNK_ERROR_NONE;
    case EROFS:
    case EBADF:
        return CHUNK_ERROR_NO_FILE;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return CHUNK_ERROR_NO_SPACE;
    default:
        return CHUNK_ERROR_IO;
    }
}

/* In the order that a driver may rely on: result bytes, transferred, error, status, done_tag. */
static void store_results(struct chunk_model *chunk, const struct io_request *request)
{
    uint64_t transferred = request->transferred;
    uint32_t error = chunk->flight_error;

    if (error == CHUNK_ERROR_NONE)
        error = error_from_errno(request->error);
    if (error == CHUNK_ERROR_NONE && chunk->size_target != NULL) {
        memcpy(chunk->size_target, &chunk->size_answer, CHUNK_SIZE_BYTES);
        transferred = CHUNK_SIZE_BYTES;
    }
    chunk->transferred = transferred;
    chunk->error = error;
    chunk->status = error == CHUNK_ERROR_NONE ? CHUNK_STATUS_COMPLETE : CHUNK_STATUS_ERROR;
    chunk->done_tag = chunk->flight_tag;
}

void chunk_complete(struct chunk_model *chunk, struct io_request *request)
{
    pthread_mutex_lock(&chunk->lock);
    chunk->in_flight = false;
    if (chunk->flight_generation == chunk->generation)
        store_results(chunk, request);
    else
        clear_registers(chunk);
    pthread_mutex_unlock(&chunk->lock);
}

void chunk_run_inline(struct chunk_model *chunk)
{
    struct io_request *request = chunk_submit(chunk);

    if (request == NULL)
        return;
    backend_run(request);
    chunk_complete(chunk, request);
}

/* --- registers -------------------------------------------------------------------------------- */

static void ring_doorbell(struct chunk_model *chunk)
{
    bool ignored;

    pthread_mutex_lock(&chunk->lock);
    ignored =
        chunk->status == CHUNK_STATUS_BUSY || (chunk->tag != 0 && chunk->tag == chunk->done_tag);
    if (ignored) {
        chunk->ignored_doorbells++;
    } else {
        chunk->pending = true;
        chunk->status = CHUNK_STATUS_BUSY;
    }
    pthread_mutex_unlock(&chunk->lock);
    if (!ignored)
        chunk->run(chunk);
}

static bool read_register32(const struct chunk_model *chunk, uint64_t offset, uint64_t *value)
{
    switch (offset) {
    case CHUNK_REG_COMMAND:
        *value = chunk->command;
        return true;
    case CHUNK_REG_STATUS:
        *value = chunk->status;
        return true;
    case CHUNK_REG_ERROR:
        *value = chunk->error;
        return true;
    case CHUNK_REG_ID:
        *value = CHUNK_ID;
        return true;
    case CHUNK_REG_VERSION:
        *value = CHUNK_VERSION;
        return true;
    case CHUNK_REG_TAG:
        *value = chunk->tag;
        return true;
    case CHUNK_REG_DONE_TAG:
        *value = chunk->done_tag;
        return true;
    case CHUNK_REG_FEATURES: /* none yet */
    case CHUNK_REG_CONTROL:  /* reset is over when the write returns; ring and MSI are features */
        *value = 0;
        return true;
    default:
        return false;
    }
}

/* The parameter registers. The doorbell and control are not here: they do things. */
static bool write_register32(struct chunk_model *chunk, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case CHUNK_REG_COMMAND:
        chunk->command = value;
        return true;
    case CHUNK_REG_TAG:
        chunk->tag = value;
        return true;
    default:
        return false;
    }
}

/* The 64-bit register at offset, a multiple of 8; NULL: none. */
static uint64_t *register64(struct chunk_model *chunk, uint64_t offset)
{
    switch (offset) {
    case CHUNK_REG_DATA_GPA:
        return &chunk->data_gpa;
    case CHUNK_REG_DATA_LENGTH:
        return &chunk->data_length;
    case CHUNK_REG_RESULT_GPA:
        return &chunk->result_gpa;
    case CHUNK_REG_RESULT_LENGTH:
        return &chunk->result_length;
    case CHUNK_REG_OFFSET:
        return &chunk->offset;
    case CHUNK_REG_TRANSFERRED:
        return &chunk->transferred;
    default:
        return NULL;
    }
}

static bool access_is_natural(uint64_t offset, unsigned size)
{
    return (size == 4 || size == 8) && offset % size == 0;
}

static unsigned half_shift(uint64_t offset)
{
    return offset % 8 == 4 ? 32 : 0;
}

static bool chunk_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct chunk_model *chunk = self;
    const uint64_t *wide;
    bool answered = true;

    if (!access_is_natural(offset, size))
        return false;
    pthread_mutex_lock(&chunk->lock);
    wide = register64(chunk, offset & ~7ull);
    if (wide == NULL)
        answered = size == 4 && read_register32(chunk, offset, value);
    else if (size == 8)
        *value = *wide;
    else
        *value = (uint32_t)(*wide >> half_shift(offset));
    pthread_mutex_unlock(&chunk->lock);
    return answered;
}

static bool chunk_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct chunk_model *chunk = self;
    uint64_t *wide;
    bool answered = true;

    if (!access_is_natural(offset, size))
        return false;
    if (size == 4 && offset == CHUNK_REG_DOORBELL) {
        ring_doorbell(chunk);
        return true;
    }
    if (size == 4 && offset == CHUNK_REG_CONTROL) {
        if (value & CHUNK_CONTROL_RESET)
            chunk_model_reset(chunk);
        return true;
    }
    pthread_mutex_lock(&chunk->lock);
    wide = register64(chunk, offset & ~7ull);
    if (wide == NULL) {
        answered = size == 4 && write_register32(chunk, offset, (uint32_t)value);
    } else if (wide == &chunk->transferred) {
        answered = false; /* read-only */
    } else if (size == 8) {
        *wide = value;
    } else {
        unsigned shift = half_shift(offset);

        *wide = (*wide & ~(0xffffffffull << shift)) | (uint64_t)(uint32_t)value << shift;
    }
    pthread_mutex_unlock(&chunk->lock);
    return answered;
}

static const struct bus_ops chunk_ops = {.read = chunk_read, .write = chunk_write};

void chunk_model_init(struct chunk_model *chunk, const struct guest_memory *memory,
                      struct backend *input, struct backend *output)
{
    *chunk = (struct chunk_model){
        .region = {.name = "chunk", .ops = &chunk_ops, .self = chunk, .length = CHUNK_BAR_SIZE},
        .memory = memory,
        .input = input,
        .output = output,
        .run = chunk_run_inline,
    };
    pthread_mutex_init(&chunk->lock, NULL);
    pci_device_init(&chunk->pci, "chunk", CHUNK_PCI_SLOT, 0, CHUNK_PCI_VENDOR, CHUNK_PCI_DEVICE,
                    PCI_CLASS_UNASSIGNED, CHUNK_PCI_REVISION);
    pci_device_bar(&chunk->pci, 0, CHUNK_BAR_SIZE, false, false, false, &chunk->region);
}
