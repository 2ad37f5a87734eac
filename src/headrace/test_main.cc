// The main function of every unit test program: doctest's own, compiled once instead of once per layer.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
