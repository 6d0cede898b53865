/* SPDX-License-Identifier: MIT */
/* The two calls that must follow each other. What the map says is memory_map.c's. */
#include "leave.h"

#include <stddef.h>

/* Taking memory for the map, or a timer in the firmware, can add descriptors to it. */
#define SPARE_DESCRIPTORS 16

static EFI_STATUS read_map(EFI_BOOT_SERVICES *services, struct uefi_map *map)
{
    UINT32 version;
    map->bytes = map->capacity;
    return services->GetMemoryMap(&map->bytes, map->descriptors, &map->key, &map->descriptor_size,
                                  &version);
}

EFI_STATUS uefi_map_get(EFI_BOOT_SERVICES *services, struct uefi_map *map)
{
    *map = (struct uefi_map){0};
    EFI_STATUS status = read_map(services, map);
    if (status != EFI_BUFFER_TOO_SMALL)
        return status == EFI_SUCCESS ? EFI_DEVICE_ERROR : status; /* a map of nothing */
    map->capacity = map->bytes + SPARE_DESCRIPTORS * map->descriptor_size;
    status = services->AllocatePool(EfiLoaderData, map->capacity, &map->descriptors);
    return EFI_ERROR(status) ? status : read_map(services, map);
}

EFI_STATUS uefi_leave(EFI_BOOT_SERVICES *services, EFI_HANDLE image, struct uefi_map *map)
{
    EFI_STATUS status = EFI_INVALID_PARAMETER;
    for (unsigned i = 0; i < UEFI_LEAVE_TRIES && status == EFI_INVALID_PARAMETER; i++) {
        status = read_map(services, map);
        if (EFI_ERROR(status))
            return status;
        status = services->ExitBootServices(image, map->key);
    }
    return status;
}
