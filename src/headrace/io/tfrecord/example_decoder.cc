// See example_decoder.h.
#include "headrace/io/tfrecord/example_decoder.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/tfrecord/example_encoder.h"

namespace headrace {
namespace {

/// Where an empty feature points.
constexpr char kPresent = 0;

const char* kind_name(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::kBytes: return "bytes";
    case FeatureKind::kFloat: return "float";
    case FeatureKind::kInt64: return "int64";
    case FeatureKind::kNone: break;
  }
  return "no";
}

/// Decodes packed varints up to the end; false when the last is cut off.
bool append_varints(std::string_view payload, BufferBuilder& values) {
  WireCursor cursor(payload);
  values.reserve(payload.size() * sizeof(std::int64_t));
  std::uint64_t value = 0;
  while (!cursor.at_end()) {
    if (!cursor.read_varint(value)) return false;
    values.append_value(value);
  }
  return true;
}

}  // namespace

/// One column being built: int64, float or bytes as features hold them, with offsets for lists.
class ExampleDecoder::Target {
 public:
  Target(Field field, std::size_t index, MemoryBudget& memory)
      : field_(std::move(field)),
        index_(index),
        memory_(memory),
        kind_(feature_kind(field_.type)),
        is_list_(field_.type.kind() == TypeKind::kList),
        values_(memory),
        offsets_(memory),
        text_offsets_(memory) {
    HEADRACE_CHECK(kind_ != FeatureKind::kNone && field_.type.kind() != TypeKind::kFixedSizeList);
  }

  const std::string& name() const { return field_.name; }

  void start(std::size_t row_count) {
    validity_ = Buffer::allocate(memory_, row_count);
    row_count_ = 0;
    null_count_ = 0;
    element_count_ = 0;
    if (kind_ == FeatureKind::kInt64) values_.reserve(row_count * sizeof(std::int64_t));
    if (kind_ == FeatureKind::kFloat) values_.reserve(row_count * sizeof(float));
    if (kind_ == FeatureKind::kBytes) text_offsets_.append_value(std::int32_t{0});
    if (is_list_) offsets_.append_value(std::int32_t{0});
  }

  void decode(std::span<const std::string_view> features, std::vector<RowProblem>& problems) {
    if (kind_ == FeatureKind::kInt64 && !is_list_) {
      decode_each(features, problems, [this](std::string_view feature) { return append_int(feature); });
    } else if (kind_ == FeatureKind::kFloat && !is_list_) {
      decode_each(features, problems, [this](std::string_view feature) { return append_float(feature); });
    } else {
      decode_each(features, problems, [this](std::string_view feature) { return append_packed(feature); });
    }
  }

  Column finish(std::vector<RowProblem>& problems) {
    std::shared_ptr<const Buffer> valid = std::exchange(validity_, nullptr);
    if (null_count_ == 0) valid.reset();
    std::int64_t rows = static_cast<std::int64_t>(row_count_);
    if (!is_list_) return elements(field_.type, rows, std::move(valid), nullptr, problems);
    std::shared_ptr<const Buffer> offsets = offsets_.take();
    const auto* starts = reinterpret_cast<const std::int32_t*>(offsets->data());
    Column child =
        elements(field_.type.element(), static_cast<std::int64_t>(element_count_), nullptr, starts, problems);
    return Column::list(field_.type, rows, std::move(offsets), std::move(child), std::move(valid));
  }

 private:
  /// `append_fast` takes the forms that writers make; false leaves everything as it was.
  template <typename AppendFast>
  void decode_each(std::span<const std::string_view> features, std::vector<RowProblem>& problems,
                   const AppendFast& append_fast) {
    for (std::string_view feature : features) {
      bool valid = feature.data() != nullptr && (append_fast(feature) || append_any(feature, problems));
      if (!valid) append_null();
      validity_->mutable_data()[row_count_++] = valid ? std::byte{1} : std::byte{0};
      null_count_ += valid ? 0 : 1;
      if (is_list_) offsets_.append_value(checked_offset(element_count_));
    }
  }

  /// One packed varint.
  bool append_int(std::string_view feature) {
    std::size_t size = feature.size();
    std::size_t count = size - 4;
    if (size < 5 || count > kVarintBytesMax || feature[0] != static_cast<char>(FeatureKind::kInt64)) return false;
    if (feature[1] != static_cast<char>(size - 2) || feature[2] != kTagFirst ||
        feature[3] != static_cast<char>(count)) {
      return false;
    }
    std::uint64_t value = static_cast<unsigned char>(feature[4]);
    if (count > sizeof(value)) {
      WireCursor cursor(feature.substr(4));
      if (!cursor.read_varint(value) || !cursor.at_end()) return false;
    } else if (count > 1 || value >= 0x80) {
      if (!whole_varint(feature.substr(4), value)) return false;
    }
    values_.append_value(value);
    return true;
  }

  /// One packed float.
  bool append_float(std::string_view feature) {
    constexpr std::string_view kFront = "\x12\x06\x0a\x04";
    if (feature.size() != kFront.size() + sizeof(float)) return false;
    std::uint64_t bytes = 0;
    std::uint32_t front = 0;
    std::memcpy(&bytes, feature.data(), sizeof(bytes));
    std::memcpy(&front, kFront.data(), sizeof(front));
    if (static_cast<std::uint32_t>(bytes) != front) return false;
    values_.append_value(static_cast<std::uint32_t>(bytes >> 32));
    ++element_count_;
    return true;
  }

  /// One packed list, or one text.
  bool append_packed(std::string_view feature) {
    std::string_view payload;
    if (!packed_payload(feature, kind_, payload)) return false;
    if (kind_ == FeatureKind::kFloat) {
      if (payload.size() % sizeof(float) != 0) return false;
      values_.append(payload.data(), payload.size());
      element_count_ += payload.size() / sizeof(float);
      return true;
    }
    if (kind_ == FeatureKind::kBytes) {
      if (payload.data() == nullptr) return is_list_;
      append_text(payload);
      return true;
    }
    std::size_t before = values_.size_bytes();
    HEADRACE_CHECK(before == element_count_ * sizeof(std::int64_t));
    WireCursor probe(payload);
    for (std::uint64_t value = 0; !probe.at_end();) {
      if (!probe.read_varint(value)) return false;
    }
    append_varints(payload, values_);
    element_count_ = values_.size_bytes() / sizeof(std::int64_t);
    return true;
  }

  /// Any form, by the general parser.
  bool append_any(std::string_view feature, std::vector<RowProblem>& problems) {
    auto bad = [&](const char* kind, std::string message) {
      problems.push_back({static_cast<std::int64_t>(row_count_), index_, kind, std::move(message), {}});
      return false;
    };
    if (!parse_feature(feature, parsed_)) return bad("malformed", "its feature is no valid protobuf message");
    if (parsed_.kind == FeatureKind::kNone) return false;  // A feature without a list is one that is missing.
    if (parsed_.kind != kind_) {
      return bad("cast", fmt::format("a list of {} where {} is wanted", kind_name(parsed_.kind), kind_name(kind_)));
    }
    if (!is_list_ && parsed_.size() != 1) {
      return bad("shape", fmt::format("{} values where one is wanted", parsed_.size()));
    }
    for (std::int64_t value : parsed_.ints) values_.append_value(value);
    for (float value : parsed_.floats) values_.append_value(value);
    if (kind_ != FeatureKind::kBytes) element_count_ += parsed_.size();
    for (std::string_view text : parsed_.texts) append_text(text);
    return true;
  }

  void append_text(std::string_view text) {
    values_.append(text.data(), text.size());
    text_offsets_.append_value(checked_offset(values_.size_bytes()));
    ++element_count_;
  }

  void append_null() {
    if (is_list_) return;
    if (kind_ == FeatureKind::kInt64) values_.append_value(std::int64_t{0});
    if (kind_ == FeatureKind::kFloat) values_.append_value(0.0F);
    if (kind_ == FeatureKind::kBytes) text_offsets_.append_value(static_cast<std::int32_t>(values_.size_bytes()));
  }

  std::int32_t checked_offset(std::size_t offset) const {
    if (offset <= kRecordBytesMax) return static_cast<std::int32_t>(offset);
    throw Error(ErrorCode::kUnsupported, fmt::format("column '{}' holds more than 2 GiB in one batch", field_.name));
  }

  /// The values, or the list elements, as a column of `type`. `starts` are the offsets of a list, else nullptr.
  Column elements(const Type& type, std::int64_t count, std::shared_ptr<const Buffer> valid, const std::int32_t* starts,
                  std::vector<RowProblem>& problems) {
    if (kind_ == FeatureKind::kBytes) {
      std::shared_ptr<const Buffer> offsets = text_offsets_.take();
      return Column::binary(type, count, std::move(offsets), values_.take(), std::move(valid));
    }
    std::shared_ptr<const Buffer> values = values_.take();
    if (type.kind() == TypeKind::kBool)
      return narrowed<std::uint8_t>(type, count, *values, valid, 0, 1, starts, problems);
    if (type.kind() == TypeKind::kDate) {
      return narrowed<std::int32_t>(type, count, *values, valid, INT32_MIN, INT32_MAX, starts, problems);
    }
    return Column::fixed(type, count, std::move(values), std::move(valid));
  }

  /// int64 values of [min, max] as a smaller storage. Others are bad values of their rows.
  template <typename T>
  Column narrowed(const Type& type, std::int64_t count, const Buffer& values, std::shared_ptr<const Buffer> valid,
                  std::int64_t min, std::int64_t max, const std::int32_t* starts, std::vector<RowProblem>& problems) {
    std::shared_ptr<Buffer> narrow = Buffer::allocate(memory_, static_cast<std::size_t>(count) * sizeof(T));
    const auto* in = reinterpret_cast<const std::int64_t*>(values.data());
    T* out = narrow->mutable_as<T>();
    std::int64_t row = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      bool fits = in[i] >= min && in[i] <= max;
      out[i] = fits ? static_cast<T>(in[i]) : T{};
      if (fits) continue;
      if (starts == nullptr) row = i;
      while (starts != nullptr && starts[row + 1] <= i) ++row;
      problems.push_back(
          {row, index_, "cast", fmt::format("{} does not fit {}", in[i], type.to_string()), std::to_string(in[i])});
    }
    return Column::fixed(type, count, std::move(narrow), std::move(valid));
  }

  Field field_;
  std::size_t index_;
  MemoryBudget& memory_;
  FeatureKind kind_;
  bool is_list_;
  std::shared_ptr<Buffer> validity_;
  BufferBuilder values_;        // int64, float, or the bytes of texts
  BufferBuilder offsets_;       // of lists
  BufferBuilder text_offsets_;  // of texts
  std::size_t row_count_ = 0;
  std::size_t null_count_ = 0;
  std::size_t element_count_ = 0;
  FeatureValues parsed_;
};

ExampleDecoder::ExampleDecoder(std::vector<Field> columns, const std::vector<std::size_t>& gate_columns,
                               MemoryBudget& memory) {
  HEADRACE_CHECK(columns.size() == gate_columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    targets_.push_back(std::make_unique<Target>(std::move(columns[i]), gate_columns[i], memory));
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    column_by_name_.emplace(targets_[i]->name(), static_cast<std::ptrdiff_t>(i));
  }
  features_.resize(targets_.size() * kBlockRows);
}

ExampleDecoder::~ExampleDecoder() = default;

void ExampleDecoder::start(std::size_t row_count) {
  row_count_ = 0;
  problems_.clear();
  for (auto& target : targets_) target->start(row_count);
}

void ExampleDecoder::decode(std::span<const std::string_view> records) {
  HEADRACE_CHECK(records.size() <= kBlockRows);
  std::fill(features_.begin(), features_.end(), std::string_view());
  for (std::size_t row = 0; row < records.size(); ++row) {
    if (find_features(records[row], row)) continue;
    std::int64_t number = static_cast<std::int64_t>(row_count_ + row);
    problems_.push_back({number, RowProblem::kWholeRow, "malformed", "the record is no tf.train.Example", {}});
    for (std::size_t i = 0; i < targets_.size(); ++i) features_[i * kBlockRows + row] = {};
  }
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    targets_[i]->decode(std::span(features_).subspan(i * kBlockRows, records.size()), problems_);
  }
  row_count_ += records.size();
}

std::vector<Column> ExampleDecoder::finish() {
  std::vector<Column> columns;
  for (auto& target : targets_) columns.push_back(target->finish(problems_));
  return columns;
}

ExampleDecoder::Expected::Expected(std::string_view name, std::ptrdiff_t column) : column_(column) {
  std::string bytes(1, kTagFirst);
  bytes.push_back(static_cast<char>(name.size()));
  bytes += name;
  bytes.push_back(kTagSecond);
  size_ = bytes.size();
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  std::size_t last_bytes = (size_ - 1) % kWordBytes + 1;
  last_mask_ = ~std::uint64_t{0} >> (8 * (kWordBytes - last_bytes));
  bytes.resize((size_ + kWordBytes - 1) / kWordBytes * kWordBytes);
  words_.resize(bytes.size() / kWordBytes);
  std::memcpy(words_.data(), bytes.data(), bytes.size());
}

inline bool ExampleDecoder::Expected::matches(const char* at) const {
  std::uint64_t differs = 0;
  std::uint64_t word = 0;
  std::size_t last = words_.size() - 1;
  for (std::size_t i = 0; i < last; ++i) {
    std::memcpy(&word, at + i * sizeof(word), sizeof(word));
    differs |= word ^ words_[i];
  }
  std::memcpy(&word, at + last * sizeof(word), sizeof(word));
  return (differs | ((word ^ words_[last]) & last_mask_)) == 0;
}

/// Notes the features of a record; of two with one name the later.
bool ExampleDecoder::find_features(std::string_view record, std::size_t row) {
  if (find_expected_features(record, row)) return true;
  for (std::size_t i = 0; i < targets_.size(); ++i) features_[i * kBlockRows + row] = {};
  constexpr std::size_t kNameBytesMax = 0x7f;  // so that a length is one byte
  constexpr std::size_t kExpectedMax = 4096;
  std::vector<Expected> seen;
  bool is_example = visit_features(record, [&](std::string_view key, std::string_view feature) {
    std::ptrdiff_t column = column_of(key);
    if (key.size() <= kNameBytesMax && seen.size() < kExpectedMax) seen.emplace_back(key, column);
    if (column >= 0) note_feature(column, row, feature);
  });
  if (is_example && seen.size() > expected_.size()) expected_ = std::move(seen);
  return is_example;
}

/// The same for a record that has nothing but features which are expected, in their order, in entries of less than 128
/// bytes; false for any other, whose features may be noted in part then.
bool ExampleDecoder::find_expected_features(std::string_view record, std::size_t row) {
  WireCursor message(record);
  std::uint64_t tag = 0;
  std::string_view features;
  if (!message.read_varint(tag) || tag != kTagFirst || !message.read_bytes(features) || !message.at_end()) return false;
  const char* at = features.data();
  const char* end = at + features.size();
  auto expected = expected_.begin();
  while (at != end) {
    // An entry: its tag, its length, what is expected, the length of the Feature, the Feature.
    std::size_t entry_bytes = end - at < 2 ? 0x80 : static_cast<unsigned char>(at[1]);
    if (*at != kTagFirst || entry_bytes >= 0x80 || entry_bytes > static_cast<std::size_t>(end - at - 2)) return false;
    const char* entry = at + 2;
    // Reads of whole words may go a word beyond the record, into its padding.
    while (expected != expected_.end() && (expected->size() >= entry_bytes || !expected->matches(entry))) ++expected;
    if (expected == expected_.end()) return false;
    std::size_t feature_bytes = entry_bytes - expected->size() - 1;
    if (static_cast<unsigned char>(entry[expected->size()]) != feature_bytes) return false;
    if (expected->column() >= 0) {
      note_feature(expected->column(), row, {entry + expected->size() + 1, feature_bytes});
    }
    ++expected;
    at = entry + entry_bytes;
  }
  return true;
}

void ExampleDecoder::note_feature(std::ptrdiff_t column, std::size_t row, std::string_view feature) {
  // An empty feature is present, so its data() must not be nullptr.
  features_[static_cast<std::size_t>(column) * kBlockRows + row] =
      feature.data() == nullptr ? std::string_view(&kPresent, 1).substr(0, 0) : feature;
}

std::ptrdiff_t ExampleDecoder::column_of(std::string_view key) const {
  auto found = column_by_name_.find(key);
  return found == column_by_name_.end() ? -1 : found->second;
}

}  // namespace headrace
