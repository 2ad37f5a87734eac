// See diagnose.h.
#include "headrace/frame/diagnose.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "headrace/base/error.h"
#include "headrace/base/units.h"
#include "headrace/column/arrow_version.h"
#include "headrace/frame/load.h"
#include "headrace/frame/version.h"
#include "headrace/io/fs/scratch_space.h"

namespace headrace {
namespace {

std::string compiler_text() {
#ifdef __clang__
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

/// The bytes of a line "MemTotal:  123 kB" of /proc/meminfo; 0 where there is none.
std::int64_t meminfo_bytes(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::int64_t kibibytes = 0;
  while (file >> word) {
    if (word == name + ":" && file >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

/// A number that a control group gives; no limit where there is no such file, or "max" in it.
std::int64_t control_group_bytes(const char* file_name) {
  std::string text;
  std::ifstream(std::string("/sys/fs/cgroup/") + file_name) >> text;
  std::int64_t bytes = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() && !text.empty() ? bytes : std::numeric_limits<std::int64_t>::max();
}

void look_at_memory(Diagnosis& found) {
  found.memory_bytes = meminfo_bytes("MemTotal");
  found.memory_free_bytes = meminfo_bytes("MemAvailable");
  std::int64_t limit = control_group_bytes("memory.max");
  if (limit >= found.memory_bytes) return;
  found.memory_bytes = limit;
  std::int64_t used = std::min(limit, control_group_bytes("memory.current"));
  found.memory_free_bytes = std::min(found.memory_free_bytes, limit - used);
}

void look_at_spill_folder(Diagnosis& found) {
  try {
    constexpr std::array<std::byte, 4096> kBlock{};
    local_scratch_space(found.spill_folder)->create()->append(kBlock);
    found.spill_free_bytes = static_cast<std::int64_t>(std::filesystem::space(found.spill_folder).available);
  } catch (const std::exception& error) {
    const auto* own = dynamic_cast<const Error*>(&error);
    found.spill_problem = own != nullptr ? own->message() : error.what();
  }
}

std::string bytes_text(std::int64_t bytes) { return format_bytes(static_cast<std::size_t>(bytes)); }

}  // namespace

Diagnosis diagnose(const std::string& spill_folder) {
  Diagnosis found;
  found.version = kHeadraceVersion;
  found.compiler = compiler_text();
  found.arrow = arrow_version();
  found.thread_count = default_thread_count();
  found.spill_folder = spill_folder;
  look_at_memory(found);
  look_at_spill_folder(found);
  return found;
}

std::string Diagnosis::to_text() const {
  std::string spill = is_good() ? fmt::format("{} free", bytes_text(spill_free_bytes)) : "PROBLEM: " + spill_problem;
  return fmt::format(
      "headrace      {} ({})\narrow         {}\nprocessors    {}\nmemory        {}, {} free\nspill folder  {}, {}\n",
      version, compiler, arrow, thread_count, bytes_text(memory_bytes), bytes_text(memory_free_bytes), spill_folder,
      spill);
}

std::string Diagnosis::to_json() const {
  nlohmann::ordered_json json = {{"status", is_good() ? "ok" : "failed"},
                                 {"version", version},
                                 {"compiler", compiler},
                                 {"arrow", arrow},
                                 {"processors", thread_count},
                                 {"memory_bytes", memory_bytes},
                                 {"memory_free_bytes", memory_free_bytes},
                                 {"spill_folder", {{"path", spill_folder}, {"free_bytes", spill_free_bytes}}}};
  if (!is_good()) json["spill_folder"]["problem"] = spill_problem;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace headrace
