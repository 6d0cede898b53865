/* SPDX-License-Identifier: MIT */
/* The table: its first part, with what an operation costs, and what stands around it. */
#include "table.h"

#include "code_lines.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool table_shows(const struct line *line)
{
    return line->wanted && line->state != LINE_NOT_RUN;
}

unsigned table_width(void)
{
    struct winsize size;
    bool known = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 0 ? size.ws_col : ~0u;
}

void table_number(double value, int width)
{
    int digits = value == 0 || value >= 100 ? 0
                 : value >= 10              ? 1
                 : value >= 1               ? 2
                 : value >= 0.1             ? 3
                                            : 4;
    printf(" %*.*f", width, digits, value);
}

const struct line_cell *line_bulk_cell(const struct line *line)
{
    for (unsigned direction = READ; direction < DIRECTIONS; direction++)
        for (unsigned depth = DEPTHS; depth-- > 0;)
            for (unsigned size = SIZES; size-- > 0;)
                if (line->cells[direction][size][depth].measured)
                    return &line->cells[direction][size][depth];
    return NULL;
}

/* --- the columns of what an operation costs ------------------------------------------------------ */

enum column { NS_MIN, MEDIAN, P99, CYCLES, OPS, EXITS, KERNEL, IRQS, EXITS_PER_MIB, DRIVER, MODEL };

static const struct {
    const char *header;
    int width;
} columns[] = {[NS_MIN] = {"ns min", 9},
               [MEDIAN] = {"median", 9},
               [P99] = {"p99", 9},
               [CYCLES] = {"cycles (median)", 15},
               [OPS] = {"ops/s", 9},
               [EXITS] = {"exits", 8},
               [KERNEL] = {"kernel", 8},
               [IRQS] = {"irqs", 8},
               [EXITS_PER_MIB] = {"exits/MiB", 9},
               [DRIVER] = {"driver", 7},
               [MODEL] = {"model", 6}};
#define COLUMNS (sizeof columns / sizeof columns[0])

/* What a narrow terminal does without, first to last; the others always stay. */
static const enum column dropped_first[] = {CYCLES, OPS,    MODEL,         DRIVER,
                                            KERNEL, NS_MIN, EXITS_PER_MIB, P99};
#define DROPPABLE (sizeof dropped_first / sizeof dropped_first[0])

/* A bit for each column that stays. */
static unsigned choose_columns(unsigned width)
{
    unsigned chosen = (1u << COLUMNS) - 1, used = NAME_WIDTH;
    for (unsigned i = 0; i < COLUMNS; i++)
        used += (unsigned)columns[i].width + 1;
    for (unsigned i = 0; i < DROPPABLE && used > width; i++) {
        chosen &= ~(1u << dropped_first[i]);
        used -= (unsigned)columns[dropped_first[i]].width + 1;
    }
    return chosen;
}

/* A time that is not above the cost of measuring is not nothing. */
static void print_time(bool there, double value, int width)
{
    if (there && value > 0)
        table_number(value, width);
    else
        printf(" %*s", width, there ? "~0" : "n/a");
}

static void print_count(bool there, double value, int width)
{
    if (there)
        table_number(value, width);
    else
        printf(" %*s", width, "n/a");
}

static void print_code(const char *name, bool driver, int width)
{
    const struct code_lines *code = code_lines_find(name);
    if (code != NULL)
        printf(" %*u", width, driver ? code->driver : code->model);
}

static void print_value(const struct line *line, enum column column)
{
    const struct line_cell *bulk = line->has_exits ? line_bulk_cell(line) : NULL;
    int width = columns[column].width;
    bool there = line->has_latency;
    switch (column) {
    case NS_MIN:
        return print_time(there, line->ns_min, width);
    case MEDIAN:
        return print_time(there, line->ns_median, width);
    case P99:
        if (there && line->samples < P99_SAMPLES)
            printf(" %*s", width, "-");
        else
            print_time(there, line->ns_p99, width);
        return;
    case CYCLES:
        return print_time(there, line->cycles_median, width);
    case OPS:
        return print_count(there && line->ops_per_s > 0, line->ops_per_s, width);
    case EXITS:
        return print_count(line->has_exits, line->exits_per_op, width);
    case KERNEL:
        return print_count(line->has_kernel_exits, line->kernel_exits_per_op, width);
    case IRQS:
        return print_count(line->has_exits, line->interrupts_per_op, width);
    case EXITS_PER_MIB:
        if (bulk != NULL)
            table_number(bulk->exits_per_mib, width);
        else
            printf(" %*s", width, "");
        return;
    case DRIVER:
    case MODEL:
        return print_code(line->code, column == DRIVER, width);
    }
}

/* --- its lines ----------------------------------------------------------------------------------- */

static const char *state_text(const struct line *line)
{
    switch (line->state) {
    case LINE_FAILED:
        return "FAILED: ";
    case LINE_NOT_HERE:
        return "not here: ";
    case LINE_NOT_YET:
        return "not yet";
    case LINE_NOT_MEASURED:
        return "not measured: ";
    default:
        return "";
    }
}

static void print_cost(const struct line *line, unsigned chosen)
{
    printf("  %-*s", NAME_WIDTH - 2, line->name);
    if (line->state != LINE_MEASURED) {
        printf(" %s%s\n", state_text(line), line->note);
        return;
    }
    for (unsigned i = 0; i < COLUMNS; i++)
        if (chosen >> i & 1)
            print_value(line, i);
    printf("\n");
    if (line->note[0] != '\0')
        printf("    (%s)\n", line->note);
}

static void print_legend(bool is_software)
{
    printf("~0: not above the cost of measuring, which is taken off. p99: of %d samples or more.\n"
           "ops/s: what all operations took one after the other, the slow ones with them:\n"
           "  it and the median may disagree.\n"
           "exits: to user space, for an operation. exits/MiB: of the largest ones, 1 MiB\n"
           "  where the line has them.\n"
           "kernel: what KVM counts as handled by itself%s.\n"
           "irqs: interrupts that devices raised for an operation. Below 1 where a request is\n"
           "  often finished before the driver looks for the first time: exits there are to\n"
           "  be held against irqs, not against operations.\n"
           "driver, model: lines of code.\n",
           P99_SAMPLES, is_software ? "\n  (an access that it interprets is none)" : "");
}

static void print_costs(const struct lines *lines, bool is_software, unsigned width)
{
    const char *group = "";
    unsigned chosen = choose_columns(width);
    printf("\n%-*s", NAME_WIDTH, "one operation (where bytes move: 4 KiB)");
    for (unsigned i = 0; i < COLUMNS; i++)
        if (chosen >> i & 1)
            printf(" %*s", columns[i].width, columns[i].header);
    printf("\n");
    for (unsigned i = 0; i < lines->count; i++) {
        const struct line *line = &lines->line[i];
        if (!table_shows(line))
            continue;
        if (strcmp(group, line->group) != 0)
            printf("%s\n", group = line->group);
        print_cost(line, chosen);
    }
    print_legend(is_software);
    if (chosen != (1u << COLUMNS) - 1)
        printf("Some columns are left out: this terminal has %u.\n", width);
}

void table_print(const struct lines *lines, const struct kvm_kind *kind)
{
    printf("KVM: %s%s%s%s; %s; %s%s", kind->kind, kind->module[0] ? " (" : "", kind->module,
           kind->module[0] ? ")" : "", kind->cpu, kind->kernel,
           kind->virtual_machine ? ", itself a virtual machine" : "");
    printf("; TSC %.0f MHz", lines->tsc_khz / 1000);
    printf("\nThese figures are this machine's. They do not carry over to another one, and least "
           "of all "
           "to another\nkind of KVM: counts do, ratios within one run may.\n");
    unsigned width = table_width();
    print_costs(lines, strcmp(kind->kind, "software") == 0, width);
    table_print_rates(lines, width);
    table_print_ratios(lines);
}
