// The table of transforms: one line to declare a kind's constant, one to list it, in alphabetical order of their names.

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/nearest.h"
#include "headrace/feature/transform.h"

namespace headrace {

extern const TransformKind kBucketizeTransform;
extern const TransformKind kClipTransform;
extern const TransformKind kCrossTransform;
extern const TransformKind kCyclicTransform;
extern const TransformKind kDayOfYearTransform;
extern const TransformKind kDayTransform;
extern const TransformKind kFillTransform;
extern const TransformKind kHashTransform;
extern const TransformKind kHourTransform;
extern const TransformKind kLog1pTransform;
extern const TransformKind kMinMaxTransform;
extern const TransformKind kMinuteTransform;
extern const TransformKind kMonthTransform;
extern const TransformKind kMultiHotTransform;
extern const TransformKind kOneHotTransform;
extern const TransformKind kPadTransform;
extern const TransformKind kQuarterTransform;
extern const TransformKind kStandardizeTransform;
extern const TransformKind kVocabularyTransform;
extern const TransformKind kWeekTransform;
extern const TransformKind kWeekdayTransform;
extern const TransformKind kYearTransform;

namespace {

const TransformKind* const kTable[] = {
    &kBucketizeTransform,  //
    &kClipTransform,      &kCrossTransform,       &kCyclicTransform,     &kDayTransform,    &kDayOfYearTransform,
    &kFillTransform,      &kHashTransform,        &kHourTransform,       &kLog1pTransform,  &kMinMaxTransform,
    &kMinuteTransform,    &kMonthTransform,       &kMultiHotTransform,   &kOneHotTransform, &kPadTransform,
    &kQuarterTransform,   &kStandardizeTransform, &kVocabularyTransform, &kWeekTransform,   &kWeekdayTransform,
    &kYearTransform,
};

}  // namespace

std::span<const TransformKind* const> all_transforms() { return kTable; }

const TransformKind& transform_named(std::string_view name) {
  std::vector<std::string> names;
  for (const TransformKind* kind : kTable) {
    if (kind->name == name) return *kind;
    names.emplace_back(kind->name);
  }
  throw Error(ErrorCode::kInvalidPipeline, fmt::format("there is no transform '{}'", name),
              name_hint(name, names, "transforms", names.size()));
}

}  // namespace headrace
