// `lab bench`: how long a guest takes to run a program's first instruction.

#pragma once

namespace lab {

// Boots and wakes guests in turn, `rounds` of each, after one of each that
// does not count. Prints the median, smallest and largest time of both and the
// ratio of the medians. Each time goes from before QEMU starts until the first
// byte that the program in the guest has written is here.
void bench(int rounds);

}  // namespace lab
