/* SPDX-License-Identifier: MIT */
/* Getting the memory map and leaving boot services (UEFI sections 7.2 and 7.4). */
#ifndef BOOT_UEFI_LEAVE_H
#define BOOT_UEFI_LEAVE_H

#include <efi.h>

struct uefi_map {
    void *descriptors;
    UINTN capacity; /* bytes at descriptors */
    UINTN bytes;    /* of them in use */
    UINTN descriptor_size;
    UINTN key; /* what ExitBootServices() takes as proof that the map is the current one */
};

/* Takes memory for the map, with room for it to grow, and reads it. */
EFI_STATUS uefi_map_get(EFI_BOOT_SERVICES *services, struct uefi_map *map);

/* Reads the map again and ends boot services; where the map has changed in between, both once more,
 * up to UEFI_LEAVE_TRIES times. On success map is final. After a failure of ExitBootServices() nothing
 * but this function may be called. */
EFI_STATUS uefi_leave(EFI_BOOT_SERVICES *services, EFI_HANDLE image, struct uefi_map *map);

#define UEFI_LEAVE_TRIES 8

#endif
