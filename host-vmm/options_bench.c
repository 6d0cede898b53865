/* SPDX-License-Identifier: MIT */
/* The options of `trapline bench`. */
#include "options_internal.h"

#include "report.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

int parse_filter(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "expected a part of a line's name");
    if (o->bench.filter != NULL)
        return wrong_use(option, value, "only one of them, and '%s' was given", o->bench.filter);
    o->bench.filter = value;
    return 0;
}

static int take_file(const char **file, const char *option, const char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    if (strcmp(value, "-") == 0)
        return wrong_use(option, value, "the table is on standard output: name a file");
    *file = value;
    return 0;
}

int parse_bench_json(struct options *o, const char *option, char *value)
{
    return take_file(&o->bench.json, option, value);
}

int parse_bench_html(struct options *o, const char *option, char *value)
{
    return take_file(&o->bench.html, option, value);
}

int parse_quick(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->bench.quick = true;
    return 0;
}

int parse_dir(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no directory named");
    o->bench.dir = value;
    return 0;
}

int finish_bench(int argc, char **argv, struct options *o)
{
    (void)o;
    if (optind < argc)
        return wrong_use(argv[optind], NULL, "unexpected argument");
    return 0;
}
