#!/bin/sh
# SPDX-License-Identifier: MIT
# sums.sh LOADER: what the boot sector must know of the loader behind it, as nasm options: its length in
# sectors, the sum of its 32-bit words, and the sum of what that sum was after each word.
set -eu

od -An -v -tu4 -w4 "$1" | awk '
    { sum = (sum + $1) % 4294967296; sums = (sums + sum) % 4294967296 }
    END { printf "-DLOADER_SECTORS=%d -DLOADER_SUM=%.0f -DLOADER_SUM_OF_SUMS=%.0f\n", NR / 128, sum, sums }
'
