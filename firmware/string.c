/* SPDX-License-Identifier: MIT */
/*
 * The functions of <string.h> that the firmware and its drivers use, and that compilers call on their
 * own. The mem* family is string instructions in elements of eight bytes: there is no loop over data
 * anywhere. The system's header only declares; nothing of a C library is linked.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *out = to;
    size_t count = length / 8;
    __asm__ volatile("rep movsq" : "+D"(out), "+S"(from), "+c"(count) : : "memory");
    count = length % 8;
    if (count > 0)
        __asm__ volatile("rep movsb" : "+D"(out), "+S"(from), "+c"(count) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *out = to;
    uint64_t pattern = (uint8_t)byte * 0x0101010101010101u;
    size_t count = length / 8;
    __asm__ volatile("rep stosq" : "+D"(out), "+c"(count) : "a"(pattern) : "memory");
    count = length % 8;
    if (count > 0)
        __asm__ volatile("rep stosb" : "+D"(out), "+c"(count) : "a"(pattern) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from >= length)
        return memcpy(to, from, length);

    /* to lies inside the source: from the end down, first what is no whole element */
    uint8_t *out = (uint8_t *)to + length - 1;
    const uint8_t *in = (const uint8_t *)from + length - 1;
    size_t count = length % 8;
    __asm__ volatile("std; rep movsb; cld" : "+D"(out), "+S"(in), "+c"(count) : : "memory", "cc");
    out -= 7;
    in -= 7;
    count = length / 8;
    __asm__ volatile("std; rep movsq; cld" : "+D"(out), "+S"(in), "+c"(count) : : "memory", "cc");
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *left = a, *right = b;
    size_t count = length / 8;
    if (count > 0) {
        __asm__ volatile("repe cmpsq" : "+S"(left), "+D"(right), "+c"(count) : : "memory", "cc");
        left -= 8; /* the last element is looked at again, byte by byte */
        right -= 8;
        length = count > 0 ? 8 : 8 + length % 8;
    }
    for (; length > 0; length--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

void *memchr(const void *from, int byte, size_t length)
{
    if (length == 0)
        return NULL;
    const uint8_t *at = from;
    bool found;
    __asm__ volatile("repne scasb" : "+D"(at), "+c"(length), "=@ccz"(found) : "a"(byte) : "memory");
    return found ? (void *)(uintptr_t)(at - 1) : NULL;
}

size_t strlen(const char *text)
{
    size_t left = SIZE_MAX;
    __asm__ volatile("repne scasb" : "+D"(text), "+c"(left) : "a"(0) : "memory", "cc");
    return SIZE_MAX - left - 1; /* the NUL was counted too */
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t length)
{
    for (; length > 0; length--, a++, b++) {
        if (*a != *b || !*a)
            return (uint8_t)*a - (uint8_t)*b;
    }
    return 0;
}
