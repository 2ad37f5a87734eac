// Status, memory pool and types; arrow_import.cc and arrow_export.cc carry the data. See arrow.h.
#include "headrace/column/arrow.h"

#include <string>
#include <vector>

#include <arrow/extension_type.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/units.h"

namespace headrace {
namespace {

ErrorCode code_of(const arrow::Status& status) {
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory: return ErrorCode::kOutOfMemory;
    case arrow::StatusCode::Cancelled: return ErrorCode::kCancelled;
    case arrow::StatusCode::NotImplemented: return ErrorCode::kUnsupported;
    default: return ErrorCode::kBadData;
  }
}

/// The system's allocator behind a budget. Arrow's default pool keeps what is freed for itself: a third of a run's peak
/// that no budget knows of.
class BudgetPool final : public arrow::MemoryPool {
 public:
  explicit BudgetPool(std::shared_ptr<MemoryBudget> memory)
      : memory_(std::move(memory)), pool_(arrow::system_memory_pool()) {}

  arrow::Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    ARROW_RETURN_NOT_OK(charge(size));
    arrow::Status status = pool_->Allocate(size, alignment, out);
    if (status.ok()) {
      stats_.DidAllocateBytes(size);
    } else {
      memory_->release(static_cast<std::size_t>(size));
    }
    return status;
  }

  arrow::Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment,
                           std::uint8_t** ptr) override {
    if (new_size > old_size) ARROW_RETURN_NOT_OK(charge(new_size - old_size));
    arrow::Status status = pool_->Reallocate(old_size, new_size, alignment, ptr);
    if (status.ok()) {
      stats_.DidReallocateBytes(old_size, new_size);
      if (new_size < old_size) memory_->release(static_cast<std::size_t>(old_size - new_size));
    } else if (new_size > old_size) {
      memory_->release(static_cast<std::size_t>(new_size - old_size));
    }
    return status;
  }

  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
    stats_.DidFreeBytes(size);
    memory_->release(static_cast<std::size_t>(size));
  }

  std::int64_t bytes_allocated() const override { return stats_.bytes_allocated(); }
  std::int64_t max_memory() const override { return stats_.max_memory(); }
  std::int64_t total_bytes_allocated() const override { return stats_.total_bytes_allocated(); }
  std::int64_t num_allocations() const override { return stats_.num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::Status charge(std::int64_t size) {
    if (size < 0) return arrow::Status::Invalid("a negative size: ", size);
    if (memory_->try_reserve(static_cast<std::size_t>(size))) return arrow::Status::OK();
    return arrow::Status::OutOfMemory(
        "the memory budget does not suffice: ", format_bytes(static_cast<std::size_t>(size)), " more are needed, ",
        format_bytes(memory_->used_bytes()), " of ", format_bytes(memory_->limit_bytes()), " are in use");
  }

  std::shared_ptr<MemoryBudget> memory_;
  arrow::MemoryPool* pool_;
  arrow::internal::MemoryPoolStats stats_;
};

std::optional<Type> decimal_type(const arrow::DecimalType& type) {
  bool fits = type.precision() >= 1 && type.precision() <= 38 && type.scale() >= 0 && type.scale() <= type.precision();
  if (!fits) return std::nullopt;
  return Type::decimal(type.precision(), type.scale());
}

std::optional<Type> list_type(const arrow::DataType& type) {
  std::optional<Type> element = from_arrow_type(*type.field(0)->type());
  if (!element) return std::nullopt;
  return Type::list(*element);
}

std::optional<Type> struct_type(const arrow::DataType& type) {
  std::vector<Field> fields;
  for (const auto& field : type.fields()) {
    std::optional<Type> field_type = from_arrow_type(*field->type());
    if (!field_type) return std::nullopt;
    fields.push_back({field->name(), *field_type, field->nullable()});
  }
  if (fields.empty()) return std::nullopt;
  return Type::structure(std::move(fields));
}

std::shared_ptr<arrow::Field> to_arrow_field(const Field& field) {
  return arrow::field(field.name, to_arrow_type(field.type), field.nullable);
}

}  // namespace

void unwrap(const arrow::Status& status, std::string_view what) {
  if (status.ok()) return;
  ErrorCode code = code_of(status);
  std::string hint;
  if (code == ErrorCode::kOutOfMemory) hint = "run with a larger --memory, or with fewer --threads";
  throw Error(code, fmt::format("{}: {}", what, status.message()), hint);
}

std::shared_ptr<arrow::MemoryPool> arrow_pool(std::shared_ptr<MemoryBudget> memory) {
  return std::make_shared<BudgetPool>(std::move(memory));
}

std::optional<Type> from_arrow_type(const arrow::DataType& type) {
  using arrow::internal::checked_cast;
  switch (type.id()) {
    case arrow::Type::NA: return Type(TypeKind::kNull);
    case arrow::Type::BOOL: return Type(TypeKind::kBool);
    case arrow::Type::INT8: return Type(TypeKind::kInt8);
    case arrow::Type::UINT8:
    case arrow::Type::INT16: return Type(TypeKind::kInt16);
    case arrow::Type::UINT16:
    case arrow::Type::INT32: return Type(TypeKind::kInt32);
    case arrow::Type::UINT32:
    case arrow::Type::INT64: return Type(TypeKind::kInt64);
    case arrow::Type::UINT64: return Type::decimal(20, 0);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT: return Type(TypeKind::kFloat32);
    case arrow::Type::DOUBLE: return Type(TypeKind::kFloat64);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: return decimal_type(checked_cast<const arrow::DecimalType&>(type));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return Type(TypeKind::kString);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY: return Type(TypeKind::kBinary);
    case arrow::Type::DATE32:
    case arrow::Type::DATE64: return Type(TypeKind::kDate);
    case arrow::Type::TIMESTAMP: {
      bool zoned = !checked_cast<const arrow::TimestampType&>(type).timezone().empty();
      return Type(zoned ? TypeKind::kTimestamp : TypeKind::kTimestampNtz);
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::MAP: return list_type(type);
    case arrow::Type::FIXED_SIZE_LIST: {
      std::int32_t size = checked_cast<const arrow::FixedSizeListType&>(type).list_size();
      std::optional<Type> element = from_arrow_type(*type.field(0)->type());
      if (!element || size < 1) return std::nullopt;
      return Type::fixed_size_list(*element, size);
    }
    case arrow::Type::STRUCT: return struct_type(type);
    case arrow::Type::DICTIONARY:
      return from_arrow_type(*checked_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::EXTENSION:
      return from_arrow_type(*checked_cast<const arrow::ExtensionType&>(type).storage_type());
    default: return std::nullopt;
  }
}

std::shared_ptr<arrow::DataType> to_arrow_type(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull: return arrow::null();
    case TypeKind::kBool: return arrow::boolean();
    case TypeKind::kInt8: return arrow::int8();
    case TypeKind::kInt16: return arrow::int16();
    case TypeKind::kInt32: return arrow::int32();
    case TypeKind::kInt64: return arrow::int64();
    case TypeKind::kFloat32: return arrow::float32();
    case TypeKind::kFloat64: return arrow::float64();
    case TypeKind::kDecimal128: return arrow::decimal128(type.precision(), type.scale());
    case TypeKind::kString: return arrow::utf8();
    case TypeKind::kBinary: return arrow::binary();
    case TypeKind::kDate: return arrow::date32();
    case TypeKind::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kTimestampNtz: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeKind::kList: return arrow::list(to_arrow_field(type.fields()[0]));
    case TypeKind::kFixedSizeList: return arrow::fixed_size_list(to_arrow_field(type.fields()[0]), type.list_size());
    case TypeKind::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type.fields()) fields.push_back(to_arrow_field(field));
      return arrow::struct_(fields);
    }
  }
  HEADRACE_CHECK(false);
}

Schema from_arrow_schema(const arrow::Schema& schema) {
  std::vector<Field> fields;
  for (const auto& field : schema.fields()) {
    std::optional<Type> type = from_arrow_type(*field->type());
    if (!type) {
      throw Error(ErrorCode::kUnsupported, fmt::format("column '{}' has a type that cannot be read: {}", field->name(),
                                                       field->type()->ToString()));
    }
    fields.push_back({field->name(), *type, field->nullable()});
  }
  return Schema(std::move(fields));
}

std::shared_ptr<arrow::Schema> to_arrow_schema(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema) fields.push_back(to_arrow_field(field));
  return arrow::schema(std::move(fields));
}

}  // namespace headrace
