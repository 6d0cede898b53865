# SPDX-License-Identifier: MIT
# Trapline. `make help` lists the targets.

V ?= 0
SAN ?= 0
# Sanitized objects have a directory of their own: no file is ever of the wrong kind.
BUILD ?= $(if $(filter 1,$(SAN)),build-san,build)

ifeq ($(origin CC),default)
CC := gcc
endif
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

CORE_SOURCES := $(wildcard firmware/*.c firmware/shell/*.c drivers/*.c drivers/virtio/*.c)
CORE_ASSEMBLY := $(wildcard firmware/*.asm)
# The benchmarks are in the ELF images only; the others have absent.c in their place.
NO_BENCH_SOURCE := firmware/bench/absent.c
BENCH_SOURCES := $(filter-out $(NO_BENCH_SOURCE),$(wildcard firmware/bench/*.c))
DOOR_SOURCES := $(wildcard boot/common/*.c boot/real/*.c boot/rom/*.c boot/elf/*.c boot/mbr/*.c)
FIRMWARE_SOURCES := $(CORE_SOURCES) $(NO_BENCH_SOURCE) $(BENCH_SOURCES) $(DOOR_SOURCES)
COMMON_ASSEMBLY := $(wildcard boot/common/*.asm)
REAL_ASSEMBLY := $(COMMON_ASSEMBLY) $(wildcard boot/real/*.asm)
ROM_ASSEMBLY := $(REAL_ASSEMBLY) boot/rom/reset.asm
ELF_ASSEMBLY := $(COMMON_ASSEMBLY) boot/elf/entry.asm
MBR_ASSEMBLY := $(REAL_ASSEMBLY) boot/mbr/loader.asm
HOST_SOURCES := $(wildcard host-vmm/*.c host-vmm/devices/*.c host-vmm/virtio/*.c host-vmm/backend/*.c host-vmm/bench/*.c \
	host-vmm/trace/*.c host-vmm/trace/*/*.c)
HOST_MAIN := host-vmm/main.c
HOSTED_DRIVER_SOURCES := $(wildcard drivers/*.c drivers/virtio/*.c)
UNIT_TESTS := $(wildcard tests/unit/test_*.c)
UNIT_SUPPORT := $(filter-out $(UNIT_TESTS),$(wildcard tests/unit/*.c))

ROM := $(BUILD)/trapline.rom
ELF := $(BUILD)/trapline.elf
MB_ELF := $(BUILD)/trapline.mb.elf
IMAGE := $(BUILD)/trapline.img
HOST := $(BUILD)/trapline

.PHONY: all
all: $(ROM) $(ELF) $(MB_ELF) $(IMAGE) $(HOST)

# --- firmware ---------------------------------------------------------------------------------------

# The ROM has little room: the core is compiled for size, as far as the compiler knows how.
OPTIMIZE_SIZE := $(shell $(FIRMWARE_CC) -Oz -x c -c -o /dev/null /dev/null 2>/dev/null && echo -Oz || echo -Os)

FIRMWARE_CFLAGS := -std=gnu11 $(OPTIMIZE_SIZE) -g -ffreestanding -fno-pic -fno-pie -m64 -march=x86-64 \
	-mno-red-zone -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)=. $(WARNINGS) -iquote drivers -iquote firmware \
	-iquote boot/common -iquote boot/real -DTRAPLINE_VERSION='"$(VERSION)"'
FIRMWARE_LDFLAGS := -m elf_x86_64 -static -nostdlib --gc-sections --fatal-warnings \
	--orphan-handling=error -z noexecstack -z max-page-size=4096 --build-id=none -Llinker

CORE_OBJECTS := $(CORE_SOURCES:%.c=$(BUILD)/core/%.o) $(CORE_ASSEMBLY:%.asm=$(BUILD)/core/%.asm.o)
ABI_INC := $(BUILD)/core/abi.inc

$(BUILD)/core/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FIRMWARE_CC) $(FIRMWARE_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# But for where a boot spends its instructions, as far as there is room: clang's code for speed is larger.
CORE_FAST := drivers/uart firmware/printf \
	$(if $(findstring clang,$(shell $(FIRMWARE_CC) --version)),,drivers/pci drivers/fw_cfg firmware/string)
$(CORE_FAST:%=$(BUILD)/core/%.o): FIRMWARE_CFLAGS += -O2

# Every numeric constant of the abi headers, as nasm sees it: made, never typed again.
$(ABI_INC): $(wildcard drivers/abi/*.h) boot/abi-to-nasm.sh Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)boot/abi-to-nasm.sh $(FIRMWARE_CC) drivers/abi/*.h > $@.tmp && mv $@.tmp $@

# What the core has of assembly fits every door: it has no constants and no address of its own.
$(BUILD)/core/%.asm.o: %.asm Makefile
	$(call say,NASM,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -g -F dwarf -Werror -o $@ $<

comma := ,

# One door's assembly: $(1) its directory of objects, $(2) the address of its image, $(3) what its banner
# adds. Some files serve several doors, and each door has its own address.
define DOOR_ASSEMBLY
$(BUILD)/$(1)/%.asm.o: %.asm $(ABI_INC) $(wildcard boot/common/*.inc boot/real/*.inc) Makefile
	$$(call say,NASM,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(NASM) -f elf64 -g -F dwarf -Werror -w-reloc-abs-word -w-reloc-abs-dword -Iboot/common/ \
		-Iboot/real/ -I$(BUILD)/core/ -DTRAPLINE_VERSION='"$(VERSION)"' -DIMAGE_BASE=$(2) \
		-DBANNER_DOOR='"$(3)"' -o $$@ $$<
endef

# The C part of the doors $(1), as objects
door_objects = $(patsubst %.c,$(BUILD)/core/%.o,$(wildcard $(patsubst %,boot/%/*.c,$(1))))

$(eval $(call DOOR_ASSEMBLY,rom,0xf0000,))
NO_BENCH_OBJECT := $(NO_BENCH_SOURCE:%.c=$(BUILD)/core/%.o)
ROM_OBJECTS := $(CORE_OBJECTS) $(NO_BENCH_OBJECT) $(call door_objects,common real rom) $(ROM_ASSEMBLY:%.asm=$(BUILD)/rom/%.asm.o)

$(BUILD)/trapline.rom.elf: $(ROM_OBJECTS) $(wildcard linker/*.ld)
	$(call say,LD,$@)
	$(Q)ld $(FIRMWARE_LDFLAGS) -Map $(@:.elf=.map) -T linker/rom.ld -o $@ $(ROM_OBJECTS) || \
		{ echo '$@: where the linker says "will not fit" or "overflowed": the ROM has 65,520 bytes in' \
		'all; `make size` of a build that fits shows what takes them' >&2; exit 1; }

$(ROM): $(BUILD)/trapline.rom.elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O binary --gap-fill 0xff $< $@
	$(Q)test "$$(stat -c %s $@)" -eq 65536 || { echo "$@ is not 65536 bytes" >&2; rm -f $@; exit 1; }

# --- PVH and multiboot: one program, with the mark of either in front ----------------------------------

$(eval $(call DOOR_ASSEMBLY,elf,0x100000,))
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=$(BUILD)/core/%.o)
$(BENCH_OBJECTS): FIRMWARE_CFLAGS += -O2
ELF_OBJECTS := $(CORE_OBJECTS) $(BENCH_OBJECTS) $(call door_objects,common elf) $(ELF_ASSEMBLY:%.asm=$(BUILD)/elf/%.asm.o)

$(ELF): $(BUILD)/elf/boot/elf/pvh_note.asm.o
$(BUILD)/trapline.mb.elf64: $(BUILD)/elf/boot/elf/multiboot_header.asm.o
$(ELF) $(BUILD)/trapline.mb.elf64: $(ELF_OBJECTS) $(wildcard linker/*.ld)
	$(call say,LD,$@)
	$(Q)ld $(FIRMWARE_LDFLAGS) -Map $@.map -T linker/elf.ld -o $@ $(filter %.o,$^)

$(MB_ELF): $(BUILD)/trapline.mb.elf64
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O elf32-i386 --strip-debug $< $@

# --- MBR: a disk image, whose boot sector knows the length and the sums of the loader behind it --------

LOADER_BASE := 0x10000
LOADER_CHUNK := 16384 # bytes: the loader is read and summed in whole ones
IMAGE_SECTORS := 2048

$(eval $(call DOOR_ASSEMBLY,mbr,$(LOADER_BASE),$(comma) MBR door))
MBR_OBJECTS := $(CORE_OBJECTS) $(NO_BENCH_OBJECT) $(call door_objects,common real mbr) $(MBR_ASSEMBLY:%.asm=$(BUILD)/mbr/%.asm.o)

$(BUILD)/trapline.loader.elf: $(MBR_OBJECTS) $(wildcard linker/*.ld)
	$(call say,LD,$@)
	$(Q)ld $(FIRMWARE_LDFLAGS) -Map $(@:.elf=.map) -T linker/mbr.ld -o $@ $(MBR_OBJECTS)

$(BUILD)/trapline.loader: $(BUILD)/trapline.loader.elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy -O binary $< $@
	$(Q)truncate -s %$(LOADER_CHUNK) $@

$(IMAGE): $(BUILD)/trapline.loader boot/mbr/boot_sector.asm boot/mbr/sums.sh $(ABI_INC)
	$(call say,IMAGE,$@)
	$(Q)$(NASM) -f bin -Werror -I$(BUILD)/core/ -DLOADER_BASE=$(LOADER_BASE) \
		-DIMAGE_SECTORS=$(IMAGE_SECTORS) $$(boot/mbr/sums.sh $<) -o $@.tmp boot/mbr/boot_sector.asm
	$(Q)cat $< >> $@.tmp
	$(Q)test "$$(stat -c %s $@.tmp)" -le $$(($(IMAGE_SECTORS) * 512))
	$(Q)truncate -s $$(($(IMAGE_SECTORS) * 512)) $@.tmp && mv $@.tmp $@

# --- UEFI: the same core, position-independent, as an application, and a FAT image to boot it from -----

EFI := $(BUILD)/trapline.efi
ESP := $(BUILD)/trapline-esp.img
all: $(EFI) $(ESP)

GNU_EFI_INCLUDE ?= /usr/include/efi
GNU_EFI_LIB ?= /usr/lib
GNU_EFI_CRT0 := $(GNU_EFI_LIB)/crt0-efi-x86_64.o

UEFI_CPPFLAGS := -DGNU_EFI_USE_MS_ABI -isystem $(GNU_EFI_INCLUDE) -isystem $(GNU_EFI_INCLUDE)/x86_64
EFI_CFLAGS := $(subst -fno-pic -fno-pie,-fpic -fno-plt -fvisibility=hidden,$(FIRMWARE_CFLAGS)) \
	$(UEFI_CPPFLAGS)
EFI_LDFLAGS := -m elf_x86_64 -shared -Bsymbolic -nostdlib --fatal-warnings --orphan-handling=error \
	-z noexecstack -z max-page-size=4096 -z text --no-undefined --build-id=none --hash-style=sysv
EFI_SECTIONS := $(addprefix -j .,text reloc data dynamic rela dynsym dynstr)

UEFI_SOURCES := $(wildcard boot/uefi/*.c)
EFI_SOURCES := $(CORE_SOURCES) $(NO_BENCH_SOURCE) boot/common/config.c $(UEFI_SOURCES)
EFI_ASSEMBLY := boot/common/exceptions.asm $(wildcard firmware/*.asm) $(wildcard boot/uefi/*.asm)
EFI_OBJECTS := $(EFI_SOURCES:%.c=$(BUILD)/efi/%.o) $(EFI_ASSEMBLY:%.asm=$(BUILD)/efi/%.asm.o)

$(GNU_EFI_CRT0):
	$(error $@ is missing: gnu-efi is needed; `make deps` installs it)

$(BUILD)/efi/%.o: %.c Makefile | $(GNU_EFI_CRT0)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FIRMWARE_CC) $(EFI_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/efi/%.asm.o: %.asm $(ABI_INC) $(wildcard boot/common/*.inc) Makefile
	$(call say,NASM,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(NASM) -f elf64 -g -F dwarf -Werror -Iboot/common/ -I$(BUILD)/core/ -DPOSITION_INDEPENDENT -o $@ $<

$(EFI).elf: $(EFI_OBJECTS) linker/uefi.ld
	$(call say,LD,$@)
	$(Q)ld $(EFI_LDFLAGS) -Map $(BUILD)/trapline.efi.map -T linker/uefi.ld -o $@ $(GNU_EFI_CRT0) \
		$(EFI_OBJECTS) -L$(GNU_EFI_LIB) -lgnuefi

# FAT's files have a time, and where objcopy sets one so has a PE image: 1980, which is where FAT begins.
$(EFI) $(ESP): export SOURCE_DATE_EPOCH := 315532800
$(EFI) $(ESP): export TZ := UTC

$(EFI): $(EFI).elf
	$(call say,OBJCOPY,$@)
	$(Q)objcopy $(EFI_SECTIONS) --target efi-app-x86_64 $< $@

# 4 MiB of FAT16 without a partition table, as on a stick; the serial number is "TRAP".
$(ESP): $(EFI)
	$(call say,FAT,$@)
	$(Q)rm -f $@.tmp
	$(Q)mformat -C -i $@.tmp -T 8192 -h 16 -s 32 -c 1 -N 54524150 -v TRAPLINE ::
	$(Q)mmd -i $@.tmp ::/EFI ::/EFI/BOOT
	$(Q)mcopy -i $@.tmp $< ::/EFI/BOOT/BOOTX64.EFI
	$(Q)mv $@.tmp $@

# --- host -------------------------------------------------------------------------------------------

HOST_CFLAGS := -std=gnu11 -O2 -g -pthread -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARNINGS) -iquote drivers \
	-iquote $(BUILD)/generated -DVIEWER_SCRIPTS='"$(BUILD)/generated/viewer"' -DTRAPLINE_VERSION='"$(VERSION)"'
# The two of which little is used are linked in: a library that is mapped costs every run its pages.
HOST_LIBS := -pthread -ljansson -luring -l:libelf.a -l:libz.a
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(SAN),1)
HOST_CFLAGS += $(SANITIZE)
endif
HOST_DIR := $(BUILD)/host

HOST_OBJECTS := $(HOST_SOURCES:%.c=$(HOST_DIR)/%.o)

# How many lines of code each mechanism has, for the table that bench prints.
CODE_LINES := $(BUILD)/generated/code_lines.inc
CODE_COUNTED := $(wildcard drivers/*.[ch] drivers/virtio/*.[ch] host-vmm/*.[ch] host-vmm/devices/*.[ch] \
	host-vmm/virtio/*.[ch])
$(CODE_LINES): host-vmm/bench/count-lines $(CODE_COUNTED)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)host-vmm/bench/count-lines > $@.tmp && mv $@.tmp $@
$(foreach kind,host unit analyze,$(BUILD)/$(kind)/host-vmm/bench/code_lines.o): $(CODE_LINES)

# The pages' scripts with what they use of Debian's D3, each as one file that is part of the program.
# D3's licence goes along, into the program and so into every page.
VIEWER := host-vmm/trace/viewer
ESBUILD ?= esbuild
NODE_PATH ?= /usr/share/nodejs
export NODE_PATH
D3_MODULES := d3-axis d3-scale d3-selection d3-shape d3-zoom
$(BUILD)/generated/viewer/%.js: $(VIEWER)/%.js $(wildcard $(VIEWER)/*/*.js) $(VIEWER)/D3-LICENSE Makefile
	$(call say,BUNDLE,$@)
	$(Q)command -v $(ESBUILD) >/dev/null || \
		{ echo '$@: $(ESBUILD) is missing; `make deps` installs it' >&2; exit 1; }
	$(Q)for module in $(D3_MODULES); do \
		for path in $$(echo "$$NODE_PATH" | tr : ' '); do test -d "$$path/$$module" && continue 2; done; \
		echo "$@: D3's $$module is not in $$NODE_PATH; \`make deps\` installs it" >&2; exit 1; done
	$(Q)mkdir -p $(@D)
	$(Q)$(ESBUILD) --bundle --minify --charset=ascii --format=iife --target=es2019 --legal-comments=none \
		--banner:js="$$(printf '/*!\n%s\n*/' "$$(cat $(VIEWER)/D3-LICENSE)")" \
		--log-level=warning --outfile=$@ $<
$(foreach kind,host unit analyze,$(BUILD)/$(kind)/$(VIEWER)/assets.o): $(wildcard $(VIEWER)/*.css) \
	$(BUILD)/generated/viewer/trace.js $(BUILD)/generated/viewer/bench.js

$(HOST_DIR)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(HOST): $(HOST_OBJECTS)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_CFLAGS) -o $@ $(HOST_OBJECTS) $(HOST_LIBS)

# --- unit tests: drivers against fakes, models against fake memory, with ASan and UBSan --------------

UNIT_CFLAGS := -std=gnu11 -O1 -g -pthread -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARNINGS) \
	-DTRAPLINE_FAKE_IO -DVIEWER_SCRIPTS='"$(BUILD)/generated/viewer"' -DTRAPLINE_VERSION='"$(VERSION)"' -iquote . -iquote drivers \
	-iquote $(BUILD)/generated -iquote firmware -iquote host-vmm -iquote tests/unit $(UEFI_CPPFLAGS) $(SANITIZE)
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
	$(Q)$(CC) $(UNIT_CFLAGS) -o $@ $< $(UNIT_LIB) -lcmocka $(HOST_LIBS) -lm

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
	$(Q)$(MAKE) --no-print-directory $(ROM) $(ELF) $(HOST) demo-files
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
	$(Q)TRAPLINE_BUILD=$(abspath $(BUILD)) $(PYTEST) -q -p no:cacheprovider tests/spin tests/boot tests/upstream

.PHONY: bench
bench: all demo-files
	$(Q)TRAPLINE_BUILD=$(abspath $(BUILD)) /usr/bin/python3 tests/bench/bench.py

# --- for developers ---------------------------------------------------------------------------------

C_SOURCES = $(wildcard boot/*/*.c firmware/*.c firmware/*/*.c drivers/*.c drivers/*/*.c host-vmm/*.c host-vmm/*/*.c \
	host-vmm/*/*/*.c \
	tests/unit/*.c)
C_HEADERS = $(wildcard boot/*/*.h firmware/*.h firmware/*/*.h drivers/*.h drivers/*/*.h host-vmm/*.h host-vmm/*/*.h \
	host-vmm/*/*/*.h tests/unit/*.h)

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
ANALYZED := $(FIRMWARE_SOURCES:%.c=$(BUILD)/analyze/%.o) $(UEFI_SOURCES:%.c=$(BUILD)/analyze/%.o) \
	$(HOST_SOURCES:%.c=$(BUILD)/analyze/%.o)

# gcc 12 takes for lost what is kept in an array, or returned as its first member; ASan, in the unit tests, does not.
$(addprefix $(BUILD)/analyze/host-vmm/trace/,symbols.o trace_read.o json/json.o text/text.o): \
	HOST_CFLAGS += -Wno-analyzer-malloc-leak

$(BUILD)/analyze/host-vmm/%.o: host-vmm/%.c Makefile
	$(call say,ANALYZE,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) $(DEPFLAGS) -fanalyzer -c -o $@ $<

$(BUILD)/analyze/boot/uefi/%.o: FIRMWARE_CFLAGS := $(EFI_CFLAGS)
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
	for f in $(UEFI_SOURCES); do entry $$f '$(FIRMWARE_CC) $(subst ",\\\",$(EFI_CFLAGS)) -c '$$f; done; \
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
	@echo 'make all            the firmware images and the host program, in $(BUILD)/'
	@echo 'make check          the tests, without installing anything'
	@echo 'make unit           the unit tests alone'
	@echo 'TRAPLINE_GOLDEN=write make check   the same, and what tests/golden holds is written anew'
	@echo 'make deps           install what run and test need'
	@echo 'make dist           all images with sums and a page of text, in $(BUILD)/dist/'
	@echo 'make analyze        gcc -fanalyzer and cppcheck'
	@echo 'make format-check   is everything as clang-format would have it?   make format: make it so'
	@echo 'make compdb         compile_commands.json for editors'
	@echo 'make size           where the bytes are'
	@echo 'make test-upstream-kvm  the host under upstream KVM, in QEMU'
	@echo 'make upstream-shell     a prompt in that machine'
	@echo 'make clean          remove $(BUILD)/'
	@echo 'V=1 shows commands, SAN=1 builds with ASan and UBSan, in build-san/, BUILD=DIR builds elsewhere'

# --- everything a VMM's regression test needs, in one directory -----------------------------------------

DIST := $(BUILD)/dist
DIST_IMAGES = $(ROM) $(IMAGE) $(ELF) $(MB_ELF) $(EFI) $(ESP)

.PHONY: dist
dist: $(ROM) $(IMAGE) $(ELF) $(MB_ELF) $(EFI) $(ESP)
	$(Q)rm -rf $(DIST) && mkdir -p $(DIST)
	$(Q)cp $(DIST_IMAGES) $(DIST) && chmod 0644 $(DIST)/*
	$(Q)cp boot/dist.txt $(DIST)/README.txt
	$(Q)cd $(DIST) && LC_ALL=C sha256sum * > SHA256SUMS.tmp && mv SHA256SUMS.tmp SHA256SUMS
	@echo "$(DIST): $(notdir $(DIST_IMAGES)) README.txt SHA256SUMS"

# --- upstream KVM on any machine: Debian's kernel in a QEMU that emulates AMD's SVM ------------------

# Static: where it runs there are no libraries.
UPSTREAM_HOST := $(BUILD)/upstream/trapline
$(UPSTREAM_HOST): $(HOST_OBJECTS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -static -o $@ $(HOST_OBJECTS) $(HOST_LIBS)

# What goes into that machine; host-vmm/run-demo makes it too, when it finds no usable /dev/kvm.
.PHONY: upstream-programs
upstream-programs: $(UPSTREAM_HOST) $(ROM) $(ELF)

# What cannot be installed becomes a skip that says so.
.PHONY: test-upstream-kvm
test-upstream-kvm:
	$(Q).ci/deps upstream || true
	$(Q)$(MAKE) --no-print-directory -s upstream-programs $(MB_ELF) $(IMAGE)
	$(Q)/usr/bin/python3 tests/upstream/run.py $(BUILD)

.PHONY: upstream-shell
upstream-shell:
	$(Q).ci/deps upstream
	$(Q)$(MAKE) --no-print-directory -s upstream-programs $(MB_ELF) $(IMAGE)
	$(Q)tests/upstream/fetch $(BUILD)
	$(Q)/usr/bin/python3 tests/upstream/run.py $(BUILD) $(BUILD)/upstream/shell
	$(Q)tests/upstream/boot $(BUILD) $(BUILD)/upstream/shell shell

# Made by pattern rules on the way to a test: kept, or every `make` would make them again.
.SECONDARY: $(UNIT_TESTS:%.c=$(BUILD)/unit/%.o)

-include $(shell test -d $(BUILD) && find $(BUILD) -type f -name '*.d')
