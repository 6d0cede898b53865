/* SPDX-License-Identifier: MIT */
/* Gathering what the picture shows; page_overview_draw.c draws it. */
#include "page_overview.h"

#include "../../bus.h"
#include "../../vcpu.h"
#include "abi/machine.h"

#include <string.h>

/* Ports that are looked at in case something is there: the lane of those whose device has not answered so far */
static const char nobody[] = "nobody answers";

/* One lane for a bus or a controller: "pci 00:02.0" is in "pci", "ata0" in "ata". viewer/trace/data.js does the
 * same. */
static void lane_name(const struct trace_event *e, char name[DECODED_DEVICE_SIZE])
{
    const char *device = e->decoded.device;
    size_t length = strcspn(device, " ");
    if (strncmp(device, "ata", 3) == 0 && strspn(device + 3, "0123456789") == length - 3)
        length = 3;
    snprintf(name, DECODED_DEVICE_SIZE, "%.*s", (int)length, device);
}

static struct overview_lane *lane_named(struct overview *o, const char *name)
{
    for (unsigned i = 0; i < o->lane_count; i++)
        if (strcmp(o->lanes[i].name, name) == 0)
            return &o->lanes[i];
    return NULL;
}

static struct overview_lane *find_lane(struct overview *o, const struct trace_event *e)
{
    char name[DECODED_DEVICE_SIZE];
    lane_name(e, name);
    struct overview_lane *found = lane_named(o, name);
    if (found == NULL && trace_event_is_access(e) && exit_is_port(e->record.access) &&
        e->record.result != BUS_OK) {
        snprintf(name, sizeof name, "%s", nobody);
        found = lane_named(o, name);
    }
    if (found != NULL)
        return found;
    if (o->lane_count == OVERVIEW_LANES)
        return &o->lanes[OVERVIEW_LANES - 1];
    struct overview_lane *lane = &o->lanes[o->lane_count++];
    snprintf(lane->name, sizeof lane->name, "%s",
             o->lane_count == OVERVIEW_LANES ? "(others)" : name);
    return lane;
}

static void double_slices(struct overview *o)
{
    for (unsigned l = 0; l < o->lane_count; l++) {
        uint32_t *counts = o->lanes[l].counts;
        for (unsigned i = 0; i < OVERVIEW_SLICES; i++)
            counts[i] = 2 * i < OVERVIEW_SLICES ? counts[2 * i] + counts[2 * i + 1] : 0;
    }
    o->slice *= 2;
}

static void count_mark(struct overview *o, const struct trace_event *e)
{
    if (o->slice == 0)
        o->slice = 1000;
    while (e->record.time / OVERVIEW_SLICES >= o->slice)
        double_slices(o);
    struct overview_lane *lane = find_lane(o, e);
    lane->counts[e->record.time / o->slice]++;
    lane->marks++;
}

/* A stay that is too short becomes part of the one before it, twice as long a one each time, until there is
 * room again. */
static void forget_short_stays(struct overview *o, uint64_t now)
{
    while (o->stay_count > OVERVIEW_STAYS / 2) {
        o->shortest = o->shortest > 0 ? 2 * o->shortest : 1000;
        unsigned kept = 0;
        for (unsigned i = 0; i < o->stay_count; i++) {
            uint64_t end = i + 1 < o->stay_count ? o->stays[i + 1].begin : now;
            bool same = kept > 0 && o->stays[kept - 1].mode == o->stays[i].mode;
            if (kept == 0 || (!same && end - o->stays[i].begin >= o->shortest))
                o->stays[kept++] = o->stays[i];
        }
        o->stay_count = kept;
    }
}

static void follow_mode(struct overview *o, const struct trace_event *e)
{
    uint8_t mode = e->record.mode;
    if (mode == TRACE_MODE_UNKNOWN || mode >= TRACE_MODES)
        return;
    if (o->stay_count > 0 && o->stays[o->stay_count - 1].mode == mode)
        return;
    if (o->stay_count == OVERVIEW_STAYS)
        forget_short_stays(o, e->record.time);
    o->stays[o->stay_count].begin = o->stay_count == 0 ? 0 : e->record.time;
    o->stays[o->stay_count++].mode = mode;
}

static void follow_copy(struct overview *o, const struct trace_event *e)
{
    const struct trace_record *r = &e->record;
    if (!trace_event_is_access(e) || r->access != EXIT_PIO_WRITE || r->address != PORT_POST)
        return;
    if (r->data[0] == POST_COPY_BEGIN) {
        o->copy_begin = r->time;
        o->copy_begun = true;
    } else if (r->data[0] == POST_COPY_END && o->copy_begun) {
        o->copy_end = r->time;
    }
}

void overview_event(struct overview *o, const struct trace_event *e)
{
    follow_copy(o, e);
    follow_mode(o, e);
    if (trace_event_is_access(e) || e->record.kind == TRACE_OTHER_EXIT)
        count_mark(o, e);
}
