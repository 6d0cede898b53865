/* SPDX-License-Identifier: MIT */
/* The notes. What they say holds by whichever door the firmware came in. */
#include "page_notes.h"

#include "abi/rung.h"

#include <string.h>

static const struct page_note notes[RUNG_LAST + 1] = {
    [RUNG_SERIAL] = {"It can speak",
                     "Ports answer from the first instruction on: nobody has to give them an "
                     "address first. A few writes from 0x3f8 on set the speed and the form of the "
                     "16550's line. After that, each byte written to 0x3f8 is a character, and "
                     "every further rung can say how it went."},
    [RUNG_PCI] = {"It can ask what is there",
                  "Two ports open the configuration space of all PCI functions: the address of a "
                  "register goes to 0xcf8, and 0xcfc is then that register. Bit 31 of 0xcf8 reads "
                  "back as it was written, so the mechanism exists; function 00:00.0 answers with "
                  "its vendor and device number, so there is a bus behind it."},
    [RUNG_ATA] = {"It can read a disk",
                  "A command and an address, written to the ports from 0x1f0 on, have the drive "
                  "prepare a sector, which then comes out of a single 16-bit port. One rep insw "
                  "fetches all 256 words. Before that, the status register must read as something "
                  "else than all ones, which is what a bus without a drive shows."},
    [RUNG_PROTECTED_MODE] =
        {"It can reach 4 GiB",
         "Real mode reaches little more than 1 MiB. With A20 open, addresses "
         "no longer wrap there. The descriptors of the GDT describe segments of "
         "up to 4 GiB, and CR0.PE makes the CPU go by them."},
    [RUNG_LONG_MODE] = {"It can run 64-bit C",
                        "Page tables say where each address leads. With CR4.PAE for their form "
                        "and EFER.LME for the wish, setting CR0.PG starts long mode. From here on "
                        "all is C, and a register that has an address is a pointer."},
    [RUNG_MMIO] = {"It can reach devices in memory",
                   "Through ports alone every function was found, the size of each BAR measured "
                   "(write ones, see which bits stay) and an address chosen. Then the switch: with "
                   "memory decoding off nobody answers a read there; with it on, the device does. "
                   "It takes at least these few port accesses to get to any register in memory; "
                   "from now on plain loads and stores do."},
    [RUNG_ATA_PIO] = {"It can move whole disks, through the CPU",
                      "28-bit and 48-bit addresses reach every sector, and READ MULTIPLE and WRITE "
                      "MULTIPLE move several for one command. But by PIO each word passes through "
                      "the data port and the CPU. That is what the next rungs do away with."},
    [RUNG_CHUNK] = {"It can have data moved",
                    "The registers in memory take the address of a buffer, its length and a file "
                    "offset, and a write to the doorbell starts the command. The device itself "
                    "moves the bytes to or from RAM (DMA), so a request costs about as many "
                    "accesses for 64 KiB as for 8 bytes."},
    [RUNG_VIRTIO_BLK] =
        {"It can queue work in memory",
         "Requests are now descriptors in a ring in RAM, where the device finds "
         "them and reports each as done. The registers are for setting this up; in "
         "operation only the doorbell is left, and one ring of it can announce many "
         "requests."},
};

static const struct page_note by_dma = {
    "It can move whole disks",
    "28-bit and 48-bit addresses reach every sector, and READ MULTIPLE and WRITE MULTIPLE move "
    "several "
    "for one command. By PIO each word passes through the data port and the CPU. By DMA, which was "
    "asked for here, a table in RAM tells the controller where the sectors are to go, and it moves "
    "them itself; the CPU starts it and is told when it is done. The devices of the next rungs "
    "know "
    "no other way."};

static const struct page_note
    absent = {"Not on this machine",
              "What this rung needs is not there, so it has made nothing new possible."},
    failed = {"This rung failed", "What it was to make possible has not been reached."};

const struct page_note *page_note(const struct trace_rung *rung)
{
    const char *says = strstr(rung->line, ": ");
    if (rung->number < RUNG_SERIAL || rung->number > RUNG_LAST)
        return NULL;
    if (says != NULL && strncmp(says + 2, "absent", strlen("absent")) == 0)
        return &absent;
    if (says != NULL && strncmp(says + 2, "FAIL", strlen("FAIL")) == 0)
        return &failed;
    if (rung->number == RUNG_ATA_PIO && strstr(rung->line, ", DMA") != NULL)
        return &by_dma;
    return &notes[rung->number];
}
