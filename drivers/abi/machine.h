/* SPDX-License-Identifier: MIT */
/*
 * The machine's address map: what the host builds, and where the firmware looks. Places that QEMU's
 * PC also has are at QEMU's addresses, so that one image runs on both. Plain numbers only: the
 * assembly takes them from here through a generated include file.
 */
#ifndef ABI_MACHINE_H
#define ABI_MACHINE_H

/* Ports */
#define PORT_PIC1_COMMAND 0x20
#define PORT_PIC1_DATA 0x21
#define PORT_PIT_CHANNEL0 0x40
#define PORT_PIT_CHANNEL2 0x42
#define PORT_PIT_COMMAND 0x43
#define PORT_I8042_DATA 0x60
#define PORT_SYSTEM_CONTROL_B 0x61
#define PORT_I8042_COMMAND 0x64
#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA 0x71
#define PORT_POST 0x80
#define PORT_SYSTEM_CONTROL_A 0x92
#define PORT_PIC2_COMMAND 0xa0
#define PORT_PIC2_DATA 0xa1
#define PORT_EXIT 0xf4
#define PORT_ATA_SECONDARY 0x170
#define PORT_ATA_PRIMARY 0x1f0
#define PORT_ATA_SECONDARY_CONTROL 0x376
#define PORT_ATA_PRIMARY_CONTROL 0x3f6
#define PORT_COM1 0x3f8
#define PORT_DEBUG_CONSOLE 0x402
#define PORT_FW_CFG 0x510
#define PORT_PCI_CONFIG_ADDRESS 0xcf8
#define PORT_RESET_CONTROL 0xcf9
#define PORT_PCI_CONFIG_DATA 0xcfc

/* Reading the debug console port returns this where the port exists. */
#define DEBUG_CONSOLE_PRESENT 0xe9

/* Interrupt lines of the two 8259s (also the first 16 IO-APIC inputs) */
#define IRQ_COM1 4
#define IRQ_ATA_PRIMARY 14
#define IRQ_ATA_SECONDARY 15

/* PIT: input clock of all three channels, in hertz */
#define PIT_HZ 1193182
#define PIT_COMMAND_CHANNEL2_MODE0 0xb0 /* low then high byte, interrupt on terminal count */
#define PIT_COMMAND_CHANNEL2_MODE2 0xb4 /* low then high byte, rate generator */
#define PIT_COMMAND_LATCH_CHANNEL2 0x80
#define SYSTEM_CONTROL_B_GATE2 0x01   /* channel 2 counts */
#define SYSTEM_CONTROL_B_SPEAKER 0x02 /* channel 2 drives the speaker: keep 0 */
#define SYSTEM_CONTROL_B_OUT2 0x20    /* channel 2 output */

/* System control port A (0x92) */
#define SYSTEM_CONTROL_A_RESET 0x01
#define SYSTEM_CONTROL_A_A20 0x02

/* Reset control (0xcf9): a rising CPU bit resets; SYSTEM chooses which kind */
#define RESET_CONTROL_SYSTEM 0x02
#define RESET_CONTROL_CPU 0x04

/* Physical addresses */
#define VGA_HOLE_BASE 0xa0000
#define ROM_ALIAS_TOP 0x100000    /* the top of the ROM shows below this address at reset */
#define HIGH_MEMORY_BASE 0x100000 /* RAM goes on here after the hole */
#define LOW_RAM_LIMIT 0xb0000000  /* RAM below 4 GiB ends here at the latest */
#define ECAM_BASE 0xb0000000
#define PCI_WINDOW_BASE 0xc0000000
#define PCI_WINDOW_END 0xfec00000
#define CHUNK_BAR0_BASE 0xfe000000 /* where the firmware puts the chunk device's registers */
#define CHUNK_DATA_BASE 0x10000000
#define CHUNK_RESULT_BASE 0x20000000
#define VIRTIO_MMIO_BASE 0xfeb00000
#define VIRTIO_MMIO_STRIDE 0x200
#define VIRTIO_MMIO_SLOTS 32
#define IOAPIC_BASE 0xfec00000
#define LAPIC_BASE 0xfee00000
#define KVM_IDENTITY_MAP_BASE 0xfeffc000
#define KVM_TSS_BASE 0xfeffd000 /* three pages */
#define FOUR_GIB 0x100000000
#define DIRECT_MEMORY_BASE 0x4000000000 /* a file as memory: there, or behind all RAM */

/* POST codes (port 0x80) that mean something to the host: they bracket what `copy` times. */
#define POST_COPY_BEGIN 0xc0
#define POST_COPY_END 0xc1

/* Values for the exit port: 0 is a pass, a failed rung n exits with n, and these. */
#define EXIT_PASS 0
#define EXIT_EXCEPTION 40
#define EXIT_PANIC 41
#define EXIT_LOADER 42 /* the boot sector or the loader behind it, which show a letter */

#endif
