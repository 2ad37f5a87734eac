// What this build and this machine are, for `headrace doctor`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace headrace {

struct Diagnosis {
  std::string version;
  std::string compiler;  // "gcc 12.2.0"
  std::string arrow;     // the version of the Arrow that is loaded
  std::size_t thread_count = 0;
  std::int64_t memory_bytes = 0;  // of the machine, or what the control group allows
  std::int64_t memory_free_bytes = 0;
  std::string spill_folder;  // where data goes that does not fit into memory
  std::int64_t spill_free_bytes = 0;
  std::string spill_problem;  // why nothing can be written there; empty: it can

  bool is_good() const { return spill_problem.empty(); }
  std::string to_text() const;
  std::string to_json() const;
};

/// Looks at the machine. Writes a nameless file of some bytes into `spill_folder`; what fails there is a finding.
Diagnosis diagnose(const std::string& spill_folder);

}  // namespace headrace
