#include <guests.hpp>

int main() { return guests_after(3) == 3 ? 0 : 1; }
