/* SPDX-License-Identifier: MIT */
/* What drivers return: 0 or one of these. error_text() gives the word that the firmware prints. */
#ifndef DRIVERS_ERRORS_H
#define DRIVERS_ERRORS_H

enum driver_error {
    ERR_OK = 0,
    ERR_ABSENT = -1,  /* nothing there: floating bus, no such function */
    ERR_TIMEOUT = -2, /* the device did not answer in time */
    ERR_IO = -3,      /* the device reported an error of its own */
    ERR_RANGE = -4,   /* past the end, or not a whole number of blocks */
    ERR_READ_ONLY = -5,
    ERR_NO_SPACE = -6,
    ERR_DEVICE = -7,      /* the device broke its specification */
    ERR_UNSUPPORTED = -8, /* the device is sound, but not one that this driver can drive */
    ERR_NO_MEMORY = -9,
};

const char *error_text(int error);

#endif
