/* SPDX-License-Identifier: MIT */
/*
 * Rungs 1 to 3 for the doors that do not begin in real mode: the C drivers walk them, in long mode, and
 * print what the real-mode rungs print. Rung 4, and 5 where a door found it climbed, are told.
 */
#include "climb_early.h"

#include "abi/machine.h"
#include "ata.h"
#include "climb.h"
#include "console.h"
#include "errors.h"
#include "io.h"
#include "noinit.h"
#include "pci.h"
#include "printf.h"

#include <string.h>

static NOINIT struct boot_info walked;
static NOINIT char ata_reason[64];

static const char *const door_names[] = {
    [BOOT_DOOR_ROM] = "ROM",   [BOOT_DOOR_MBR] = "MBR",
    [BOOT_DOOR_PVH] = "PVH",   [BOOT_DOOR_MULTIBOOT] = "multiboot",
    [BOOT_DOOR_UEFI] = "UEFI",
};

static void serial(void)
{
    rung_under_way = RUNG_SERIAL;
    if (console_open()) {
        walked.early_rungs[RUNG_SERIAL] = RUNG_ABSENT;
        return;
    }
    console_printf("Trapline " TRAPLINE_VERSION ", %s door\n", door_names[walked.door]);
    rung_say(RUNG_SERIAL, "serial", "16550 at 0x%x, 115200 8N1", PORT_COM1);
    walked.early_rungs[RUNG_SERIAL] = console_usable() ? RUNG_PASS : RUNG_FAIL;
    walked.early_reasons[RUNG_SERIAL] = "transmitter stuck";
}

static void pci(void)
{
    static const struct pci_function bridge; /* 00:00.0 */
    rung_under_way = RUNG_PCI;
    if (!pci_present()) {
        walked.early_rungs[RUNG_PCI] = RUNG_ABSENT;
        rung_say(RUNG_PCI, "pci", "absent");
        return;
    }
    uint16_t vendor = pci_read16(&bridge, PCI_VENDOR_ID);
    if (vendor == PCI_VENDOR_NONE) {
        walked.early_rungs[RUNG_PCI] = RUNG_FAIL;
        walked.early_reasons[RUNG_PCI] = "no host bridge at 00:00.0";
        rung_say(RUNG_PCI, "pci", "FAIL %s", walked.early_reasons[RUNG_PCI]);
        return;
    }
    walked.early_rungs[RUNG_PCI] = RUNG_PASS;
    rung_say(RUNG_PCI, "pci", "mechanism #1, host bridge 00:00.0 %04x:%04x", vendor,
             pci_read16(&bridge, PCI_DEVICE_ID));
}

static void ata_failed(const struct ata_drive *drive, const char *step)
{
    walked.early_rungs[RUNG_ATA] = RUNG_FAIL;
    walked.early_reasons[RUNG_ATA] = ata_reason;
    format_text(ata_reason, sizeof(ata_reason), "status 0x%02x, error 0x%02x", drive->status,
                drive->error);
    rung_say(RUNG_ATA, "ata", "FAIL %s: %s", step, ata_reason);
}

/* A packet device refuses IDENTIFY DEVICE and shows its signature instead. */
static bool is_packet_device(const struct ata_drive *drive)
{
    return in8((uint16_t)(drive->command_port + ATA_LBA_MID)) == ATA_SIGNATURE_ATAPI_MID &&
           in8((uint16_t)(drive->command_port + ATA_LBA_HIGH)) == ATA_SIGNATURE_ATAPI_HIGH;
}

/* The first sector. Drive 0 of the primary channel only: rung 7 looks for the others. */
static void ata(void)
{
    static NOINIT struct ata_drive drive;
    static NOINIT uint8_t sector[ATA_SECTOR_SIZE];
    static const struct ata_transfer first = {.lba = 0, .sectors = 1, .single = true};
    rung_under_way = RUNG_ATA;
    int error = ata_init(&drive, PORT_ATA_PRIMARY, PORT_ATA_PRIMARY_CONTROL, 0, 0);
    if (error == ERR_ABSENT) {
        walked.early_rungs[RUNG_ATA] = RUNG_ABSENT;
        rung_say(RUNG_ATA, "ata", "absent%s",
                 is_packet_device(&drive) ? ", drive 0 is not a disk" : "");
        return;
    }
    if (error) {
        ata_failed(&drive, "IDENTIFY DEVICE");
        return;
    }
    if (ata_read_sectors(&drive, &first, sector)) {
        ata_failed(&drive, "READ SECTORS");
        return;
    }
    walked.early_rungs[RUNG_ATA] = RUNG_PASS;
    rung_say(RUNG_ATA, "ata", "%lu sectors, LBA 0 read, begins %02x%02x%02x%02x",
             drive.block.size / ATA_SECTOR_SIZE, sector[0], sector[1], sector[2], sector[3]);
}

/* The line of rung 4, which somebody else climbed before the door. */
static void protected_mode(void)
{
    console_printf("rung %u prot32 cpu: CR0.PE set by the %s\n", RUNG_PROTECTED_MODE,
                   walked.door == BOOT_DOOR_UEFI ? "machine's firmware" : "loader");
}

const struct boot_info *climb_early(const struct boot_info *info)
{
    walked = *info;
    serial();
    pci();
    ata();
    protected_mode();
    rung_under_way = RUNG_LONG_MODE;
    return &walked;
}
