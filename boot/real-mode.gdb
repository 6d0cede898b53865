# SPDX-License-Identifier: MIT
# gdb commands for watching the ROM from the reset vector under QEMU (-S -s); README.md says how.
# In real mode gdb's pc is IP alone, while QEMU's breakpoints are CS.base + IP: hence the symbols at two
# places, and breakpoints by address.

set confirm off
set pagination off
target remote :1234
add-symbol-file build/trapline.rom.elf -o -0xf0000

define rung
    delete
    hbreak *((unsigned long)&$arg0 & 0xffff | 0xf0000)
    continue
    delete
end
document rung
rung NAME: run to a label of the 16-bit code, for example: rung rung2_pci
end

define lines
    eval "monitor x /6i 0x%lx", ((unsigned long)$pc & 0xffff) + 0xf0000
end
document lines
lines: the next instructions of the 16-bit code (QEMU disassembles by the CPU's mode, gdb cannot)
end

define long
    delete
    hbreak *0xf0000 + ((unsigned long)&firmware_main & 0xffff)
    continue
    delete
end
document long
long: run to firmware_main, in long mode
end

rung real_entry
