/* SPDX-License-Identifier: MIT */
/* Addresses as functions: from files of both classes, by the rules of symbols.h; damaged files do no harm. */
#include "test.h"

#include "trace/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BASE 0xf0000u
#define TEXT_SIZE 0x200u
#define RESET_BASE 0xffff0u

enum { TEXT = 1, DATA, RESET, SYMTAB, STRTAB, SHSTRTAB };

struct wanted {
    const char *name;
    uint64_t value;
    unsigned type, bind, section;
};

static const struct wanted wanted[] = {
    {"reader", TEXT_BASE + 0x20, STT_FUNC, STB_GLOBAL, TEXT},
    {"rung3_ata", TEXT_BASE + 0x40, STT_NOTYPE, STB_GLOBAL, TEXT},
    {"rung3_ata.identify", TEXT_BASE + 0x48, STT_NOTYPE, STB_LOCAL, TEXT},
    {"$x.1", TEXT_BASE + 0x50, STT_NOTYPE, STB_LOCAL, TEXT},
    {".L12", TEXT_BASE + 0x51, STT_NOTYPE, STB_LOCAL, TEXT},
    {"..@5.skip", TEXT_BASE + 0x52, STT_NOTYPE, STB_LOCAL, TEXT},
    {"bell\a", TEXT_BASE + 0x53, STT_NOTYPE, STB_LOCAL, TEXT},
    {"table", TEXT_BASE + 0x60, STT_OBJECT, STB_LOCAL, TEXT},
    {"CONSTANT", TEXT_BASE + 0x70, STT_NOTYPE, STB_LOCAL, SHN_ABS},
    {"outside", TEXT_BASE - 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"label", TEXT_BASE + 0x80, STT_NOTYPE, STB_GLOBAL, TEXT},
    {"function", TEXT_BASE + 0x80, STT_FUNC, STB_LOCAL, TEXT},
    {"alias", TEXT_BASE + 0x80, STT_FUNC, STB_GLOBAL, TEXT},
    {"a_name_that_is_so_long_that_it_does_not_fit_with_its_offset", TEXT_BASE + 0x100, STT_FUNC,
     STB_GLOBAL, TEXT},
    {"variable", 0x5000, STT_NOTYPE, STB_GLOBAL, DATA},
    {"reset_vector", RESET_BASE, STT_NOTYPE, STB_GLOBAL, RESET},
};

#define WANTED (sizeof wanted / sizeof wanted[0])

static void add_section(Elf *elf, unsigned name, unsigned type, uint64_t flags, uint64_t address,
                        void *bytes, size_t size, Elf_Type kind)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_newscn(elf);
    Elf_Data *data = elf_newdata(section);
    data->d_buf = bytes;
    data->d_size = size;
    data->d_type = kind;
    data->d_align = 1;
    data->d_version = EV_CURRENT;
    assert_non_null(gelf_getshdr(section, &header));
    header.sh_name = name;
    header.sh_type = type;
    header.sh_flags = flags;
    header.sh_addr = address;
    header.sh_link = type == SHT_SYMTAB ? STRTAB : 0;
    header.sh_entsize = type == SHT_SYMTAB ? gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT) : 0;
    assert_int_not_equal(gelf_update_shdr(section, &header), 0);
}

/* All symbols, with their names one after the other in strings. */
static void fill_symbols(Elf *elf, Elf_Data *data, char *strings, size_t *used)
{
    GElf_Sym symbol = {0};
    gelf_update_sym(data, 0, &symbol);
    *used = 1;
    for (unsigned i = 0; i < WANTED; i++) {
        symbol = (GElf_Sym){.st_name = (GElf_Word)*used,
                            .st_value = wanted[i].value,
                            .st_info = (uint8_t)GELF_ST_INFO(wanted[i].bind, wanted[i].type),
                            .st_shndx = (GElf_Section)wanted[i].section};
        strcpy(strings + *used, wanted[i].name);
        *used += strlen(wanted[i].name) + 1;
        assert_int_not_equal(gelf_update_sym(data, (int)i + 1, &symbol), 0);
    }
    (void)elf;
}

static void write_elf(int fd, int class, unsigned machine)
{
    static uint8_t code[TEXT_SIZE], data[0x100];
    static char strings[4096], names[] = "";
    uint8_t symbols[(WANTED + 1) * sizeof(Elf64_Sym)];
    GElf_Ehdr header;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_WRITE, NULL);
    assert_non_null(elf);
    assert_non_null(gelf_newehdr(elf, class));
    assert_non_null(gelf_getehdr(elf, &header));
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = (GElf_Half)machine;
    header.e_type = ET_EXEC;
    header.e_shstrndx = SHSTRTAB;
    gelf_update_ehdr(elf, &header);
    size_t entry = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT), used = sizeof strings;
    add_section(elf, 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, TEXT_BASE, code, TEXT_SIZE,
                ELF_T_BYTE);
    add_section(elf, 0, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 0x5000, data, sizeof data, ELF_T_BYTE);
    add_section(elf, 0, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, RESET_BASE, code, 16, ELF_T_BYTE);
    add_section(elf, 0, SHT_SYMTAB, 0, 0, symbols, (WANTED + 1) * entry, ELF_T_SYM);
    fill_symbols(elf, elf_getdata(elf_getscn(elf, SYMTAB), NULL), strings, &used);
    add_section(elf, 0, SHT_STRTAB, 0, 0, strings, used, ELF_T_BYTE);
    add_section(elf, 0, SHT_STRTAB, 0, 0, names, sizeof names, ELF_T_BYTE);
    assert_true(elf_update(elf, ELF_C_WRITE) > 0);
    elf_end(elf);
}

static char path[64];

static int make_path(void **state)
{
    (void)state;
    strcpy(path, "/tmp/trapline-symbols-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_path(int class, unsigned machine)
{
    int fd = open(path, O_RDWR | O_TRUNC);
    assert_true(fd >= 0);
    write_elf(fd, class, machine);
    close(fd);
}

static const char *find(const struct symbols *symbols, uint64_t address, bool is_write)
{
    static char text[64];
    symbols_find(symbols, address, is_write, text, sizeof text);
    return text;
}

static void check_names(int class, unsigned machine)
{
    struct symbols *s = symbols_create();
    write_path(class, machine);
    assert_int_equal(symbols_add(s, path), 0);
    assert_string_equal(find(s, TEXT_BASE, false), "");
    assert_string_equal(find(s, TEXT_BASE + 0x1f, false), "");
    assert_string_equal(find(s, TEXT_BASE + 0x20, false), "reader+0x0");
    assert_string_equal(find(s, TEXT_BASE + 0x47, false), "rung3_ata+0x7");
    assert_string_equal(find(s, TEXT_BASE + 0x7f, false), "rung3_ata.identify+0x37");
    assert_string_equal(find(s, TEXT_BASE + 0x80, false), "alias+0x0");
    assert_string_equal(find(s, TEXT_BASE + 0x1ff, false),
                        "a_name_that_is_so_long_that_it_does_not_fit_with_its_offse+0xff");
    assert_string_equal(find(s, TEXT_BASE + TEXT_SIZE, false), "");
    assert_string_equal(find(s, 0x5000, false), "");
    assert_string_equal(find(s, TEXT_BASE - 0x10, false), "");
    symbols_destroy(s);
}

static void test_names_64(void **state)
{
    (void)state;
    check_names(ELFCLASS64, EM_X86_64);
}

static void test_names_32(void **state)
{
    (void)state;
    check_names(ELFCLASS32, EM_386);
}

/* A write's address is that behind the instruction. */
static void test_writes(void **state)
{
    (void)state;
    struct symbols *s = symbols_create();
    write_path(ELFCLASS64, EM_X86_64);
    assert_int_equal(symbols_add(s, path), 0);
    assert_string_equal(find(s, TEXT_BASE + 0x40, true), "reader+0x20");
    assert_string_equal(find(s, TEXT_BASE + 0x41, true), "rung3_ata+0x1");
    assert_string_equal(find(s, TEXT_BASE + 0x20, true), "");
    assert_string_equal(find(s, RESET_BASE + 16, true), "reset_vector+0x10");
    assert_string_equal(find(s, 0, true), "");
    symbols_destroy(s);
}

/* At reset the ROM is at the top of 4 GiB. */
static void test_top_of_4_gib(void **state)
{
    (void)state;
    struct symbols *s = symbols_create();
    write_path(ELFCLASS64, EM_X86_64);
    assert_int_equal(symbols_add(s, path), 0);
    assert_string_equal(find(s, 0xfffffff0, false), "reset_vector+0x0");
    assert_string_equal(find(s, 0xffff0048, false), "rung3_ata.identify+0x0");
    assert_string_equal(find(s, 0x100000000, true), "reset_vector+0x10");
    assert_string_equal(find(s, 0x100000000, false), "");
    assert_string_equal(find(s, 0xfffeffff, false), "");
    symbols_destroy(s);
}

static void test_small_room(void **state)
{
    (void)state;
    struct symbols *s = symbols_create();
    char text[8] = "xxxxxxx";
    write_path(ELFCLASS64, EM_X86_64);
    assert_int_equal(symbols_add(s, path), 0);
    symbols_find(s, TEXT_BASE + 0x21, false, text, sizeof text);
    assert_string_equal(text, "rea+0x1");
    symbols_find(s, TEXT_BASE + 0x21, false, text, 1);
    assert_string_equal(text, "");
    symbols_destroy(s);
}

static void test_no_elf(void **state)
{
    (void)state;
    struct symbols *s = symbols_create();
    assert_int_equal(symbols_add(s, "/nonexistent"), -ENOENT);
    assert_int_equal(symbols_add(s, "/dev/null"), -ENOEXEC);
    assert_int_equal(symbols_add(s, "/tmp"), -ENOEXEC);
    write_path(ELFCLASS64, EM_AARCH64);
    assert_int_equal(symbols_add(s, path), -ENOEXEC);
    assert_string_equal(find(s, TEXT_BASE + 0x20, false), "");
    symbols_destroy(s);
}

static uint8_t image[16384];

static size_t read_image(void)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(image, 1, sizeof image, file);
    fclose(file);
    return length;
}

static void try_image(size_t length)
{
    struct symbols *s = symbols_create();
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, length, file), length);
    fclose(file);
    if (symbols_add(s, path) == 0)
        for (uint64_t address = TEXT_BASE - 1; address < TEXT_BASE + 0x90; address++)
            find(s, address, address & 1);
    symbols_destroy(s);
}

/* Every byte changed in several ways, every length: whatever comes of it, it is no crash. */
static void check_damage(int class, unsigned machine)
{
    static const uint8_t masks[] = {0xff, 0x80, 0x01};
    write_path(class, machine);
    size_t length = read_image();
    for (size_t i = 0; i < length; i++) {
        /* The sections' own bytes say nothing. */
        if (i >= 64 && i < 64 + TEXT_SIZE + 0x100)
            continue;
        for (unsigned k = 0; k < sizeof masks; k++) {
            image[i] ^= masks[k];
            try_image(length);
            image[i] ^= masks[k];
        }
    }
    for (size_t i = 0; i < length; i += 3)
        try_image(i);
}

static void test_damage_64(void **state)
{
    (void)state;
    check_damage(ELFCLASS64, EM_X86_64);
}

static void test_damage_32(void **state)
{
    (void)state;
    check_damage(ELFCLASS32, EM_386);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_64),   cmocka_unit_test(test_names_32),
        cmocka_unit_test(test_writes),     cmocka_unit_test(test_top_of_4_gib),
        cmocka_unit_test(test_small_room), cmocka_unit_test(test_no_elf),
        cmocka_unit_test(test_damage_64),  cmocka_unit_test(test_damage_32),
    };
    return cmocka_run_group_tests(tests, make_path, drop_path);
}
