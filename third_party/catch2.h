// Catch2, whichever version the machine has: 2.13 (one header) or 3 (a
// library).

#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#define KIT_CATCH2_VERSION 3
#else
#include <catch2/catch.hpp>
#define KIT_CATCH2_VERSION 2
#endif

#include <string>
#include <vector>

// Runs the cases that the command line asks for, and returns the status for
// main(). Version 2 hides its Session from all files but one.
int run_catch2(int argc, const char* const* argv);

// The names of all cases, in the order in which they are written.
std::vector<std::string> catch2_cases();
