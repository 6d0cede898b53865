/* SPDX-License-Identifier: MIT */
/*
 * The monitor's loop: keys to the line editor, lines to commands. A command runs inside recover_run(),
 * so that one that faults is over and the next one can be typed.
 */
#include "shell.h"

#include "command.h"
#include "console.h"
#include "exception.h"
#include "fw_cfg.h"
#include "io.h"
#include "line_edit.h"
#include "memory.h"
#include "noinit.h"
#include "parse.h"
#include "pci.h"
#include "platform.h"
#include "recover.h"

#include "abi/fw_cfg.h"

#include <string.h>

#define PROMPT "trapline> "
#define HINT "(any key: monitor)"
#define ERASE_LINE "\r\033[K"

#define VECTOR_PAGE_FAULT 14

#define HINT_MS 1000     /* how long a key may take to come */
#define KEY_POLL_US 1000 /* between looks at the UART, each of which is an exit */
#define HANG_UP_POLLS 64 /* of them between looks at the modem lines */

static NOINIT struct line_edit editor;

/* --- keys ------------------------------------------------------------------------------------------- */

/* Without interrupts there is nothing to sleep for: this keeps the CPU busy, but not the host. */
static void wait_us(unsigned us)
{
    uint64_t end = platform_now() + us * 1000ull;
    while (platform_now() < end)
        cpu_pause();
}

/* The next key, or -1 when ms milliseconds pass without one. */
static int wait_key(unsigned ms)
{
    uint64_t end = platform_now() + ms * 1000000ull;
    int key;
    while ((key = console_read()) < 0 && platform_now() < end)
        wait_us(KEY_POLL_US);
    return key;
}

/* The next key, or -1 when nobody can press one any more. */
static int next_key(void)
{
    for (unsigned polls = 1;; polls++) {
        int key = console_read();
        if (key >= 0)
            return key;
        if (polls % HANG_UP_POLLS == 0 && console_hung_up())
            return console_read(); /* what came just before */
        wait_us(KEY_POLL_US);
    }
}

/* --- is there somebody? ----------------------------------------------------------------------------- */

static bool machine_is_interactive(const struct boot_info *info)
{
    static const char *const name = FW_CFG_FILE_INTERACTIVE;
    struct fw_cfg_file file;
    switch (info->interactive) {
    case BOOT_INTERACTIVE_NO:
        return false;
    case BOOT_INTERACTIVE_YES:
        return true;
    default:
        return fw_cfg_find(&name, &file, 1) == 1;
    }
}

bool shell_wanted(const struct climb *climb)
{
    if (climb->command.shell)
        return console_usable();
    if (!machine_is_interactive(climb->info) || !console_usable())
        return false;
    console_write(HINT, strlen(HINT));
    bool pressed = wait_key(HINT_MS) >= 0;
    while (pressed && console_read() >= 0)
        ; /* the rest of a key that sends several bytes */
    console_write(ERASE_LINE, strlen(ERASE_LINE));
    return pressed;
}

/* --- commands --------------------------------------------------------------------------------------- */

void shell_complain(const struct shell_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    console_printf("%s: ", call->command->name);
    console_vprintf(format, arguments);
    console_printf("\n");
    va_end(arguments);
}

bool shell_number(const struct shell_call *call, unsigned index, const char *what, uint64_t max,
                  uint64_t *value)
{
    const char *text = call->arguments[index];
    if (!parse_number(text, value)) {
        shell_complain(call, "%s \"%s\" is not a number (like 12, 0x1f or 64K)", what, text);
        return false;
    }
    if (*value > max) {
        shell_complain(call, "%s 0x%lx is too large: at most 0x%lx", what, *value, max);
        return false;
    }
    return true;
}

/* 0xcf8 stays as it was written for as long as it is used by hand. */
static void take_config_address_back(struct shell *shell, const struct shell_command *command)
{
    if (!shell->config_address_moved || command->run == command_in || command->run == command_out)
        return;
    pci_present(); /* writes it anew */
    shell->config_address_moved = false;
}

void shell_execute(struct shell *shell, unsigned count, const char **words)
{
    struct shell_call call = {.shell = shell, .count = count - 1, .arguments = words + 1};
    call.command = parse_command(shell_commands, shell_command_count, words[0], &call.width);
    if (call.command == NULL)
        console_printf("%s: no such command; \"help\" lists what there is\n", words[0]);
    else if (call.count < call.command->least || call.count > call.command->most)
        console_printf("usage: %s %s\n", words[0], call.command->arguments);
    else {
        take_config_address_back(shell, call.command);
        call.command->run(&call);
    }
}

/* One line's words, on their way through recover_run() */
struct line_words {
    struct shell *shell;
    unsigned count;
    const char *words[SHELL_WORDS_MAX];
};

static void execute_line(void *argument)
{
    struct line_words *line = argument;
    shell_execute(line->shell, line->count, line->words);
}

static void say_fault(const struct recovered *fault)
{
    console_end_line();
    console_printf("fault: %s", exception_name(fault->vector));
    if (fault->vector == VECTOR_PAGE_FAULT)
        console_printf(" at address 0x%lx", fault->address);
    console_printf(", error code 0x%lx, rip 0x%lx\n", fault->error_code, fault->rip);
}

static void run_line(struct shell *shell, char *text)
{
    struct line_words line = {.shell = shell};
    struct recovered fault;
    line.count = parse_words(text, line.words, SHELL_WORDS_MAX);
    if (line.count > SHELL_WORDS_MAX) {
        console_printf("more than %u words\n", SHELL_WORDS_MAX);
        return;
    }
    if (line.count == 0)
        return;
    struct memory_state before;
    memory_save(&before);
    if (!recover_run(execute_line, &line, &fault))
        say_fault(&fault);
    console_end_line();
    /* No driver outlives its command: whatever it was given, rings included, is free again. */
    memory_restore(&before);
}

/* --- the loop --------------------------------------------------------------------------------------- */

static void editor_write(void *context, const char *text, size_t length)
{
    (void)context;
    console_write(text, length);
}

static const char *editor_word(void *context, unsigned index)
{
    (void)context;
    return index < shell_command_count ? shell_commands[index].name : NULL;
}

static const struct line_edit_ops editor_ops = {.write = editor_write, .word = editor_word};

/* Takes one key; false when the input has ended. */
static bool take_key(struct shell *shell, uint8_t key)
{
    switch (line_edit_key(&editor, key)) {
    case LINE_EDIT_MORE:
        return true;
    case LINE_EDIT_END:
        return false;
    case LINE_EDIT_TOO_LONG:
        console_printf("a line has at most %u characters: nothing done\n", LINE_EDIT_SIZE - 1);
        break;
    case LINE_EDIT_ENTERED:
        run_line(shell, editor.text);
        break;
    }
    if (!shell->ended)
        line_edit_begin(&editor);
    return true;
}

uint8_t shell_run(struct climb *climb, uint8_t exit_value)
{
    struct shell shell = {.climb = climb, .exit_value = exit_value};
    int key = 0;
    for (unsigned i = 0; i < CLIMB_BUFFERS; i++)
        climb_buffer(i); /* taken for good, before the first command takes memory for itself only */
    line_edit_init(&editor, PROMPT, &editor_ops, NULL);
    line_edit_begin(&editor);
    while (!shell.ended && console_usable() && (key = next_key()) >= 0 &&
           take_key(&shell, (uint8_t)key))
        ;
    if (key < 0)
        console_printf("\n"); /* the prompt is still there */
    console_printf("monitor: exit %u\n", shell.exit_value);
    return shell.exit_value;
}
