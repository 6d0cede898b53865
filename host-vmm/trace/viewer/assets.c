/* SPDX-License-Identifier: MIT */
/* The files as they are, taken in by the assembler. VIEWER_SCRIPTS is where the bundled scripts are. */
#include "assets.h"

#define TAKE_IN(name, path)                                                                        \
    __asm__(".pushsection .rodata\n" #name "_begin: .incbin \"" path "\"\n" #name "_end:\n"        \
            ".popsection\n");                                                                      \
    extern const char name##_begin[] __attribute__((visibility("hidden")));                        \
    extern const char name##_end[] __attribute__((visibility("hidden")));                          \
    const struct viewer_asset name = {name##_begin, name##_end}

TAKE_IN(viewer_page_css, "host-vmm/trace/viewer/page.css");
TAKE_IN(viewer_trace_css, "host-vmm/trace/viewer/trace.css");
TAKE_IN(viewer_bench_css, "host-vmm/trace/viewer/bench.css");
TAKE_IN(viewer_trace_js, VIEWER_SCRIPTS "/trace.js");
TAKE_IN(viewer_bench_js, VIEWER_SCRIPTS "/bench.js");
