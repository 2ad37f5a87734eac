// What a fuzzer gives the driver: one file per parser, each defining these functions.
//
// A parser must answer any bytes with a result or with an Error whose code says the input is at fault. Everything else
// is a finding: a crash, a sanitizer report, Error(kInternal), a foreign exception, an allocation that the input's few
// bytes cannot justify, an input that takes seconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "headrace/base/error.h"

namespace headrace {

/// Good inputs, which the driver breaks.
std::vector<std::string> fuzz_seeds();

/// Pieces of the format that random bytes would hardly form: keywords, separators, magic numbers. May be empty.
std::vector<std::string> fuzz_words();

/// Gives the parser one input. Throws on a finding.
void fuzz_one(std::string_view input);

/// Runs `body` and swallows the errors that bad input may cause; others are findings and leave it.
template <typename Body>
void allow_input_errors(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::kInvalidPipeline:
      case ErrorCode::kBadData:
      case ErrorCode::kUnsupported:
      case ErrorCode::kNotFound:
      case ErrorCode::kOutOfMemory: return;
      default: throw;
    }
  }
}

/// Throws a finding unless `holds`.
inline void expect(bool holds, std::string_view what) {
  if (!holds) throw Error(ErrorCode::kInternal, std::string(what));
}

}  // namespace headrace
