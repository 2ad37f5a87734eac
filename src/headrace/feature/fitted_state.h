// What fitting found, as plain data, and its JSON text.
//
// The state names the features it was fitted for, so that it cannot be applied to others by mistake, and holds one JSON
// value a transform. Its text is canonical: fixed order of keys, shortest decimal text of doubles that reads back the
// same; equal states have equal bytes and therefore equal digests. docs/formats/fitted-state.md describes the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/feature/canonical_json.h"

namespace headrace {

/// The state of all transforms of a pipeline.
class FittedState {
 public:
  static constexpr int kVersion = 1;

  /// One object a feature: name, from, columns, transforms, dtype (FeatureSet makes them).
  std::vector<Json> features;
  /// By feature index, then transform index; null for transforms that fit nothing.
  std::vector<std::vector<Json>> states;
  std::int64_t fitted_row_count = 0;

  std::string to_json() const;
  /// Throws Error(kBadData) naming `path` on a wrong version or form. Forms of single states are checked by
  /// load_state().
  static FittedState from_json(std::string_view text, const std::string& path);

  /// "xxh3:<32 hex digits>" of the features alone: identifies what was fitted.
  std::string features_digest() const;
  /// "xxh3:<32 hex digits>" of the text: equal states have equal digests.
  std::string digest() const;

  friend bool operator==(const FittedState&, const FittedState&) = default;
};

}  // namespace headrace
