// Feature transforms: a statistic that fits and an expression that applies.
//
// A transform is bound once to the column it gets (its type and, for ids, how many there are). A fitted transform
// hands out accumulators, which workers feed with rows and merge in any order to the same bits; their result is the
// transform's state, plain JSON. apply() turns inputs and state into an ordinary expression, so that a fitted
// pipeline is a list of expressions that every engine can run. Each kind is one constant in a file of its own, listed
// in transforms.cc.
//
// Ids are the same everywhere: 0 is padding and never produced, 1 is null, then the hash buckets or bins or words.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/base/byte_stream.h"
#include "headrace/column/column.h"
#include "headrace/expr/expr.h"
#include "headrace/feature/canonical_json.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

/// What is known of the values that flow between the transforms of a feature.
struct FeatureDomain {
  Type type;
  bool nullable = true;
  /// The values are ids or small counts (an hour): whole numbers below a bound, fit for one_hot and for an embedding.
  bool is_id = false;
  /// For ids: every value is in [0, id_count). Unknown while it depends on a state that is yet to be fitted.
  std::optional<std::int64_t> id_count;
};

/// Collects a statistic over rows. One instance belongs to one thread.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  /// Adds rows: columns of Transform::fit_inputs(), of equal length. Nulls and NaN count as missing.
  virtual void update(std::span<const Column> inputs) = 0;
  /// Adds row i of the inputs counts[i] times; the state is the same as if update() had seen the rows so often. This is
  /// how a statistic of a dictionary column, such as what a join brought, is collected: by the value, not by the row.
  virtual void update_counted(std::span<const Column> inputs, std::span<const std::int64_t> counts) = 0;
  /// Adds another's rows: one made by the same transform, in the same round. Any order of updates and merges gives the
  /// same state, bit for bit.
  virtual void merge(const Accumulator& other) = 0;
  /// Ends a pass over the rows, on the merged accumulator. True: the statistic needs one more pass over the same
  /// rows, by accumulators from fork(), merged into this one, which is empty again. `round_bytes` is for that pass, as
  /// in Transform::make_accumulator().
  virtual bool finish_round(std::size_t round_bytes) {
    (void)round_bytes;
    return false;
  }
  /// An empty accumulator for the same round, knowing what earlier rounds found: one for each worker.
  virtual std::unique_ptr<Accumulator> fork() const = 0;
  /// The state; called once, after the last round. Throws Error(kBadData) when the rows do not allow one (a mean that
  /// is infinite, a fill value of no values).
  virtual Json finish() = 0;
  /// Writes all that it holds, for another process to read() into one made by the same transform in the same round. Of
  /// a fork() that has seen no rows, that is what the round wants to know.
  virtual void write(ByteWriter& out) const = 0;
  /// Takes what write() wrote in the place of what it holds. Throws Error(kBadData) when it is something else.
  virtual void read(ByteReader& in) = 0;
  /// For statistics that grow with the number of different values: whether it can be written in parts, each with the
  /// values of some keys, that may be merged apart from the others.
  virtual bool is_keyed() const { return false; }
  /// Writes the keys whose hash is in part `part` of `part_count`.
  virtual void write_part(ByteWriter& out, std::size_t part, std::size_t part_count) const {
    (void)part, (void)part_count;
    write(out);
  }
  /// Says that all rows of the keys that it holds are in: what the state will not name can go.
  virtual void settle() {}
  /// Bytes held, for reports: what grows with the data has been charged already, to the budget of make_accumulator().
  virtual std::size_t state_bytes() const = 0;
};

/// A transform bound to its inputs. Immutable.
class Transform {
 public:
  virtual ~Transform() = default;
  /// A new accumulator, or nullptr when nothing is to be fitted. It and its forks charge `memory` before they grow. A
  /// statistic that can do with less memory and more passes takes no more than `round_bytes` for each of them in the
  /// first pass, or the least it can do with. The state has the same bits all the same.
  virtual std::unique_ptr<Accumulator> make_accumulator(MemoryBudget& memory, std::size_t round_bytes) const {
    (void)memory;
    (void)round_bytes;
    return nullptr;
  }
  /// Whether there is a state to be fitted before apply().
  bool is_fitted() const { return fitted_; }
  /// What the accumulator is to be fed with, made of the inputs: a cast to float64, as a rule.
  virtual std::vector<Expr> fit_inputs(std::span<const Expr> inputs) const { return {inputs.begin(), inputs.end()}; }
  /// The expression over `inputs`. `state` is what finish() gave; null for transforms that fit nothing.
  /// Throws Error(kBadData) when a loaded state does not have the expected form.
  virtual Expr apply(std::span<const Expr> inputs, const Json& state) const = 0;
  /// What apply()'s expression gives, as far as it is known with this state (null before fitting).
  virtual FeatureDomain output(const Json& state) const = 0;
  /// The state in a few words for people: "mean 1047.3, stddev 735.2", "105 words, 3 out-of-vocabulary buckets".
  virtual std::string describe(const Json& state) const {
    (void)state;
    return {};
  }

 protected:
  explicit Transform(bool fitted) : fitted_(fitted) {}

 private:
  bool fitted_;
};

struct TransformParameterDoc {
  std::string_view name;
  std::string_view type;          // "float", "integer", "list of float", "string", "any" (a value that is no list)
  std::string_view default_text;  // empty: required; "none": may be left out, and has no value then
  std::string_view doc;
};

/// The parameters given to a transform, checked against its documented ones. A view: spec and docs must outlive it.
class TransformParameters {
 public:
  /// Throws Error(kInvalidPipeline) for an unknown name (did you mean), a missing required one or a wrong type.
  TransformParameters(const TransformSpec& spec, std::span<const TransformParameterDoc> docs);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Typed access; whole numbers are accepted where a float is wanted. Requires has(name) or a default in the docs.
  double number(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  /// integer(), refused unless it is in [min, max].
  std::int64_t integer_in(std::string_view name, std::int64_t min, std::int64_t max) const;
  std::string text(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  const Value& value(std::string_view name) const;

  /// The parameters in the order of the docs, without those that have their default: the same for all spellings.
  Json canonical() const;
  /// Throws Error(kInvalidPipeline) about the parameter: "<transform>: '<name>' <problem>".
  [[noreturn]] void refuse(std::string_view name, std::string_view problem, std::string hint = {}) const;

 private:
  const Value* find(std::string_view name) const;
  std::string_view default_text(std::string_view name) const;

  const TransformSpec& spec_;
  std::span<const TransformParameterDoc> docs_;
};

struct TransformKind {
  std::string_view name;
  std::string_view summary;
  std::string_view fitted;  // what it learns: "mean and standard deviation"; empty: nothing
  std::string_view input;   // "one number", "two or more columns of any plain type"
  std::string_view output;
  std::vector<TransformParameterDoc> parameters;
  std::string_view example;  // YAML: "{clip: {min: 0, max: 100}}"
  std::string_view source;   // where the definition comes from, if it is not obvious
  /// Binds to inputs. Throws Error(kInvalidPipeline) when types, number of inputs or parameters do not fit.
  std::unique_ptr<Transform> (*bind)(const TransformParameters& parameters, std::span<const FeatureDomain> inputs);
};

std::span<const TransformKind* const> all_transforms();
/// Throws Error(kInvalidPipeline) with the nearest name when there is none.
const TransformKind& transform_named(std::string_view name);

/// docs/reference/transforms.md, made from the table.
std::string transforms_reference_markdown();

}  // namespace headrace
