// The table of scalar functions: one line to declare a function's constant, one to list it. Groups and names are in
// alphabetical order; all_functions() sorts by name.
#include <algorithm>
#include <vector>

#include "headrace/expr/function.h"

namespace headrace {

// arithmetic
extern const Function kAdd;
extern const Function kDiv;
extern const Function kDivide;
extern const Function kMod;
extern const Function kMultiply;
extern const Function kNegate;
extern const Function kSubtract;

// comparison
extern const Function kBetween;
extern const Function kEq;
extern const Function kGe;
extern const Function kGt;
extern const Function kIn;
extern const Function kLe;
extern const Function kLt;
extern const Function kNe;

// conditional
extern const Function kCoalesce;
extern const Function kGreatest;
extern const Function kIfElse;
extern const Function kLeast;
extern const Function kNullif;

// conversion
extern const Function kCast;
extern const Function kTryCast;

// hash
extern const Function kBucket;
extern const Function kCombineHashes;
extern const Function kHash64;
extern const Function kHashBucket;
extern const Function kHashId;

// list
extern const Function kArray;
extern const Function kBucketize;
extern const Function kListContains;
extern const Function kListGet;
extern const Function kListLength;
extern const Function kListPad;
extern const Function kMultiHot;
extern const Function kOneHot;
extern const Function kVocabularyId;

// logic
extern const Function kAnd;
extern const Function kIsNan;
extern const Function kIsNotNull;
extern const Function kIsNull;
extern const Function kNot;
extern const Function kOr;

// math
extern const Function kAbs;
extern const Function kCeil;
extern const Function kCos;
extern const Function kExp;
extern const Function kExpm1;
extern const Function kFloor;
extern const Function kLn;
extern const Function kLog10;
extern const Function kLog1p;
extern const Function kLog2;
extern const Function kPow;
extern const Function kRound;
extern const Function kSign;
extern const Function kSin;
extern const Function kSqrt;
extern const Function kTanh;
extern const Function kTrunc;

// string
extern const Function kConcat;
extern const Function kConcatWs;
extern const Function kContains;
extern const Function kEndsWith;
extern const Function kLeft;
extern const Function kLength;
extern const Function kLike;
extern const Function kLower;
extern const Function kLpad;
extern const Function kLtrim;
extern const Function kPosition;
extern const Function kRepeat;
extern const Function kReplace;
extern const Function kReverse;
extern const Function kRight;
extern const Function kRpad;
extern const Function kRtrim;
extern const Function kSplit;
extern const Function kSplitPart;
extern const Function kStartsWith;
extern const Function kSubstr;
extern const Function kTrim;
extern const Function kUpper;

// struct
extern const Function kNamedStruct;
extern const Function kStructField;

// time
extern const Function kAddMonths;
extern const Function kDateAdd;
extern const Function kDateDiff;
extern const Function kDateTrunc;
extern const Function kDay;
extern const Function kDayOfWeek;
extern const Function kDayOfYear;
extern const Function kHour;
extern const Function kMakeDate;
extern const Function kMakeTimestamp;
extern const Function kMinute;
extern const Function kMonth;
extern const Function kQuarter;
extern const Function kSecond;
extern const Function kTimestampAdd;
extern const Function kTimestampDiff;
extern const Function kToDate;
extern const Function kUnixMicros;
extern const Function kUnixSeconds;
extern const Function kWeek;
extern const Function kWeekday;
extern const Function kYear;

namespace {

const Function* const kTable[] = {
    // arithmetic
    &kAdd,
    &kDiv,
    &kDivide,
    &kMod,
    &kMultiply,
    &kNegate,
    &kSubtract,

    // comparison
    &kBetween,
    &kEq,
    &kGe,
    &kGt,
    &kIn,
    &kLe,
    &kLt,
    &kNe,

    // conditional
    &kCoalesce,
    &kGreatest,
    &kIfElse,
    &kLeast,
    &kNullif,

    // conversion
    &kCast,
    &kTryCast,

    // hash
    &kBucket,
    &kCombineHashes,
    &kHash64,
    &kHashBucket,
    &kHashId,

    // list
    &kArray,
    &kBucketize,
    &kListContains,
    &kListGet,
    &kListLength,
    &kListPad,
    &kMultiHot,
    &kOneHot,
    &kVocabularyId,

    // logic
    &kAnd,
    &kIsNan,
    &kIsNotNull,
    &kIsNull,
    &kNot,
    &kOr,

    // math
    &kAbs,
    &kCeil,
    &kCos,
    &kExp,
    &kExpm1,
    &kFloor,
    &kLn,
    &kLog10,
    &kLog1p,
    &kLog2,
    &kPow,
    &kRound,
    &kSign,
    &kSin,
    &kSqrt,
    &kTanh,
    &kTrunc,

    // string
    &kConcat,
    &kConcatWs,
    &kContains,
    &kEndsWith,
    &kLeft,
    &kLength,
    &kLike,
    &kLower,
    &kLpad,
    &kLtrim,
    &kPosition,
    &kRepeat,
    &kReplace,
    &kReverse,
    &kRight,
    &kRpad,
    &kRtrim,
    &kSplit,
    &kSplitPart,
    &kStartsWith,
    &kSubstr,
    &kTrim,
    &kUpper,

    // struct
    &kNamedStruct,
    &kStructField,

    // time
    &kAddMonths,
    &kDateAdd,
    &kDateDiff,
    &kDateTrunc,
    &kDay,
    &kDayOfWeek,
    &kDayOfYear,
    &kHour,
    &kMakeDate,
    &kMakeTimestamp,
    &kMinute,
    &kMonth,
    &kQuarter,
    &kSecond,
    &kTimestampAdd,
    &kTimestampDiff,
    &kToDate,
    &kUnixMicros,
    &kUnixSeconds,
    &kWeek,
    &kWeekday,
    &kYear,
    nullptr,
};

std::vector<const Function*> sorted_table() {
  std::vector<const Function*> functions;
  std::copy_if(std::begin(kTable), std::end(kTable), std::back_inserter(functions),
               [](auto* f) { return f != nullptr; });
  std::sort(functions.begin(), functions.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return functions;
}

}  // namespace

std::span<const Function* const> all_functions() {
  static const std::vector<const Function*> kSorted = sorted_table();
  return kSorted;
}

const Function* find_function(std::string_view name) {
  std::span<const Function* const> functions = all_functions();
  auto found = std::lower_bound(functions.begin(), functions.end(), name, [](auto* f, auto n) { return f->name < n; });
  return found != functions.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace headrace
