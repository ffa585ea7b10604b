// What several submissions of this folder use to attack the judge.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "vm/seal.h"

namespace hostile {

// The judge: it has started the program that calls this.
pid_t judge();

// The names of lesson 00's cases, as they are planned. They are no secret.
const std::vector<std::string>& cases();

// Where the judge keeps the key of its seals; 0 if that cannot be seen. A page
// that no child gets a copy of can be told from all others: /proc/PID/smaps.
std::uintptr_t address_of_seal(pid_t judge);

// The rest of the story, from the running case on: all passes. `seal` is the
// judge's own, as it is after the last event.
std::string happy_end(lab::Seal seal, std::uint64_t events_until_now);

// The same as a story of the old kind, without seals, and with seals of a key
// that is guessed.
std::string made_up_story();

// Writes `text` to whatever can be opened for writing among all processes' open
// files and the machine's ports.
void tell_everywhere(const std::string& text);

// Connects to the judge where it waits for the probe, in the container's root.
int connect_as_the_probe(const std::string& root);

// Tells the judge "ok" to whatever it asks. Returns when it asks no more.
void answer_always(int connection);

// One line on standard error: a report quotes it where a case fails.
void say(const std::string& line);

// The whole content of a file, or "".
std::string content(const std::string& path);

// Writes `text` to a file that exists. Returns 0, or the error.
int write_to(const std::string& path, const std::string& text);

}  // namespace hostile
