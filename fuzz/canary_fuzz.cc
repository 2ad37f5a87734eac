// A parser with a fault, which the driver must find: without it, a driver that never breaks anything would pass too. It
// reads one byte past the end of an input that ends inside a quoted text.
#include <memory>

#include "fuzz/fuzz.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() { return {"'quoted'", "plain"}; }

std::vector<std::string> fuzz_words() { return {"'"}; }

void fuzz_one(std::string_view input) {
  // A copy of exactly the input's size, so that the sanitizer sees its end.
  const auto bytes = std::make_unique<char[]>(input.size());
  input.copy(bytes.get(), input.size());
  std::size_t at = 0;
  if (!input.empty() && bytes[at] == '\'') {
    do {
      ++at;
    } while (bytes[at] != '\'');
  }
}

}  // namespace headrace
