/* SPDX-License-Identifier: MIT */
/* The table as a JSON object. What was not measured is null or left out. */
#include "output.h"

#include "../report.h"
#include "code_lines.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *number_or_null(bool there, double value)
{
    return there ? json_real(value) : json_null();
}

const char *line_state_name(enum line_state state)
{
    switch (state) {
    case LINE_MEASURED:
        return "measured";
    case LINE_FAILED:
        return "failed";
    case LINE_NOT_YET:
        return "not yet";
    case LINE_NOT_MEASURED:
        return "not measured";
    default:
        return "not here";
    }
}

typedef double cell_value(const struct line_cell *cell);

static double rate(const struct line_cell *cell)
{
    return cell->mib_per_s;
}

static double exits_per_mib(const struct line_cell *cell)
{
    return cell->exits_per_mib;
}

static double exits_per_request(const struct line_cell *cell)
{
    return cell->exits_per_op;
}

static double interrupts_per_request(const struct line_cell *cell)
{
    return cell->interrupts_per_op;
}

/* {read: {"4096": {"1": x, "32": y}, ...}, write: ...} */
static json_t *cells_object(const struct line *line, cell_value *value)
{
    static const char *const directions[DIRECTIONS] = {"read", "write"};
    json_t *object = json_object();
    for (unsigned d = 0; d < DIRECTIONS; d++) {
        json_t *sizes = json_object();
        for (unsigned s = 0; s < SIZES; s++) {
            json_t *depths = json_object();
            for (unsigned n = 0; n < DEPTHS; n++) {
                const struct line_cell *cell = &line->cells[d][s][n];
                char depth[16];
                snprintf(depth, sizeof depth, "%u", cell->depth);
                if (cell->measured)
                    json_object_set_new(depths, depth, json_real(value(cell)));
            }
            char size[16];
            snprintf(size, sizeof size, "%u", line_sizes[s]);
            if (json_object_size(depths) > 0)
                json_object_set_new(sizes, size, depths);
            else
                json_decref(depths);
        }
        if (json_object_size(sizes) > 0)
            json_object_set_new(object, directions[d], sizes);
        else
            json_decref(sizes);
    }
    return object;
}

static json_t *line_object(const struct line *line)
{
    bool latency = line->has_latency, p99 = latency && line->samples >= P99_SAMPLES;
    json_t *o = json_pack("{s:s, s:s, s:s}", "name", line->name, "group", line->group, "state",
                          line_state_name(line->state));
    if (line->note[0] != '\0')
        json_object_set_new(o, "note", json_string(line->note));
    if (line->cut != NULL)
        json_object_set_new(o, "cut", json_string(line->cut));
    json_object_set_new(o, "samples", json_integer(line->samples));
    json_object_set_new(o, "ns_min", number_or_null(latency, line->ns_min));
    json_object_set_new(o, "ns_median", number_or_null(latency, line->ns_median));
    json_object_set_new(o, "ns_p99", number_or_null(p99, line->ns_p99));
    json_object_set_new(o, "cycles_min", number_or_null(latency, line->cycles_min));
    json_object_set_new(o, "cycles_median", number_or_null(latency, line->cycles_median));
    json_object_set_new(o, "cycles_p99", number_or_null(p99, line->cycles_p99));
    json_object_set_new(o, "ops_per_s", number_or_null(latency, line->ops_per_s));
    json_object_set_new(o, "exits_per_op", number_or_null(line->has_exits, line->exits_per_op));
    json_object_set_new(o, "kernel_exits_per_op",
                        number_or_null(line->has_kernel_exits, line->kernel_exits_per_op));
    json_object_set_new(o, "interrupts_per_op",
                        number_or_null(line->has_exits, line->interrupts_per_op));
    if (line->moves_data) {
        json_object_set_new(o, "mib_per_s", cells_object(line, rate));
        if (line->has_exits) {
            json_object_set_new(o, "exits_per_mib", cells_object(line, exits_per_mib));
            json_object_set_new(o, "exits_per_request", cells_object(line, exits_per_request));
            json_object_set_new(o, "interrupts_per_request",
                                cells_object(line, interrupts_per_request));
        }
    }
    const struct code_lines *code = code_lines_find(line->code);
    if (code != NULL)
        json_object_set_new(
            o, "lines_of_code",
            json_pack("{s:i, s:i}", "driver", (int)code->driver, "model", (int)code->model));
    return o;
}

json_t *bench_json(const struct lines *lines, const struct kvm_kind *kind)
{
    json_t *all = json_array();
    for (unsigned i = 0; i < lines->count; i++)
        if (lines->line[i].wanted && lines->line[i].state != LINE_NOT_RUN)
            json_array_append_new(all, line_object(&lines->line[i]));
    return json_pack("{s:{s:s, s:s, s:s, s:s, s:b, s:o}, s:o}", "kvm", "kind", kind->kind, "module",
                     kind->module, "cpu", kind->cpu, "kernel", kind->kernel, "virtual_machine",
                     kind->virtual_machine, "tsc_khz",
                     number_or_null(lines->tsc_khz > 0, lines->tsc_khz), "lines", all);
}

int json_write(const struct lines *lines, const struct kvm_kind *kind, int fd, const char *path)
{
    json_t *object = bench_json(lines, kind);
    bool ok = object != NULL && json_dumpfd(object, fd, JSON_INDENT(1)) == 0;
    json_decref(object);
    return ok ? 0 : host_failure("--json %s: %s", path, strerror(errno));
}
