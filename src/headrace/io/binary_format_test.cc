// What every binary format promises. A new format joins by a line in the first two tables.
#include <cstdlib>
#include <random>

#include <doctest/doctest.h>
#include <xxhash.h>

#include "headrace/base/test_size.h"
#include "headrace/io/binary_format_test_table.h"
#include "headrace/io/checksum_file.h"
#include "headrace/io/fs/faulty_file_system.h"
#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

std::vector<Type> flat_types() {
  return {TypeKind::kBool,  TypeKind::kInt8,      TypeKind::kInt16,       TypeKind::kInt32,
          TypeKind::kInt64, TypeKind::kFloat32,   TypeKind::kString,      TypeKind::kBinary,
          TypeKind::kDate,  TypeKind::kTimestamp, TypeKind::kTimestampNtz};
}

std::vector<Type> types_of(const std::string& format) {
  std::vector<Type> types = flat_types();
  for (const Type& type : flat_types()) {
    if (format != "mds" || !type.is_binary_like()) types.push_back(Type::list(type));
  }
  types.push_back(Type::fixed_size_list(TypeKind::kFloat32, 3));
  types.push_back(Type::fixed_size_list(TypeKind::kInt64, 2));
  if (format == "tfrecord") return types;
  types.push_back(TypeKind::kFloat64);
  types.push_back(Type::decimal(9, 2));
  types.push_back(Type::decimal(38, 10));
  types.push_back(Type::fixed_size_list(Type::fixed_size_list(TypeKind::kInt16, 3), 2));
  if (format == "mds") return types;
  types.push_back(Type::list(Type::list(TypeKind::kString)));
  types.push_back(Type::structure({{"a", TypeKind::kInt32}, {"b", Type::list(TypeKind::kString)}}));
  types.push_back(Type::list(Type::structure({{"x", TypeKind::kFloat64}, {"y", TypeKind::kString}})));
  return types;
}

const std::vector<std::string> kBinaryFormats = {"parquet", "tfrecord", "arrow", "mds"};

bool has_nulls(const std::string& format) { return format != "mds"; }

/// The columns that a format can hold: of all types, with nulls and without.
Schema schema_of(const std::string& format) {
  std::vector<Field> fields = schema_of_types(types_of(format)).fields();
  std::erase_if(fields, [&](const Field& field) { return field.nullable && !has_nulls(format); });
  return Schema(fields);
}

/// Whether the bytes of a file tell whether they are what was written.
bool has_checksums(const std::string& format) { return format == "parquet" || format == "tfrecord"; }

/// A small table, for damage.
Batch small_batch(const std::string& format, MemoryBudget& memory) {
  bool nullable = has_nulls(format);
  Schema schema({{"id", TypeKind::kInt64, false},
                 {"price", TypeKind::kFloat32, nullable},
                 {"name", TypeKind::kString, nullable},
                 {"tags", Type::list(TypeKind::kInt64), nullable}});
  return sample_batch(schema, 13, memory);
}

}  // namespace

TEST_CASE("every type of a format reads back as written, in batches of any size and slices at odd offsets") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    Schema schema = schema_of(format);
    test.spec.declared = schema.fields();
    Batch whole = sample_batch(schema, 700, *test.context.memory);
    for (const auto& cuts :
         std::vector<std::vector<std::int64_t>>{{0, 700}, {0, 0}, {3, 66}, {0, 1, 64, 65, 129, 700}}) {
      std::vector<Batch> batches;
      std::vector<std::string> expected;
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        batches.push_back(whole.slice(cuts[i], cuts[i + 1] - cuts[i]));
        append_rows(batches.back(), expected);
      }
      FileSummary summary = test.write("t", batches, {.compression = "", .row_group_rows = 300});
      CHECK(summary.row_count == static_cast<std::int64_t>(expected.size()));
      CHECK(test.read() == expected);
    }
  }
}

TEST_CASE("columns in dictionary layout are written as what their codes stand for") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    MemoryBudget& memory = *test.context.memory;
    std::vector<Field> fields;
    for (const Type& type : types_of(format)) {
      fields.push_back({fmt::format("c{}", fields.size()), type, has_nulls(format)});
    }
    Schema schema(fields);
    test.spec.declared = schema.fields();
    Batch values = sample_batch(schema, 50, memory);
    std::shared_ptr<Buffer> codes = Buffer::allocate(memory, 600 * sizeof(std::int32_t));
    for (std::int32_t i = 0; i < 600; ++i) {
      codes->mutable_as<std::int32_t>()[i] = i % 13 == 5 && has_nulls(format) ? -1 : i * 7 % 50;
    }
    Batch coded{values.schema, {}, 600};
    for (const Column& column : values.columns) {
      coded.columns.push_back(Column::dictionary(600, codes, std::make_shared<const Column>(column)));
    }
    test.write("t", {coded.slice(5, 580)});
    CHECK(test.read() == rows_of(coded.slice(5, 580)));
  }
}

TEST_CASE("a summary holds the size and checksum of the file, and the same rows give the same bytes") {
  for (const std::string& format : kBinaryFormats) {
    FormatTest test(format);
    Batch batch = small_batch(format, *test.context.memory);
    FileSummary summary = test.write("a", {batch});
    test.write("b", {batch.slice(0, 7), batch.slice(7, 6)});
    const std::string& bytes = test.files->files["a"];
    CHECK(summary.size_bytes == static_cast<std::int64_t>(bytes.size()));
    CHECK(summary.checksum == checksum_text(XXH3_64bits(bytes.data(), bytes.size())));
    CHECK((test.files->files["b"] == bytes));
  }
}

TEST_CASE("columns are read in the order asked for, and rows are counted when none is") {
  for (const std::string& format : kBinaryFormats) {
    FormatTest test(format);
    Batch batch = small_batch(format, *test.context.memory);
    test.write("t", {batch}, {.compression = "", .row_group_rows = 8});
    Batch expected{nullptr, {batch.columns[2], batch.columns[0]}, batch.row_count};
    CHECK(test.read({"name", "id"}) == rows_of(expected));
    CHECK(test.read(std::vector<std::string>{}).size() == 13);
    CHECK(test.counts.rows_delivered == 13);
    CHECK_THROWS_WITH_AS(test.read({"nmae"}), doctest::Contains("did you mean 'name'"), Error);
  }
}

TEST_CASE("a file cut short is an error or the same rows, never a crash or other rows") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    Batch batch = small_batch(format, *test.context.memory);
    test.spec.declared = batch.schema->fields();
    test.write("t", {batch}, {.compression = "", .row_group_rows = 8});
    std::string whole = test.files->files["t"];
    std::vector<std::string> expected = test.read();
    for (std::size_t i = 0; i < 200; ++i) {
      std::size_t size = whole.size() * i / 200;
      CAPTURE(size);
      test.files->files["t"] = whole.substr(0, size);
      std::vector<std::string> rows;
      try {
        rows = test.read();
        // What TFRecord cannot know: that there were more records. The manifest knows.
        CHECK(format == "tfrecord");
        CHECK(rows.size() < expected.size());
        CHECK(std::equal(rows.begin(), rows.end(), expected.begin()));
      } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::kBadData);
        CHECK(error.message().find("'t'") != std::string::npos);
      }
    }
  }
}

TEST_CASE("a flipped bit is an error or changes no row, where a format has checksums, and never a crash") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    Batch batch = small_batch(format, *test.context.memory);
    test.spec.declared = batch.schema->fields();
    test.write("t", {batch}, {.compression = "", .row_group_rows = 8});
    std::string whole = test.files->files["t"];
    std::vector<std::string> expected = test.read();
    std::size_t errors = 0;
    for (std::size_t bit = 0; bit < whole.size() * 8; bit += kTestShare) {
      CAPTURE(bit);
      std::string& bytes = test.files->files["t"];
      bytes = whole;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      try {
        std::vector<std::string> rows = test.read({"id", "price", "name", "tags"});
        CHECK((rows == expected || !has_checksums(format)));
      } catch (const Error& error) {
        ++errors;
        CAPTURE(error.message());
        CHECK((error.code() == ErrorCode::kBadData || error.code() == ErrorCode::kUnsupported ||
               error.code() == ErrorCode::kInvalidPipeline));
      }
    }
    CHECK(errors > repetitions(has_checksums(format) ? whole.size() : whole.size() / 4));
  }
}

TEST_CASE("bits flipped in several places, and cuts, are errors or true rows, where a format has checksums") {
  // HEADRACE_DAMAGES: how often, for each format; the long form is 200,000.
  const char* wanted = std::getenv("HEADRACE_DAMAGES");
  int damages = wanted == nullptr ? repetitions(1000) : std::atoi(wanted);
  std::mt19937_64 random(11);
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    test.context.memory = MemoryBudget::create(64 << 20);
    Batch batch = small_batch(format, *test.context.memory);
    test.spec.declared = batch.schema->fields();
    test.write("t", {batch}, {.compression = "", .row_group_rows = 8});
    std::string whole = test.files->files["t"];
    std::vector<std::string> expected = test.read();
    int errors = 0;
    for (int i = 0; i < damages; ++i) {
      std::string& bytes = test.files->files["t"];
      bytes = whole;
      bool is_cut = random() % 4 == 0;
      if (is_cut) bytes.resize(random() % bytes.size());
      for (std::uint64_t flips = 1 + random() % 3; flips > 0 && !bytes.empty(); --flips) {
        std::size_t bit = random() % (bytes.size() * 8);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      }
      CAPTURE(i);
      try {
        std::vector<std::string> rows = test.read({"id", "price", "name", "tags"});
        // A file of records may end anywhere between two of them.
        bool may_be_short = is_cut && format == "tfrecord";
        bool is_true = may_be_short
                           ? rows.size() <= expected.size() && std::equal(rows.begin(), rows.end(), expected.begin())
                           : rows == expected;
        if (has_checksums(format)) CHECK(is_true);
      } catch (const Error& error) {
        ++errors;
        if (error.code() == ErrorCode::kInternal) FAIL_CHECK(error.message());
      }
    }
    CHECK(errors > damages / 4);
    CHECK(test.context.memory->used_bytes() <= batch.data_bytes() + (1 << 16));
  }
}

TEST_CASE("random bytes in place of a part of the file never crash the reader") {
  std::mt19937_64 random(7);
  for (const std::string& format : kBinaryFormats) {
    FormatTest test(format);
    test.context.memory = MemoryBudget::create(64 << 20);
    Batch batch = small_batch(format, *test.context.memory);
    test.write("t", {batch}, {.compression = "none", .row_group_rows = 8});
    std::string whole = test.files->files["t"];
    for (int i = 0; i < repetitions(500); ++i) {
      std::string& bytes = test.files->files["t"];
      bytes = whole;
      std::size_t start = random() % bytes.size();
      std::size_t count = 1 + random() % std::min<std::size_t>(bytes.size() - start, 40);
      for (std::size_t at = start; at < start + count; ++at) bytes[at] = static_cast<char>(random());
      try {
        test.read();
      } catch (const Error& error) {
        CHECK(error.code() != ErrorCode::kInternal);
      }
    }
  }
}

TEST_CASE("the lengths of lists that nobody reads matter only where bad rows are taken out") {
  for (const std::string format : {"parquet", "tfrecord", "arrow"}) {
    CAPTURE(format);
    FormatTest test(format);
    ColumnBuilder id(*test.context.memory, TypeKind::kInt64);
    ColumnBuilder tags(*test.context.memory, Type::list(TypeKind::kInt64));
    for (std::int64_t row = 0; row < 3; ++row) {
      id.append(row);
      for (std::int64_t tag = 0; tag < (row == 1 ? 3 : 2); ++tag) tags.child(0).append(tag);
      tags.append_list_end();
    }
    Schema schema({{"id", TypeKind::kInt64}, {"tags", Type::list(TypeKind::kInt64)}});
    test.write("t", {Batch{std::make_shared<const Schema>(schema), {id.finish(), tags.finish()}, 3}});
    test.spec.declared = {{"id", TypeKind::kInt64}, {"tags", Type::fixed_size_list(TypeKind::kInt64, 2)}};
    CHECK(test.read({"id"}).size() == 3);
    CHECK_THROWS_WITH_AS(test.read({"tags"}), doctest::Contains("tags"), Error);
    test.spec.on_error = OnError::kDrop;
    CHECK(test.read({"id"}).size() == 2);
    CHECK(test.counts.rows_dropped == 1);
  }
}

TEST_CASE("nulls in columns that nobody reads matter, but not in a data set, whose rows were checked") {
  for (const std::string format : {"parquet", "tfrecord", "arrow"}) {
    CAPTURE(format);
    FormatTest test(format);
    ColumnBuilder id(*test.context.memory, TypeKind::kInt64);
    ColumnBuilder price(*test.context.memory, TypeKind::kInt64);
    for (std::int64_t row = 0; row < 3; ++row) {
      id.append(row);
      if (row == 1) {
        price.append_null();
      } else {
        price.append(row);
      }
    }
    Schema schema({{"id", TypeKind::kInt64}, {"price", TypeKind::kInt64}});
    test.write("t", {Batch{std::make_shared<const Schema>(schema), {id.finish(), price.finish()}, 3}});
    test.spec.declared = {{"id", TypeKind::kInt64}, {"price", TypeKind::kInt64, false}};
    CHECK_THROWS_WITH_AS(test.read({"id"}), doctest::Contains("price"), Error);
    test.spec.checks_unread = false;
    CHECK(test.read({"id"}).size() == 3);
    CHECK_THROWS_WITH_AS(test.read({"price"}), doctest::Contains("price"), Error);
  }
}

TEST_CASE("bad rows follow the source's on_error and are counted") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    MemoryBudget& memory = *test.context.memory;
    ColumnBuilder id(memory, TypeKind::kInt64);
    ColumnBuilder text(memory, TypeKind::kBinary);
    for (std::int64_t value : {1, 300, 3, 4, 5}) id.append(value);
    text.append_string("a");
    text.append_string("b");
    text.append_string("c\xff");
    has_nulls(format) ? text.append_null() : text.append_string("d");
    text.append_string("e");
    const std::string fourth = has_nulls(format) ? "null|" : "d|";
    Schema schema({{"id", TypeKind::kInt64}, {"text", TypeKind::kBinary}});
    test.write("t", {Batch{std::make_shared<const Schema>(schema), {id.finish(), text.finish()}, 5}});
    test.spec.declared = {{"id", TypeKind::kInt8}, {"text", TypeKind::kString}};
    ColumnRule rule;
    rule.column = "id";
    rule.max = Value::int64(4);
    test.spec.rules = {rule};

    CHECK_THROWS_WITH_AS(test.read(), doctest::Contains("bad row in 't', row 2, column 'id': 300 does not fit int8"),
                         Error);
    std::vector<std::string> bad = {"2 cast id: 300 does not fit int8",
                                    "3 invalid_encoding text: 'c\\xFF' is no valid UTF-8 from byte 1 on",
                                    "5 range id: 5 is greater than the maximum 4"};
    test.spec.on_error = OnError::kQuarantine;
    CHECK(test.read() == std::vector<std::string>{"1|a|", "4|" + fourth});
    CHECK(test.bad() == bad);
    CHECK(test.bad_rows[0].text == "300");
    CHECK(test.counts.rows_quarantined == 3);
    // What is bad does not depend on the columns that are read.
    CHECK(test.read({"text"}) == std::vector<std::string>{"a|", fourth});
    CHECK(test.bad() == bad);
    CHECK(test.read(std::vector<std::string>{}).size() == 2);
    CHECK(test.bad() == bad);

    test.spec.on_error = OnError::kDrop;
    CHECK(test.read() == std::vector<std::string>{"1|a|", "4|" + fourth});
    CHECK(test.bad_rows.empty());
    CHECK(test.counts.rows_dropped == 3);

    test.spec.on_error = OnError::kNull;
    CHECK(test.read() == std::vector<std::string>{"1|a|", "null|b|", "3|null|", "4|" + fourth, "null|e|"});
    CHECK(test.counts.values_nulled == 3);
    // Where a null may not be, the row goes.
    test.spec.declared[1].nullable = false;
    std::vector<std::string> kept = {"1|a|", "null|b|", "4|d|", "null|e|"};
    if (has_nulls(format)) kept.erase(kept.begin() + 2);
    CHECK(test.read() == kept);
    CHECK(test.counts.rows_dropped == (has_nulls(format) ? 2 : 1));
  }
}

TEST_CASE("declared types widen what the file holds") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    bool nullable = has_nulls(format);
    Schema written({{"a", TypeKind::kInt16, nullable},
                    {"b", TypeKind::kFloat32, nullable},
                    {"c", Type::list(TypeKind::kInt64), nullable}});
    Batch batch = sample_batch(written, 40, *test.context.memory);
    test.write("t", {batch});
    test.spec.declared = {{"c", Type::list(TypeKind::kInt64)}, {"b", TypeKind::kFloat64}, {"a", TypeKind::kInt64}};
    std::vector<std::string> rows = test.read();
    CHECK(rows.size() == 40);
    CHECK(rows[0] == "[]|-0.0|32767|");
    CHECK(rows[2].find("|0.10000000149011612|2|") != std::string::npos);
    CHECK((rows[3] == "null|null|null|") == nullable);
    test.spec.declared = {{"a", TypeKind::kInt16}, {"c", Type::fixed_size_list(TypeKind::kInt64, 2)}};
    test.spec.on_error = OnError::kQuarantine;
    CHECK(test.read().size() == (nullable ? 14 : 10));  // 10 rows of two values, two of them null, and the 6 nulls
    CHECK(test.bad().at(0) == "1 shape c: 0 values where fixed_size_list<int64, 2> takes 2");
  }
}

TEST_CASE("reading and writing stay within the budget and give everything back") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    FormatTest test(format);
    std::shared_ptr<MemoryBudget> memory = test.context.memory;
    {
      Schema schema({{"x", TypeKind::kString}});
      ColumnBuilder builder(*memory, TypeKind::kString);
      builder.append_string(std::string(24 << 20, 'x'));
      test.write("t", {Batch{std::make_shared<const Schema>(schema), {builder.finish()}, 1}}, {.compression = ""});
    }
    CHECK(memory->used_bytes() == 0);
    test.spec.declared = {{"x", TypeKind::kString}};
    CHECK(test.read().at(0).size() == (24 << 20) + 1);
    CHECK(memory->used_bytes() == 0);
    std::shared_ptr<MemoryBudget> small = MemoryBudget::create(16 << 20);
    test.context.memory = small;
    try {
      test.read();
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kOutOfMemory);
    }
    CHECK(small->used_bytes() == 0);
    CHECK(small->peak_bytes() <= (16 << 20));
  }
}

TEST_CASE("an operation of the file system that fails is that error, and leaves no file") {
  for (const std::string& format : kBinaryFormats) {
    CAPTURE(format);
    for (bool writes : {true, false}) {
      FormatTest test(format);
      TemporaryFolder folder;
      Batch batch = small_batch(format, *test.context.memory);
      std::string path = folder.file("t");
      std::int64_t n = 1;
      for (;; ++n) {
        if (!writes) test.write_to(*local_file_system(), path, *batch.schema, {batch}, {});
        auto fs = std::make_shared<FaultyFileSystem>(local_file_system(), Fault{n, ENOSPC, true});
        test.context.fs = fs;
        try {
          if (writes) test.write_to(*fs, path, *batch.schema, {batch}, {});
          if (!writes) test.read();
          break;
        } catch (const Error& error) {
          CAPTURE(error.what());
          CHECK(error.code() == ErrorCode::kIo);
          CHECK(error.message().find(path.substr(path.rfind('/') + 1)) != std::string::npos);  // or its sidecar's
        }
        if (writes) CHECK(local_file_system()->info(path).kind == FileInfo::Kind::kMissing);
      }
      CHECK(n >= 3);
    }
  }
}

}  // namespace headrace
