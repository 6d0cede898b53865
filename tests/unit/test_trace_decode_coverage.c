/* SPDX-License-Identifier: MIT */
/*
 * The decoder's tables against the headers of drivers/abi/: each macro there is a register, a bit or a value
 * that a table names, or one that no access shows (decode_exceptions.h). And each entry of a table gives words.
 */
#include "test.h"

#include "decode_exceptions.h"
#include "host-vmm/trace/decode/table.h"

#include <dirent.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const headers[] = {
    "uart.h",   "ata.h",        "ide_dma.h",    "chunk.h",       "testdev.h", "fw_cfg.h",
    "cmos.h",   "i8042.h",      "pic.h",        "machine.h",     "pci.h",     "i440fx.h",
    "virtio.h", "virtio_blk.h", "virtio_pci.h", "virtio_mmio.h",
};

/* Of things that are no registers of a device that this host has, or that only the kernel sees. */
static const char *const other_headers[] = {"acpi.h", "ioapic.h",    "kvm_hypercall.h", "lapic.h",
                                            "pvh.h",  "multiboot.h", "rung.h"};

#define EXCEPTIONS (sizeof exceptions / sizeof exceptions[0])

/* --- which macros the tables name -------------------------------------------------------------------------- */

static bool same(const char *macro, const char *name)
{
    return macro != NULL && strcmp(macro, name) == 0;
}

static bool values_name(const struct decode_value *values, const char *name)
{
    for (; values != NULL && values->word != NULL; values++)
        if (same(values->macro, name))
            return true;
    return false;
}

static bool fields_name(const struct decode_field *field, const char *name)
{
    for (; field != NULL && field->mask != 0; field++)
        if (same(field->macro, name) || values_name(field->values, name))
            return true;
    return false;
}

static bool register_names(const struct decode_register *reg, const char *name)
{
    return same(reg->macro, name) || fields_name(reg->fields, name) ||
           values_name(reg->values, name);
}

static bool is_named(const char *name)
{
    for (unsigned t = 0; decode_tables[t] != NULL; t++)
        for (unsigned i = 0; i < decode_tables[t]->count; i++)
            if (register_names(&decode_tables[t]->registers[i], name))
                return true;
    return false;
}

static bool exception_fits(const struct exception *exception, const char *header, const char *name)
{
    size_t length = strlen(exception->name);

    if (strcmp(exception->header, header) != 0)
        return false;
    if (exception->name[length - 1] == '*')
        return strncmp(exception->name, name, length - 1) == 0;
    return strcmp(exception->name, name) == 0;
}

/* --- which macros there are -------------------------------------------------------------------------------- */

#define LINE_SIZE 256

/* The identifier that text begins with. */
static void take_identifier(const char *text, char *name, size_t size)
{
    size_t length = 0;

    while (length + 1 < size && (isalnum((unsigned char)text[length]) || text[length] == '_')) {
        name[length] = text[length];
        length++;
    }
    name[length] = '\0';
}

/* One line: "#define NAME ..." but for the header's own guard, or "X("word", NAME)" in a list. */
static bool take_macro(const char *line, char *name, size_t size)
{
    static const char define[] = "#define ";
    const char *item = strstr(line, "X(\"");

    name[0] = '\0';
    if (strncmp(line, define, sizeof define - 1) == 0) {
        take_identifier(line + sizeof define - 1, name, size);
        return strncmp(name, "ABI_", 4) != 0;
    }
    if (item == NULL || strstr(item, "\", ") == NULL)
        return false;
    take_identifier(strstr(item, "\", ") + 3, name, size);
    return true;
}

typedef void visit_macro(void *context, const char *header, const char *name);

/* How many there are */
static unsigned each_macro(const char *header, visit_macro *visit, void *context)
{
    char path[64], line[LINE_SIZE], name[LINE_SIZE];
    unsigned count = 0;

    snprintf(path, sizeof path, "drivers/abi/%s", header);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        assert_non_null(strchr(line, '\n')); /* no line is longer */
        if (!take_macro(line, name, sizeof name))
            continue;
        visit(context, header, name);
        count++;
    }
    fclose(file);
    return count;
}

struct tally {
    unsigned failures;
    bool used[EXCEPTIONS];
};

static void look_for_words(void *context, const char *header, const char *name)
{
    struct tally *tally = context;
    bool excused = false, named = is_named(name);

    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        if (!exception_fits(&exceptions[i], header, name))
            continue;
        excused = true;
        /* The name of one that has words is no exception; the beginning of several may fit such a one. */
        if (!named)
            tally->used[i] = true;
    }
    if (named || excused)
        return;
    print_error("%s: %s has no words: it is in no table of host-vmm/trace/decode/\n", header, name);
    tally->failures++;
}

static void every_macro_has_words_or_needs_none(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_true(each_macro(headers[i], look_for_words, &tally) > 0);
    for (unsigned i = 0; i < EXCEPTIONS; i++) {
        if (tally.used[i])
            continue;
        print_error("%s: %s: an exception that is not there, or that has words\n",
                    exceptions[i].header, exceptions[i].name);
        tally.failures++;
    }
    assert_int_equal(tally.failures, 0);
}

/* --- the tables themselves --------------------------------------------------------------------------------- */

struct lookup {
    const char *name;
    bool found;
};

static void compare_name(void *context, const char *header, const char *name)
{
    struct lookup *lookup = context;

    (void)header;
    lookup->found |= strcmp(name, lookup->name) == 0;
}

static unsigned check_macro(const char *macro)
{
    struct lookup lookup = {.name = macro};

    if (macro == NULL)
        return 0;
    for (unsigned i = 0; i < sizeof headers / sizeof headers[0] && !lookup.found; i++)
        each_macro(headers[i], compare_name, &lookup);
    if (!lookup.found)
        print_error("%s is named by a table, and by no header\n", macro);
    return !lookup.found;
}

static unsigned check_values(const struct decode_value *values)
{
    unsigned failures = 0;

    for (; values != NULL && values->word != NULL; values++)
        failures += check_macro(values->macro);
    return failures;
}

static void what_the_tables_name_is_there(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (unsigned t = 0; decode_tables[t] != NULL; t++) {
        for (unsigned i = 0; i < decode_tables[t]->count; i++) {
            const struct decode_register *reg = &decode_tables[t]->registers[i];
            failures += check_macro(reg->macro) + check_values(reg->values);
            for (const struct decode_field *f = reg->fields; f != NULL && f->mask != 0; f++)
                failures += check_macro(f->macro) + check_values(f->values);
        }
    }
    assert_int_equal(failures, 0);
}

static void no_two_registers_of_a_table_overlap(void **state)
{
    (void)state;
    for (unsigned t = 0; decode_tables[t] != NULL; t++) {
        const struct decode_table *table = decode_tables[t];
        for (unsigned i = 0; i < table->count; i++) {
            const struct decode_register *a = &table->registers[i];
            for (unsigned j = 0; j < i; j++) {
                const struct decode_register *b = &table->registers[j];
                bool apart = a->offset + a->size <= b->offset || b->offset + b->size <= a->offset;
                if (!apart && (a->direction & b->direction))
                    fail_msg("%s: %s and %s overlap", table->header, a->name, b->name);
            }
        }
    }
}

static uint64_t ones(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

static void decode_one(const struct decode_register *reg, uint64_t value, struct decoded *decoded)
{
    *decoded = (struct decoded){0};
    decode_register_words(reg, 0, reg->size < 8 ? reg->size : 8, value, decoded);
    if (strcmp(decoded->reg, reg->name) != 0 || decoded->words[0] == '\0')
        fail_msg("%s, value 0x%llx: \"%s\", \"%s\"", reg->name, (unsigned long long)value,
                 decoded->reg, decoded->words);
}

/* Each bit that has a name, and each value, is said so. */
static void check_words(const struct decode_register *reg)
{
    bool plain = reg->form == DECODE_CHAR || reg->form == DECODE_DATA;
    struct decoded decoded;

    for (const struct decode_value *v = reg->values; v != NULL && v->word != NULL; v++) {
        decode_one(reg, v->value, &decoded);
        if (!plain && reg->form != DECODE_FLAGS && strstr(decoded.words, v->word) == NULL)
            fail_msg("%s: no \"%s\" in \"%s\"", reg->name, v->word, decoded.words);
    }
    for (const struct decode_field *f = reg->fields; f != NULL && f->mask != 0; f++) {
        bool here = (f->mask & ones(reg->size)) == f->mask;
        decode_one(reg, f->mask & ones(reg->size), &decoded);
        if (here && strstr(decoded.words, f->word) == NULL)
            fail_msg("%s: no \"%s\" in \"%s\"", reg->name, f->word, decoded.words);
        for (const struct decode_value *v = f->values; v != NULL && v->word != NULL; v++) {
            decode_one(reg, v->value, &decoded);
            if (here && strstr(decoded.words, v->word) == NULL)
                fail_msg("%s: no \"%s\" in \"%s\"", reg->name, v->word, decoded.words);
        }
    }
}

static void every_register_has_words_for_every_bit(void **state)
{
    struct decoded decoded;

    (void)state;
    for (unsigned t = 0; decode_tables[t] != NULL; t++) {
        const struct decode_table *table = decode_tables[t];
        assert_true(table->count > 0);
        for (unsigned i = 0; i < table->count; i++) {
            const struct decode_register *reg = &table->registers[i];
            assert_true(reg->size > 0 && reg->name[0] != '\0');
            assert_true(reg->direction != 0);
            for (unsigned write = 0; write < 2; write++)
                if (reg->direction & (write ? DECODE_WRITE : DECODE_READ))
                    assert_ptr_equal(decode_find(table, reg->offset, write), reg);
            decode_one(reg, 0, &decoded);
            decode_one(reg, ones(reg->size), &decoded);
            for (unsigned bit = 0; bit < 8u * reg->size && bit < 64; bit++)
                decode_one(reg, 1ull << bit, &decoded);
            check_words(reg);
        }
    }
}

static bool is_listed(const char *name, const char *const *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* A header that is added there is either held against the tables or said to have no registers. */
static void every_header_is_listed(void **state)
{
    (void)state;
    DIR *folder = opendir("drivers/abi");
    assert_non_null(folder);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".h") == NULL)
            continue;
        count++;
        if (!is_listed(entry->d_name, headers, sizeof headers / sizeof headers[0]) &&
            !is_listed(entry->d_name, other_headers,
                       sizeof other_headers / sizeof other_headers[0]))
            fail_msg("drivers/abi/%s: no table decodes it (host-vmm/trace/decode/), and it is no "
                     "exception",
                     entry->d_name);
    }
    closedir(folder);
    assert_int_equal(count, (sizeof headers + sizeof other_headers) / sizeof headers[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_is_listed),
        cmocka_unit_test(every_macro_has_words_or_needs_none),
        cmocka_unit_test(what_the_tables_name_is_there),
        cmocka_unit_test(no_two_registers_of_a_table_overlap),
        cmocka_unit_test(every_register_has_words_for_every_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
