/* SPDX-License-Identifier: MIT */
/*
 * Text that a guest writes character by character, as one piece: what a string instruction writes is the same
 * whether KVM takes it in one exit, in one for each character, or collects it.
 */
#ifndef HOST_TRACE_CHARACTERS_H
#define HOST_TRACE_CHARACTERS_H

#include <stdbool.h>

#define CHARACTERS_SIZE 96 /* of a piece, with its quotes and escapes */

/* Appends the characters of more ('r' or "rst", as the decoder writes them) to those of words. False, and nothing
 * changed, where either is none or the piece would become too long. */
bool characters_join(char words[CHARACTERS_SIZE], const char *more);

/* True where words are characters that more could be appended to. */
bool characters_are(const char *words);

#endif
