// Parts of dates and timestamps as features.
#include "headrace/feature/transform_conformance.h"

namespace headrace {
namespace {

TEST_CASE("time parts conform") {
  for (const char* part : {"year", "quarter", "month", "week", "weekday", "day", "day_of_year", "hour", "minute"}) {
    CAPTURE(part);
    check_conformance({transform_spec(part)}, {timestamps({0, std::nullopt, 1357016400, 1385596799})},
                      {timestamps({-1, -62135596800, 253402300799, std::nullopt})});
  }
  check_conformance({transform_spec("weekday")}, {test_column<std::int32_t>(TypeKind::kDate, {0, std::nullopt})},
                    {test_column<std::int32_t>(TypeKind::kDate, {-719162, 15706})});
}

TEST_CASE("each part reads its number off the time") {
  Batch rows = test_batch({timestamps({1388534399})});  // 2013-12-31T23:59:59Z, a Tuesday
  std::vector<std::pair<const char*, const char*>> parts = {{"year", "2013"},       {"quarter", "4"}, {"month", "12"},
                                                            {"week", "1"},          {"weekday", "1"}, {"day", "31"},
                                                            {"day_of_year", "365"}, {"hour", "23"},   {"minute", "59"}};
  for (const auto& [part, expected] : parts) {
    CAPTURE(part);
    CHECK(cells(one_feature({transform_spec(part)}, rows), rows).front() == expected);
  }
}

TEST_CASE("bounded parts are int64 ids; the year is a number") {
  Batch rows = test_batch({timestamps({0})});
  OutputColumn hour = one_feature({transform_spec("hour")}, rows).output_columns().front();
  CHECK(hour.id_count == 24);
  CHECK(hour.field.type == Type(TypeKind::kInt64));
  OutputColumn year = one_feature({transform_spec("year")}, rows).output_columns().front();
  CHECK_FALSE(year.id_count.has_value());
  CHECK(year.field.type == Type(TypeKind::kInt32));
}

TEST_CASE("an hour of a date and a year of a number are refused") {
  Batch dates = test_batch({test_column<std::int32_t>(TypeKind::kDate, {0})});
  CHECK_THROWS_WITH_AS(one_feature({transform_spec("hour")}, dates),
                       doctest::Contains("hour takes a timestamp, not date"), Error);
  CHECK_THROWS_WITH_AS(one_feature({transform_spec("year")}, test_batch({integers({2013})})),
                       doctest::Contains("year takes a date or a timestamp, not int64"), Error);
}

}  // namespace
}  // namespace headrace
