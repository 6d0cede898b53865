/* SPDX-License-Identifier: MIT */
/*
 * Two paths are followed at once, one from the beginning and one from the end, each as far as it gets with one
 * more difference a turn. Where they meet, the problem falls into two that have half as many differences each.
 *
 * A path is at x elements of a and y of b. Diagonal k holds the places where x - y = k. The path from the end
 * counts from the end, so that both are the same code: its diagonal k is the other one's n - m - k.
 */
#include "diff.h"

#include <errno.h>
#include <stdlib.h>

/* A part of the problem: n elements of a, m of b, both more than 0. */
struct part {
    const uint32_t *a, *b;
    int64_t n, m;
};

struct search {
    const uint32_t *a, *b; /* whole, for the marks */
    uint8_t *a_marks, *b_marks;
    int64_t *forward, *backward; /* the furthest x on each diagonal, from -m - 1 on */
    uint64_t work;               /* steps that are left */
};

#define NOWHERE (-1) /* no path has come to this diagonal inside the part */

/* How far elements are equal from (x, y) on, in the direction of the path. */
static int64_t follow(const struct part *part, bool from_end, int64_t x, int64_t y)
{
    int64_t start = x;
    if (from_end) {
        while (x < part->n && y < part->m && part->a[part->n - 1 - x] == part->b[part->m - 1 - y])
            x++, y++;
    } else {
        while (x < part->n && y < part->m && part->a[x] == part->b[y])
            x++, y++;
    }
    return x - start;
}

/* The furthest place on diagonal k that one more difference leads to, before equal elements are followed. */
static int64_t one_more(const struct part *part, const int64_t *furthest, int64_t k)
{
    int64_t without_a = furthest[k - 1]; /* an element of a is dropped */
    int64_t with_b = furthest[k + 1];    /* one of b is put in */
    without_a = without_a == NOWHERE || without_a == part->n ? NOWHERE : without_a + 1;
    if (with_b != NOWHERE && with_b - k > part->m)
        with_b = NOWHERE;
    return without_a > with_b ? without_a : with_b;
}

/* Takes one of the two paths to d differences. True when it has met the other one, which is at other_d: then
 * *met is the x of that place, in this path's direction, and *on its diagonal. */
static bool advance(struct search *s, const struct part *part, bool from_end, int64_t d,
                    int64_t other_d, int64_t *met, int64_t *on)
{
    int64_t *own = (from_end ? s->backward : s->forward) + part->m + 1;
    const int64_t *other = (from_end ? s->forward : s->backward) + part->m + 1;
    int64_t delta = part->n - part->m;
    /* Diagonals beyond -m and n lie outside; those with d's parity are used. */
    int64_t lowest = d <= part->m ? -d : -part->m + ((d - part->m) & 1);
    int64_t highest = d <= part->n ? d : part->n - ((d - part->n) & 1);
    if (-d - 1 >= -part->m - 1)
        own[-d - 1] = NOWHERE;
    if (d + 1 <= part->n + 1)
        own[d + 1] = d == 0 ? 0 : NOWHERE; /* the path begins at (0, -1), as it were */
    for (int64_t k = lowest; k <= highest; k += 2) {
        int64_t x = one_more(part, own, k);
        int64_t length = x == NOWHERE ? 0 : follow(part, from_end, x, x - k);
        own[k] = x == NOWHERE ? NOWHERE : x + length;
        uint64_t steps = 1 + (uint64_t)length;
        s->work -= steps < s->work ? steps : s->work;
        int64_t across = delta - k;
        if (((other_d ^ across) & 1) != 0 || across < -other_d || across > other_d)
            continue;
        if (own[k] != NOWHERE && other[across] != NOWHERE && own[k] + other[across] >= part->n) {
            *met = own[k];
            *on = k;
            return true;
        }
    }
    return false;
}

/* A place (x, y) that a shortest path goes through. False: no work is left. */
static bool find_middle(struct search *s, const struct part *part, int64_t *x, int64_t *y)
{
    int64_t on;
    for (int64_t d = 0; s->work > 0; d++) {
        if (advance(s, part, false, d, d - 1, x, &on)) {
            *y = *x - on;
            return true;
        }
        if (advance(s, part, true, d, d, x, &on)) {
            *y = part->m - (*x - on);
            *x = part->n - *x;
            return true;
        }
    }
    return false;
}

static void mark_changed(struct search *s, const struct part *part)
{
    for (int64_t i = 0; i < part->n; i++)
        s->a_marks[part->a - s->a + i] = DIFF_CHANGED;
    for (int64_t i = 0; i < part->m; i++)
        s->b_marks[part->b - s->b + i] = DIFF_CHANGED;
}

/* Each level has half the differences of the one above: no deeper than 31. */
static bool solve(struct search *s, struct part part)
{
    for (;;) {
        while (part.n > 0 && part.m > 0 && part.a[0] == part.b[0])
            part.a++, part.b++, part.n--, part.m--;
        while (part.n > 0 && part.m > 0 && part.a[part.n - 1] == part.b[part.m - 1])
            part.n--, part.m--;
        if (part.n == 0 || part.m == 0) {
            mark_changed(s, &part);
            return true;
        }
        int64_t x, y;
        if (!find_middle(s, &part, &x, &y))
            return false;
        if (!solve(s, (struct part){.a = part.a, .b = part.b, .n = x, .m = y}))
            return false;
        part = (struct part){.a = part.a + x, .b = part.b + y, .n = part.n - x, .m = part.m - y};
    }
}

/* --- what has moved --------------------------------------------------------------------------------- */

#define NONE UINT32_MAX

/* The first removal of a number belongs to its first addition, and so on. */
static int find_moved(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                      uint32_t number_count, struct diff *diff)
{
    /* For each number its removals that are left, as a list in order. */
    uint32_t *first = malloc(((size_t)number_count + 1) * sizeof *first);
    uint32_t *next = malloc((a_count + 1) * sizeof *next);
    if (first == NULL || next == NULL) {
        free(first);
        free(next);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < number_count; i++)
        first[i] = NONE;
    for (size_t i = a_count; i-- > 0;) {
        if (diff->a[i] != DIFF_CHANGED)
            continue;
        next[i] = first[a[i]];
        first[a[i]] = (uint32_t)i;
        diff->removed++;
    }
    for (size_t i = 0; i < b_count; i++) {
        if (diff->b[i] != DIFF_CHANGED)
            continue;
        uint32_t old = first[b[i]];
        diff->added += old == NONE;
        if (old == NONE)
            continue;
        first[b[i]] = next[old];
        diff->a[old] = diff->b[i] = DIFF_MOVED;
        diff->a_other[old] = (uint32_t)i;
        diff->b_other[i] = old;
        diff->moved++;
    }
    diff->removed -= diff->moved;
    free(first);
    free(next);
    return 0;
}

int diff_compare(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count,
                 uint32_t number_count, uint64_t work, struct diff *diff)
{
    *diff = (struct diff){0};
    if (a_count > DIFF_LENGTH_MAX || b_count > DIFF_LENGTH_MAX)
        return -E2BIG;
    size_t diagonals = a_count + b_count + 3;
    diff->a = calloc(a_count + 1, 1);
    diff->b = calloc(b_count + 1, 1);
    diff->a_other = calloc(a_count + 1, sizeof diff->a_other[0]);
    diff->b_other = calloc(b_count + 1, sizeof diff->b_other[0]);
    struct search s = {.a = a,
                       .b = b,
                       .a_marks = diff->a,
                       .b_marks = diff->b,
                       .forward = malloc(diagonals * sizeof(int64_t)),
                       .backward = malloc(diagonals * sizeof(int64_t)),
                       .work = work};
    int error = -ENOMEM;
    if (diff->a != NULL && diff->b != NULL && diff->a_other != NULL && diff->b_other != NULL &&
        s.forward != NULL && s.backward != NULL) {
        struct part whole = {.a = a, .b = b, .n = (int64_t)a_count, .m = (int64_t)b_count};
        error = solve(&s, whole) ? 0 : -E2BIG;
    }
    free(s.forward);
    free(s.backward);
    return error ? error : find_moved(a, a_count, b, b_count, number_count, diff);
}

void diff_free(struct diff *diff)
{
    free(diff->a);
    free(diff->b);
    free(diff->a_other);
    free(diff->b_other);
    *diff = (struct diff){0};
}
