"""Emitted C on an emulated Cortex-M4: a board of QEMU's without operating system or library, which prints by semihosting."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

TARGET = ("--target=thumbv7em-none-eabihf", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb")
FREESTANDING = ("-std=c11", "-Os", "-ffreestanding", "-ffunction-sections")
LINKED = """
MEMORY { code : ORIGIN = 0x00000000, LENGTH = 4M  data : ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS {
    .vectors : { KEEP(*(.vectors)) } > code
    .text : { *(.text*) *(.rodata*) } > code
    .ARM.exidx : { *(.ARM.exidx*) } > code
    .data : { *(.data*) } > data
    .bss : { *(.bss*) } > data
}
"""
MAIN = """
#include <stddef.h>
#include <stdint.h>
#include "{stem}.h"

{parameters}
{inputs}
static union {{ {stem}_kept object; uint32_t bits[sizeof({stem}_kept) / 4]; }} kept;
static union {{ {stem}_gradients object; uint32_t bits[sizeof({stem}_gradients) / 4]; }} gradients;
static {stem}_workspace work;

void *memset(void *to, int value, size_t count)
{{
    for (size_t at = 0; at < count; ++at)
        ((volatile char *)to)[at] = (char)value;
    return to;
}}

void *memcpy(void *to, const void *from, size_t count)
{{
    for (size_t at = 0; at < count; ++at)
        ((volatile char *)to)[at] = ((const char *)from)[at];
    return to;
}}

static void host(uint32_t operation, const void *argument)
{{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}}

static void print(const uint32_t *bits, size_t count)
{{
    for (size_t at = 0; at < count; ++at) {{
        char text[10];
        for (size_t digit = 0; digit < 8; ++digit)
            text[digit] = "0123456789abcdef"[bits[at] >> (28 - 4 * digit) & 15];
        text[8] = ' ';
        text[9] = 0;
        host(0x04, text); /* SYS_WRITE0 */
    }}
}}

static void reset(void)
{{
    *(volatile uint32_t *)0xe000ed88 |= 0xf << 20; /* CPACR: the floating-point unit is on */
    __asm__ volatile("dsb\\n isb");
    {stem}_{combined}(&parameters.object, &inputs.object, &kept.object, &gradients.object, &work);
    print(kept.bits, sizeof kept / 4);
    print(gradients.bits, sizeof gradients / 4);
    host(0x18, (const void *)0x20026); /* SYS_EXIT: the program ended as it should */
    for (;;) {{
    }}
}}

__attribute__((section(".vectors"), used)) static const struct {{
    uint32_t stack;
    void (*reset)(void);
    void (*faults[14])(void);
}} vectors = {{0x20400000, reset, {{0}}}};
"""


def run(folder: Path, stem: str, combined: str, parameters: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return what is in `kept` and then in `gradients` after one call of the combined function, number by number."""
    given = {"parameters": parameters, "inputs": inputs}
    written = {name: _object(stem, name, array) for name, array in given.items()}
    (folder / "main.c").write_text(MAIN.format(stem=stem, combined=combined, **written), encoding="utf-8")
    (folder / "board.ld").write_text(LINKED, encoding="ascii")
    for name in (stem, "main"):
        _done("clang", *TARGET, *FREESTANDING, "-fno-builtin", "-c", f"{name}.c", "-o", f"{name}.o", cwd=folder)
    _done("arm-none-eabi-ld", "-T", "board.ld", "main.o", f"{stem}.o", "-o", "program", cwd=folder)
    board = ("-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none")
    printed = _done(
        *("qemu-system-arm", *board, "-semihosting-config", "enable=on,target=native", "-kernel", "program"), cwd=folder
    )
    return np.array([int(word, 16) for word in printed.split()], np.uint32).view(np.float32)


def _object(stem: str, name: str, array: np.ndarray) -> str:
    bits = ", ".join(f"0x{word:08x}" for word in np.ascontiguousarray(array, np.float32).view(np.uint32))
    kind = f"{stem}_{name}"
    return (
        f"static const union {{ uint32_t bits[sizeof({kind}) / 4]; {kind} object; }} {name} = {{.bits = {{{bits}}}}};"
    )


def _done(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
