// A column of strings that is filled in place and used again for the next row group: the wide texts are most of what
// the generator writes, and copying them, or asking for fresh memory, would take as long as making them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace arrow {
class Array;
}

namespace headrace::bench {

class TextColumn {
 public:
  /// Where the text of the row at hand is appended.
  std::string& text() { return bytes_; }
  /// Bytes of the row at hand so far.
  std::int64_t row_size() const { return static_cast<std::int64_t>(bytes_.size()) - ends_.back(); }
  void end_row() { ends_.push_back(static_cast<std::int32_t>(bytes_.size())); }

  /// The rows as an array that borrows this column's memory: it is valid until the column changes.
  std::shared_ptr<arrow::Array> view() const;
  /// No rows again; the memory stays.
  void clear();

 private:
  std::string bytes_;
  std::vector<std::int32_t> ends_ = {0};  // a leading zero, then the end of each row
};

}  // namespace headrace::bench
