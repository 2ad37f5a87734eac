// Arrow in and out: every type both ways, slices, nulls, foreign types, the pool.
#include "headrace/column/arrow.h"

#include <limits>

#include <arrow/api.h>
#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/column/column_builder.h"

namespace headrace {
namespace {

std::shared_ptr<MemoryBudget> memory() {
  static std::shared_ptr<MemoryBudget> budget = MemoryBudget::create();
  return budget;
}

/// A column of `length` rows of any type, every third row null, values from the row number.
void append_sample(ColumnBuilder& builder, std::int64_t row) {
  if (row % 3 == 1) return builder.append_null();
  switch (builder.type().kind()) {
    case TypeKind::kBool: return builder.append<std::uint8_t>(row % 2 == 0);
    case TypeKind::kInt8: return builder.append(static_cast<std::int8_t>(row == 0 ? -128 : row % 128));
    case TypeKind::kInt16: return builder.append(static_cast<std::int16_t>(row == 0 ? 32767 : row));
    case TypeKind::kDate:
    case TypeKind::kInt32: return builder.append(static_cast<std::int32_t>(-row));
    case TypeKind::kInt64:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return builder.append(row == 0 ? std::numeric_limits<std::int64_t>::min() : row * 1'000'003);
    case TypeKind::kFloat32: return builder.append(row == 0 ? -0.0F : static_cast<float>(row) * 0.5F);
    case TypeKind::kFloat64: return builder.append(row == 0 ? std::numeric_limits<double>::quiet_NaN() : 0.1);
    case TypeKind::kDecimal128: return builder.append(Int128{row} << 70);
    case TypeKind::kString: return builder.append_string(row == 0 ? "" : row % 2 == 0 ? "a" : "\xf0\x9f\x8c\x8a wave");
    case TypeKind::kBinary: return builder.append_string(std::string_view("\0\xff", 2));
    case TypeKind::kList:
      for (std::int64_t i = 0; i < row % 4; ++i) append_sample(builder.child(0), row + i);
      return builder.append_list_end();
    case TypeKind::kFixedSizeList:
      for (std::int64_t i = 0; i < builder.type().list_size(); ++i) append_sample(builder.child(0), row + i);
      return builder.append_struct_end();
    case TypeKind::kStruct:
      for (std::size_t i = 0; i < builder.type().fields().size(); ++i) append_sample(builder.child(i), row + 2);
      return builder.append_struct_end();
    case TypeKind::kNull: return builder.append_null();
  }
}

Column sample(const Type& type, std::int64_t length) {
  ColumnBuilder builder(*memory(), type);
  for (std::int64_t row = 0; row < length; ++row) append_sample(builder, row);
  return builder.finish();
}

std::vector<Type> all_types() {
  std::vector<Type> types = {TypeKind::kNull,         TypeKind::kBool,     TypeKind::kInt8,    TypeKind::kInt16,
                             TypeKind::kInt32,        TypeKind::kInt64,    TypeKind::kFloat32, TypeKind::kFloat64,
                             TypeKind::kString,       TypeKind::kBinary,   TypeKind::kDate,    TypeKind::kTimestamp,
                             TypeKind::kTimestampNtz, Type::decimal(38, 4)};
  types.push_back(Type::list(TypeKind::kInt32));
  types.push_back(Type::list(Type::list(TypeKind::kString)));
  types.push_back(Type::fixed_size_list(TypeKind::kFloat32, 3));
  types.push_back(Type::structure({{"a", TypeKind::kBool}, {"b", Type::list(TypeKind::kString)}}));
  types.push_back(Type::list(Type::structure({{"x", Type::fixed_size_list(TypeKind::kBool, 2)}})));
  return types;
}

std::shared_ptr<arrow::Array> finished(arrow::ArrayBuilder& builder) {
  return unwrap(builder.Finish(), "building an array");
}

}  // namespace

TEST_CASE("every type goes to Arrow and back unchanged, slices at odd offsets included") {
  for (const Type& type : all_types()) {
    CAPTURE(type.to_string());
    CHECK(from_arrow_type(*to_arrow_type(type)) == type);
    Column whole = sample(type, 70);
    for (auto [offset, length] : {std::pair{0, 70}, {0, 0}, {1, 63}, {3, 65}, {5, 1}, {7, 8}, {70, 0}}) {
      CAPTURE(offset);
      CAPTURE(length);
      Column slice = whole.slice(offset, length);
      std::shared_ptr<arrow::Array> array = to_arrow(slice, *memory());
      unwrap(array->ValidateFull(), "validating");
      CHECK(array->null_count() == slice.null_count());
      Column back = from_arrow(*array, "c", *memory());
      CHECK(back.type() == type);
      CHECK(to_arrow(back, *memory())->Equals(*array, arrow::EqualOptions::Defaults().nans_equal(true)));
      // A slice on Arrow's side, which starts inside a byte of the bitmaps.
      for (std::int64_t skip : {1, 3}) {
        if (length < skip + 9) continue;
        std::shared_ptr<arrow::Array> inner = array->Slice(skip, 9);
        Column part = from_arrow(*inner, "c", *memory());
        CHECK(to_arrow(part, *memory())->Equals(*inner, arrow::EqualOptions::Defaults().nans_equal(true)));
      }
    }
  }
}

TEST_CASE("values without nulls share memory and keep Arrow's buffer alive") {
  arrow::Int64Builder builder;
  unwrap(builder.AppendValues({1, 2, 3}), "append");
  std::shared_ptr<arrow::Array> array = finished(builder);
  const std::uint8_t* data = array->data()->buffers[1]->data();
  Column column = from_arrow(*array, "c", *memory());
  array.reset();
  CHECK(reinterpret_cast<const std::uint8_t*>(column.raw_values()) == data);
  CHECK(column.values<std::int64_t>()[2] == 3);
}

TEST_CASE("the slot under a null is zero, or no bytes") {
  std::shared_ptr<arrow::Buffer> bits = arrow::Buffer::FromString(std::string(1, '\x05'));  // valid, null, valid
  auto ints = arrow::ArrayData::Make(arrow::int32(), 3, {bits, arrow::Buffer::FromVector<std::int32_t>({7, 8, 9})});
  Column column = from_arrow(*arrow::MakeArray(ints), "c", *memory());
  CHECK(column.values<std::int32_t>()[1] == 0);
  CHECK(column.values<std::int32_t>()[2] == 9);
  auto offsets = arrow::Buffer::FromVector<std::int32_t>({0, 1, 2, 3});
  auto texts = arrow::ArrayData::Make(arrow::utf8(), 3, {bits, offsets, arrow::Buffer::FromString("abc")});
  column = from_arrow(*arrow::MakeArray(texts), "c", *memory());
  CHECK(column.string_at(1).empty());
  CHECK(column.string_at(2) == "c");
  auto child = arrow::ArrayData::Make(arrow::int32(), 3, {nullptr, ints->buffers[1]});
  auto lists = arrow::ArrayData::Make(arrow::list(arrow::int32()), 3, {bits, offsets}, {child});
  column = from_arrow(*arrow::MakeArray(lists), "c", *memory());
  CHECK(column.offsets()[1] == column.offsets()[2]);
  CHECK(column.child(0).length() == 2);
}

TEST_CASE("unsigned, half and second-unit types widen") {
  arrow::UInt64Builder u64;
  unwrap(u64.AppendValues({0, std::numeric_limits<std::uint64_t>::max()}), "append");
  Column column = from_arrow(*finished(u64), "c", *memory());
  CHECK(column.type() == Type::decimal(20, 0));
  CHECK(column.values<Int128>()[1] == Int128{std::numeric_limits<std::uint64_t>::max()});
  arrow::UInt8Builder u8;
  unwrap(u8.AppendValues({0, 255}), "append");
  column = from_arrow(*finished(u8), "c", *memory());
  CHECK(column.type() == Type(TypeKind::kInt16));
  CHECK(column.values<std::int16_t>()[1] == 255);
  arrow::TimestampBuilder seconds(arrow::timestamp(arrow::TimeUnit::SECOND), arrow::default_memory_pool());
  unwrap(seconds.AppendValues({1, -1}), "append");
  column = from_arrow(*finished(seconds), "c", *memory());
  CHECK(column.type() == Type(TypeKind::kTimestampNtz));
  CHECK(column.values<std::int64_t>()[1] == -1'000'000);
}

TEST_CASE("nanoseconds become microseconds if exact, else an error that names the column") {
  arrow::TimestampBuilder exact(arrow::timestamp(arrow::TimeUnit::NANO, "Europe/Berlin"), arrow::default_memory_pool());
  unwrap(exact.AppendValues({-5000}), "append");
  Column column = from_arrow(*finished(exact), "t", *memory());
  CHECK(column.type() == Type(TypeKind::kTimestamp));
  CHECK(column.values<std::int64_t>()[0] == -5);
  arrow::TimestampBuilder broken(arrow::timestamp(arrow::TimeUnit::NANO), arrow::default_memory_pool());
  unwrap(broken.AppendValues({1001}), "append");
  std::shared_ptr<arrow::Array> array = finished(broken);
  CHECK_THROWS_WITH_AS(from_arrow(*array, "t", *memory()), doctest::Contains("column 't'"), Error);
}

TEST_CASE("large, view, fixed-size and dictionary strings become strings") {
  arrow::LargeStringBuilder large;
  arrow::StringViewBuilder view;
  arrow::StringDictionaryBuilder dictionary;
  for (const char* text : {"short", "a text that is too long for an inline view", "short"}) {
    unwrap(large.Append(text), "append");
    unwrap(view.Append(text), "append");
    unwrap(dictionary.Append(text), "append");
  }
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{&large, &view, &dictionary}) {
    unwrap(builder->AppendNull(), "append");
    std::shared_ptr<arrow::Array> array = finished(*builder);
    CAPTURE(array->type()->ToString());
    Column column = from_arrow(*array->Slice(1, 3), "c", *memory());
    CHECK(column.type() == Type(TypeKind::kString));
    CHECK(column.string_at(0) == "a text that is too long for an inline view");
    CHECK(column.string_at(1) == "short");
    CHECK(column.is_null(2));
  }
  arrow::FixedSizeBinaryBuilder fixed(arrow::fixed_size_binary(2));
  unwrap(fixed.Append("ab"), "append");
  unwrap(fixed.Append("cd"), "append");
  CHECK(from_arrow(*finished(fixed)->Slice(1), "c", *memory()).string_at(0) == "cd");
}

TEST_CASE("a pool charges the budget and its refusal is out_of_memory") {
  std::shared_ptr<MemoryBudget> budget = MemoryBudget::create(1000);
  std::shared_ptr<arrow::MemoryPool> pool = arrow_pool(budget);
  auto buffer = unwrap(arrow::AllocateResizableBuffer(600, pool.get()), "allocating");
  CHECK(budget->used_bytes() >= 600);
  try {
    unwrap(buffer->Resize(5000), "reading x.parquet");
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kOutOfMemory);
    CHECK(error.message().find("reading x.parquet: the memory budget does not suffice") == 0);
  }
  buffer.reset();
  CHECK(budget->used_bytes() == 0);
}

TEST_CASE("a type without counterpart is refused by name") {
  auto schema =
      arrow::schema({arrow::field("ok", arrow::int8()), arrow::field("t", arrow::time32(arrow::TimeUnit::SECOND))});
  CHECK_THROWS_WITH_AS(from_arrow_schema(*schema), doctest::Contains("column 't'"), Error);
}

}  // namespace headrace
