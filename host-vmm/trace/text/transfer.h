/* SPDX-License-Identifier: MIT */
/*
 * What a guest moves through one register piece by piece, as one piece: what a string instruction writes or reads
 * is the same whether KVM takes it in one exit, in several, in one for each element, or collects it. That is text,
 * where a write's words are characters, and data, where they are bytes.
 */
#ifndef HOST_TRACE_TRANSFER_H
#define HOST_TRACE_TRANSFER_H

#include "../decode/decode.h"

#include <stdbool.h>

#define TRANSFER_SIZE DECODED_WORDS_SIZE /* of the words of a piece */

/* True where words, as the decoder writes them, are ones that more could be appended to. */
bool transfer_is(const char *words, bool is_write);

/* Appends more to words: 'r' or "rst" to other characters, "4 bytes 57 38 e2 9b" to other bytes, of which the first
 * are shown. False, and nothing changed, where they are not both the one or the other, where what is behind the
 * bytes (" of id") is not the same, or where the text would become longer than the decoder writes it. */
bool transfer_join(char words[TRANSFER_SIZE], const char *more);

#endif
