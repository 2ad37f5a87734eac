// See load.h.
#include "headrace/frame/load.h"

#include <algorithm>
#include <sched.h>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/base/path_scheme.h"
#include "headrace/expr/function.h"
#include "headrace/expr/reference.h"
#include "headrace/feature/transform.h"
#include "headrace/io/fs/file_error.h"
#include "headrace/io/fs/file_system.h"
#include "headrace/plan/pipeline_file.h"

namespace headrace {

Pipeline read_pipeline(const std::string& file_path, const std::map<std::string, std::string>& set) {
  std::string file = known_path(file_path);
  if (!scheme_of(file).empty()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("a pipeline file is read from this machine, not '{}'", file),
                "copy it here; the paths in it may begin with s3://");
  }
  constexpr std::int64_t kPipelineBytesMax = 16 << 20;
  auto read = [&] {
    try {
      return read_text(*local_file_system(), file, kPipelineBytesMax);
    } catch (const Error& error) {
      throw with_start_of_paths(error, "the current folder");
    }
  };
  return parse_pipeline(read(), file, set);
}

std::string reference_text(const std::string& topic) {
  if (topic == "pipeline") return pipeline_reference_markdown();
  if (topic == "pipeline-schema") return pipeline_json_schema();
  if (topic == "functions") return functions_reference_markdown();
  if (topic == "transforms") return transforms_reference_markdown();
  throw Error(ErrorCode::kInvalidArgument, fmt::format("no reference on '{}'", topic),
              "topics: pipeline, pipeline-schema, functions, transforms");
}

std::size_t default_thread_count() {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof(processors), &processors) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&processors)));
}

}  // namespace headrace
