/* SPDX-License-Identifier: MIT */
/* The words for driver errors. */
#include "errors.h"

const char *error_text(int error)
{
    switch ((enum driver_error)error) {
    case ERR_OK:
        return "ok";
    case ERR_ABSENT:
        return "absent";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_IO:
        return "I/O error";
    case ERR_RANGE:
        return "out of range";
    case ERR_READ_ONLY:
        return "read-only";
    case ERR_NO_SPACE:
        return "no space";
    case ERR_DEVICE:
        return "device broke its specification";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_NO_MEMORY:
        return "no memory";
    }
    return "unknown error";
}
