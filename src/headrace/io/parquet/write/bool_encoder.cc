// Booleans. See value_encoder.h.
#include <algorithm>
#include <cstring>
#include <utility>

#include "headrace/io/parquet/write/hybrid_encoder.h"
#include "headrace/io/parquet/write/leaf_values.h"
#include "headrace/io/parquet/write/value_encoder.h"

namespace headrace {
namespace {

class BoolEncoder final : public ValueEncoder {
 public:
  explicit BoolEncoder(std::shared_ptr<MemoryBudget> memory) : values_(std::move(memory)) {}

  void start(std::span<const RowRange> /*rows*/) override { has_false_ = has_true_ = false; }

  parquet::Encoding::type put_page(std::span<const RowRange> rows, std::size_t value_count,
                                   GrowingBytes& page) override {
    std::span<std::uint8_t> values = values_.array<std::uint8_t>(value_count + 1);
    std::uint8_t* out = values.data();
    for (const RowRange& range : rows) out = gather_leaves<std::uint8_t>(range, out);
    values = values.first(value_count);
    has_true_ = has_true_ || std::find(values.begin(), values.end(), 1) != values.end();
    has_false_ = has_false_ || std::find(values.begin(), values.end(), 0) != values.end();
    std::size_t start = page.size();
    std::uint32_t length = 0;
    page.append(&length, sizeof(length));
    put_hybrid(values, 1, page);
    length = static_cast<std::uint32_t>(page.size() - start - sizeof(length));
    std::memcpy(page.mutable_data() + start, &length, sizeof(length));
    return parquet::Encoding::RLE;
  }

  std::size_t put_dictionary(GrowingBytes& /*page*/) override { return 0; }

  ValueBounds bounds() const override {
    if (!has_false_ && !has_true_) return {};
    return {std::string(1, has_false_ ? '\0' : '\1'), std::string(1, has_true_ ? '\1' : '\0')};
  }

 private:
  GrowingBytes values_;
  bool has_false_ = false;
  bool has_true_ = false;
};

}  // namespace

std::unique_ptr<ValueEncoder> make_bool_encoder(const std::shared_ptr<MemoryBudget>& memory) {
  return std::make_unique<BoolEncoder>(memory);
}

}  // namespace headrace
