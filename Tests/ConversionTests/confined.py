"""Runs a Python program that ends at once when it makes a socket, a process or becomes another program.

Usage: confined.py PROGRAM [ARGUMENT...]. Linux on x86_64. The end is signal SIGSYS: nothing can catch it, so that a
library cannot try and say nothing.
"""

import ctypes
import runpy
import struct
import sys

ARCHITECTURE = 0xC000003E
FORBIDDEN = {"socket": 41, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322}
CLONE, CLONE3, CLONE_THREAD = 56, 435, 0x10000
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, NO_SUCH_CALL = 0x7FFF0000, 0x80000000, 0x00050000 | 38
NUMBER, ARCHITECTURE_OFFSET, FIRST_ARGUMENT = 0, 4, 16


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def unless(number: int, answer: int) -> list[bytes]:
    return [instruction(EQUAL, number, 0, 1), instruction(RETURN, answer)]


def forbid() -> None:
    program = [
        instruction(LOAD, ARCHITECTURE_OFFSET),
        instruction(EQUAL, ARCHITECTURE, 1, 0),
        instruction(RETURN, KILL),
    ]
    program.append(instruction(LOAD, NUMBER))
    for number in FORBIDDEN.values():
        program += unless(number, KILL)
    program += unless(CLONE3, NO_SUCH_CALL)  # its flags cannot be read; glibc takes clone then
    program += [
        instruction(EQUAL, CLONE, 0, 3),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(ANY_BIT, CLONE_THREAD, 1, 0),
        instruction(RETURN, KILL),
        instruction(RETURN, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(program))
    filter_program = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_filter, mode = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_filter, mode, filter_program, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    forbid()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
