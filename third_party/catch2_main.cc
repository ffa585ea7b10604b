#include "third_party/catch2.h"

int main(int argc, char** argv) { return run_catch2(argc, argv); }
