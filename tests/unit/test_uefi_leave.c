/* SPDX-License-Identifier: MIT */
/* boot/uefi/leave.c against boot services that change the map at the worst moments. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "boot/uefi/leave.c"

#define DESCRIPTOR_BYTES 48
#define IMAGE ((EFI_HANDLE)(uintptr_t)0x1234)

static struct {
    UINTN descriptors; /* in the map */
    UINTN key;
    unsigned stale;     /* how many calls of ExitBootServices() find that the map has changed */
    unsigned grows_by;  /* by so many descriptors each time */
    EFI_STATUS refusal; /* what ExitBootServices() says to a right key */
    unsigned maps, exits, pools;
    void *pool;
} firmware;

static EFI_STATUS EFIAPI get_memory_map(UINTN *bytes, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
                                        UINTN *descriptor_size, UINT32 *version)
{
    UINTN needed = firmware.descriptors * DESCRIPTOR_BYTES, room = *bytes;
    firmware.maps++;
    *bytes = needed;
    *descriptor_size = DESCRIPTOR_BYTES;
    *version = 1;
    if (room < needed)
        return EFI_BUFFER_TOO_SMALL;
    if (needed > 0)
        memset(map, (int)firmware.key, needed);
    *key = firmware.key;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE type, UINTN bytes, void **pool)
{
    assert_int_equal(type, EfiLoaderData);
    firmware.pools++;
    firmware.descriptors++; /* which an allocation is good for */
    firmware.key++;
    firmware.pool = *pool = malloc(bytes);
    return *pool ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE image, UINTN key)
{
    assert_ptr_equal(image, IMAGE);
    firmware.exits++;
    if (firmware.stale > 0) {
        firmware.stale--;
        firmware.descriptors += firmware.grows_by;
        firmware.key++;
    }
    return key == firmware.key ? firmware.refusal : EFI_INVALID_PARAMETER;
}

/* Whatever else is called is a call through NULL. */
static EFI_BOOT_SERVICES services = {
    .GetMemoryMap = get_memory_map,
    .AllocatePool = allocate_pool,
    .ExitBootServices = exit_boot_services,
};

static int setup(void **state)
{
    (void)state;
    memset(&firmware, 0, sizeof(firmware));
    firmware.descriptors = 20;
    firmware.key = 7;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(firmware.pool);
    return 0;
}

static void map_is_read_with_room_to_spare(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    assert_int_equal(map.bytes, firmware.descriptors * DESCRIPTOR_BYTES);
    assert_true(map.capacity >= map.bytes + 8 * DESCRIPTOR_BYTES);
    assert_int_equal(map.descriptor_size, DESCRIPTOR_BYTES);
    assert_int_equal(map.key, firmware.key);
}

static void leaves_at_once(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    assert_int_equal(uefi_leave(&services, IMAGE, &map), EFI_SUCCESS);
    assert_int_equal(firmware.exits, 1);
    assert_int_equal(firmware.pools, 1);
}

static void stale_key_is_tried_again_with_the_new_map(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    firmware.stale = 3;
    firmware.grows_by = 2;
    assert_int_equal(uefi_leave(&services, IMAGE, &map), EFI_SUCCESS);
    assert_int_equal(firmware.exits, 4);
    assert_int_equal(firmware.pools, 1); /* nothing may be allocated on the way out */
    assert_int_equal(map.key, firmware.key);
    assert_int_equal(map.bytes, firmware.descriptors * DESCRIPTOR_BYTES);
    assert_int_equal(*(uint8_t *)map.descriptors, firmware.key);
}

static void gives_up_in_the_end(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    firmware.stale = 1000;
    assert_int_equal(uefi_leave(&services, IMAGE, &map), EFI_INVALID_PARAMETER);
    assert_int_equal(firmware.exits, UEFI_LEAVE_TRIES);
}

static void other_errors_are_final(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    firmware.refusal = EFI_SECURITY_VIOLATION;
    assert_int_equal(uefi_leave(&services, IMAGE, &map), EFI_SECURITY_VIOLATION);
    assert_int_equal(firmware.exits, 1);
}

static void a_map_grown_too_large_ends_it(void **state)
{
    (void)state;
    struct uefi_map map;
    assert_int_equal(uefi_map_get(&services, &map), EFI_SUCCESS);
    firmware.stale = 1;
    firmware.grows_by = 1000;
    assert_int_equal(uefi_leave(&services, IMAGE, &map), EFI_BUFFER_TOO_SMALL);
    assert_int_equal(firmware.exits, 1);
}

static void an_empty_map_is_an_error(void **state)
{
    (void)state;
    struct uefi_map map;
    firmware.descriptors = 0;
    assert_int_equal(uefi_map_get(&services, &map), EFI_DEVICE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(map_is_read_with_room_to_spare, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(stale_key_is_tried_again_with_the_new_map, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_up_in_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(other_errors_are_final, setup, teardown),
        cmocka_unit_test_setup_teardown(a_map_grown_too_large_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_map_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
