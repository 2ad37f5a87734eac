// Interprets Python's pickle format into plain data. Nothing is executed or imported: a global stays a name, a call
// stays a note of what was to be called with what, and only names of a list that the caller gives may occur at all.
//
// A pickle is a program for a stack machine. Opcodes push values, build containers of those above a mark, store the top
// in a memo and fetch from it. Known are those opcodes, of protocols 0 to 5, that plain data, classes and objects are
// made of; every other one is an error.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headrace/base/memory_budget.h"

namespace headrace {

/// A value of a pickle; values refer to others by index, so that shared ones are shared.
struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kText,    // str: UTF-8; also bytes and the str of Python 2, as they are
    kTuple,   // children
    kList,    // children
    kDict,    // children: key, value, key, value, …
    kGlobal,  // text: "module name"
    kObject,  // children: class or function called, its arguments; then what was set: key, value, …
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  // kBool: 0 or 1
  std::string text;
  std::vector<std::size_t> children;
  std::size_t state = kNoState;  // kObject: what BUILD gave it
  std::size_t offset = 0;        // where in the pickle it was made; for messages

  static constexpr std::size_t kNoState = static_cast<std::size_t>(-1);
};

struct Pickle {
  std::vector<PickleValue> values;
  std::size_t root = 0;
  Reservation charge;

  const PickleValue& operator[](std::size_t index) const { return values[index]; }
};

/// Whether a global of a pickle, "module name" with a space between, is known.
using PickleNames = std::function<bool(std::string_view global)>;

/// Throws Error(kBadData) naming the opcode or the global and the byte where it stands.
Pickle read_pickle(std::string_view bytes, const PickleNames& is_known, MemoryBudget& memory);

}  // namespace headrace
