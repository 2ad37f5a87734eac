// Reads sources of JSON lines: what its files share, and its splits.
#pragma once

#include <memory>
#include <vector>

#include "headrace/io/text/split.h"

namespace headrace {

/// Every line is a row, whatever it holds.
constexpr TextDialect kJsonLines = {.delimiter = '\n', .quote = '\0'};

/// What all files of a source have in common.
struct NdjsonTable {
  SourceSpec spec;
  Schema schema;
  bool is_inferred = false;       // the types are guessed, not declared
  std::vector<ColumnRule> rules;  // with one for each column that is not nullable
  RuleCheck rule_check;
};

/// The columns of the objects in the first MiB of a file, in the order their keys appear: int64, float64, bool, date,
/// timestamp, string, lists and structs of these. What is null throughout, or a list that is always empty, is of
/// string. Throws Error(kBadData) when there is no object, or when a key has values that no type holds.
std::vector<Field> infer_json_fields(const FileInfo& file, const SourceContext& context);

/// The rows of one split. `table` and `file` outlive it.
std::unique_ptr<SplitStream> make_ndjson_stream(const NdjsonTable& table, const FileInfo& file, SplitText text,
                                                const ScanRequest& request, const SourceContext& context);

}  // namespace headrace
