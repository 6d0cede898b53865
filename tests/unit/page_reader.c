/* SPDX-License-Identifier: MIT */
/* Base64 and items, checked at every step. */
#include "page_reader.h"
#include "test.h"

#include "host-vmm/trace/page/page_data.h"

#include <stdlib.h>
#include <string.h>

#define MOST_STRINGS (1u << 22)
#define MOST_SHAPES (1u << 20)

struct reader {
    uint8_t *bytes;
    size_t length, at;
    size_t *strings; /* where each begins */
    uint32_t (*shapes)[2];
    uint64_t *devices; /* of the shapes: strings */
    struct page_reading *reading;
};

static unsigned digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = strchr(digits, c);
    assert_true(c != '\0' && found != NULL);
    return (unsigned)(found - digits);
}

static void add_block(struct reader *r, const char *text, size_t length)
{
    assert_int_equal(length % 4, 0);
    r->bytes = realloc(r->bytes, r->length + length);
    assert_non_null(r->bytes);
    for (size_t i = 0; i < length; i += 4) {
        unsigned padding = text[i + 2] == '=' ? 2 : text[i + 3] == '=' ? 1 : 0;
        uint32_t group = digit(text[i]) << 18 | digit(text[i + 1]) << 12;
        group |= padding < 2 ? digit(text[i + 2]) << 6 : 0;
        group |= padding < 1 ? digit(text[i + 3]) : 0;
        for (unsigned k = 0; k < 3 - padding; k++)
            r->bytes[r->length++] = (uint8_t)(group >> (16 - 8 * k));
    }
}

static void take_blocks(struct reader *r, const char *page)
{
    static const char begin[] = "<script type=\"application/octet-stream\" class=\"records\">";
    const char *p = page;
    while ((p = strstr(p, begin)) != NULL) {
        p += strlen(begin);
        const char *end = strchr(p, '<');
        assert_non_null(end);
        assert_memory_equal(end, "</script>", strlen("</script>"));
        add_block(r, p, (size_t)(end - p));
        r->reading->blocks++;
    }
}

static uint64_t number(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        assert_true(r->at < r->length && shift < 64);
        uint8_t byte = r->bytes[r->at++];
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

static void read_string(struct reader *r)
{
    assert_true(r->reading->strings < MOST_STRINGS);
    r->strings[r->reading->strings++] = r->at;
    uint64_t length = number(r);
    assert_true(length <= r->length - r->at);
    r->at += length;
}

static void copy_string(struct reader *r, uint64_t which, char text[PAGE_READER_WORDS])
{
    assert_true(which < r->reading->strings);
    struct reader at = *r;
    at.at = r->strings[which];
    uint64_t length = number(&at);
    assert_true(length < PAGE_READER_WORDS);
    memcpy(text, r->bytes + at.at, length);
    text[length] = '\0';
}

static void read_shape(struct reader *r)
{
    uint64_t shape[7];
    for (unsigned i = 0; i < 7; i++) {
        shape[i] = number(r);
        assert_true(i < 3 || shape[i] < r->reading->strings);
    }
    assert_true(r->reading->shapes < MOST_SHAPES);
    r->shapes[r->reading->shapes][0] = (uint32_t)shape[0];
    r->shapes[r->reading->shapes][1] = (uint32_t)shape[1];
    r->devices[r->reading->shapes++] = shape[5];
}

static void read_event(struct reader *r, uint64_t shape)
{
    struct page_reading *reading = r->reading;
    assert_true(shape < reading->shapes);
    uint64_t step = number(r);
    reading->time += (step >> 1) ^ -(step & 1);
    reading->duration = number(r);
    copy_string(r, number(r), reading->where);
    copy_string(r, number(r), reading->words);
    copy_string(r, number(r), reading->address);
    reading->count = number(r);
    number(r); /* backend */
    reading->kind = r->shapes[shape][0];
    reading->flags = r->shapes[shape][1];
    copy_string(r, r->devices[shape], reading->device);
    reading->events++;
}

static void read_item(struct reader *r)
{
    struct page_reading *reading = r->reading;
    uint64_t item = number(r);
    assert_int_equal(reading->ends, 0); /* the end is the last */
    switch (item) {
    case PAGE_ITEM_STRING:
        read_string(r);
        break;
    case PAGE_ITEM_SHAPE:
        read_shape(r);
        break;
    case PAGE_ITEM_RUNG:
        for (unsigned i = 0; i < 3; i++)
            number(r);
        assert_true(number(r) < reading->strings);
        reading->rungs++;
        break;
    case PAGE_ITEM_END:
        reading->end = number(r);
        reading->exits = number(r);
        reading->records = number(r);
        reading->lost = number(r);
        number(r);
        number(r);
        reading->ends++;
        break;
    default:
        read_event(r, item - PAGE_ITEM_EVENT);
    }
}

void page_read(const char *page, struct page_reading *reading)
{
    struct reader r = {.reading = reading};
    memset(reading, 0, sizeof *reading);
    r.strings = calloc(MOST_STRINGS, sizeof *r.strings);
    r.shapes = calloc(MOST_SHAPES, sizeof *r.shapes);
    r.devices = calloc(MOST_SHAPES, sizeof *r.devices);
    assert_true(r.strings != NULL && r.shapes != NULL && r.devices != NULL);
    take_blocks(&r, page);
    while (r.at < r.length)
        read_item(&r);
    assert_int_equal(reading->ends, 1);
    free(r.bytes);
    free(r.strings);
    free(r.shapes);
    free(r.devices);
}
