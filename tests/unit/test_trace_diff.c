/* SPDX-License-Identifier: MIT */
/* The difference of two sequences: as short as can be, right, bounded; and what has moved. */
#include "test.h"

#include "trace/compare/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX 48
#define NUMBERS 64
#define WORK 1000000

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* The length of the longest common subsequence, by the table that everybody knows. */
static size_t longest_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
    static size_t table[LENGTH_MAX + 1][LENGTH_MAX + 1];
    memset(table, 0, sizeof table);
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            size_t best = table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
            if (a[i - 1] == b[j - 1])
                best = table[i - 1][j - 1] + 1;
            table[i][j] = best;
        }
    }
    return table[n][m];
}

/* What is in both must be the same, in order; what has moved must point both ways. */
static void check(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
    struct diff diff;
    assert_int_equal(diff_compare(a, n, b, m, NUMBERS, WORK, &diff), 0);
    size_t i = 0, j = 0, same = 0, left = 0, moved = 0;
    for (;; i++, j++, same++) {
        for (; i < n && diff.a[i] != DIFF_SAME; i++) {
            if (diff.a[i] != DIFF_MOVED)
                continue;
            left++;
            assert_int_equal(diff.b_other[diff.a_other[i]], i);
        }
        for (; j < m && diff.b[j] != DIFF_SAME; j++) {
            if (diff.b[j] != DIFF_MOVED)
                continue;
            moved++;
            assert_int_equal(a[diff.b_other[j]], b[j]);
            assert_int_equal(diff.a[diff.b_other[j]], DIFF_MOVED);
        }
        if (i == n || j == m)
            break;
        assert_int_equal(a[i], b[j]);
    }
    assert_int_equal(i, n);
    assert_int_equal(j, m);
    assert_int_equal(same, longest_common(a, n, b, m));
    assert_int_equal(moved, diff.moved);
    assert_int_equal(left, moved);
    assert_int_equal(diff.removed, n - same - moved);
    assert_int_equal(diff.added, m - same - moved);
    diff_free(&diff);
}

/* b is a with some elements dropped, put in, or taken elsewhere. */
static size_t edit(const uint32_t *a, size_t n, uint32_t *b, uint32_t kinds, uint32_t often)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (random_below(often) != 0)
            b[m++] = a[i];
        if (m < LENGTH_MAX - 1 && random_below(often) == 0)
            b[m++] = random_below(kinds);
        if (m > LENGTH_MAX - 2)
            break;
    }
    return m;
}

static void test_random_edits(void **state)
{
    (void)state;
    uint32_t a[LENGTH_MAX], b[LENGTH_MAX];
    for (random_state = 1; random_state < 20000; random_state++) {
        uint32_t seed = random_state, kinds = 1 + random_below(NUMBERS);
        size_t n = random_below(LENGTH_MAX + 1);
        for (size_t i = 0; i < n; i++)
            a[i] = random_below(kinds);
        check(a, n, b, edit(a, n, b, kinds, 2 + random_below(12)));
        random_state = seed;
    }
}

static void test_unrelated(void **state)
{
    (void)state;
    uint32_t a[LENGTH_MAX], b[LENGTH_MAX];
    for (random_state = 1; random_state < 20000; random_state++) {
        uint32_t seed = random_state, kinds = 1 + random_below(8);
        size_t n = random_below(LENGTH_MAX + 1), m = random_below(LENGTH_MAX + 1);
        for (size_t i = 0; i < n; i++)
            a[i] = random_below(kinds);
        for (size_t i = 0; i < m; i++)
            b[i] = random_below(kinds);
        check(a, n, b, m);
        random_state = seed;
    }
}

static void test_moved(void **state)
{
    (void)state;
    const uint32_t a[] = {1, 2, 3, 4, 5, 6, 7, 8}, b[] = {1, 3, 4, 5, 6, 2, 7, 9};
    struct diff diff;
    assert_int_equal(diff_compare(a, 8, b, 8, 10, WORK, &diff), 0);
    assert_int_equal(diff.moved, 1);
    assert_int_equal(diff.removed, 1);
    assert_int_equal(diff.added, 1);
    assert_int_equal(diff.a[1], DIFF_MOVED);
    assert_int_equal(diff.a_other[1], 5);
    assert_int_equal(diff.b[5], DIFF_MOVED);
    assert_int_equal(diff.b_other[5], 1);
    assert_int_equal(diff.a[7], DIFF_CHANGED);
    assert_int_equal(diff.b[7], DIFF_CHANGED);
    diff_free(&diff);
}

/* Of three that have left and two that have come, one has been removed. */
static void test_moved_by_number(void **state)
{
    (void)state;
    const uint32_t a[] = {7, 7, 7, 1, 2, 3, 4, 5}, b[] = {1, 2, 3, 4, 5, 7, 7};
    struct diff diff;
    assert_int_equal(diff_compare(a, 8, b, 7, 8, WORK, &diff), 0);
    assert_int_equal(diff.moved, 2);
    assert_int_equal(diff.removed, 1);
    assert_int_equal(diff.added, 0);
    diff_free(&diff);
}

/* Long ones that differ in few places are done within few steps. */
static void test_long_and_close(void **state)
{
    (void)state;
    enum { LENGTH = 300000 };
    uint32_t *a = malloc(LENGTH * sizeof *a), *b = malloc(LENGTH * sizeof *b);
    assert_true(a != NULL && b != NULL);
    for (uint32_t i = 0; i < LENGTH; i++)
        a[i] = b[i] = i % 1000;
    for (uint32_t i = 5; i < LENGTH; i += LENGTH / 50)
        b[i] = 1000;
    struct diff diff;
    assert_int_equal(diff_compare(a, LENGTH, b, LENGTH, 1001, 20 * LENGTH, &diff), 0);
    assert_int_equal(diff.removed, 50);
    assert_int_equal(diff.added, 50);
    diff_free(&diff);
    free(a);
    free(b);
}

/* Beyond the bound there is an answer, too, and soon. */
static void test_bound(void **state)
{
    (void)state;
    enum { LENGTH = 200000 };
    uint32_t *a = malloc(LENGTH * sizeof *a), *b = malloc(LENGTH * sizeof *b);
    assert_true(a != NULL && b != NULL);
    random_state = 1;
    for (uint32_t i = 0; i < LENGTH; i++) {
        a[i] = random_below(1000);
        b[i] = random_below(1000);
    }
    struct diff diff;
    assert_int_equal(diff_compare(a, LENGTH, b, LENGTH, 1000, WORK, &diff), -E2BIG);
    diff_free(&diff);
    free(a);
    free(b);
}

static void test_empty(void **state)
{
    (void)state;
    const uint32_t a[] = {1, 2};
    check(a, 0, a, 0);
    check(a, 2, a, 0);
    check(a, 0, a, 2);
    check(a, 2, a, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_edits),   cmocka_unit_test(test_unrelated),
        cmocka_unit_test(test_moved),          cmocka_unit_test(test_moved_by_number),
        cmocka_unit_test(test_long_and_close), cmocka_unit_test(test_bound),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
