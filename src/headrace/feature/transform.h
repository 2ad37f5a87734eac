// Feature transforms: a statistic that fits and an expression that applies.
//
// A transform is bound once to the column it gets (its type and, for ids, how many there are). A fitted transform hands out
// accumulators, which workers feed with rows and merge in any order to the same bits; their result is the transform's
// state, plain JSON. apply() turns inputs and state into an ordinary expression, so that a fitted pipeline is a list of
// expressions that every engine can run. Each kind is one constant in a file of its own, listed in transforms.cc.
//
// Ids are the same everywhere: 0 is padding and never produced, 1 is null, then the hash buckets or bins or words.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/column/column.h"
#include "headrace/expr/expr.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

using Json = nlohmann::ordered_json;

/// What is known of the values that flow between the transforms of a feature.
struct FeatureDomain {
  Type type;
  bool nullable = true;
  /// For ids: every value is in [0, id_count).
  std::optional<std::int64_t> id_count;
};

/// Collects a statistic over rows. One instance belongs to one thread.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  /// Adds rows; all inputs of the transform, of equal length.
  virtual void update(std::span<const Column> inputs) = 0;
  /// Adds another's rows: one made by the same transform, in the same round. Any order of updates and merges gives the
  /// same state, bit for bit.
  virtual void merge(const Accumulator& other) = 0;
  /// Ends a pass over the rows, on the merged accumulator. True: the statistic needs one more pass over the same rows, by
  /// accumulators from fork().
  virtual bool finish_round() { return false; }
  /// An empty accumulator for the next round, knowing what earlier rounds found.
  virtual std::unique_ptr<Accumulator> fork() const = 0;
  /// The state; called once, after the last round.
  virtual Json finish() = 0;
  /// Bytes held, for the budget.
  virtual std::size_t state_bytes() const = 0;
};

/// A transform bound to its inputs. Immutable.
class Transform {
 public:
  virtual ~Transform() = default;
  /// A new accumulator, or nullptr when nothing is to be fitted.
  virtual std::unique_ptr<Accumulator> make_accumulator(MemoryBudget& memory) const {
    (void)memory;
    return nullptr;
  }
  bool is_fitted() const { return fitted_; }
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
  std::string_view type;          // "float", "integer", "list of float", "string"
  std::string_view default_text;  // empty: required
  std::string_view doc;
};

/// The parameters given to a transform, checked against its documented ones.
class TransformParameters {
 public:
  /// Throws Error(kInvalidPipeline) for an unknown name (did you mean), a missing required one or a wrong type.
  TransformParameters(const TransformSpec& spec, std::span<const TransformParameterDoc> docs);
  bool has(std::string_view name) const;
  /// Typed access; ints are accepted where a float is wanted. Requires has(name).
  double number(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  std::int64_t integer_or(std::string_view name, std::int64_t otherwise) const;
  double number_or(std::string_view name, double otherwise) const;
  std::string text_or(std::string_view name, std::string otherwise) const;
  const Value& value(std::string_view name) const;

 private:
  const TransformSpec& spec_;
};

struct TransformKind {
  std::string_view name;
  std::string_view summary;
  std::vector<TransformParameterDoc> parameters;
  std::string_view example;  // YAML: "{clip: {min: 0, max: 100}}"
  std::string_view source;   // where the definition comes from, if it is not obvious
  /// Binds to inputs. Throws Error(kInvalidPipeline) when types, number of inputs or parameters do not fit.
  std::unique_ptr<Transform> (*bind)(const TransformParameters& parameters, std::span<const FeatureDomain> inputs);
};

std::span<const TransformKind* const> all_transforms();
/// Throws Error(kInvalidPipeline) with the nearest name when there is none.
const TransformKind& transform_named(std::string_view name);

}  // namespace headrace
