// The suite of transform_conformance.h.

#include "headrace/feature/transform_conformance.h"

#include <algorithm>
#include <map>

#include "headrace/base/error.h"
#include "headrace/expr/evaluate.h"

namespace headrace {

MemoryBudget& test_memory() {
  static const std::shared_ptr<MemoryBudget> kMemory = MemoryBudget::create();
  return *kMemory;
}

Column doubles(const std::vector<std::optional<double>>& values) { return test_column(TypeKind::kFloat64, values); }
Column integers(const std::vector<std::optional<std::int64_t>>& values) {
  return test_column(TypeKind::kInt64, values);
}
Column strings(const std::vector<std::optional<std::string>>& values) {
  ColumnBuilder builder(test_memory(), TypeKind::kString);
  for (const std::optional<std::string>& value : values) {
    if (value) {
      builder.append_string(*value);
    } else {
      builder.append_null();
    }
  }
  return builder.finish();
}
Column lists(const Column& elements, const std::vector<std::optional<int>>& lengths) {
  ColumnBuilder builder(test_memory(), Type::list(elements.type()));
  std::int64_t at = 0;
  for (const std::optional<int>& length : lengths) {
    if (!length) {
      builder.append_null();
      continue;
    }
    for (std::int64_t end = at + *length; at < end; ++at) builder.child(0).append_from(elements, at);
    builder.append_list_end();
  }
  return builder.finish();
}
Column timestamps(const std::vector<std::optional<std::int64_t>>& seconds) {
  std::vector<std::optional<std::int64_t>> micros = seconds;
  for (auto& value : micros) {
    if (value) *value *= 1'000'000;
  }
  return test_column(TypeKind::kTimestamp, micros);
}

Batch test_batch(const std::vector<Column>& columns) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    fields.push_back({std::string(1, static_cast<char>('a' + i)), columns[i].type(), true});
  }
  return {std::make_shared<const Schema>(std::move(fields)), columns, columns.empty() ? 0 : columns[0].length()};
}

Value number_list(const std::vector<double>& values) {
  ColumnBuilder builder(test_memory(), TypeKind::kFloat64);
  for (double value : values) builder.append(value);
  return Value::list(builder.finish());
}

TransformSpec transform_spec(std::string name, std::vector<std::pair<std::string, Value>> parameters) {
  return {std::move(name), std::move(parameters), {}};
}

FeatureSet one_feature(const std::vector<TransformSpec>& transforms, const Batch& rows) {
  FeatureSpec spec;
  spec.name = "f";
  for (const Field& field : *rows.schema) spec.inputs.push_back(column(field.name));
  spec.transforms = transforms;
  return FeatureSet({spec}, *rows.schema);
}

std::vector<Column> evaluate_all(const std::vector<Expr>& exprs, const Batch& rows) {
  EvalContext context(test_memory());
  std::vector<Column> columns;
  for (const Expr& expr : exprs) columns.push_back(evaluate(*bind(expr, *rows.schema), rows, context));
  return columns;
}

/// For the first row of each value how often it comes, for the others 0.
static std::vector<std::int64_t> counts_of_equal_rows(const Column& column) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(column.length()));
  std::map<std::string, std::size_t> first;
  for (std::int64_t row = 0; row < column.length(); ++row) {
    auto at = static_cast<std::size_t>(row);
    ++counts[first.try_emplace(format_cell(column, row), at).first->second];
  }
  return counts;
}

/// What another process makes of an accumulator: `part` of `part_count` of its keys, where it has keys.
static std::unique_ptr<Accumulator> sent(const Accumulator& accumulator, const Accumulator& round, std::size_t part = 0,
                                         std::size_t part_count = 1) {
  ByteWriter out;
  accumulator.write_part(out, part, part_count);
  std::unique_ptr<Accumulator> received = round.fork();
  ByteReader in(out.bytes(), "an accumulator");
  received->read(in);
  CHECK(in.is_at_end());
  // A cut message is refused, and does no harm.
  for (std::size_t size : {out.bytes().size() / 2, out.bytes().size() - 1}) {
    ByteReader cut(std::string_view(out.bytes()).substr(0, size), "an accumulator");
    CHECK_THROWS_AS(round.fork()->read(cut), Error);
  }
  return received;
}

/// Merges by keys first, each part of them by a process of its own, which forgets what no state will name.
static void merge_by_keys(Accumulator& merged, const std::vector<std::unique_ptr<Accumulator>>& own) {
  constexpr std::size_t kParts = 3;
  for (std::size_t part = 0; part < kParts; ++part) {
    std::unique_ptr<Accumulator> of_keys = merged.fork();
    for (const auto& accumulator : own) of_keys->merge(*sent(*accumulator, merged, part, kParts));
    of_keys->settle();
    merged.merge(*sent(*of_keys, merged));
  }
}

void fit(FeatureSet& set, const std::vector<Batch>& parts, std::mt19937& random) {
  for (std::vector<FitTask> stage = set.next_stage(); !stage.empty(); stage = set.next_stage()) {
    for (const FitTask& task : stage) {
      std::unique_ptr<Accumulator> merged = task.transform->make_accumulator(test_memory(), 0);
      REQUIRE(merged != nullptr);
      do {
        std::vector<std::unique_ptr<Accumulator>> own;
        for (const Batch& part : parts) {
          own.push_back(merged->fork());
          std::vector<Column> inputs = evaluate_all(task.inputs, part);
          if (inputs.size() == 1 && random() % 2 == 0) {
            own.back()->update_counted(inputs, counts_of_equal_rows(inputs.front()));
          } else {
            own.back()->update(inputs);
          }
          if (random() % 2 == 0) own.back() = sent(*own.back(), *merged);
        }
        if (merged->is_keyed() && random() % 2 == 0) {
          merge_by_keys(*merged, own);
          own.clear();
        }
        while (own.size() > 1) {  // any tree
          std::shuffle(own.begin(), own.end(), random);
          own[own.size() - 2]->merge(*own.back());
          own.pop_back();
        }
        if (!own.empty()) merged->merge(*own.front());
      } while (merged->finish_round(random() % 2 == 0 ? 0 : 1 << 20));
      set.finish_task(task, *merged);
    }
  }
}

FeatureSet fitted(const std::vector<TransformSpec>& transforms, const Batch& rows) {
  FeatureSet set = one_feature(transforms, rows);
  std::mt19937 random(1);
  fit(set, {rows}, random);
  return set;
}

std::vector<std::string> cells(const FeatureSet& set, const Batch& rows) {
  Column column = evaluate_all(set.expressions(), rows).front();
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < column.length(); ++i) texts.push_back(format_cell(column, i));
  return texts;
}

namespace {

/// `rows` cut at random places, the pieces in random order.
std::vector<Batch> shuffled_parts(const Batch& rows, std::mt19937& random) {
  std::vector<Batch> parts;
  for (std::int64_t from = 0; from < rows.row_count;) {
    auto length = std::min<std::int64_t>(1 + static_cast<std::int64_t>(random() % 4), rows.row_count - from);
    parts.push_back(rows.slice(from, length));
    from += length;
  }
  std::shuffle(parts.begin(), parts.end(), random);
  return parts;
}

void check_output(const FeatureSet& set, const Batch& rows) {
  OutputColumn promised = set.output_columns().front();
  Column column = evaluate_all(set.expressions(), rows).front();
  CHECK(column.type().to_string() == promised.field.type.to_string());
  CHECK(column.length() == rows.row_count);
  if (!promised.field.nullable) CHECK(column.null_count() == 0);
  if (promised.id_count) {
    Column ids = column.type().is_nested() ? column.child(0) : column;
    REQUIRE(ids.type() == Type(TypeKind::kInt64));
    for (std::int64_t i = 0; i < ids.length(); ++i) {
      if (ids.is_null(i)) continue;
      CHECK(ids.values<std::int64_t>()[static_cast<std::size_t>(i)] >= 0);
      CHECK(ids.values<std::int64_t>()[static_cast<std::size_t>(i)] < *promised.id_count);
    }
  }
  for (std::int64_t i = 0; i < rows.row_count; ++i) {
    Column alone = evaluate_all(set.expressions(), rows.slice(i, 1)).front();
    CHECK(format_cell(alone, 0) == format_cell(column, i));
  }
}

/// Rows that hold no value: fitted, or refused as bad data; never a crash, and never another kind of error.
void check_without_values(const std::vector<TransformSpec>& transforms, const Batch& empty, const Batch& train) {
  try {
    FeatureSet set = fitted(transforms, empty);
    check_output(set, empty);
    check_output(set, train);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kBadData);
    CHECK_FALSE(error.hint().empty());
  }
}

void check_expressions_print(const FeatureSet& set) {
  for (const Expr& expr : set.expressions()) {
    INFO(to_string(expr));
    CHECK(same_expr(parse_expr(to_string(expr)), expr));
  }
}

}  // namespace

void check_conformance(const std::vector<TransformSpec>& transforms, const std::vector<Column>& train_columns,
                       const std::vector<Column>& unseen_columns) {
  Batch train = test_batch(train_columns);
  Batch unseen = test_batch(unseen_columns);
  FeatureSet set = fitted(transforms, train);
  FittedState state = set.state(train.row_count);
  std::string text = state.to_json();

  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    FeatureSet other = one_feature(transforms, train);
    fit(other, shuffled_parts(train, random), random);
    CHECK(other.state(train.row_count).to_json() == text);
  }

  FittedState read = FittedState::from_json(text, "state.json");
  CHECK(read == state);
  CHECK(read.to_json() == text);
  CHECK(read.digest() == state.digest());
  FeatureSet loaded = one_feature(transforms, train);
  loaded.load_state(read);
  CHECK(loaded.is_fitted());
  REQUIRE(loaded.expressions().size() == 1);
  CHECK(same_expr(loaded.expressions().front(), set.expressions().front()));
  CHECK(loaded.describe() == set.describe());

  check_expressions_print(set);
  check_output(set, train);
  check_output(set, unseen);
  check_output(set, train.slice(0, 0));

  std::vector<Column> nulls;
  for (const Column& column : train_columns) nulls.push_back(Column::nulls(test_memory(), column.type(), 3));
  check_without_values(transforms, test_batch(nulls), train);
  check_without_values(transforms, train.slice(0, 0), train);
}

}  // namespace headrace
