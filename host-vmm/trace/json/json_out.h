/* SPDX-License-Identifier: MIT */
/*
 * JSON written in a stream, piece by piece: a trace is too long to be built in memory. The caller sees to the
 * commas between events and members; strings and numbers come out right whatever is in them.
 */
#ifndef HOST_TRACE_JSON_OUT_H
#define HOST_TRACE_JSON_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_OUT_SIZE 65536

struct json_out {
    FILE *file;
    size_t used;
    char buffer[JSON_OUT_SIZE];
};

/* What is JSON already */
void json_put(struct json_out *o, const char *text);
/* Text as a string, quotes included. Bytes that are no UTF-8 become U+FFFD, one each. */
void json_put_string(struct json_out *o, const char *text);
void json_put_number(struct json_out *o, uint64_t value);
void json_put_signed(struct json_out *o, int64_t value);
/* "0x1f", as a string */
void json_put_hex(struct json_out *o, uint64_t value);
/* Nanoseconds as microseconds: 1234567 is 1234.567. */
void json_put_us(struct json_out *o, uint64_t ns);

/* "key": before a value; comma: "," before that. key is written as it is. */
void json_put_key(struct json_out *o, const char *key);
void json_put_next_key(struct json_out *o, const char *key);

void json_flush(struct json_out *o);

#endif
