// Sources: raw tables in files, read split by split.
//
// A SourceReader is opened once for a source (all its files), knows the schema and cuts the input into splits that
// workers read independently: a range of bytes of a CSV file, a row group of a Parquet file. A row is bad if its
// structure or any declared column fails, whatever columns the plan reads. What happens to bad rows is the source's
// on_error; each is counted, none is lost: rows read = delivered + quarantined + dropped + skipped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/base/memory_budget.h"
#include "headrace/column/column.h"
#include "headrace/column/scan_bound.h"
#include "headrace/column/source_spec.h"
#include "headrace/column/value.h"
#include "headrace/io/fs/file_system.h"

namespace headrace {

/// A column that is wanted as a number computed from its values, so that the values need not leave the scan.
struct ScanReduction {
  enum class Kind {
    kHash64,  // of string and binary: hash_bytes() of kernel/hash.h as int64, kNullHash for null; never null itself
  };
  std::string column;  // of the source
  Kind kind = Kind::kHash64;
  std::string name;  // of the column that is delivered
};

struct ScanRequest {
  std::vector<std::string> columns;  // in the order wanted; may be empty (rows are only counted)
  std::vector<ScanBound> bounds;
  std::vector<ScanReduction> reductions = {};  // delivered behind `columns`, in this order; any source takes them
  bool takes_dictionaries = false;             // texts may be delivered in dictionary layout (column.h)
  bool takes_number_dictionaries = false;      // and numbers, those in lists of one size too
};

/// One bad row, as quarantine and messages show it.
struct BadRow {
  std::string file;
  std::int64_t line = 0;          // text: 1-based line in the file where the row starts; else 1-based row number
  std::int64_t byte_offset = -1;  // text: where the row starts; -1 when the format has none
  std::string column;             // empty when the whole row is broken
  std::string
      kind;  // cast, missing_columns, too_many_columns, unquoted_value, invalid_encoding, null, range, allowed, …
  std::string message;  // for people: "1048.36 is greater than the maximum 200"
  std::string text;     // the raw text of the row, or of the value for binary formats
};

struct ScanCounts {
  std::int64_t rows_read = 0;
  std::int64_t rows_delivered = 0;
  std::int64_t rows_quarantined = 0;
  std::int64_t rows_dropped = 0;
  std::int64_t rows_skipped = 0;  // by bounds, known from metadata
  std::int64_t values_nulled = 0;
  std::int64_t bytes_read = 0;

  void add(const ScanCounts& other);
};

/// The rows of one split. Used by one thread.
class SplitStream {
 public:
  virtual ~SplitStream() = default;
  /// Puts up to kBatchRowsMax rows of the requested columns into `batch`; false at the end. Never an empty batch.
  virtual bool next(Batch& batch) = 0;
  /// Counts so far; complete after next() gave false.
  virtual const ScanCounts& counts() const = 0;
  /// Bad rows so far under kQuarantine, in row order; complete after next() gave false. May be moved out then.
  virtual std::vector<BadRow>& bad_rows() = 0;
};

/// Bytes of a file.
struct FileRange {
  std::string path;
  std::int64_t offset = 0;
  std::int64_t size_bytes = 0;

  friend bool operator==(const FileRange&, const FileRange&) = default;
};

class SourceReader {
 public:
  virtual ~SourceReader() = default;
  /// All columns that can be read, declared types applied.
  virtual const Schema& schema() const = 0;
  virtual std::size_t split_count() const = 0;
  /// Whether columns that are not asked for cost nothing, so that reading twice is cheaper than keeping rows.
  virtual bool reads_by_column() const { return false; }
  /// Opens one split. Splits are numbered in row order: file by file, from its start to its end. Thread-safe.
  virtual std::unique_ptr<SplitStream> open_split(std::size_t split_index, const ScanRequest& request) const = 0;
  virtual const std::vector<FileInfo>& files() const = 0;
  /// Which bytes a split's stream reads for `columns`, as far as metadata tells, so that they can be fetched before.
  virtual std::vector<FileRange> ranges_of(std::size_t, const std::vector<std::string>&) const { return {}; }
  /// Rows if known from metadata, else empty.
  virtual std::optional<std::int64_t> row_count() const = 0;
  /// Rows of one split if known from metadata, else empty.
  virtual std::optional<std::int64_t> split_row_count(std::size_t) const { return std::nullopt; }
};

/// What a reader works with; outlives it.
struct SourceContext {
  std::shared_ptr<FileSystem> fs;
  std::shared_ptr<MemoryBudget> memory;
  std::int64_t split_bytes = 4 << 20;                      // target size of a split of a text file
  std::string_view paths_start_at = "the current folder";  // said of a file that is not found
};

/// Opens a source: finds its files, settles the format, checks declared columns against headers and footers
/// (did-you-mean). A text source without declared columns gets inferred types from the first MiB of its first file.
std::unique_ptr<SourceReader> open_source(const SourceSpec& spec, const SourceContext& context);

/// Checks `rules` against the rows of a batch: calls report(row, column_index, kind, message) for each value that
/// breaks one. Shared by all formats.
class RuleCheck {
 public:
  /// Throws Error(kInvalidPipeline) when a rule names no column of `schema` or its bounds do not fit the type.
  RuleCheck(const Schema& schema, const std::vector<ColumnRule>& rules);

  struct Violation {
    std::int64_t row;
    std::size_t rule_index;
    const char* kind;  // "null", "range", "allowed"
  };
  bool empty() const { return rules_.empty(); }
  /// Appends the violations of a batch of the schema given at construction, ordered by row, then rule.
  void check(const Batch& batch, std::vector<Violation>& violations) const;
  /// "1048.36 is greater than the maximum 200".
  std::string describe(const Batch& batch, const Violation& violation) const;
  const ColumnRule& rule(std::size_t index) const { return rules_[index]; }

 private:
  std::vector<ColumnRule> rules_;
  std::vector<std::size_t> column_indexes_;
};

}  // namespace headrace
