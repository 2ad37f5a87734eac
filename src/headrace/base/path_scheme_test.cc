// Which paths are of this machine, which of a store, and which of neither.
#include "headrace/base/path_scheme.h"

#include <doctest/doctest.h>

#include "headrace/base/error.h"

namespace headrace {

TEST_CASE("a path without a scheme is of this machine, whatever its letters") {
  for (const char* path :
       {"data/x.csv", "/data/x.csv", "", ".", "a:b", "1://x", "://x", "out/a b://c", "s3:/bucket/x"}) {
    CAPTURE(path);
    CHECK(scheme_of(path).empty());
    CHECK(known_path(path) == path);
  }
}

TEST_CASE("schemes are read in any letter case, and aliases become one spelling") {
  CHECK(scheme_of("S3://bucket/x") == "s3");
  CHECK(known_path("S3://bucket/x") == "s3://bucket/x");
  CHECK(known_path("s3a://bucket/a/*.csv") == "s3://bucket/a/*.csv");
  CHECK(known_path("s3://bucket") == "s3://bucket");
  CHECK(known_path("s3://bucket/a%20b?c") == "s3://bucket/a%20b?c");
  CHECK(known_path("file:///data/x.csv") == "/data/x.csv");
  CHECK(known_path("file://localhost/data/x.csv") == "/data/x.csv");
  CHECK(known_path("file:///a%20b%2f%zz%4") == "/a b/%zz%4");
  CHECK(bucket_of("s3://bucket/a/b") == "bucket");
  CHECK(bucket_of("s3://bucket") == "bucket");
  CHECK(is_whole_bucket("s3://bucket"));
  CHECK(is_whole_bucket("s3://bucket//"));
  CHECK_FALSE(is_whole_bucket("s3://bucket/a"));
  CHECK_FALSE(is_whole_bucket("bucket"));
}

TEST_CASE("an unknown scheme is refused with the list of those that are known") {
  for (const char* path : {"gs://bucket/x", "abfs://c@a.dfs.core.windows.net/x", "http://host/x", "hdfs://host/x"}) {
    CAPTURE(path);
    CHECK_THROWS_WITH_AS(known_path(path), doctest::Contains("s3://bucket/x.csv"), Error);
  }
  CHECK_THROWS_WITH_AS(known_path("file://host/x"), doctest::Contains("another machine"), Error);
  CHECK_THROWS_WITH_AS(known_path("s3:///x"), doctest::Contains("names no bucket"), Error);
  CHECK_THROWS_WITH_AS(known_path("s3://"), doctest::Contains("names no bucket"), Error);
  CHECK_THROWS_WITH_AS(known_path("s3://buck*/x"), doctest::Contains("names no bucket"), Error);
}

TEST_CASE("a path that holds credentials is refused without repeating them") {
  try {
    known_path("s3://AKIAXYZ:topsecret@bucket/x");
    FAIL("must be refused");
  } catch (const Error& error) {
    std::string text = error.what();
    CHECK(text.find("credentials") != std::string::npos);
    CHECK(text.find("topsecret") == std::string::npos);
    CHECK(text.find("AKIAXYZ") == std::string::npos);
  }
}

}  // namespace headrace
