# SPDX-License-Identifier: MIT
# Trapline. `make help` lists the targets.

BUILD ?= build
V ?= 0
SAN ?= 0

CC ?= gcc
FIRMWARE_CC ?= $(CC)
NASM ?= nasm
PYTEST ?= /usr/bin/python3 -m pytest

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
endif

VERSION := 0.1

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wundef \
	-Wvla -Werror
DEPFLAGS = -MMD -MP

# --- what is made of what ---------------------------------------------------------------------------

FIRMWARE_SOURCES := $(wildcard firmware/*.c drivers/*.c drivers/virtio/*.c boot/rom/*.c)
ROM_ASSEMBLY := $(wildcard boot/rom/*.asm)
HOST_SOURCES := $(wildcard host-vmm/*.c host-vmm/devices/*.c host-vmm/virtio/*.c host-vmm/backend/*.c)
HOST_MAIN := host-vmm/main.c
HOSTED_DRIVER_SOURCES := $(wildcard drivers/*.c drivers/virtio/*.c)
UNIT_TESTS := $(wildcard tests/unit/test_*.c)
UNIT_SUPPORT := $(filter-out $(UNIT_TESTS),$(wildcard tests/unit/*.c))

ROM := $(BUILD)/trapline.rom
HOST := $(BUILD)/trapline

.PHONY: all
all: $(ROM) $(HOST)

# --- firmware ---------------------------------------------------------------------------------------

FIRMWARE_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-pic -fno-pie -m64 -march=x86-64 \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)=. $(WARNINGS) -iquote drivers -iquote firmware \
	-DTRAPLINE_VERSION='"$(VERSION)"'
FIRMWARE_LDFLAGS := -m elf_x86_64 -static -nostdlib --gc-sections --fatal-warnings \
	--orphan-handling=error -z noexecstack -z max-page-size=4096 --build-id=none

CORE_OBJECTS := $(FIRMWARE_SOURCES:%.c=$(BUILD)/core/%.o)
ROM_OBJECTS := $(ROM_ASSEMBLY:%.asm=$(BUILD)/core/%.asm.o)
ABI_INC := $(BUILD)/core/abi.inc

$(BUILD)/core/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FIRMWARE_CC) $(FIRMWARE_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# Every numeric constant of the abi headers, as nasm sees it: made, never typed again.
$(ABI_INC): $(wildcard drivers/abi/*.h) boot/abi-to-nasm.sh Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)boot/abi-to-nasm.sh $(FIRMWARE_CC) drivers/abi/*.h > $@.tmp && mv $@.tmp $@

$(BUILD)/core/%.asm.o: %.asm $(ABI_INC) $(wildcard boot/*.inc boot/rom/*.inc) Makefile
	$(call say,NASM,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -g -F dwarf -Werror -w-reloc-abs-word -w-reloc-abs-dword -I$(dir $<) \
		-Iboot/ -I$(BUILD)/core/ -DTRAPLINE_VERSION='"$(VERSION)"' -o $@ $<

$(BUILD)/trapline.rom.elf: $(CORE_OBJECTS) $(ROM_OBJECTS) linker/rom.ld
	$(call say,LD,$@)
	$(Q)ld $(FIRMWARE_LDFLAGS) -Map $(@:.elf=.map) -T linker/rom.ld -o $@ $(CORE_OBJECTS) $(ROM_OBJECTS)

$(ROM): $(BUILD)/trapline.rom.elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O binary --gap-fill 0xff $< $@
	$(Q)test "$$(stat -c %s $@)" -eq 65536 || { echo "$@ is not 65536 bytes" >&2; rm -f $@; exit 1; }

# --- host -------------------------------------------------------------------------------------------

HOST_CFLAGS := -std=gnu11 -O2 -g -pthread -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARNINGS) -iquote drivers \
	-DTRAPLINE_VERSION='"$(VERSION)"'
HOST_LIBS := -pthread -ljansson
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(SAN),1)
HOST_CFLAGS += $(SANITIZE)
HOST_DIR := $(BUILD)/host-san
else
HOST_DIR := $(BUILD)/host
endif

HOST_OBJECTS := $(HOST_SOURCES:%.c=$(HOST_DIR)/%.o)

$(HOST_DIR)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(HOST): $(HOST_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -o $@ $(HOST_OBJECTS) $(HOST_LIBS)

# --- unit tests: drivers against fakes, models against fake memory, with ASan and UBSan --------------

UNIT_CFLAGS := -std=gnu11 -O1 -g -pthread -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARNINGS) \
	-DTRAPLINE_FAKE_IO -DTRAPLINE_VERSION='"$(VERSION)"' -iquote . -iquote drivers \
	-iquote firmware -iquote host-vmm -iquote tests/unit $(SANITIZE)
UNIT_LIB_SOURCES := $(filter-out $(HOST_MAIN),$(HOST_SOURCES)) $(HOSTED_DRIVER_SOURCES) $(UNIT_SUPPORT)
UNIT_LIB := $(BUILD)/unit/support.a
UNIT_PROGRAMS := $(UNIT_TESTS:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/unit/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# A thin archive: members keep their paths, so that drivers/pci.o and drivers/virtio/pci.o differ.
$(UNIT_LIB): $(UNIT_LIB_SOURCES:%.c=$(BUILD)/unit/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcsTP $@ $^

$(UNIT_PROGRAMS): $(BUILD)/unit/%: $(BUILD)/unit/tests/unit/%.o $(UNIT_LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_LIB) -lcmocka $(HOST_LIBS)

.PHONY: unit
unit: $(UNIT_PROGRAMS)
	$(Q)failed=0; for test in $(UNIT_PROGRAMS); do timeout 120 $$test || failed=1; done; exit $$failed

# --- what a user calls ------------------------------------------------------------------------------

.PHONY: deps
deps:
	$(Q).ci/deps run test

.PHONY: run
run:
	$(Q).ci/deps run
	$(Q)$(MAKE) --no-print-directory all demo-files
	$(Q)host-vmm/run-demo $(BUILD)

# Files for `make run` to show: two disks and the chunk device's input.
DEMO_FILES := $(BUILD)/demo/ata.img $(BUILD)/demo/virtio-blk.img $(BUILD)/demo/chunk-in.bin
.PHONY: demo-files
demo-files: $(DEMO_FILES)
$(DEMO_FILES): README.md
	$(Q)mkdir -p $(@D)
	$(Q){ printf 'Trapline demo: %s\n' $(@F); cat README.md; } > $@
	$(Q)truncate -s 4M $@

.PHONY: test
test:
	$(Q).ci/deps test
	$(Q)$(MAKE) --no-print-directory check

# The tests without the step that installs things.
.PHONY: check
check: all $(UNIT_PROGRAMS)
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)TRAPLINE_BUILD=$(abspath $(BUILD)) $(PYTEST) -q -p no:cacheprovider tests/boot

.PHONY: bench
bench: all demo-files
	$(Q)TRAPLINE_BUILD=$(abspath $(BUILD)) /usr/bin/python3 tests/bench/bench.py

# --- for developers ---------------------------------------------------------------------------------

C_SOURCES = $(wildcard boot/*/*.c firmware/*.c drivers/*.c drivers/*/*.c host-vmm/*.c host-vmm/*/*.c \
	tests/unit/*.c)
C_HEADERS = $(wildcard firmware/*.h drivers/*.h drivers/*/*.h host-vmm/*.h host-vmm/*/*.h tests/unit/*.h)

.PHONY: format
format:
	$(Q)clang-format -i $(C_SOURCES) $(C_HEADERS)

.PHONY: format-check
format-check:
	$(Q).ci/deps analyze
	$(Q)clang-format --dry-run -Werror $(C_SOURCES) $(C_HEADERS)
	@echo "format-check: $(words $(C_SOURCES) $(C_HEADERS)) files"

CPPCHECK := cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability \
	--suppress=missingIncludeSystem -DTRAPLINE_VERSION='"$(VERSION)"' -I.
ANALYZED := $(FIRMWARE_SOURCES:%.c=$(BUILD)/analyze/%.o) $(HOST_SOURCES:%.c=$(BUILD)/analyze/%.o)

$(BUILD)/analyze/host-vmm/%.o: host-vmm/%.c Makefile
	$(call say,ANALYZE,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -fanalyzer -c -o $@ $<

$(BUILD)/analyze/%.o: %.c Makefile
	$(call say,ANALYZE,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(FIRMWARE_CFLAGS) $(DEPFLAGS) -fanalyzer -c -o $@ $<

.PHONY: analyze
analyze:
	$(Q).ci/deps analyze
	$(Q)$(MAKE) --no-print-directory analyze-sources
	$(Q)$(CPPCHECK) host-vmm drivers firmware
	@echo "analyze: clean"

.PHONY: analyze-sources
analyze-sources: $(ANALYZED)

# compile_commands.json, for editors
.PHONY: compdb
compdb:
	$(Q){ sep='['; \
	entry() { printf '%s\n{"directory":"%s","file":"%s","command":"%s"}' "$$sep" '$(CURDIR)' "$$1" "$$2"; sep=','; }; \
	for f in $(FIRMWARE_SOURCES); do entry $$f '$(FIRMWARE_CC) $(subst ",\\\",$(FIRMWARE_CFLAGS)) -c '$$f; done; \
	for f in $(HOST_SOURCES); do entry $$f '$(CC) $(subst ",\\\",$(HOST_CFLAGS)) -c '$$f; done; \
	echo; echo ']'; } > compile_commands.json
	@echo compile_commands.json

.PHONY: size
size: $(BUILD)/trapline.rom.elf $(HOST)
	$(Q)size -A $(BUILD)/trapline.rom.elf | awk '$$2 > 0 && $$1 !~ /^\.debug/'
	$(Q)size $(HOST)

.PHONY: clean
clean:
	$(Q)rm -rf $(BUILD) compile_commands.json

.PHONY: help
help:
	@echo 'make run            build, boot, print the climb'
	@echo 'make test           every test (installs what is missing first)'
	@echo 'make bench          what a boot and a copy cost, in exits, instructions and ratios'
	@echo 'make all            the firmware image and the host program, in $(BUILD)/'
	@echo 'make check          the tests, without installing anything'
	@echo 'make unit           the unit tests alone'
	@echo 'make deps           install what run and test need'
	@echo 'make analyze        gcc -fanalyzer and cppcheck'
	@echo 'make format-check   is everything as clang-format would have it?   make format: make it so'
	@echo 'make compdb         compile_commands.json for editors'
	@echo 'make size           where the bytes are'
	@echo 'make clean          remove $(BUILD)/'
	@echo 'V=1 shows commands, SAN=1 builds the host with ASan and UBSan, BUILD=DIR builds elsewhere'

.SECONDARY:

-include $(shell test -d $(BUILD) && find $(BUILD) -name '*.d')
