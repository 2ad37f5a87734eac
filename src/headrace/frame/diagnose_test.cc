// What is found of this machine, and of a folder that cannot be written to.
#include "headrace/frame/diagnose.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "headrace/io/temporary_folder.h"

namespace headrace {
namespace {

TEST_CASE("a machine on which tests run is good, and its numbers are there") {
  TemporaryFolder folder;
  Diagnosis found = diagnose(folder.path());
  CHECK(found.is_good());
  CHECK(found.thread_count >= 1);
  CHECK(found.memory_bytes > 0);
  CHECK(found.memory_free_bytes > 0);
  CHECK(found.memory_free_bytes <= found.memory_bytes);
  CHECK(found.spill_free_bytes > 0);
  CHECK(found.arrow.find('.') != std::string::npos);
  CHECK(found.to_text().find("PROBLEM") == std::string::npos);
  CHECK(nlohmann::json::parse(found.to_json())["status"] == "ok");
}

TEST_CASE("a spill folder that cannot be is a finding, not an error") {
  Diagnosis found = diagnose("/proc/headrace");
  CHECK_FALSE(found.is_good());
  CHECK(found.to_text().find("PROBLEM: ") != std::string::npos);
  nlohmann::json json = nlohmann::json::parse(found.to_json());
  CHECK(json["status"] == "failed");
  CHECK(json["spill_folder"]["problem"] == found.spill_problem);
}

}  // namespace
}  // namespace headrace
