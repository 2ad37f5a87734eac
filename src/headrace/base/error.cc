// See error.h.
#include "headrace/base/error.h"

#include <utility>

#include <fmt/format.h>

namespace headrace {

std::string_view code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidPipeline: return "invalid_pipeline";
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kBadData: return "bad_data";
    case ErrorCode::kContractViolated: return "contract_violated";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kOutOfMemory: return "out_of_memory";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

Error::Error(ErrorCode code, std::string message, std::string hint)
    : code_(code), message_(std::move(message)), hint_(std::move(hint)) {
  render();
}

Error& Error::add_context(std::string context) {
  context_.push_back(std::move(context));
  render();
  return *this;
}

void Error::render() {
  text_ = message_;
  for (const std::string& context : context_) text_ += "\n  while " + context;
  if (!hint_.empty()) text_ += "\n  hint: " + hint_;
}

void check_failed(const char* condition, const char* file, int line) {
  throw Error(ErrorCode::kInternal, fmt::format("internal check failed: {} at {}:{}", condition, file, line),
              "this is a bug in Headrace: please report it with the pipeline that caused it");
}

}  // namespace headrace
