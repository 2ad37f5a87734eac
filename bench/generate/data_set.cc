// Cuts the tables into tasks, runs them, writes the manifest. See data_set.h.
#include "bench/generate/data_set.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/generate/files.h"
#include "bench/generate/tables.h"
#include "headrace/base/error.h"
#include "headrace/base/workers.h"

namespace headrace::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Changes when other data come out for the same scale.
constexpr int kGeneratorVersion = 3;

struct Source {
  std::string name;
  std::string path;  // a file, or a folder of parts
  std::string csv_header;
  std::int64_t rows;
  std::atomic<std::int64_t> csv_bytes;

  Source(std::string its_name, std::string its_path, std::string header, std::int64_t row_count)
      : name(std::move(its_name)),
        path(std::move(its_path)),
        csv_header(std::move(header)),
        rows(row_count),
        csv_bytes(static_cast<std::int64_t>(csv_header.size())) {}
};

class DataSet {
 public:
  DataSet(const fs::path& folder, const RowCounts& rows) : folder_(folder), world_(rows), rows_(rows) {
    add_parts(impressions_, write_impressions);
    add_parts(visits_, write_visits);
    tasks_.emplace_back([this] { users_.csv_bytes += write_users(world_, path(users_)); });
    auto clicks = add_text(clicks_, clicks_.csv_header);
    auto conversions = add_text(conversions_);
    for_chunks(rows.impressions, kChunkRows, [=, this](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      Answers answers = make_answers(world_, begin, end);
      put(clicks_, *clicks, chunk, std::move(answers.clicks));
      put(conversions_, *conversions, chunk, std::move(answers.conversions));
    });
    add_chunks(items_, items_.csv_header, kChunkRows,
               [this](std::int64_t begin, std::int64_t end) { return make_items(world_, begin, end); });
    add_chunks(campaigns_, "", kChunkRows,
               [this](std::int64_t begin, std::int64_t end) { return make_campaigns(world_, begin, end); });
    add_chunks(weather_, weather_.csv_header, 50 * kLogHours,
               [](std::int64_t begin, std::int64_t end) { return make_weather(begin / kLogHours, end / kLogHours); });
  }

  void write(std::size_t threads) {
    run_tasks(tasks_.size(), threads, Cancellation(), [&](std::size_t task, std::size_t) { tasks_[task](); });
    for (const auto& file : text_files_) file->close();
  }

  /// What the files hold, without what they were made of.
  Json describe() const {
    Json sources = Json::object();
    std::int64_t rows = 0;
    std::int64_t csv_bytes = 0;
    for (const Source* source : all_sources()) {
      sources[source->name] = {{"rows", source->rows},
                               {"bytes", bytes_below(folder_ / source->path)},
                               {"csv_bytes", source->csv_bytes.load()}};
      rows += source->rows;
      csv_bytes += source->csv_bytes;
    }
    return {{"rows", rows}, {"csv_bytes", csv_bytes}, {"bots", world_.bots()}, {"sources", std::move(sources)}};
  }

  static std::int64_t bytes_below(const fs::path& path) {
    if (!fs::is_directory(path)) return static_cast<std::int64_t>(fs::file_size(path));
    std::int64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(path)) bytes += static_cast<std::int64_t>(entry.file_size());
    return bytes;
  }

 private:
  std::string path(const Source& source) const { return (folder_ / source.path).string(); }

  std::vector<const Source*> all_sources() const {
    return {&impressions_, &visits_, &clicks_, &conversions_, &users_, &items_, &campaigns_, &weather_};
  }

  /// One task for each file of the folder.
  void add_parts(Source& source,
                 std::int64_t (*write_rows)(const World&, const std::string&, std::int64_t, std::int64_t)) {
    fs::create_directories(folder_ / source.path);
    for_chunks(source.rows, kPartRows, [=, this, &source](std::int64_t part, std::int64_t begin, std::int64_t end) {
      source.csv_bytes += write_rows(world_, fmt::format("{}/part-{:05}.parquet", path(source), part), begin, end);
    });
  }

  TextFile* add_text(const Source& source, std::string_view header = {}) {
    return text_files_.emplace_back(std::make_unique<TextFile>(path(source), header)).get();
  }

  static void put(Source& source, TextFile& file, std::int64_t index, TextChunk chunk) {
    source.csv_bytes += chunk.csv_bytes;
    file.put(index, std::move(chunk.text));
  }

  template <typename MakeChunk>
  void add_chunks(Source& source, std::string_view header, std::int64_t chunk_rows, MakeChunk make_chunk) {
    TextFile* file = add_text(source, header);
    for_chunks(source.rows, chunk_rows, [=, &source](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
      put(source, *file, chunk, make_chunk(begin, end));
    });
  }

  /// A task for each `chunk_rows` of the rows.
  template <typename Task>
  void for_chunks(std::int64_t rows, std::int64_t chunk_rows, Task task) {
    for (std::int64_t chunk = 0; chunk * chunk_rows < rows; ++chunk) {
      std::int64_t begin = chunk * chunk_rows;
      std::int64_t end = std::min(begin + chunk_rows, rows);
      tasks_.emplace_back([=] { task(chunk, begin, end); });
    }
  }

  fs::path folder_;
  World world_;
  RowCounts rows_;
  Source impressions_{"impressions", "impressions",
                      "impression_id,time,user_id,item_id,campaign_id,device,bid,position,user_agent,url,referrer,"
                      "search_text\n",
                      rows_.impressions};
  Source visits_{"visits", "visits", "user_id,time,page_category,duration\n", rows_.visits};
  Source clicks_{"clicks", "clicks.csv", "impression_id,time,dwell\n", rows_.clicks};
  Source conversions_{"conversions", "conversions.ndjson", "impression_id,time,value,items\n", rows_.conversions};
  Source users_{"users", "users.parquet", "user_id,birth_year,gender,country,signup,interests\n", rows_.users};
  Source items_{"items", "items.csv", "item_id,category,brand,price,title\n", rows_.items};
  Source campaigns_{"campaigns", "campaigns.ndjson", "campaign_id,advertiser,budget,start,end\n", rows_.campaigns};
  Source weather_{"weather", "weather.csv", "country,hour,temperature\n", rows_.weather};
  std::vector<std::unique_ptr<TextFile>> text_files_;
  std::vector<std::function<void()>> tasks_;
};

/// Whether the manifest says that the same was written, and files of the sizes it names are there.
bool is_current(const fs::path& folder, const Json& wanted) {
  std::ifstream file(folder / "bench.json");
  Json found = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!found.is_object()) return false;
  for (const auto& [key, value] : wanted.items()) {
    if (found.value(key, Json()) != value) return false;
  }
  Json files = found.value("files", Json::object());
  for (const auto& [path, bytes] : files.items()) {
    if (!fs::is_regular_file(folder / path) || fs::file_size(folder / path) != bytes) return false;
  }
  return true;
}

Json files_below(const fs::path& folder) {
  std::map<std::string, std::uintmax_t> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).generic_string()] = entry.file_size();
  }
  return files;
}

std::string summary(const Json& manifest, const std::string& folder) {
  std::string text;
  for (const auto& [name, source] : manifest["sources"].items()) {
    text +=
        fmt::format("{:<12} {:>11} rows {:>9.3f} GB, as CSV {:>7.3f} GB\n", name, source["rows"].get<std::int64_t>(),
                    source["bytes"].get<double>() / 1e9, source["csv_bytes"].get<double>() / 1e9);
  }
  return text + fmt::format("{} rows in {}; as CSV text: {:.1f} GB\n", manifest["rows"].get<std::int64_t>(), folder,
                            manifest["csv_bytes"].get<double>() / 1e9);
}

}  // namespace

std::string write_data_set(const DataSetOptions& options) {
  fs::path folder = options.folder;
  Json manifest = {
      {"benchmark", "ads"}, {"scale", options.scale}, {"seed", kSeed}, {"generator_version", kGeneratorVersion}};
  RowCounts rows = rows_at(options.scale);
  if (!options.force && is_current(folder, manifest)) return fmt::format("{} is up to date\n", options.folder);
  // The manifest goes first and comes last: a folder with one is complete.
  fs::create_directories(folder);
  fs::remove(folder / "bench.json");
  fs::remove_all(folder / "impressions");
  fs::remove_all(folder / "visits");
  DataSet data_set(folder, rows);
  data_set.write(options.threads);
  manifest.update(data_set.describe());
  manifest["files"] = files_below(folder);
  std::ofstream file(folder / "bench.json");
  file << manifest.dump(2) << "\n";
  if (!file.flush()) throw Error(ErrorCode::kIo, fmt::format("cannot write '{}/bench.json'", options.folder));
  return summary(manifest, options.folder);
}

}  // namespace headrace::bench
