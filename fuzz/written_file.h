// A small file of any format, as a seed: 100 rows of an integer "a", a text "b", a float "c" and a list "d".
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "headrace/column/column_builder.h"
#include "headrace/io/format.h"

namespace headrace {

/// A file that ends up in a string.
class StringFile : public OutputFile {
 public:
  explicit StringFile(std::string& bytes) : bytes_(bytes) {}
  void append(std::span<const std::byte> data) override {
    bytes_.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  void close() override {}
  const std::string& path() const override { return path_; }

 private:
  std::string& bytes_;
  std::string path_ = "seed";
};

inline std::string written_file(const char* format_name, const WriterOptions& options) {
  const auto memory = MemoryBudget::create();
  const Schema schema({{"a", Type::parse("int64").value(), false},
                       {"b", Type::parse("string").value(), false},
                       {"c", Type::parse("float64").value(), false},
                       {"d", Type::parse("list<int64>").value(), false}});
  ColumnBuilder a(*memory, schema[0].type);
  ColumnBuilder b(*memory, schema[1].type);
  ColumnBuilder c(*memory, schema[2].type);
  ColumnBuilder d(*memory, schema[3].type);
  for (std::int64_t row = 0; row < 100; ++row) {
    a.append(row * 1000);
    b.append_string(row % 2 == 0 ? "even" : "odd and longer");
    c.append(static_cast<double>(row) / 3);
    for (std::int64_t i = 0; i < row % 4; ++i) d.child(0).append(i);
    d.append_list_end();
  }
  Batch batch{std::make_shared<const Schema>(schema), {}, 100};
  for (ColumnBuilder* builder : {&a, &b, &c, &d}) batch.columns.push_back(builder->finish());
  std::string bytes;
  const std::unique_ptr<FileWriter> writer =
      format_named(format_name).create(schema, std::make_unique<StringFile>(bytes), options, *memory);
  writer->write(batch);
  writer->finish();
  return bytes;
}

}  // namespace headrace
