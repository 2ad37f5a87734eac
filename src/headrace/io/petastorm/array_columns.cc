// See array_columns.h.
#include "headrace/io/petastorm/array_columns.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "headrace/io/petastorm/metadata_file.h"
#include "headrace/io/petastorm/npy_column.h"

namespace headrace {
namespace {

const Field* declared_field(const SourceSpec& spec, const std::string& name) {
  auto found = std::find_if(spec.declared.begin(), spec.declared.end(), [&](const Field& f) { return f.name == name; });
  return found == spec.declared.end() ? nullptr : &*found;
}

/// Whether a column of bytes may be wanted as an array.
bool may_be_array(const ParquetColumn& column, const SourceSpec& spec) {
  if (!column.type || column.type->kind() != TypeKind::kBinary) return false;
  if (spec.declared.empty()) return true;
  const Field* field = declared_field(spec, column.name);
  return field != nullptr && !field->type.is_binary_like();
}

/// The type that the column is read as, or nothing when it stays binary.
std::optional<Type> type_of(const ParquetColumn& column, const UnischemaField& field, const SourceSpec& spec) {
  if (field.codec.kind != UnischemaCodec::Kind::kNdarray) return std::nullopt;
  const Field* declared = declared_field(spec, column.name);
  // Numpy's datetime64 alone does not say whether days or microseconds are meant.
  if (field.numpy_dtype != "datetime64") return array_type(field);
  if (declared != nullptr && is_array_of_times(declared->type)) return declared->type;
  return std::nullopt;
}

}  // namespace

void find_array_columns(std::vector<ParquetFile>& files, const SourceSpec& spec, const SourceContext& context) {
  std::map<std::string, std::optional<Unischema>> schemas;  // by folder
  for (ParquetFile& file : files) {
    std::string folder = file.info.path.substr(0, file.info.path.rfind('/') + 1);
    for (ParquetColumn& column : file.columns) {
      if (!may_be_array(column, spec)) continue;
      auto found = schemas.find(folder);
      if (found == schemas.end()) found = schemas.emplace(folder, find_unischema(file.info.path, context)).first;
      const UnischemaField* field = found->second ? found->second->find(column.name) : nullptr;
      std::optional<Type> type = field == nullptr ? std::nullopt : type_of(column, *field, spec);
      if (!type) continue;
      column.type = *type;
      column.is_array = true;
    }
  }
}

}  // namespace headrace
