/* SPDX-License-Identifier: MIT */
/* A hash table with open addressing over lines that are allocated one by one. */
#include "line_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 1024

struct line {
    uint64_t hash;
    size_t length;
    char *text;
};

struct line_table {
    struct line *lines;
    uint32_t count, room;
    uint32_t *slots; /* a line's number plus 1; 0: free */
    size_t slot_count;
};

struct line_table *line_table_create(void)
{
    struct line_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->slot_count = SLOTS_FIRST;
    table->slots = calloc(table->slot_count, sizeof table->slots[0]);
    if (table->slots == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

void line_table_destroy(struct line_table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->count; i++)
        free(table->lines[i].text);
    free(table->lines);
    free(table->slots);
    free(table);
}

/* FNV-1a */
static uint64_t hash_of(const char *line, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)line[i]) * 0x100000001b3;
    return hash ^ hash >> 32;
}

static bool grow_slots(struct line_table *table)
{
    size_t slot_count = table->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof slots[0]);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < table->count; i++) {
        size_t slot = table->lines[i].hash & (slot_count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = i + 1;
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
    return true;
}

static bool make_room(struct line_table *table)
{
    if (table->count == UINT32_MAX - 1)
        return false;
    if (table->count == table->room) {
        uint32_t room = table->room ? table->room + table->room / 2 : 1024;
        struct line *lines = realloc(table->lines, room * sizeof lines[0]);
        if (lines == NULL)
            return false;
        table->lines = lines;
        table->room = room;
    }
    return table->count < table->slot_count / 2 || grow_slots(table);
}

/* The slot that holds this line, or the free one where it belongs. */
static size_t find_slot(const struct line_table *table, const char *line, size_t length,
                        uint64_t hash)
{
    size_t slot = hash & (table->slot_count - 1);
    for (; table->slots[slot] != 0; slot = (slot + 1) & (table->slot_count - 1)) {
        const struct line *there = &table->lines[table->slots[slot] - 1];
        if (there->hash == hash && there->length == length &&
            memcmp(there->text, line, length) == 0)
            break;
    }
    return slot;
}

int line_table_add(struct line_table *table, const char *line, size_t length, uint32_t *number)
{
    uint64_t hash = hash_of(line, length);
    size_t slot = find_slot(table, line, length, hash);
    if (table->slots[slot] != 0) {
        *number = table->slots[slot] - 1;
        return 0;
    }
    if (!make_room(table))
        return -ENOMEM;
    char *text = malloc(length + 1);
    if (text == NULL)
        return -ENOMEM;
    memcpy(text, line, length);
    text[length] = '\0';
    *number = table->count++;
    table->lines[*number] = (struct line){.hash = hash, .length = length, .text = text};
    /* The slots may have become others. */
    table->slots[find_slot(table, line, length, hash)] = *number + 1;
    return 0;
}

uint32_t line_table_count(const struct line_table *table)
{
    return table->count;
}

const char *line_table_line(const struct line_table *table, uint32_t number)
{
    return table->lines[number].text;
}
