/* SPDX-License-Identifier: MIT */
/*
 * Chunk device: the two ends of a command. What runs in the middle is backend_run() or an io_queue; where,
 * is the host's business. What an entry of the ring is, is chunk_ring.c's.
 */
#include "chunk_internal.h"

#include <errno.h>
#include <string.h>

#define CHUNK_MAX_OFFSET INT64_MAX

/* --- validation --------------------------------------------------------------------------------- */

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
                                 const struct chunk_parameters *parameters, struct io_request *io)
{
    uint64_t length = parameters->length;
    uint32_t error = check_length(length, parameters->offset);

    if (error != CHUNK_ERROR_NONE || length == 0)
        return error;
    void *buffer = guest_ptr(chunk->memory, parameters->gpa, length);
    if (buffer == NULL)
        return CHUNK_ERROR_BAD_ADDRESS;
    io->backend = backend;
    io->op = op;
    io->offset = parameters->offset;
    io->length = length;
    io->segments[0] = (struct iovec){.iov_base = buffer, .iov_len = length};
    io->segment_count = 1;
    return CHUNK_ERROR_NONE;
}

static uint32_t prepare_get_size(struct chunk_model *chunk,
                                 const struct chunk_parameters *parameters,
                                 struct chunk_request *request)
{
    if (parameters->length < CHUNK_SIZE_BYTES || parameters->length > CHUNK_MAX_LENGTH)
        return CHUNK_ERROR_BAD_LENGTH;
    void *target = guest_ptr(chunk->memory, parameters->gpa, CHUNK_SIZE_BYTES);
    if (target == NULL)
        return CHUNK_ERROR_BAD_ADDRESS;
    request->size_answer = chunk->input->size;
    request->size_target = target;
    return CHUNK_ERROR_NONE;
}

static uint32_t validate(struct chunk_model *chunk, const struct chunk_parameters *parameters,
                         struct chunk_request *request)
{
    struct backend *output = chunk->output;
    bool writable = output != NULL && !output->read_only;

    if (!pci_device_is_master(&chunk->pci))
        return CHUNK_ERROR_NOT_MASTER;
    switch (parameters->command) {
    case CHUNK_CMD_READ_CHUNK:
        if (chunk->input == NULL)
            return CHUNK_ERROR_NO_FILE;
        return prepare_transfer(chunk, chunk->input, IO_READ, parameters, &request->io);
    case CHUNK_CMD_WRITE_CHUNK:
        if (!writable)
            return CHUNK_ERROR_NO_FILE;
        return prepare_transfer(chunk, output, IO_WRITE, parameters, &request->io);
    case CHUNK_CMD_GET_SIZE:
        if (chunk->input == NULL)
            return CHUNK_ERROR_NO_FILE;
        return prepare_get_size(chunk, parameters, request);
    case CHUNK_CMD_FLUSH:
        if (!writable)
            return CHUNK_ERROR_NO_FILE;
        request->io.backend = output;
        request->io.op = IO_FLUSH;
        return CHUNK_ERROR_NONE;
    default:
        return CHUNK_ERROR_UNKNOWN_COMMAND;
    }
}

void chunk_prepare(struct chunk_model *chunk, const struct chunk_parameters *parameters,
                   struct chunk_request *request)
{
    /* Field by field: the room for segments is large, and not used. */
    request->io.backend = NULL;
    request->io.op = IO_NONE;
    request->io.offset = 0;
    request->io.length = 0;
    request->io.segment_count = 0;
    request->io.durable = false;
    request->io.unmap = false;
    request->io.transferred = 0;
    request->io.error = 0;
    request->size_target = NULL;
    request->error = validate(chunk, parameters, request);
    request->generation = chunk->generation;
    request->taken = true;
    chunk->in_flight++;
}

/* --- submit ------------------------------------------------------------------------------------- */

/* The snapshot of the registers. */
static struct chunk_request *take_single(struct chunk_model *chunk)
{
    struct chunk_parameters parameters = {.command = chunk_load32(chunk, CHUNK_REG_COMMAND),
                                          .gpa = chunk_load64(chunk, CHUNK_REG_RESULT_GPA),
                                          .length = chunk_load64(chunk, CHUNK_REG_RESULT_LENGTH),
                                          .offset = chunk_load64(chunk, CHUNK_REG_OFFSET)};

    if (!chunk->pending || chunk->in_flight > 0)
        return NULL;
    if (parameters.command == CHUNK_CMD_WRITE_CHUNK) {
        parameters.gpa = chunk_load64(chunk, CHUNK_REG_DATA_GPA);
        parameters.length = chunk_load64(chunk, CHUNK_REG_DATA_LENGTH);
    }
    chunk_prepare(chunk, &parameters, &chunk->single);
    chunk->single.tag = chunk_load32(chunk, CHUNK_REG_TAG);
    chunk->pending = false;
    return &chunk->single;
}

struct io_request *chunk_submit(struct chunk_model *chunk)
{
    pthread_mutex_lock(&chunk->lock);
    struct chunk_request *request = chunk->ring.on ? chunk_take_entry(chunk) : take_single(chunk);
    pthread_mutex_unlock(&chunk->lock);
    return request != NULL ? &request->io : NULL;
}

/* --- complete ----------------------------------------------------------------------------------- */

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

uint32_t chunk_outcome(const struct chunk_request *request, uint64_t *transferred)
{
    uint32_t error = request->error;

    *transferred = request->io.transferred;
    if (error == CHUNK_ERROR_NONE)
        error = error_from_errno(request->io.error);
    if (error == CHUNK_ERROR_NONE && request->size_target != NULL) {
        memcpy(request->size_target, &request->size_answer, CHUNK_SIZE_BYTES);
        *transferred = CHUNK_SIZE_BYTES;
    }
    return error;
}

/* In the order that a driver may rely on: result bytes, transferred, error, status, done_tag. */
static void complete_single(struct chunk_model *chunk, const struct chunk_request *request)
{
    uint64_t transferred;
    uint32_t error = chunk_outcome(request, &transferred);

    chunk_store64(chunk, CHUNK_REG_TRANSFERRED, transferred);
    chunk_store32(chunk, CHUNK_REG_ERROR, error);
    chunk_store32(chunk, CHUNK_REG_STATUS,
                  error == CHUNK_ERROR_NONE ? CHUNK_STATUS_COMPLETE : CHUNK_STATUS_ERROR);
    chunk_store32(chunk, CHUNK_REG_DONE_TAG, request->tag);
    if (chunk_load32(chunk, CHUNK_REG_CONTROL) & CHUNK_CONTROL_MSI)
        msi_model_send(&chunk->msi);
}

void chunk_complete(struct chunk_model *chunk, struct io_request *io)
{
    struct chunk_request *request = (struct chunk_request *)io; /* its first member */

    pthread_mutex_lock(&chunk->lock);
    request->taken = false;
    chunk->in_flight--;
    /* After a reset nobody waits for it, and where it would answer may have another use. */
    if (request->generation == chunk->generation) {
        if (request->entry != NULL)
            chunk_complete_entry(chunk, request);
        else
            complete_single(chunk, request);
    }
    chunk_released(chunk);
    pthread_mutex_unlock(&chunk->lock);
}

void chunk_run_inline(void *context)
{
    struct chunk_model *chunk = context;
    struct io_request *request;

    chunk_model_doorbell(chunk);
    while ((request = chunk_submit(chunk)) != NULL) {
        backend_run(request);
        chunk_complete(chunk, request);
    }
}
