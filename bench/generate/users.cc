// users.parquet: one row a user. See tables.h.
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "bench/generate/files.h"
#include "bench/generate/tables.h"
#include "bench/generate/text.h"
#include "headrace/column/arrow.h"
#include "headrace/column/calendar.h"

namespace headrace::bench {
namespace {

constexpr const char* kWhat = "cannot make users";
constexpr std::int64_t kFirstSignup = days_from_civil({.year = 2014, .month = 1, .day = 1});
constexpr std::int64_t kLastSignup = days_from_civil({.year = 2025, .month = 12, .day = 31});

struct UserColumns {
  arrow::Int64Builder user_id;
  arrow::Int32Builder birth_year;
  arrow::StringBuilder gender;
  arrow::StringBuilder country;
  arrow::Date32Builder signup;
  std::shared_ptr<arrow::StringBuilder> interest = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder interests{arrow::default_memory_pool(), interest};

  /// Appends the user; returns the bytes of the row as CSV, a list being its values with semicolons between.
  std::int64_t add(const World& world, const Skew& countries, std::int64_t id);
  std::vector<arrow::ArrayBuilder*> builders() {
    return {&user_id, &birth_year, &gender, &country, &signup, &interests};
  }
};

std::int64_t UserColumns::add(const World& world, const Skew& countries, std::int64_t id) {
  constexpr std::array<std::string_view, 3> kGenders = {"female", "male", "other"};
  Random random(Stream::kUserRow, id);
  std::int64_t csv_bytes = 6 + digit_count(id) + kDateSize;
  unwrap(user_id.Append(id), kWhat);
  // Two uniform draws: the middle ages are the most.
  std::int64_t year = 1940 + random.below(35) + random.below(36);
  if (random.chance(0.05)) {
    unwrap(birth_year.AppendNull(), kWhat);
  } else {
    unwrap(birth_year.Append(static_cast<std::int32_t>(year)), kWhat);
    csv_bytes += 4;
  }
  double kind = random.unit();
  if (kind < 0.1) {
    unwrap(gender.AppendNull(), kWhat);
  } else {
    std::string_view name = kGenders[kind < 0.54 ? 0 : kind < 0.97 ? 1 : 2];
    unwrap(gender.Append(name), kWhat);
    csv_bytes += static_cast<std::int64_t>(name.size());
  }
  std::int64_t country_rank = countries.rank(random.unit());
  if (random.chance(0.01)) {
    unwrap(country.AppendNull(), kWhat);
  } else {
    unwrap(country.Append(country_code(country_rank)), kWhat);
    csv_bytes += 2;
  }
  double age = random.unit();
  std::int64_t days =
      kLastSignup - static_cast<std::int64_t>(age * age * static_cast<double>(kLastSignup - kFirstSignup));
  unwrap(signup.Append(static_cast<std::int32_t>(days)), kWhat);
  unwrap(interests.Append(), kWhat);
  std::uint32_t mask = world.user(id).interests;
  for (std::size_t i = 0; i < kInterests; ++i) {
    if ((mask >> i & 1) == 0) continue;
    unwrap(interest->Append(kInterestNames[i]), kWhat);
    csv_bytes += static_cast<std::int64_t>(kInterestNames[i].size()) + 1;
  }
  return csv_bytes - (mask != 0 ? 1 : 0);
}

}  // namespace

std::int64_t write_users(const World& world, const std::string& path) {
  auto schema = arrow::schema({arrow::field("user_id", arrow::int64(), /*nullable=*/false),
                               arrow::field("birth_year", arrow::int32()), arrow::field("gender", arrow::utf8()),
                               arrow::field("country", arrow::utf8()), arrow::field("signup", arrow::date32()),
                               arrow::field("interests", arrow::list(arrow::utf8()))});
  Skew countries(kCountries, 3, 0.5);
  std::int64_t csv_bytes = 0;
  write_parquet(path, schema, Compression::kSnappy, {"user_id"}, 0, world.rows().users,
                [&](std::int64_t from, std::int64_t to) {
                  UserColumns columns;
                  for (std::int64_t row = from; row < to; ++row) csv_bytes += columns.add(world, countries, row + 1);
                  std::vector<std::shared_ptr<arrow::Array>> arrays;
                  for (arrow::ArrayBuilder* builder : columns.builders())
                    arrays.push_back(unwrap(builder->Finish(), kWhat));
                  return arrow::RecordBatch::Make(schema, to - from, std::move(arrays));
                });
  return csv_bytes;
}

}  // namespace headrace::bench
