// The table of scalar functions: one line to declare a function's constant, one to list it. Groups and names are in
// alphabetical order; all_functions() sorts by name.
#include <algorithm>
#include <vector>

#include "headrace/expr/function.h"

namespace headrace {

// arithmetic

// comparison

// conditional

// hash

// list

// logic

// math

// string
extern const Function kConcat;
extern const Function kConcatWs;
extern const Function kContains;
extern const Function kEndsWith;
extern const Function kLeft;
extern const Function kLength;
extern const Function kLike;
extern const Function kLower;
extern const Function kLpad;
extern const Function kLtrim;
extern const Function kPosition;
extern const Function kRepeat;
extern const Function kReplace;
extern const Function kReverse;
extern const Function kRight;
extern const Function kRpad;
extern const Function kRtrim;
extern const Function kSplitPart;
extern const Function kStartsWith;
extern const Function kSubstr;
extern const Function kTrim;
extern const Function kUpper;

// time

namespace {

const Function* const kTable[] = {
    // arithmetic

    // comparison

    // conditional

    // hash

    // list

    // logic

    // math

    // string
    &kConcat,
    &kConcatWs,
    &kContains,
    &kEndsWith,
    &kLeft,
    &kLength,
    &kLike,
    &kLower,
    &kLpad,
    &kLtrim,
    &kPosition,
    &kRepeat,
    &kReplace,
    &kReverse,
    &kRight,
    &kRpad,
    &kRtrim,
    &kSplitPart,
    &kStartsWith,
    &kSubstr,
    &kTrim,
    &kUpper,

    // time
    nullptr,
};

std::vector<const Function*> sorted_table() {
  std::vector<const Function*> functions;
  std::copy_if(std::begin(kTable), std::end(kTable), std::back_inserter(functions), [](auto* f) { return f != nullptr; });
  std::sort(functions.begin(), functions.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return functions;
}

}  // namespace

std::span<const Function* const> all_functions() {
  static const std::vector<const Function*> kSorted = sorted_table();
  return kSorted;
}

const Function* find_function(std::string_view name) {
  std::span<const Function* const> functions = all_functions();
  auto found = std::lower_bound(functions.begin(), functions.end(), name, [](auto* f, auto n) { return f->name < n; });
  return found != functions.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace headrace
