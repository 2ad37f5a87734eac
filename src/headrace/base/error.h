// The one exception type of Headrace.
//
// An Error carries a stable code, a message (fixed text first, values last), an optional hint that says how to fix it,
// and context added on the way up, outermost last. A bad row is data and never an Error; a broken promise of the code
// itself is HEADRACE_CHECK. Errors are caught at the borders only: the top of a worker thread, the CLI, the Python
// module.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

/// Stable names of what went wrong. code_name() gives the text form that users and scripts see.
enum class ErrorCode {
  kInvalidPipeline,   // the pipeline file or a plan is wrong: unknown key, name, type; found before anything runs
  kInvalidArgument,   // a wrong option or argument of the caller
  kNotFound,          // a file, folder, column or function that does not exist
  kBadData,           // input data is malformed, or a value made an expression fail
  kContractViolated,  // rows broke the contract of the pipeline
  kUnsupported,       // valid, but not built
  kIo,                // the operating system refused: disk full, permission, broken device
  kOutOfMemory,       // the memory budget does not suffice
  kCancelled,         // interrupted by the user
  kInternal,          // a bug in Headrace
};

/// Returns the stable snake_case name of a code, such as "bad_data".
std::string_view code_name(ErrorCode code);

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, std::string hint = {});

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::vector<std::string>& context() const { return context_; }

  /// Adds one sentence fragment about where it happened, such as "reading data/flights.csv". Innermost first.
  Error& add_context(std::string context);

  /// The message, then each context on a line of its own ("  while …"), then the hint ("  hint: …").
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  void render();

  ErrorCode code_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> context_;
  std::string text_;
};

/// Runs `body` and adds `context()` (called only on failure) to an Error that leaves it.
template <typename Body, typename Context>
decltype(auto) with_context(Body&& body, Context&& context) {
  try {
    return body();
  } catch (Error& error) {
    error.add_context(context());
    throw;
  }
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace headrace

/// An invariant of the code. Always on; failing it is a bug in Headrace, reported as ErrorCode::kInternal.
#define HEADRACE_CHECK(condition)                               \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::headrace::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
