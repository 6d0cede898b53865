/* SPDX-License-Identifier: MIT */
/* The UEFI door: a gnu-efi application that collects what boot_info wants, leaves boot services and
 * hands the machine to the core. Nothing of the firmware is used after that. */
#include "command_line.h"
#include "boot_info.h"

#include "abi/machine.h"
#include "config.h"
#include "console.h"
#include "cpu.h"
#include "errors.h"
#include "finish.h"
#include "idt.h"
#include "leave.h"
#include "load_options.h"
#include "memory_map.h"
#include "noinit.h"
#include "page_tables.h"
#include "printf.h"

#include <efi.h>
#include <stddef.h>
#include <string.h>

/* gnu-efi's start code calls it, once the image is relocated. */
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

/* enter.asm */
_Noreturn void uefi_enter(const struct boot_info *info, uint64_t cr3);

static NOINIT struct boot_info info;
static NOINIT char load_options[COMMAND_LINE_MAX + 1];
static NOINIT struct ram_list ram;

/* One line on the firmware's console */
__attribute__((format(printf, 2, 3))) static void say(EFI_SYSTEM_TABLE *system, const char *format,
                                                      ...)
{
    char text[128];
    CHAR16 wide[sizeof(text) + 2];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_v(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < length; i++)
        wide[i] = (uint8_t)text[i];
    wide[length] = '\r';
    wide[length + 1] = '\n';
    wide[length + 2] = 0;
    if (system->ConOut)
        system->ConOut->OutputString(system->ConOut, wide);
}

static EFI_STATUS refuse(EFI_SYSTEM_TABLE *system, const char *reason, EFI_STATUS status)
{
    say(system, "TRAPLINE FAIL 0 uefi: %s", reason);
    return status;
}

static bool is_empty(const char *text)
{
    while (*text == ' ')
        text++;
    return *text == '\0';
}

/* Load options; where they say nothing, fw_cfg, as on every other machine that has it. */
static void get_command_line(EFI_SYSTEM_TABLE *system, const EFI_LOADED_IMAGE *loaded)
{
    config_read(&info, CONFIG_COMMAND_LINE);
    if (!load_options_text(loaded->LoadOptions, loaded->LoadOptionsSize, load_options,
                           sizeof(load_options)))
        say(system, "load options cut to %lu characters", strlen(load_options));
    if (!is_empty(load_options))
        info.command_line = load_options;
}

/* ACPI's root pointer is one of the tables that the system table lists (UEFI section 4.6). */
static uint64_t find_rsdp(const EFI_SYSTEM_TABLE *system)
{
    static const EFI_GUID acpi_guid = ACPI_20_TABLE_GUID;
    for (UINTN i = 0; i < system->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &system->ConfigurationTable[i];
        if (memcmp(&table->VendorGuid, &acpi_guid, sizeof(acpi_guid)) == 0)
            return (uintptr_t)table->VendorTable;
    }
    return 0;
}

static void list_ram(const struct uefi_map *map)
{
    ram_list_from_map(&ram, map->descriptors, map->bytes, map->descriptor_size);
    ram_list_keep_largest(&ram, BOOT_MEMORY_RANGES);
}

/* Boot services are gone: the only way out is forward. */
_Noreturn static void hand_over(const struct uefi_map *map, uint64_t cr3)
{
    list_ram(map);
    memcpy(info.ram, ram.ranges, ram.count * sizeof(info.ram[0]));
    info.ram_count = ram.count;
    uefi_enter(&info, cr3);
}

/* Neither in nor out: the firmware may be half shut down, so there is no way back to it. */
_Noreturn static void stuck(EFI_STATUS status)
{
    console_open();
    console_printf("TRAPLINE FAIL 0 uefi: ExitBootServices, status 0x%lx\n", status);
    finish(EXIT_PANIC);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
    static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded;
    struct uefi_map map;
    uint64_t cr3;

    memset(&info, 0, sizeof(info));
    info.tsc_at_entry = cpu_tsc();
    info.door = BOOT_DOOR_UEFI;
    info.rsdp = find_rsdp(system);

    EFI_BOOT_SERVICES *services = system->BootServices;
    EFI_STATUS status = services->HandleProtocol(image, &loaded_image_guid, (void **)&loaded);
    if (EFI_ERROR(status))
        return refuse(system, "no loaded image protocol", status);
    get_command_line(system, loaded);
    uint64_t base = (uintptr_t)loaded->ImageBase;
    int error = page_tables_make(base, loaded->ImageSize, &cr3);
    if (error) {
        say(system, "page tables: %s", error_text(error));
        return refuse(system, "page tables", EFI_UNSUPPORTED);
    }
    idt_make();

    say(system, "Trapline " TRAPLINE_VERSION " leaves boot services; the climb is on COM1");
    static struct command_line words;
    if (command_line_parse(&words, info.command_line) && words.verbose)
        say(system, "image at 0x%lx", base); /* for a debugger: it differs from run to run */
    status = uefi_map_get(services, &map);
    if (EFI_ERROR(status))
        return refuse(system, "no memory map", status);
    list_ram(&map);
    if (ram.left_out > 0)
        say(system, "%u small ranges of RAM left out", ram.left_out);
    status = uefi_leave(services, image, &map);
    if (EFI_ERROR(status))
        stuck(status);
    hand_over(&map, cr3);
}
