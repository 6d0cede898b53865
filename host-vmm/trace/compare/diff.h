/* SPDX-License-Identifier: MIT */
/*
 * The shortest way from one sequence of numbers to another, by E. W. Myers' "An O(ND) Difference Algorithm and
 * Its Variations" (1986), in its variant that takes linear space. What has left one place and come to another
 * is then found to have moved.
 */
#ifndef HOST_TRACE_DIFF_H
#define HOST_TRACE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Steps of the search: about a second or two. */
#define DIFF_WORK_MAX (400ull * 1000 * 1000)

#define DIFF_LENGTH_MAX (1u << 30) /* of each sequence */

enum diff_mark {
    DIFF_SAME,    /* in both, in this order */
    DIFF_CHANGED, /* only here: removed (a), added (b) */
    DIFF_MOVED    /* in the other one as well, elsewhere */
};

struct diff {
    uint8_t *a, *b;              /* enum diff_mark of each element */
    uint32_t *a_other, *b_other; /* of an element that has moved: its place in the other one */
    size_t removed, added, moved;
};

/* Numbers are below number_count. 0; -ENOMEM; -E2BIG: work steps were not enough, the two differ too much, or
 * they are too long. Freed with diff_free(), after any answer. */
int diff_compare(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                 uint32_t number_count, uint64_t work, struct diff *diff);
void diff_free(struct diff *diff);

#endif
