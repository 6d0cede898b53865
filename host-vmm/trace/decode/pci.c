/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration: mechanism #1's two ports and the ECAM window, which reach the same registers. What
 * they are is in pci_header.c, pci_capability.c and pci_bridges.c; here is whose they are, and what the
 * accesses before have told of that function.
 */
#include "pci_internal.h"
#include "tables.h"

#include <stdio.h>
#include <string.h>

#include "abi/machine.h"

#define PORTS_REGION "pci-config"
#define ECAM_REGION "ecam"
#define DATA_PORTS 4

struct pci_state {
    uint32_t address; /* what 0xcf8 holds */
    uint64_t clock;   /* accesses, for the age of what is known */
    struct pci_function_seen functions[PCI_FUNCTIONS_KNOWN];
};

static const struct decode_field address_fields[] = {
    F(PCI_CONFIG_ENABLE, "ENABLE"),
    FN(PCI_CONFIG_REGISTER_MASK, "doubleword"),
    {0},
};
static const struct decode_register mechanism[] = {
    {"PORT_PCI_CONFIG_ADDRESS", 0, 4, DECODE_READ | DECODE_WRITE, "address", DECODE_HEX,
     address_fields, NULL},
    {"PORT_PCI_CONFIG_DATA", PORT_PCI_CONFIG_DATA - PORT_PCI_CONFIG_ADDRESS, DATA_PORTS,
     DECODE_READ | DECODE_WRITE, "data", DECODE_HEX, NULL, NULL},
};
const struct decode_table decode_pci_mechanism = {"machine.h", mechanism, DECODE_COUNT(mechanism)};

/* --- what is known of a function ------------------------------------------------------------------------ */

static uint16_t where(const struct pci_target *t)
{
    return (uint16_t)(t->bus << 8 | t->device << 3 | t->function);
}

static struct pci_function_seen *find_function(struct pci_state *state,
                                               const struct pci_target *target)
{
    for (unsigned i = 0; i < PCI_FUNCTIONS_KNOWN; i++) {
        struct pci_function_seen *seen = &state->functions[i];

        if (seen->used != 0 && seen->where == where(target))
            return seen;
    }
    return NULL;
}

/* A free entry, else the one that has not been looked at for longest. */
static struct pci_function_seen *add_function(struct pci_state *state,
                                              const struct pci_target *target)
{
    struct pci_function_seen *oldest = &state->functions[0];

    for (unsigned i = 1; i < PCI_FUNCTIONS_KNOWN; i++)
        if (state->functions[i].used < oldest->used)
            oldest = &state->functions[i];
    *oldest = (struct pci_function_seen){.where = where(target)};
    return oldest;
}

/* A scan of the bus is no reason to forget anybody: only what answers is remembered. */
static bool is_worth_knowing(const struct decode_access *access)
{
    uint64_t value = decode_value_of(access);

    if (access->is_write || !access->answered)
        return access->answered;
    return access->size >= 8 ? value != UINT64_MAX : value != (1ull << (8 * access->size)) - 1;
}

static void know(struct pci_state *state, struct pci_target *target,
                 const struct decode_access *access)
{
    target->seen = find_function(state, target);
    state->clock++;
    if (target->seen == NULL && target->reg < PCI_CONFIG_SIZE && is_worth_knowing(access))
        target->seen = add_function(state, target);
    if (target->seen != NULL)
        target->seen->used = state->clock;
}

/* --- words ---------------------------------------------------------------------------------------------- */

/* Register and words of target; the access itself may be another's, which only asks for a name. */
static void decode_register_of(const struct pci_target *target, const struct decode_access *access,
                               struct decoded *decoded)
{
    bool found = target->reg < PCI_HEADER_SIZE ? pci_header_decode(target, access, decoded)
                                               : pci_bridge_decode(target, access, decoded) ||
                                                     pci_capability_decode(target, access, decoded);

    if (!found)
        decode_nameless(target->reg, access, decoded);
}

static void decode_target(struct pci_state *state, struct pci_target *target,
                          const struct decode_access *access, struct decoded *decoded)
{
    snprintf(decoded->device, sizeof decoded->device, "pci %02x:%02x.%x", target->bus,
             target->device, target->function);
    know(state, target, access);
    bool learn = target->seen != NULL && access->answered && target->reg < PCI_CONFIG_SIZE;
    if (learn)
        pci_capability_learn(target->seen, target->reg, access);
    decode_register_of(target, access, decoded);
    if (learn)
        pci_header_learn(target->seen, target->reg, access);
}

static struct pci_target target_of_address(uint32_t address, unsigned byte)
{
    return (struct pci_target){
        .bus = address >> PCI_CONFIG_BUS_SHIFT & (PCI_ECAM_BUSES_MAX - 1),
        .device = address >> PCI_CONFIG_DEVICE_SHIFT & (PCI_DEVICES_PER_BUS - 1),
        .function = address >> PCI_CONFIG_FUNCTION_SHIFT & (PCI_FUNCTIONS_PER_DEVICE - 1),
        .reg = (address & PCI_CONFIG_REGISTER_MASK) + byte,
    };
}

static struct pci_target target_of_ecam(uint64_t offset)
{
    return (struct pci_target){
        .bus = offset >> PCI_ECAM_BUS_SHIFT & (PCI_ECAM_BUSES_MAX - 1),
        .device = offset >> PCI_ECAM_DEVICE_SHIFT & (PCI_DEVICES_PER_BUS - 1),
        .function = offset >> PCI_ECAM_FUNCTION_SHIFT & (PCI_FUNCTIONS_PER_DEVICE - 1),
        .reg = (unsigned)(offset & (PCI_ECAM_FUNCTION_BYTES - 1)),
    };
}

/* "00:02.0 register 0x10 (BAR0)". Which part of several registers is meant only the next access tells. */
static void address_words(struct pci_state *state, uint32_t address, char *words)
{
    static const uint8_t none[DATA_PORTS];
    const struct decode_access ask = {.is_write = true,
                                      .size = sizeof none,
                                      .count = 1,
                                      .data = none,
                                      .data_length = sizeof none};
    struct pci_target target = target_of_address(address, 0);
    struct decoded named = {0};

    if (!(address & PCI_CONFIG_ENABLE)) {
        decode_append(words, "0x%08x, off", address);
        return;
    }
    target.seen = find_function(state, &target);
    decode_register_of(&target, &ask, &named);
    decode_append(words, "%02x:%02x.%x register 0x%02x", target.bus, target.device, target.function,
                  target.reg);
    if (named.reg[0] != '0') /* else the name is the offset once more */
        decode_append(words, " (%s)", named.reg);
}

static void decode_address(struct pci_state *state, const struct decode_access *access,
                           struct decoded *decoded)
{
    static const struct decode_span span = {.table = &decode_pci_mechanism};
    uint64_t value = decode_value_of(access);

    snprintf(decoded->device, sizeof decoded->device, "pci");
    decode_span(&span, access->address - PORT_PCI_CONFIG_ADDRESS, access, decoded);
    if (access->address != PORT_PCI_CONFIG_ADDRESS || access->size != 4 || access->count > 1)
        return;
    if (access->is_write && access->answered)
        state->address = (uint32_t)value;
    decoded->words[0] = '\0';
    address_words(state, (uint32_t)value, decoded->words);
}

static void decode_data(struct pci_state *state, const struct decode_access *access,
                        struct decoded *decoded)
{
    static const struct decode_span span = {.table = &decode_pci_mechanism};
    struct pci_target target =
        target_of_address(state->address, (unsigned)(access->address - PORT_PCI_CONFIG_DATA));

    if (state->address & PCI_CONFIG_ENABLE) {
        decode_target(state, &target, access, decoded);
        return;
    }
    snprintf(decoded->device, sizeof decoded->device, "pci");
    decode_span(&span, access->address - PORT_PCI_CONFIG_ADDRESS, access, decoded);
    decode_append(decoded->words, " (the address is off)");
}

static bool is_region(const struct decode_access *access, const char *name)
{
    return access->device != NULL && strcmp(access->device, name) == 0;
}

static bool pci_decode(void *context, const struct decode_access *access, struct decoded *decoded)
{
    struct pci_state *state = context;
    struct pci_target target;

    if (access->is_port && is_region(access, PORTS_REGION)) {
        /* In the middle of the address, for bytes, is another device. */
        if (access->address == PORT_RESET_CONTROL && access->size == 1)
            return false;
        if (access->address >= PORT_PCI_CONFIG_DATA)
            decode_data(state, access, decoded);
        else
            decode_address(state, access, decoded);
        return true;
    }
    if (access->is_port || !is_region(access, ECAM_REGION))
        return false;
    target = target_of_ecam(access->offset);
    decode_target(state, &target, access, decoded);
    return true;
}

const struct decode_module decode_pci = {
    .name = "pci", .state_size = sizeof(struct pci_state), .decode = pci_decode};
