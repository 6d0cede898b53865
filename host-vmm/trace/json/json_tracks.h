/* SPDX-License-Identifier: MIT */
/*
 * What the JSON writer has to remember from one event to the next: which thread of process 2 a device has, and
 * which requests are open. Both are tables that grow; where there is no memory for more, they say so.
 */
#ifndef HOST_TRACE_JSON_TRACKS_H
#define HOST_TRACE_JSON_TRACKS_H

#include "../event.h"

struct json_devices {
    char (*names)[DECODED_DEVICE_SIZE];
    unsigned count, room;
    unsigned *slots; /* hashed by name: a device's number and one, or 0; a power of two of them */
    unsigned slot_count;
};

/* The device's number, from 0 in order of appearance; *is_new the first time. 0 without memory. */
unsigned json_device(struct json_devices *devices, const char *name, bool *is_new);
void json_devices_free(struct json_devices *devices);

struct json_request {
    uint64_t id, begin; /* ns */
    unsigned device;
    uint8_t op;
};

#define JSON_REQUESTS_MAX 16384 /* more than all queues hold: the ends of such many were lost */

/* In no order */
struct json_requests {
    struct json_request *open;
    unsigned count, room;
};

/* False where there are too many, or no memory. */
bool json_requests_add(struct json_requests *requests, const struct json_request *request);
/* Takes it out: false where there is none of that id. */
bool json_requests_take(struct json_requests *requests, uint64_t id, struct json_request *request);
/* Takes out the one that began first: false where there is none. */
bool json_requests_take_oldest(struct json_requests *requests, struct json_request *request);
void json_requests_free(struct json_requests *requests);

#endif
