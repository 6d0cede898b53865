/* SPDX-License-Identifier: MIT */
/* Kernels' files: what is made of good ones, and that hostile ones are refused with a reason. */
#include "test.h"

#include "kernel_plan.h"

#include "abi/multiboot.h"
#include "abi/pvh.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY 0x100010

/* A file in an allocation of exactly its size, so that ASan sees a read past it. */
struct memory_file {
    struct backend backend;
    uint8_t *bytes;
    int error;
};

static int64_t read_memory(struct backend *b, const struct iovec *iov, unsigned count,
                           uint64_t offset)
{
    struct memory_file *file = (struct memory_file *)b;
    assert_int_equal(count, 1);
    if (file->error)
        return -file->error;
    if (offset >= b->size)
        return 0;
    uint64_t n = b->size - offset < iov->iov_len ? b->size - offset : iov->iov_len;
    memcpy(iov->iov_base, file->bytes + offset, n);
    return (int64_t)n;
}

static const struct backend_ops memory_ops = {.readv = read_memory};
static struct memory_file file;
static struct kernel_plan plan;

static bool plan_of(const void *bytes, size_t size)
{
    file = (struct memory_file){.backend = {.ops = &memory_ops, .name = "kernel", .size = size}};
    file.bytes = malloc(size ? size : 1);
    if (size > 0)
        memcpy(file.bytes, bytes, size);
    bool ok = kernel_plan_read(&plan, &file.backend);
    free(file.bytes);
    return ok;
}

/* --- a small ELF file with both a PVH note and a multiboot header, to be spoilt --- */

struct note {
    Elf64_Nhdr head;
    char name[XEN_ELFNOTE_NAME_SIZE];
    uint32_t entry;
};

struct image64 {
    Elf64_Ehdr header;
    Elf64_Phdr load, note_header;
    struct note note;
    uint32_t multiboot[3];
    uint8_t code[64];
};

struct image32 {
    Elf32_Ehdr header;
    Elf32_Phdr load, note_header;
    struct note note;
    uint32_t multiboot[3];
    uint8_t code[64];
};

static const struct note pvh_note = {
    .head = {.n_namesz = 4, .n_descsz = 4, .n_type = XEN_ELFNOTE_PHYS32_ENTRY},
    .name = XEN_ELFNOTE_NAME,
    .entry = ENTRY};

#define FILL(image, bits)                                                                          \
    do {                                                                                           \
        memset(&(image), 0, sizeof(image));                                                        \
        memcpy((image).header.e_ident, ELFMAG, SELFMAG);                                           \
        (image).header.e_ident[EI_CLASS] = (bits) == 64 ? ELFCLASS64 : ELFCLASS32;                 \
        (image).header.e_ident[EI_DATA] = ELFDATA2LSB;                                             \
        (image).header.e_type = ET_EXEC;                                                           \
        (image).header.e_machine = (bits) == 64 ? EM_X86_64 : EM_386;                              \
        (image).header.e_entry = ENTRY;                                                            \
        (image).header.e_phoff = sizeof((image).header);                                           \
        (image).header.e_phentsize = sizeof((image).load);                                         \
        (image).header.e_phnum = 2;                                                                \
        (image).load.p_type = PT_LOAD;                                                             \
        (image).load.p_flags = PF_R | PF_X;                                                        \
        (image).load.p_offset = (uint32_t)((uint8_t *)(image).code - (uint8_t *)&(image));         \
        (image).load.p_vaddr = (image).load.p_paddr = 0x100000;                                    \
        (image).load.p_filesz = sizeof((image).code);                                              \
        (image).load.p_memsz = 0x2000;                                                             \
        (image).note_header.p_type = PT_NOTE;                                                      \
        (image).note_header.p_offset = (uint32_t)((uint8_t *)&(image).note - (uint8_t *)&(image)); \
        (image).note_header.p_filesz = sizeof((image).note);                                       \
        (image).note = pvh_note;                                                                   \
    } while (0)

/* The first three words of a header: magic, flags, checksum. */
static void set_multiboot(void *header, uint32_t flags)
{
    const uint32_t words[3] = {MULTIBOOT_HEADER_MAGIC, flags, 0u - MULTIBOOT_HEADER_MAGIC - flags};
    memcpy(header, words, sizeof words);
}

static struct image64 good64(void)
{
    struct image64 image;
    FILL(image, 64);
    return image;
}

static struct image32 good32(void)
{
    struct image32 image;
    FILL(image, 32);
    return image;
}

static void assert_the_one_segment(uint64_t offset)
{
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.segments[0].gpa, 0x100000);
    assert_int_equal(plan.segments[0].file_offset, offset);
    assert_int_equal(plan.segments[0].file_size, 64);
    assert_int_equal(plan.segments[0].memory_size, 0x2000);
    assert_int_equal(plan.entry, ENTRY);
}

#define assert_refused(image, why)                                                                 \
    do {                                                                                           \
        assert_false(plan_of(&(image), sizeof(image)));                                            \
        if (strstr(plan.refusal, why) == NULL)                                                     \
            fail_msg("refused with \"%s\", not \"%s\"", plan.refusal, why);                        \
    } while (0)

/* --- good files --- */

static void test_pvh_of_either_class(void **state)
{
    (void)state;
    struct image64 a = good64();
    assert_true(plan_of(&a, sizeof a));
    assert_int_equal(plan.protocol, KERNEL_PVH);
    assert_the_one_segment(offsetof(struct image64, code));
    struct image32 b = good32();
    assert_true(plan_of(&b, sizeof b));
    assert_int_equal(plan.protocol, KERNEL_PVH);
    assert_the_one_segment(offsetof(struct image32, code));
}

static void test_pvh_comes_before_multiboot(void **state)
{
    (void)state;
    struct image64 image = good64();
    set_multiboot(image.multiboot, 0);
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.protocol, KERNEL_PVH);
    image.note.head.n_type = 1;
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.protocol, KERNEL_MULTIBOOT);
    assert_the_one_segment(offsetof(struct image64, code));
}

static void test_multiboot_entry_that_is_a_virtual_address(void **state)
{
    (void)state;
    struct image32 image = good32();
    image.note.head.n_type = 1;
    set_multiboot(image.multiboot, MULTIBOOT_PAGE_ALIGN | MULTIBOOT_MEMORY_INFO);
    image.load.p_vaddr = 0xc0100000;
    image.header.e_entry = 0xc0100010;
    assert_true(plan_of(&image, sizeof image));
    assert_the_one_segment(offsetof(struct image32, code));
}

static void test_note_with_eight_bytes_behind_others(void **state)
{
    (void)state;
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr load, note_header;
        struct {
            Elf64_Nhdr head;
            char name[8]; /* "Linux", padded */
            uint32_t value;
        } other;
        Elf64_Nhdr head;
        char name[4];
        uint64_t entry;
        struct note note;
        uint8_t code[64];
    } __attribute__((packed)) image;
    FILL(image, 64);
    image.note_header.p_offset = (uint8_t *)&image.other - (uint8_t *)&image;
    image.note_header.p_filesz = sizeof image.other + sizeof image.head + 12;
    image.other.head = (Elf64_Nhdr){.n_namesz = 6, .n_descsz = 4, .n_type = 18};
    memcpy(image.other.name, "Linux", 6);
    image.head = (Elf64_Nhdr){.n_namesz = 4, .n_descsz = 8, .n_type = XEN_ELFNOTE_PHYS32_ENTRY};
    memcpy(image.name, XEN_ELFNOTE_NAME, 4);
    image.entry = ENTRY + 1;
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.entry, ENTRY + 1);
}

/* --- multiboot's address fields --- */

struct flat {
    uint8_t before[16];
    struct multiboot_header header;
    uint8_t code[100];
};

static struct flat good_flat(void)
{
    struct flat image = {.header = {.flags = MULTIBOOT_AOUT_KLUDGE,
                                    .header_addr = 0x200010,
                                    .load_addr = 0x200000,
                                    .load_end_addr = 0x200000 + sizeof image,
                                    .bss_end_addr = 0x204000,
                                    .entry_addr = 0x200030}};
    set_multiboot(&image.header, MULTIBOOT_AOUT_KLUDGE);
    return image;
}

static void test_flat_image(void **state)
{
    (void)state;
    struct flat image = good_flat();
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.protocol, KERNEL_MULTIBOOT);
    assert_int_equal(plan.count, 1);
    assert_int_equal(plan.segments[0].file_offset, 0);
    assert_int_equal(plan.segments[0].file_size, sizeof image);
    assert_int_equal(plan.segments[0].memory_size, 0x4000);
    assert_int_equal(plan.entry, 0x200030);
    image.header.load_end_addr = image.header.bss_end_addr = 0;
    image.header.load_addr = 0x200010; /* the first 16 bytes stay where they are */
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.segments[0].file_offset, 16);
    assert_int_equal(plan.segments[0].file_size, sizeof image - 16);
    assert_int_equal(plan.segments[0].memory_size, sizeof image - 16);
}

static void test_flat_images_that_lie(void **state)
{
    (void)state;
    struct flat image = good_flat();
    image.header.load_addr = 0x200020;
    assert_refused(image, "contradict");
    image = good_flat();
    image.header.load_addr = 0x100000; /* the header would be a megabyte into the file */
    assert_refused(image, "contradict");
    image = good_flat();
    image.header.load_end_addr = 0x1fffff;
    assert_refused(image, "out of order");
    image = good_flat();
    image.header.load_end_addr++;
    assert_refused(image, "past the end of the file");
    image = good_flat();
    image.header.bss_end_addr = 0x200010;
    assert_refused(image, "more bytes in the file");
    image = good_flat();
    image.header.entry_addr = 0x204000;
    assert_refused(image, "entry point");
    image = good_flat();
    image.header.load_end_addr = 0x200000;
    image.header.bss_end_addr = 0x200000;
    assert_refused(image, "entry point");
}

static void test_multiboot_headers_that_are_none(void **state)
{
    (void)state;
    struct flat image = good_flat();
    image.header.checksum++;
    assert_refused(image, "neither");
    image = good_flat();
    set_multiboot(&image.header, 0);
    assert_refused(image, "no addresses");
    set_multiboot(&image.header, MULTIBOOT_AOUT_KLUDGE | 0x100);
    assert_refused(image, "unknown");
    /* At the very end of the file, and at the end of where it is looked for. */
    struct flat whole = good_flat();
    assert_false(plan_of(&whole, offsetof(struct flat, header) + 31));
    assert_non_null(strstr(plan.refusal, "cut short"));
    static uint8_t far[2 * MULTIBOOT_SEARCH];
    uint32_t words[3];
    set_multiboot(words, 0);
    memcpy(far + MULTIBOOT_SEARCH - 8, words, sizeof words);
    assert_refused(far, "neither");
    memset(far, 0, sizeof far);
    memcpy(far + MULTIBOOT_SEARCH - 12, words, sizeof words);
    assert_refused(far, "no addresses");
}

/* --- hostile ELF files --- */

static void test_every_truncation_is_refused_or_harmless(void **state)
{
    (void)state;
    struct image64 a = good64();
    set_multiboot(a.multiboot, 0);
    for (size_t size = 0; size < sizeof a; size++)
        assert_false(plan_of(&a, size));
    struct image32 b = good32();
    for (size_t size = 0; size < sizeof b; size++)
        assert_false(plan_of(&b, size));
}

static void test_wrong_headers(void **state)
{
    (void)state;
    struct image64 image = good64();
    image.header.e_ident[EI_CLASS] = 3;
    assert_refused(image, "32 nor 64");
    image = good64();
    image.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_refused(image, "little-endian");
    image = good64();
    image.header.e_machine = EM_AARCH64;
    assert_refused(image, "machine 183");
    image = good64();
    image.header.e_type = ET_REL;
    assert_refused(image, "no program");
    image = good64();
    image.header.e_phnum = 0;
    assert_refused(image, "program headers");
    image = good64();
    image.header.e_phentsize = sizeof(Elf64_Phdr) - 1;
    assert_refused(image, "program headers");
    image = good64();
    image.header.e_phnum = 0xffff;
    assert_refused(image, "past the end of the file");
    image = good64();
    image.header.e_phoff = UINT64_MAX - 20;
    assert_refused(image, "past the end of the file");
    image = good64();
    image.load.p_type = PT_NULL;
    assert_refused(image, "nothing to load");
    image = good64();
    image.note.head.n_type = 1;
    assert_refused(image, "neither a PVH entry note nor a multiboot header");
}

static void test_segments_that_lie(void **state)
{
    (void)state;
    struct image64 image = good64();
    image.load.p_offset = UINT64_MAX - 10;
    assert_refused(image, "past the end of the file");
    image = good64();
    image.load.p_filesz = 65;
    assert_refused(image, "past the end of the file");
    image = good64();
    image.load.p_filesz = UINT64_MAX;
    assert_refused(image, "more bytes in the file");
    image = good64();
    image.load.p_memsz = 63;
    assert_refused(image, "more bytes in the file");
    image = good64();
    image.load.p_memsz = 0;
    assert_refused(image, "more bytes in the file");
    image = good64();
    image.load.p_paddr = UINT64_MAX - 0x1000;
    assert_refused(image, "past the end of memory");
    image = good64();
    image.load.p_memsz = UINT64_MAX;
    assert_refused(image, "past the end of memory");
    image = good64();
    image.note_header = image.load;
    image.note_header.p_paddr += image.load.p_memsz - 1;
    assert_refused(image, "overlap");
}

static void test_entry_points_outside(void **state)
{
    (void)state;
    struct image64 image = good64();
    image.note.entry = 0x102000;
    assert_refused(image, "entry point");
    image.note.entry = 0xfffff;
    assert_refused(image, "entry point");
    image = good64();
    image.note.head.n_type = 1;
    set_multiboot(image.multiboot, 0);
    image.load.p_paddr = 0x100000000;
    image.load.p_vaddr = 0x100000000;
    image.header.e_entry = 0x100000010;
    assert_refused(image, "entry point");
}

static void test_too_many_segments(void **state)
{
    (void)state;
    static struct {
        Elf64_Ehdr header;
        Elf64_Phdr load, note_header, more[KERNEL_SEGMENTS_MAX];
        struct note note;
        uint8_t code[64];
    } image;
    FILL(image, 64);
    image.header.e_phnum = 2 + KERNEL_SEGMENTS_MAX;
    for (unsigned i = 0; i < KERNEL_SEGMENTS_MAX; i++) {
        image.more[i] = image.load;
        image.more[i].p_paddr = 0x200000 + i * 0x10000;
    }
    assert_refused(image, "more than 64 segments");
    image.header.e_phnum--;
    assert_true(plan_of(&image, sizeof image));
    assert_int_equal(plan.count, KERNEL_SEGMENTS_MAX);
}

static void test_notes_that_lie_are_no_notes(void **state)
{
    (void)state;
    struct image64 image = good64();
    image.note.head.n_namesz = UINT32_MAX;
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note.head.n_descsz = UINT32_MAX;
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note.head.n_descsz = 2;
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note.name[0] = 'x';
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note_header.p_filesz = sizeof image.note - 1;
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note_header.p_offset = UINT64_MAX;
    assert_refused(image, "neither a PVH");
    image = good64();
    image.note_header.p_filesz = UINT64_MAX;
    assert_refused(image, "neither a PVH");
}

/* Each byte of the headers in turn, eight values: whatever comes of it, nothing is read outside. */
static void test_single_bytes_spoilt(void **state)
{
    (void)state;
    for (size_t at = 0; at < offsetof(struct image64, code); at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct image64 image = good64();
            set_multiboot(image.multiboot, 0);
            ((uint8_t *)&image)[at] ^= (uint8_t)(1u << bit);
            if (plan_of(&image, sizeof image)) {
                for (unsigned i = 0; i < plan.count; i++) {
                    assert_true(plan.segments[i].file_offset + plan.segments[i].file_size <=
                                sizeof image);
                    assert_true(plan.segments[i].file_size <= plan.segments[i].memory_size);
                }
            } else {
                assert_true(plan.refusal[0] != '\0');
            }
        }
    }
}

static void test_file_that_cannot_be_read(void **state)
{
    (void)state;
    file = (struct memory_file){.backend = {.ops = &memory_ops, .name = "kernel", .size = 4096},
                                .error = EIO};
    assert_false(kernel_plan_read(&plan, &file.backend));
    assert_non_null(strstr(plan.refusal, "cannot be read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pvh_of_either_class),
        cmocka_unit_test(test_pvh_comes_before_multiboot),
        cmocka_unit_test(test_multiboot_entry_that_is_a_virtual_address),
        cmocka_unit_test(test_note_with_eight_bytes_behind_others),
        cmocka_unit_test(test_flat_image),
        cmocka_unit_test(test_flat_images_that_lie),
        cmocka_unit_test(test_multiboot_headers_that_are_none),
        cmocka_unit_test(test_every_truncation_is_refused_or_harmless),
        cmocka_unit_test(test_wrong_headers),
        cmocka_unit_test(test_segments_that_lie),
        cmocka_unit_test(test_entry_points_outside),
        cmocka_unit_test(test_too_many_segments),
        cmocka_unit_test(test_notes_that_lie_are_no_notes),
        cmocka_unit_test(test_single_bytes_spoilt),
        cmocka_unit_test(test_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("kernel plan", tests, NULL, NULL);
}
