#!/bin/sh
# SPDX-License-Identifier: MIT
# abi-to-nasm.sh CC HEADER...: prints every numeric constant of the abi headers as a nasm %define, so
# that no number is typed twice. The C preprocessor gives the values; strings and macros with
# arguments are left out.
set -eu

cc=$1
shift

{
    for header in "$@"; do
        printf '#include "%s"\n' "$PWD/$header"
    done
    # The name in quotes survives the preprocessor; the one behind it becomes the value.
    sed -n 's/^#define \([A-Z][A-Z0-9_]*\) .*/"\1" \1/p' "$@"
} | "$cc" -E -P -x c -Idrivers - | sed -n '
    /^"[A-Z0-9_]*" /!d
    s/$/ /
    s/\([0-9a-fA-F]\)[uUlL][uUlL]*\([^0-9A-Za-z_"]\)/\1\2/g
    s/^"\([A-Z0-9_]*\)" \([-0-9a-fA-FxX()+*<>|&~ ]*\) $/%define \1 (\2)/p
'
