/* SPDX-License-Identifier: MIT */
/* The options of run, copy and bench that ask for a trace. */
#include "options_internal.h"

#include "report.h"

#include <string.h>
#include <strings.h>

int parse_trace(struct options *o, const char *option, char *value)
{
    struct machine_options *m = &o->machine;
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    if (strcmp(value, "-") == 0)
        return wrong_use(option, value, "name a file (/dev/stdout is standard output)");
    if (m->trace_count == OPTIONS_MAX_TRACES)
        return wrong_use(option, value, "more than %u traces of one run", OPTIONS_MAX_TRACES);
    for (unsigned i = 0; i < m->trace_count; i++)
        if (strcmp(m->traces[i].path, value) == 0)
            return wrong_use(option, value, "given twice");
    m->traces[m->trace_count++].path = value;
    return 0;
}

int parse_trace_format(struct options *o, const char *option, char *value)
{
    if (strcmp(value, "text") == 0)
        o->machine.trace_format = TRACE_FORMAT_TEXT;
    else if (strcmp(value, "json") == 0)
        o->machine.trace_format = TRACE_FORMAT_JSON;
    else if (strcmp(value, "html") == 0)
        o->machine.trace_format = TRACE_FORMAT_HTML;
    else
        return wrong_use(option, value, "not one of text, json, html");
    return 0;
}

int parse_trace_exact(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.trace_exact = true;
    return 0;
}

int parse_symbols(struct options *o, const char *option, char *value)
{
    struct machine_options *m = &o->machine;
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    if (m->symbols_count == OPTIONS_MAX_SYMBOLS)
        return wrong_use(option, value, "more than %u files", OPTIONS_MAX_SYMBOLS);
    m->symbols[m->symbols_count++] = value;
    return 0;
}

static enum trace_format format_of(const char *path)
{
    static const struct {
        const char *suffix;
        enum trace_format format;
    } suffixes[] = {{".txt", TRACE_FORMAT_TEXT},  {".text", TRACE_FORMAT_TEXT},
                    {".log", TRACE_FORMAT_TEXT},  {".json", TRACE_FORMAT_JSON},
                    {".html", TRACE_FORMAT_HTML}, {".htm", TRACE_FORMAT_HTML}};
    const char *dot = strrchr(path, '.');
    for (unsigned i = 0; dot != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcasecmp(dot, suffixes[i].suffix) == 0)
            return suffixes[i].format;
    return TRACE_FORMAT_NONE;
}

/* One format for a single file overrides its name; several files have names that say. */
int finish_traces(struct options *o)
{
    struct machine_options *m = &o->machine;
    for (unsigned i = 0; i < m->trace_count; i++) {
        struct trace_option *trace = &m->traces[i];
        trace->format = format_of(trace->path);
        if (m->trace_format != TRACE_FORMAT_NONE &&
            (trace->format == TRACE_FORMAT_NONE || m->trace_count == 1))
            trace->format = m->trace_format;
        if (trace->format == TRACE_FORMAT_NONE)
            return wrong_use("--trace", trace->path,
                             "its name does not end in .txt, .json or .html: --trace-format says "
                             "what it is to be");
    }
    if (m->trace_count > 0)
        return 0;
    if (m->trace_format != TRACE_FORMAT_NONE)
        return wrong_use("--trace-format", NULL, "needs --trace");
    if (m->symbols_count > 0)
        return wrong_use("--symbols", m->symbols[0], "needs --trace");
    return 0;
}
