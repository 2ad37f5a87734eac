// See open_feed.h.
#include "headrace/frame/open_feed.h"

#include <utility>

#include "headrace/frame/load.h"
#include "headrace/io/fs/routed_file_system.h"

namespace headrace {

OpenFeed open_feed(const FeedFiles& files, FeedOptions options, std::shared_ptr<MemoryBudget> memory,
                   const StorageOptions& storage) {
  SourceContext context;
  context.fs = routed_file_system(storage);
  context.memory = memory;
  std::size_t threads = options.threads > 0 ? options.threads : default_thread_count();
  auto data = std::make_shared<const FeedData>(files, context, threads);
  return {std::make_shared<const FeedPlan>(std::move(data), std::move(options)), std::move(memory)};
}

}  // namespace headrace
