/* SPDX-License-Identifier: MIT */
/* The tables behind the JSON writer: devices by name, requests by number. */
#include "json_tracks.h"

#include <stdlib.h>
#include <string.h>

/* --- devices ---------------------------------------------------------------------------------------- */

/* FNV-1a: names are short, and there are few. */
static unsigned hash_name(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Where name is, or would be. */
static unsigned *find_slot(const struct json_devices *d, const char *name)
{
    unsigned at = hash_name(name);
    for (;; at++) {
        unsigned *slot = &d->slots[at & (d->slot_count - 1)];
        if (*slot == 0 || strcmp(d->names[*slot - 1], name) == 0)
            return slot;
    }
}

/* Room for one more, and never a table that is more than half full. */
static bool grow_devices(struct json_devices *d)
{
    if (d->count < d->room)
        return true;
    unsigned room = d->room > 0 ? 2 * d->room : 32;
    void *names = realloc(d->names, room * sizeof d->names[0]);
    if (names == NULL)
        return false;
    d->names = names;
    unsigned *slots = calloc(2 * room, sizeof *slots);
    if (slots == NULL)
        return false;
    free(d->slots);
    d->slots = slots;
    d->slot_count = 2 * room;
    d->room = room;
    for (unsigned i = 0; i < d->count; i++)
        *find_slot(d, d->names[i]) = i + 1;
    return true;
}

unsigned json_device(struct json_devices *d, const char *name, bool *is_new)
{
    *is_new = false;
    unsigned *slot = d->slot_count > 0 ? find_slot(d, name) : NULL;
    if (slot != NULL && *slot != 0)
        return *slot - 1;
    if (!grow_devices(d))
        return 0;
    slot = find_slot(d, name);
    snprintf(d->names[d->count], sizeof d->names[0], "%s", name);
    *slot = ++d->count;
    *is_new = true;
    return *slot - 1;
}

void json_devices_free(struct json_devices *d)
{
    free(d->names);
    free(d->slots);
}

/* --- requests --------------------------------------------------------------------------------------- */

static bool grow_requests(struct json_requests *r)
{
    if (r->count < r->room)
        return true;
    unsigned room = r->room > 0 ? 2 * r->room : 64;
    struct json_request *larger =
        room > JSON_REQUESTS_MAX ? NULL : realloc(r->open, room * sizeof *larger);
    if (larger == NULL)
        return false;
    r->open = larger;
    r->room = room;
    return true;
}

bool json_requests_add(struct json_requests *r, const struct json_request *request)
{
    if (!grow_requests(r))
        return false;
    r->open[r->count++] = *request;
    return true;
}

static void take_out(struct json_requests *r, unsigned at, struct json_request *request)
{
    *request = r->open[at];
    r->open[at] = r->open[--r->count];
}

bool json_requests_take(struct json_requests *r, uint64_t id, struct json_request *request)
{
    /* From the end: those whose own end was lost stay where they are, at the beginning. */
    for (unsigned i = r->count; i-- > 0;) {
        if (r->open[i].id == id) {
            take_out(r, i, request);
            return true;
        }
    }
    return false;
}

bool json_requests_take_oldest(struct json_requests *r, struct json_request *request)
{
    unsigned oldest = 0;
    for (unsigned i = 1; i < r->count; i++)
        if (r->open[i].begin < r->open[oldest].begin)
            oldest = i;
    if (r->count == 0)
        return false;
    take_out(r, oldest, request);
    return true;
}

void json_requests_free(struct json_requests *r)
{
    free(r->open);
}
