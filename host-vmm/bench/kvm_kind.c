/* SPDX-License-Identifier: MIT */
/* What /sys and /proc say about the KVM of this machine. */
#include "kvm_kind.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
    const char *module, *flag, *kind;
} kinds[] = {
    {"kvm_pvm", NULL, "software"}, /* first: it may run where the others are loaded and idle */
    {"kvm_intel", "vmx", "VT-x"},
    {"kvm_amd", "svm", "SVM"},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* In use: 1, idle: 0, not loaded: -1. A module that is built in has no count, and may be the one. */
static int use_of(const char *sys, const char *module)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/module/%s", sys, module);
    if (access(path, F_OK) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/module/%s/refcnt", sys, module);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 1;
    int count = 1;
    if (fscanf(file, "%d", &count) != 1)
        count = 1;
    fclose(file);
    return count > 0;
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\n'))
            return true;
    return false;
}

/* The value of "key : value". */
static char *value_of(char *line, const char *key)
{
    size_t length = strlen(key);
    char *colon = strchr(line, ':');
    return strncmp(line, key, length) == 0 && colon != NULL ? colon + 1 : NULL;
}

/* Of the first processor. */
static char *read_flags(struct kvm_kind *kind, const char *proc)
{
    char path[PATH_MAX], *line = NULL, *flags = NULL, *value;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/cpuinfo", proc);
    FILE *file = fopen(path, "re");
    while (file != NULL && flags == NULL && getline(&line, &size, file) > 0) {
        if ((value = value_of(line, "model name")) != NULL) {
            value += strspn(value, " ");
            value[strcspn(value, "\n")] = '\0';
            snprintf(kind->cpu, sizeof kind->cpu, "%s", value);
        } else if ((value = value_of(line, "flags")) != NULL) {
            flags = strdup(value);
        }
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return flags;
}

void kvm_kind_look(struct kvm_kind *kind, const char *sys, const char *proc)
{
    *kind = (struct kvm_kind){.kind = "unknown", .cpu = "unknown"};
    char *flags = read_flags(kind, proc);
    struct utsname host;
    if (uname(&host) == 0)
        snprintf(kind->kernel, sizeof kind->kernel, "%.32s %.64s", host.sysname, host.release);
    kind->virtual_machine = flags != NULL && has_word(flags, "hypervisor");
    for (unsigned i = 0; i < KINDS; i++) {
        int use = use_of(sys, kinds[i].module);
        bool possible = kinds[i].flag == NULL || (flags != NULL && has_word(flags, kinds[i].flag));
        if (use <= 0 || !possible)
            continue;
        kind->kind = kinds[i].kind;
        snprintf(kind->module, sizeof kind->module, "%s", kinds[i].module);
        break;
    }
    free(flags);
}
