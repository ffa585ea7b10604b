// A program that does nothing, and says that all is well.

int main() { return 0; }
