// Checks a pipeline without running it: paths, schemas, names, types, contract, features, outputs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "headrace/column/type.h"
#include "headrace/frame/run.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// What is known of a pipeline before it runs.
struct Validation {
  struct Source {
    std::string name;
    std::string format;
    std::size_t file_count = 0;
    std::int64_t size_bytes = 0;
    std::optional<std::int64_t> row_count;
    bool inferred = false;  // the types were inferred from the start of the first file
    Schema schema;
  };
  struct TableSchema {
    std::string name;
    Schema schema;
  };
  std::vector<Source> sources;
  std::vector<TableSchema> tables;
  std::vector<std::pair<std::string, std::string>> features;  // name, role
  std::size_t promise_count = 0;
  std::vector<std::string> outputs;
  std::string plan_digest;  // plan_digest.h

  std::string to_text() const;
  std::string to_json() const;
};

/// Throws Error at the first mistake. With a state path in `options`, the saved state must fit the features.
Validation validate_pipeline(const Pipeline& pipeline, const RunOptions& options);

}  // namespace headrace
