// The guest's state as a text, by which the host tells whether a judge has left
// the guest as it found it.

#pragma once

#include <string>

namespace judge {

// What is there in the guest, a line for each thing. The same state gives the
// same text in every judge's process: there are no numbers in it that differ
// from one to the next.
//
// It goes further than judge::Host, which has to be quick: all settings, not
// those that a lesson may touch, and all files with their size and last change.
// What the judge needs for itself, its job's files and the unpacked default
// root file systems (a cache that is compared at each use) are left out.
//
// Must be called before the first case or after the last one.
std::string state_of_guest();

}  // namespace judge
