// From the words of a command to a running program.

#pragma once

#include <string>
#include <vector>

#include "lessons/kit/c_strings.h"  // For who calls execve() themselves.

namespace kit {

using Command = std::vector<std::string>;

// Finds `name` as a shell does: in the folders of PATH, unless it has a '/'.
//
// Returns the path of a file, of one that may be executed if there is such a
// one. Throws Exit with status 127 if there is none, and 126 if `name` is the
// path of a directory, or if it may be in a folder that may not be entered.
std::string find_program(const std::string& name);

// Returns the program that the kernel starts first to run `program`: the
// dynamic loader of an ELF file (its PT_INTERP), or what stands behind "#!".
// Empty if there is none: a static program, or not a program at all.
//
// Throws SystemError if the file cannot be read.
std::string interpreter_of(const std::string& program);

// Returns the first that is not there of: the interpreter of `program`, the
// interpreter of that (a script's shell has a loader), and so on. Empty if none
// is missing. Throws as interpreter_of() does.
std::string missing_interpreter(const std::string& program);

// Finds the program `name` as find_program() does, and looks whether a magic
// link (proc(5)) leads to it, or to one of its interpreters. Such a link would
// lead out of the root: /proc/self/exe is, at that moment, the program that
// starts the container (CVE-2019-5736).
//
// Throws Exit with status 126 if so, and as find_program() does.
void refuse_magic_links(const std::string& name);

// Becomes `command`: finds the program and calls execve(), with the environment
// and the open descriptors as they are. Lesson 00 teaches how; from there on it
// is taken from here.
//
// Does not return. Throws Exit with status 127 (the program is not there, or
// the interpreter that it needs) or 126 (it is there, but cannot be run).
[[noreturn]] void exec(const Command& command);

}  // namespace kit
