// What others can find out about the program that a process runs, and change.

#pragma once

namespace kit {

// Overwrites the words and the environment with which this process was started,
// as /proc/PID/cmdline and /proc/PID/environ show them. From then on, this is
// "init", and nothing. Later, getenv() finds nothing.
//
// argv: main()'s. Other processes are not concerned, parents least of all.
void forget_words(char** argv);

// Sees to it that /proc/PID/exe is a copy of this program in memory, which
// nobody can write to: memfd_create(2), F_ADD_SEALS. If it is not yet, starts
// the program anew from such a copy, with the same words. Nothing that is done
// to the copy changes the file on the disk.
//
// Returns only if that has happened. Throws SystemError.
void run_from_sealed_copy(char** argv);

}  // namespace kit
