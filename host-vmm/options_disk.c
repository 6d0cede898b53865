/* SPDX-License-Identifier: MIT */
/* Option values that name files and say how they are to be used: disks, and the chunk device. */
#include "options_internal.h"

#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/virtio_blk.h"

/* --- keys --------------------------------------------------------------------------------------- */

struct key_reader begin_keys(const char *option, const char *argument)
{
    return (struct key_reader){.option = option, .argument = strdup(argument)};
}

int end_keys(struct key_reader *keys, int status)
{
    free(keys->argument);
    keys->argument = NULL;
    return status;
}

int take_key(const struct key_reader *keys, const char *name, const char **earlier,
             const char *value)
{
    if (*earlier != NULL && strcmp(*earlier, value) != 0)
        return wrong_use(keys->option, keys->argument, "%s= is given twice, and not the same",
                         name);
    *earlier = value;
    return 0;
}

/* --- features ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned bit;
} features[] = {
#define FEATURE(name, bit) {name, bit},
    VIRTIO_BLK_FEATURE_NAMES(FEATURE)
#undef FEATURE
};

static int refuse_feature(const struct key_reader *keys, const char *name, size_t length)
{
    char names[256] = "";
    for (unsigned i = 0; i < sizeof features / sizeof features[0]; i++) {
        strcat(names, i > 0 ? ", " : "");
        strcat(names, features[i].name);
    }
    return wrong_use(keys->option, keys->argument,
                     "\"%.*s\" is no feature (all, none, or + and - before: %s)", (int)length, name,
                     names);
}

static int parse_features(struct key_reader *keys, const char *spec, uint64_t *on, uint64_t *off)
{
    int status = take_key(keys, "features", &keys->features, spec);
    if (status)
        return status;
    *on = *off = 0;
    size_t length = strcspn(spec, "+-");
    if (length == 3 && strncmp(spec, "all", length) == 0)
        *on = UINT64_MAX;
    else if (length == 4 && strncmp(spec, "none", length) == 0)
        *off = UINT64_MAX;
    else if (length > 0 || *spec == '\0')
        return refuse_feature(keys, spec, length);
    for (spec += length; *spec != '\0'; spec += length) {
        bool wanted = *spec++ == '+';
        unsigned i = 0;
        length = strcspn(spec, "+-");
        while (i < sizeof features / sizeof features[0] &&
               (strlen(features[i].name) != length || strncmp(features[i].name, spec, length) != 0))
            i++;
        if (i == sizeof features / sizeof features[0])
            return refuse_feature(keys, spec, length);
        uint64_t bit = 1ull << features[i].bit;
        *on = wanted ? *on | bit : *on & ~bit;
        *off = wanted ? *off & ~bit : *off | bit;
    }
    return 0;
}

/* --- disks -------------------------------------------------------------------------------------- */

static int parse_queues(struct key_reader *keys, const char *text, unsigned *queues)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno || number < 1 ||
        number > OPTIONS_MAX_QUEUES)
        return wrong_use(keys->option, keys->argument, "queues= is from 1 to %u",
                         OPTIONS_MAX_QUEUES);
    *queues = (unsigned)number;
    return take_key(keys, "queues", &keys->queues, text);
}

static int parse_disk_mode(struct key_reader *keys, const char *text, struct disk_option *disk)
{
    disk->trap = strcmp(text, "trap") == 0;
    if (!disk->trap && strcmp(text, "eventfd") != 0)
        return wrong_use(keys->option, keys->argument, "mode= is one of trap, eventfd");
    return take_key(keys, "mode", &keys->mode, text);
}

/* Those of every disk. */
static bool parse_common_key(const char *key, struct disk_option *disk)
{
    if (strcmp(key, "ro") == 0)
        return disk->read_only = true;
    if (strcmp(key, "direct") == 0)
        return disk->direct = true;
    return false;
}

int parse_virtio_blk_key(struct key_reader *keys, const char *key, struct disk_option *disk,
                         bool *known)
{
    *known = true;
    if (parse_common_key(key, disk))
        return 0;
    if (strncmp(key, "mode=", 5) == 0)
        return parse_disk_mode(keys, key + 5, disk);
    if (strncmp(key, "queues=", 7) == 0)
        return parse_queues(keys, key + 7, &disk->queues);
    if (strncmp(key, "features=", 9) == 0)
        return parse_features(keys, key + 9, &disk->features_on, &disk->features_off);
    *known = false;
    return 0;
}

/* FILE and then what is known of KEYs, from the end: a file's name may have commas in it. What is no key is
 * a part of the name, then, and refused where no such file is. */
static int parse_disk_keys(struct key_reader *keys, char *value, bool virtio,
                           struct disk_option *disk)
{
    for (;;) {
        char *comma = strrchr(value, ',');
        bool known = false;
        int status = 0;
        if (comma != NULL && virtio)
            status = parse_virtio_blk_key(keys, comma + 1, disk, &known);
        else if (comma != NULL)
            known = parse_common_key(comma + 1, disk);
        if (status || !known)
            return status;
        *comma = '\0';
    }
}

static int parse_disk(const char *option, char *value, bool virtio, struct disk_option *disks,
                      unsigned *count, unsigned max)
{
    if (*count == max)
        return wrong_use(option, value, "given more than %u times", max);
    struct disk_option *disk = &disks[*count];
    struct key_reader keys = begin_keys(option, value);
    int status = end_keys(&keys, parse_disk_keys(&keys, value, virtio, disk));
    if (status)
        return status;
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    disk->path = value;
    (*count)++;
    return 0;
}

int parse_ata(struct options *o, const char *option, char *value)
{
    return parse_disk(option, value, false, o->machine.ata, &o->machine.ata_count, OPTIONS_MAX_ATA);
}

int parse_virtio_blk(struct options *o, const char *option, char *value)
{
    return parse_disk(option, value, true, o->machine.virtio_blk, &o->machine.virtio_blk_count,
                      OPTIONS_MAX_VIRTIO_BLK);
}

/* --- the chunk device --------------------------------------------------------------------------- */

static const char *const mode_names[] = {[CHUNK_MODE_TRAP] = "trap",
                                         [CHUNK_MODE_EVENTFD] = "eventfd",
                                         [CHUNK_MODE_SHADOW] = "shadow",
                                         [CHUNK_MODE_RING] = "ring"};

const char *chunk_mode_name(enum chunk_mode mode)
{
    return mode_names[mode];
}

int parse_chunk_mode(struct key_reader *keys, const char *text, enum chunk_mode *mode)
{
    for (unsigned i = 0; i < sizeof mode_names / sizeof mode_names[0]; i++) {
        if (strcmp(text, mode_names[i]) == 0) {
            *mode = (enum chunk_mode)i;
            return take_key(keys, "mode", &keys->mode, text);
        }
    }
    return wrong_use(keys->option, keys->argument, "mode= is one of trap, eventfd, shadow, ring");
}

/* Ends the value that begins at text before the next key, and returns that key, or the end. A comma
 * ends a file's name only where a key follows. */
static char *cut_value(char *text)
{
    static const char *const keys[] = {",in=", ",out=", ",mode=", ",direct"};
    for (; *text != '\0'; text++) {
        for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            size_t length = strlen(keys[i]);
            bool whole = keys[i][length - 1] == '=' || text[length] == '\0' || text[length] == ',';
            if (strncmp(text, keys[i], length) == 0 && whole) {
                *text = '\0';
                return text + 1;
            }
        }
    }
    return text;
}

static int set_file(const struct key_reader *keys, const char **target, const char *file)
{
    if (*target != NULL)
        return wrong_use(keys->option, keys->argument, "a second file for the same side");
    if (*file == '\0')
        return wrong_use(keys->option, keys->argument, "no file named");
    *target = file;
    return 0;
}

static int parse_chunk_key(struct key_reader *keys, const char *key, struct machine_options *m)
{
    if (strncmp(key, "in=", 3) == 0)
        return set_file(keys, &m->chunk_in, key + 3);
    if (strncmp(key, "out=", 4) == 0)
        return set_file(keys, &m->chunk_out, key + 4);
    if (strncmp(key, "mode=", 5) == 0)
        return parse_chunk_mode(keys, key + 5, &m->chunk_mode);
    m->chunk_direct |= strcmp(key, "direct") == 0;
    if (strcmp(key, "direct") == 0)
        return 0;
    return wrong_use(keys->option, keys->argument,
                     "expected in=FILE, out=FILE, mode=MODE or direct");
}

/* in=FILE,out=FILE,mode=MODE,direct: in any order, and each may be left out, but not both files. */
int parse_chunk(struct options *o, const char *option, char *value)
{
    struct machine_options *m = &o->machine;
    if (m->chunk)
        return wrong_use(option, value, "given twice");
    m->chunk = true;
    struct key_reader keys = begin_keys(option, value);
    int status = 0;
    while (status == 0 && *value != '\0') {
        char *next = cut_value(value);
        status = parse_chunk_key(&keys, value, m);
        value = next;
    }
    if (status == 0 && m->chunk_in == NULL && m->chunk_out == NULL)
        status = wrong_use(option, keys.argument, "expected in=FILE,out=FILE");
    return end_keys(&keys, status);
}
