/* SPDX-License-Identifier: MIT */
/* Load options: what a boot entry or the UEFI shell hands to an application, as a command line. */
#ifndef BOOT_UEFI_LOAD_OPTIONS_H
#define BOOT_UEFI_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Makes bytes of UCS-2 at options (UEFI section 9.1; any alignment, a NUL ends them early) into at most
 * size - 1 characters of ASCII and a NUL. The shell puts the application's own name first: a first word
 * that ends in .efi is left out. What is not ASCII becomes '?', so that no word is mistaken for
 * another. False where the text was too long: it then ends with the last word that fits. */
bool load_options_text(const void *options, size_t bytes, char *text, size_t size);

#endif
