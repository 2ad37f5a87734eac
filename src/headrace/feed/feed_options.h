// What a feed delivers, and in which order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "headrace/column/type.h"
#include "headrace/expr/expr.h"

namespace headrace {

/// What becomes of the rows of an epoch that do not fill a batch on every rank.
enum class Remainder {
  kShort,  // they are dealt out evenly: the last batch of a rank has fewer rows, perhaps none
  kDrop,   // they are left out of this epoch
  kPad,    // the last batches are filled up with rows of zeros; a mask says which rows are real
  kWrap,   // the last batches are filled up with the first rows of the epoch
};

/// What a null becomes in a tensor.
enum class NullPolicy {
  kError,  // an Error that names the column
  kZero,   // 0, false, an empty list
  kNan,    // NaN; floating columns only
  kMask,   // 0, and a column of bools beside it, true where there is a value
};

/// A column that is computed of those that are stored.
struct FeedExpr {
  std::string name;
  Expr expr;
};

/// How a column is changed at random, to train with: a function of seed, epoch, the row's place in the order, and the
/// column, so that it is the same for any number of threads, ranks and workers.
struct Augmentation {
  enum class Kind {
    kReplace,  // with `probability`, by `value`: masking, dropout of categories
    kNoise,    // by adding normal noise of standard deviation `value`; floating columns only
  };
  Kind kind = Kind::kReplace;
  double probability = 0;
  double value = 0;
};

struct FeedOptions {
  std::int64_t batch_size = 0;       // rows of a batch on each rank
  std::vector<FeedExpr> exprs;       // that take the place of the columns that are stored; empty: those, as they are
  std::vector<std::string> columns;  // in the order wanted; empty: all
  std::map<std::string, Augmentation> augmentations;  // by column
  std::map<std::string, Type> dtypes;                 // of columns that shall have another type than they are stored in
  NullPolicy nulls = NullPolicy::kError;              // of columns that are not among the next
  std::map<std::string, NullPolicy> nulls_of;         // by column
  std::map<std::string, std::int64_t> list_lengths;   // lists of any length cut or filled with zeros to this one
  std::optional<std::uint64_t> shuffle_seed;          // empty: rows come as they are stored
  bool shuffles_fully = false;                        // the window is all rows
  std::int64_t window_rows = 0;                       // that are mixed; 0: by window_bytes
  std::int64_t window_bytes = 64 << 20;
  Remainder remainder = Remainder::kShort;
  std::int64_t rank = 0;
  std::int64_t world_size = 1;
  std::int64_t worker = 0;  // of the processes that share a rank's batches, each taking every worker_count-th
  std::int64_t worker_count = 1;
  std::size_t threads = 0;  // 0: as many as the consumer keeps busy, up to one a processor
};

/// Where a feed begins: with the row at place `position` of an epoch's order, and of the steps from there with number
/// `step` (0 but for workers that share a rank's steps).
struct FeedPosition {
  std::int64_t epoch = 0;
  std::int64_t position = 0;
  std::int64_t step = 0;

  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;
};

}  // namespace headrace
