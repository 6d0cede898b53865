/* SPDX-License-Identifier: MIT */
/* The command line: what it means, and that each wrong use is refused. */
#include "test.h"

#include "abi/virtio_blk.h"
#include "options.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct options parsed;

/* Parses one line, split at blanks; standard error goes to a scratch buffer. */
static char message[1024];

static int parse(const char *line)
{
    static char words[1024];
    char *argv[32] = {0};
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    FILE *scratch = tmpfile();
    dup2(fileno(scratch), STDERR_FILENO);
    int status = options_parse(argc, argv, &parsed);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(scratch);
    size_t length = fread(message, 1, sizeof message - 1, scratch);
    message[length] = '\0';
    fclose(scratch);
    return status;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run"), 0);
    assert_int_equal(parsed.command, COMMAND_RUN);
    assert_int_equal(parsed.machine.memory, 1ull << 30);
    assert_string_equal(parsed.machine.serial, "stdio");
    assert_null(parsed.machine.firmware);
    assert_false(parsed.machine.chunk);
}

static void test_everything_of_run(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --firmware=f.rom --mem 64M --ata a --ata b,ro "
                           "--virtio-blk c --virtio-blk=d,ro --chunk in=i,out=o --cmd verbose "
                           "--serial log --timeout 2.5 --strict --stats --stats-json s.json"),
                     0);
    const struct machine_options *m = &parsed.machine;
    assert_string_equal(m->firmware, "f.rom");
    assert_int_equal(m->memory, 64ull << 20);
    assert_int_equal(m->ata_count, 2);
    assert_string_equal(m->ata[1].path, "b");
    assert_true(m->ata[1].read_only);
    assert_false(m->ata[0].read_only);
    assert_int_equal(m->virtio_blk_count, 2);
    assert_true(m->virtio_blk[1].read_only);
    assert_string_equal(m->chunk_in, "i");
    assert_string_equal(m->chunk_out, "o");
    assert_string_equal(m->command_line, "verbose");
    assert_true(m->timeout > 2.4 && m->timeout < 2.6);
    assert_true(m->strict && m->stats);
    assert_string_equal(m->stats_json, "s.json");
}

static void test_chunk_in_either_order_and_with_commas(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --chunk out=o,in=a,b"), 0);
    assert_string_equal(parsed.machine.chunk_out, "o");
    assert_string_equal(parsed.machine.chunk_in, "a,b");
    assert_int_equal(parse("trapline run --chunk in=only"), 0);
    assert_null(parsed.machine.chunk_out);
}

static void test_keys_of_disks(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --ata a,b,direct,ro --virtio-blk c --virtio-blk "
                           "d,x=y,mode=trap,queues=3,features=none+flush+ring_packed"),
                     0);
    const struct machine_options *m = &parsed.machine;
    assert_string_equal(m->ata[0].path, "a,b");
    assert_true(m->ata[0].direct && m->ata[0].read_only);
    assert_false(m->virtio_blk[0].trap || m->virtio_blk[0].direct);
    assert_int_equal(m->virtio_blk[0].features_on, 0);
    assert_int_equal(m->virtio_blk[0].features_off, 0);
    const struct disk_option *d = &m->virtio_blk[1];
    assert_string_equal(d->path, "d,x=y");
    assert_true(d->trap);
    assert_int_equal(d->queues, 3);
    uint64_t wanted = 1ull << VIRTIO_BLK_F_FLUSH | 1ull << VIRTIO_F_RING_PACKED;
    assert_true(d->features_on == wanted && d->features_off == ~wanted);
    assert_int_equal(parse("trapline run --virtio-blk f,features=-event_idx+mq-mq"), 0);
    d = &parsed.machine.virtio_blk[0];
    assert_int_equal(d->features_on, 0);
    assert_int_equal(d->features_off, 1ull << VIRTIO_F_EVENT_IDX | 1ull << VIRTIO_BLK_F_MQ);
}

static void test_modes_of_the_chunk_device(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --chunk mode=shadow,in=i,direct,out=o,directly"), 0);
    assert_int_equal(parsed.machine.chunk_mode, CHUNK_MODE_SHADOW);
    assert_true(parsed.machine.chunk_direct);
    assert_string_equal(parsed.machine.chunk_in, "i");
    assert_string_equal(parsed.machine.chunk_out, "o,directly");
    assert_int_equal(parse("trapline run --chunk in=i"), 0);
    assert_int_equal(parsed.machine.chunk_mode, CHUNK_MODE_TRAP);
    assert_int_equal(parse("trapline copy --via chunk a b"), 0);
    assert_int_equal(parsed.machine.chunk_mode, CHUNK_MODE_RING);
}

static void test_keys_of_via(void **state)
{
    (void)state;
    assert_int_equal(
        parse("trapline copy --via chunk,mode=eventfd,direct --depth 7 --wait poll a b"), 0);
    assert_int_equal(parsed.machine.chunk_mode, CHUNK_MODE_EVENTFD);
    assert_true(parsed.machine.chunk_direct && parsed.copy.poll);
    assert_int_equal(parsed.copy.depth, 7);
    assert_int_equal(parse("trapline copy --via virtio-blk,features=all,queues=2,mode=trap a b"),
                     0);
    assert_true(parsed.copy.disk.features_on == UINT64_MAX && parsed.copy.disk.trap);
    assert_int_equal(parsed.copy.disk.queues, 2);
    assert_int_equal(parse("trapline copy --via ata,mode=pio a b"), 0);
    assert_true(parsed.copy.pio);
    assert_int_equal(parse("trapline copy --via ata a b --io-engine sync"), 0);
    assert_false(parsed.copy.pio);
    assert_int_equal(parsed.machine.io_engine, IO_ENGINE_SYNC);
}

/* What was said twice but means one thing is nobody's mistake. */
static void test_the_same_key_with_the_same_value(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --virtio-blk a,ro,mode=trap,ro,mode=trap"), 0);
    assert_string_equal(parsed.machine.virtio_blk[0].path, "a");
    assert_int_equal(parse("trapline copy --via chunk,direct,mode=trap,direct,mode=trap a b"), 0);
    assert_int_equal(parsed.machine.chunk_mode, CHUNK_MODE_TRAP);
}

static void test_how_a_copy_names_its_keys(void **state)
{
    (void)state;
    static const struct {
        const char *line, *mode, *features;
    } cases[] = {
        {"trapline copy --via ata a b", "dma", NULL},
        {"trapline copy --via ata,mode=pio a b", "pio", NULL},
        {"trapline copy --via chunk a b", "ring", NULL},
        {"trapline copy --via chunk,mode=shadow a b", "shadow", NULL},
        {"trapline copy --via virtio-blk a b", "eventfd", NULL},
        {"trapline copy --via virtio-blk,features=all-mq,mode=trap a b", "trap", "all-mq"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].line), 0);
        assert_string_equal(copy_mode_name(&parsed), cases[i].mode);
        if (cases[i].features == NULL)
            assert_null(parsed.copy.features);
        else
            assert_string_equal(parsed.copy.features, cases[i].features);
    }
}

static void test_copy(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline copy --via virtio-blk --chunk-size 64K --offset 1G "
                           "--length=512 --json src dst"),
                     0);
    assert_int_equal(parsed.command, COMMAND_COPY);
    assert_int_equal(parsed.copy.via, COPY_VIA_VIRTIO_BLK);
    assert_int_equal(parsed.copy.chunk_size, 65536);
    assert_int_equal(parsed.copy.offset, 1ull << 30);
    assert_int_equal(parsed.copy.length, 512);
    assert_true(parsed.copy.has_length && parsed.copy.json);
    assert_string_equal(parsed.copy.destination, "dst");
    assert_int_equal(parse("trapline copy --via chunk src dst"), 0);
    assert_int_equal(parsed.copy.chunk_size, 4 << 20);
    assert_false(parsed.copy.poll);
    assert_false(parsed.copy.has_range);
    assert_null(parsed.machine.serial);
}

static void test_a_kernel_instead_of_a_rom(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline run --kernel k.elf --initrd i --cmd words"), 0);
    assert_string_equal(parsed.machine.kernel, "k.elf");
    assert_string_equal(parsed.machine.initrd, "i");
    assert_null(parsed.machine.firmware);
    assert_string_equal(parsed.machine.command_line, "words");
    assert_int_equal(parse("trapline run"), 0);
    assert_null(parsed.machine.kernel);
}

static void test_trace_commands(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline trace summary a.json"), 0);
    assert_int_equal(parsed.command, COMMAND_TRACE);
    assert_int_equal(parsed.trace.action, TRACE_ACTION_SUMMARY);
    assert_string_equal(parsed.trace.files[0], "a.json");
    assert_int_equal(parse("trapline trace diff a b"), 0);
    assert_int_equal(parsed.trace.action, TRACE_ACTION_DIFF);
    assert_string_equal(parsed.trace.files[1], "b");
    assert_int_equal(parse("trapline trace check --golden g a --write"), 0);
    assert_int_equal(parsed.trace.action, TRACE_ACTION_CHECK);
    assert_string_equal(parsed.trace.files[0], "a");
    assert_string_equal(parsed.trace.golden, "g");
    assert_true(parsed.trace.write);
}

static void test_sizes(void **state)
{
    (void)state;
    uint64_t value;
    assert_true(parse_size("0", &value) && value == 0);
    assert_true(parse_size("4096", &value) && value == 4096);
    assert_true(parse_size("0x1000", &value) && value == 4096);
    assert_true(parse_size("3k", &value) && value == 3072);
    assert_true(parse_size("2MiB", &value) && value == 2 << 20);
    assert_true(parse_size("16G", &value) && value == 16ull << 30);
    static const char *const bad[] = {"",
                                      "K",
                                      "-1",
                                      "1T",
                                      "1KX",
                                      "1.5G",
                                      " 1",
                                      "+1",
                                      "1 K",
                                      "x",
                                      "18446744073709551616",
                                      "17179869184G"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(parse_size(bad[i], &value));
}

static void test_wrong_uses(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"trapline", "no command"},
        {"trapline fly", "fly"},
        {"trapline --nonsense", "--nonsense"},
        {"trapline run --nonsense", "--nonsense: unknown option"},
        {"trapline run -x", "-x: unknown option"},
        {"trapline run a -xyz b", "-x: unknown option"},
        {"trapline run --st", "--st: could mean more than one option"},
        {"trapline copy --via chunk a b --nonsense", "--nonsense: unknown option"},
        {"trapline run --strict=yes", "--strict=yes: takes no argument"},
        {"trapline run --mem", "--mem: needs an argument"},
        {"trapline run --mem lots", "--mem lots: not a size"},
        {"trapline run --mem 1M", "too little memory"},
        {"trapline run --mem 2048G", "too much memory"},
        {"trapline run --mem 5000001", "not a multiple"},
        {"trapline run --ata a --ata b --ata c", "--ata c: given more than 2 times"},
        {"trapline run --ata ,ro", "--ata: no file named"},
        {"trapline run --chunk", "--chunk: needs an argument"},
        {"trapline run --chunk file", "--chunk file: expected in=FILE"},
        {"trapline run --chunk in=", "--chunk in=: no file named"},
        {"trapline run --chunk in=a,in=b", "second file"},
        {"trapline run --chunk in=a,mode=fast", "--chunk in=a,mode=fast: mode= is one of trap"},
        {"trapline run --chunk mode=ring", "expected in=FILE,out=FILE"},
        {"trapline run --virtio-blk a,mode=ring", "--virtio-blk a,mode=ring: mode= is one of trap"},
        {"trapline run --virtio-blk a,queues=0,ro",
         "--virtio-blk a,queues=0,ro: queues= is from 1"},
        {"trapline run --virtio-blk a,queues=5", "queues= is from 1 to 4"},
        {"trapline run --virtio-blk a,features=fast",
         "--virtio-blk a,features=fast: \"fast\" is no"},
        {"trapline run --virtio-blk a,features=none+fast", "\"fast\" is no feature"},
        {"trapline run --virtio-blk a,features=", "is no feature"},
        {"trapline run --io-engine fast", "--io-engine fast: not one of auto, uring, sync"},
        {"trapline run --direct-memory=", "--direct-memory: no file named"},
        {"trapline run --direct-memory a --direct-memory b", "--direct-memory b: given twice"},
        {"trapline run --virtio-blk a,mode=trap,mode=eventfd", "mode= is given twice"},
        {"trapline run --virtio-blk a,queues=1,ro,queues=2", "queues= is given twice"},
        {"trapline run --virtio-blk a,features=all,features=none", "features= is given twice"},
        {"trapline run --chunk in=a,mode=ring,mode=trap",
         "in=a,mode=ring,mode=trap: mode= is given"},
        {"trapline run --chunk in=a,in=b,direct", "--chunk in=a,in=b,direct: a second file"},
        {"trapline run --chunk mode=ring,direct", "--chunk mode=ring,direct: expected in=FILE"},
        {"trapline copy --via ata,mode=ring a b", "--via ata,mode=ring: mode= is one of dma, pio"},
        {"trapline copy --via ata,queues=1 a b", "queues=1 is no key of ata: mode=, direct"},
        {"trapline copy --via chunk,mode=dma a b", "--via chunk,mode=dma: mode= is one of"},
        {"trapline copy --via chunk,foo a b", "--via chunk,foo: foo is no key of chunk: mode="},
        {"trapline copy --via chunk, a b", "--via chunk,: an empty key"},
        {"trapline copy --via virtio-blk,,direct a b", "--via virtio-blk,,direct: an empty key"},
        {"trapline copy --via virtio-blk,fast a b",
         "virtio-blk,fast: fast is no key of virtio-blk"},
        {"trapline copy --via virtio-blk,ro a b", "ro is no key of virtio-blk"},
        {"trapline copy --via virtio-blk,queues=5 a b", "--via virtio-blk,queues=5: queues= is"},
        {"trapline copy --via virtio-blk,queues=1,queues=2 a b", "queues= is given twice"},
        {"trapline copy --via chunk,mode=ring,mode=trap a b", "mode= is given twice"},
        {"trapline copy --via ata,mode=pio,mode=dma a b", "mode= is given twice"},
        {"trapline copy --via chunk --wait long a b", "--wait long: not one of irq, poll"},
        {"trapline copy --via chunk --depth 0 a b", "--depth 0: not from 1 to 64"},
        {"trapline copy --via chunk --depth 65 a b", "--depth 65: not from 1 to 64"},
        {"trapline run --timeout 0", "--timeout 0"},
        {"trapline run --timeout soon", "--timeout soon"},
        {"trapline run --timeout nan", "--timeout nan"},
        {"trapline run file", "file: unexpected argument"},
        {"trapline run --kernel=", "--kernel: no file named"},
        {"trapline run --kernel k --initrd=", "--initrd: no file named"},
        {"trapline run --kernel k --firmware f", "--kernel k: excludes --firmware"},
        {"trapline run --firmware f --kernel k", "--kernel k: excludes --firmware"},
        {"trapline run --initrd i", "--initrd i: needs --kernel"},
        {"trapline run --kernel k file", "file: unexpected argument"},
        {"trapline copy --via ata --kernel k a b", "--kernel: unknown option"},
        {"trapline run --via ata", "--via: unknown option"},
        {"trapline copy a b", "--via: needed"},
        {"trapline copy --via floppy,direct a b", "--via floppy,direct: not one of ata"},
        {"trapline copy --via ata a", "needs SRC and DST, got 1"},
        {"trapline copy --via ata a b c", "got 3"},
        {"trapline copy --via ata --chunk-size 0 a b", "--chunk-size 0"},
        {"trapline copy --via ata --chunk-size 65M a b", "--chunk-size 65M"},
        {"trapline copy --via ata --chunk-size 1000 a b", "multiple of 512"},
        {"trapline copy --via ata --chunk-size 16M --mem 16M a b", "too little memory"},
        {"trapline copy --via ata --ata x a b", "--ata: unknown option"},
        {"trapline trace", "summary, diff or check?"},
        {"trapline trace show a", "show: not one of summary, diff, check"},
        {"trapline trace diff a", "expected A.json B.json"},
        {"trapline trace check a", "--golden: is needed"},
        {"trapline trace summary --write a", "--write: unknown option"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parse(cases[i].line) != EXIT_STATUS_USAGE || strstr(message, cases[i].says) == NULL)
            fail_msg("\"%s\" said \"%s\", not \"%s\"", cases[i].line, message, cases[i].says);
        /* one line, and it begins with who is speaking */
        assert_ptr_equal(strchr(message, '\n'), message + strlen(message) - 1);
        assert_int_equal(strncmp(message, "trapline", 8), 0);
    }
}

static void test_odd_chunk_size_is_fine_for_the_chunk_device(void **state)
{
    (void)state;
    assert_int_equal(parse("trapline copy --via chunk --chunk-size 1000 a b"), 0);
    assert_int_equal(parsed.copy.chunk_size, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything_of_run),
        cmocka_unit_test(test_chunk_in_either_order_and_with_commas),
        cmocka_unit_test(test_keys_of_disks),
        cmocka_unit_test(test_modes_of_the_chunk_device),
        cmocka_unit_test(test_keys_of_via),
        cmocka_unit_test(test_the_same_key_with_the_same_value),
        cmocka_unit_test(test_how_a_copy_names_its_keys),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_a_kernel_instead_of_a_rom),
        cmocka_unit_test(test_trace_commands),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_wrong_uses),
        cmocka_unit_test(test_odd_chunk_size_is_fine_for_the_chunk_device),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
