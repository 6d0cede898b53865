/* SPDX-License-Identifier: MIT */
/* KVM's hypercalls (Linux, Documentation/virt/kvm/x86/hypercalls.rst): number in RAX, arguments in RBX, RCX,
 * RDX, RSI, result in RAX. */
#ifndef ABI_KVM_HYPERCALL_H
#define ABI_KVM_HYPERCALL_H

#define KVM_HYPERCALL_VAPIC_POLL_IRQ 1
#define KVM_HYPERCALL_KICK_CPU 5       /* flags, APIC id */
#define KVM_HYPERCALL_CLOCK_PAIRING 9  /* address of 64 bytes, which clock */
#define KVM_HYPERCALL_MAP_GPA_RANGE 12 /* address, pages, attributes: for user space to answer */

#define KVM_HYPERCALL_CLOCK_WALL 0
#define KVM_HYPERCALL_MAP_DECRYPTED 0 /* 4 KiB pages, not encrypted */

#endif
