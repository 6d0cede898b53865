/* SPDX-License-Identifier: MIT */
/* The table as a page: complete without a script, which then adds exact figures, choice and scales. */
#ifndef HOST_BENCH_BENCH_HTML_H
#define HOST_BENCH_BENCH_HTML_H

#include "kvm_kind.h"
#include "lines.h"

/* To an open file, which stays open. 0 or EXIT_STATUS_HOST after a message. */
int bench_html_write(const struct lines *lines, const struct kvm_kind *kind, int fd,
                     const char *path);

#endif
