// See module.h: feeds, whose batches cross as arrays of the DLPack protocol.
#include <array>
#include <chrono>

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "headrace/python/running.h"

namespace nb = nanobind;

namespace headrace {
namespace {

/// What several open feeds are charged to.
struct FeedMemory {
  std::shared_ptr<MemoryBudget> budget;
};

using Array = nb::ndarray<nb::array_api, nb::device::cpu>;

/// Bools cross as uint8, since not every reader of DLPack knows them.
nb::dlpack::dtype dtype_of(const Type& type) {
  using Code = nb::dlpack::dtype_code;
  auto bits = static_cast<std::uint8_t>(type.value_bytes() * 8);
  Code code = type.is_floating() ? Code::Float : type.kind() == TypeKind::kBool ? Code::UInt : Code::Int;
  return {static_cast<std::uint8_t>(code), bits, 1};
}

/// An array over memory that `memory` keeps.
Array array_of(std::shared_ptr<const void> memory, std::byte* values, std::vector<std::size_t> shape,
               const std::vector<std::int64_t>& strides, const Type& type) {
  auto* owned = new std::shared_ptr<const void>(std::move(memory));
  nb::capsule owner(owned, [](void* pointer) noexcept { delete static_cast<std::shared_ptr<const void>*>(pointer); });
  return Array(values, shape.size(), shape.data(), owner, strides.data(), dtype_of(type));
}

/// An array a group of the layout: (columns, rows) or (columns, rows, width).
std::vector<Array> groups_of(const FeedBatch& batch) {
  std::vector<Array> arrays;
  for (const TensorGroup& group : batch.layout->groups()) {
    std::vector<std::size_t> shape = {group.columns.size(), static_cast<std::size_t>(batch.row_count)};
    std::vector<std::int64_t> strides = {batch.layout->rows_max() * group.width, group.width};
    if (group.is_vector) {
      shape.push_back(static_cast<std::size_t>(group.width));
      strides.push_back(1);
    }
    arrays.push_back(
        array_of(batch.block, batch.block.get() + group.offset_bytes, std::move(shape), strides, group.type));
  }
  return arrays;
}

/// Values and offsets of a ragged column.
std::vector<Array> ragged_of(const FeedBatch& batch, std::size_t column) {
  const RaggedRows& rows = batch.ragged[column];
  auto bytes = [](const std::shared_ptr<const Buffer>& buffer) { return const_cast<std::byte*>(buffer->data()); };
  std::vector<Array> arrays;
  arrays.push_back(array_of(rows.values, bytes(rows.values), {static_cast<std::size_t>(rows.value_count)}, {1},
                            batch.layout->columns()[column].type));
  arrays.push_back(array_of(rows.offsets, bytes(rows.offsets), {static_cast<std::size_t>(batch.row_count) + 1}, {1},
                            TypeKind::kInt64));
  return arrays;
}

Type type_named(const std::string& name) {
  std::optional<Type> type = Type::parse(name);
  if (type) return *type;
  throw Error(ErrorCode::kInvalidArgument, "no dtype is called '" + name + "'",
              "bool, int8 to int64, float32 and float64 are tensors");
}

NullPolicy policy_named(const std::string& name) {
  if (name == "error") return NullPolicy::kError;
  if (name == "zero") return NullPolicy::kZero;
  if (name == "nan") return NullPolicy::kNan;
  if (name == "mask") return NullPolicy::kMask;
  throw Error(ErrorCode::kInvalidArgument, "nulls cannot be '" + name + "'",
              "\"error\", \"zero\", \"nan\" or \"mask\"");
}

Remainder remainder_named(const std::string& name) {
  if (name == "short") return Remainder::kShort;
  if (name == "drop") return Remainder::kDrop;
  if (name == "pad") return Remainder::kPad;
  if (name == "wrap") return Remainder::kWrap;
  throw Error(ErrorCode::kInvalidArgument, "remainder cannot be '" + name + "'",
              "\"short\", \"drop\", \"pad\" or \"wrap\"");
}

void bind_choice(nb::module_& module) {
  nb::class_<RowChoice>(module, "RowChoice")
      .def(nb::init<>())
      .def("set_where", [](RowChoice& choice, const std::string& text) { choice.where = parse_expr(text); })
      .def("set_sample",
           [](RowChoice& choice, const std::string& text, double rate, const std::string& weight_name) {
             choice.sampled = parse_expr(text);
             choice.rate = rate;
             choice.weight_name = weight_name;
           })
      .def("set_repeat_by", [](RowChoice& choice, const std::string& text) { choice.weight = parse_expr(text); })
      .def_rw("seed", &RowChoice::seed);
}

void bind_options(nb::module_& module) {
  using Texts = std::map<std::string, std::string>;
  nb::class_<FeedOptions>(module, "FeedOptions")
      .def(nb::init<>())
      .def_rw("batch_size", &FeedOptions::batch_size)
      .def_rw("columns", &FeedOptions::columns)
      .def_rw("list_lengths", &FeedOptions::list_lengths)
      .def_rw("shuffle_seed", &FeedOptions::shuffle_seed, nb::arg().none())
      .def_rw("shuffles_fully", &FeedOptions::shuffles_fully)
      .def_rw("window_rows", &FeedOptions::window_rows)
      .def_rw("window_bytes", &FeedOptions::window_bytes)
      .def_rw("rank", &FeedOptions::rank)
      .def_rw("world_size", &FeedOptions::world_size)
      .def_rw("worker", &FeedOptions::worker)
      .def_rw("worker_count", &FeedOptions::worker_count)
      .def_rw("threads", &FeedOptions::threads)
      .def("set_nulls", [](FeedOptions& options, const std::string& name) { options.nulls = policy_named(name); })
      .def("set_nulls_of",
           [](FeedOptions& options, const Texts& by_column) {
             for (const auto& [column, name] : by_column) options.nulls_of[column] = policy_named(name);
           })
      .def("set_dtypes",
           [](FeedOptions& options, const Texts& by_column) {
             for (const auto& [column, name] : by_column) options.dtypes[column] = type_named(name);
           })
      .def("replace",
           [](FeedOptions& options, const std::string& column, double probability, double value) {
             options.augmentations[column] = {Augmentation::Kind::kReplace, probability, value};
           })
      .def("add_noise",
           [](FeedOptions& options, const std::string& column, double deviation) {
             options.augmentations[column] = {Augmentation::Kind::kNoise, 0, deviation};
           })
      .def("set_remainder",
           [](FeedOptions& options, const std::string& name) { options.remainder = remainder_named(name); });
}

nb::dict stats_of(const Feed& feed) {
  FeedStats stats = feed.stats();
  nb::dict values;
  values["batches"] = stats.batches;
  values["rows"] = stats.rows;
  values["waiting_seconds"] = stats.consumer_wait;
  values["storage_seconds"] = stats.storage;
  values["decode_seconds"] = stats.decode;
  values["full_seconds"] = stats.full;
  values["threads"] = stats.threads;
  values["peak_bytes"] = stats.peak_bytes;
  return values;
}

std::optional<FeedBatch> next_batch(Feed& feed, std::int64_t wait_ms) {
  return feed.next(std::chrono::milliseconds(wait_ms));
}

}  // namespace

void bind_feeds(nb::module_& module) {
  bind_choice(module);
  bind_options(module);
  nb::class_<TensorColumn>(module, "TensorColumn")
      .def_ro("name", &TensorColumn::name)
      .def_ro("width", &TensorColumn::width)
      .def_ro("is_vector", &TensorColumn::is_vector)
      .def_ro("is_ragged", &TensorColumn::is_ragged)
      .def_prop_ro("dtype", [](const TensorColumn& column) { return column.type.to_string(); });
  nb::class_<FeedBatch>(module, "FeedBatch")
      .def("groups", &groups_of, nb::rv_policy::reference)
      .def("ragged", &ragged_of, nb::rv_policy::reference)
      .def_ro("rows", &FeedBatch::row_count)
      .def_ro("epoch", &FeedBatch::epoch)
      .def_ro("step", &FeedBatch::step);
  nb::class_<FeedMemory>(module, "FeedMemory").def("__init__", [](FeedMemory* memory, const std::string& limit) {
    new (memory) FeedMemory{Work(1, limit).run_options().context.memory};
  });
  nb::class_<OpenFeed>(module, "OpenFeed")
      .def_static("mix",
                  [](const std::vector<OpenFeed>& open, const std::vector<double>& ratios, bool until_all) {
                    std::vector<std::shared_ptr<const FeedPlan>> parts;
                    for (const OpenFeed& each : open) parts.push_back(each.plan);
                    return OpenFeed{mix_plans(std::move(parts), ratios, until_all), open.at(0).memory};
                  })
      .def_static(
          "open",
          [](std::vector<std::string> paths, const std::string& part, const std::string& format,
             const RowChoice& choice, const FeedOptions& options, const StorageOptions& storage,
             const FeedMemory& memory, const std::string& cache_folder, std::uint64_t cache_bytes) {
            return open_feed({std::move(paths), part, format}, choice, options, memory.budget, storage,
                             {cache_folder, cache_bytes});
          },
          nb::call_guard<nb::gil_scoped_release>())
      .def_static(
          "of_frame",
          [](const LazyFrame& frame, const RowChoice& choice, const FeedOptions& options, const FeedMemory& memory,
             const std::string& cache_folder, std::uint64_t cache_bytes) {
            return open_feed(frame, choice, options, memory.budget, {cache_folder, cache_bytes});
          },
          nb::call_guard<nb::gil_scoped_release>())
      .def("columns", [](const OpenFeed& open) { return open.plan->columns.tensors; })
      .def("groups",
           [](const OpenFeed& open) {
             std::vector<std::vector<std::size_t>> groups;
             for (const TensorGroup& group : open.plan->layout->groups()) groups.push_back(group.columns);
             return groups;
           })
      .def_prop_ro("row_count", [](const OpenFeed& open) { return open.plan->epoch_rows(); })
      .def_prop_ro("steps_per_epoch", [](const OpenFeed& open) { return open.plan->steps_per_epoch(); })
      .def_prop_ro("window_rows", [](const OpenFeed& open) { return open.plan->window_rows; })
      .def_prop_ro("state_digest",
                   [](const OpenFeed& open) {
                     return open.plan->data->manifest() ? open.plan->data->manifest()->fitted_state_digest : "";
                   })
      .def("resume",
           [](const OpenFeed& open, const std::string& state) {
             ResumedFeed resumed = resume_feed(*open.plan, state);
             return std::make_pair(OpenFeed{resumed.plan, open.memory}, resumed.position);
           })
      .def("state", [](const OpenFeed& open, const FeedPosition& position) { return feed_state(*open.plan, position); })
      .def("behind", [](const OpenFeed& open, const FeedPosition& start, std::int64_t epoch, std::int64_t step) {
        return open.plan->behind(start, epoch, step);
      });
  nb::class_<FeedPosition>(module, "FeedPosition")
      .def(nb::init<>())
      .def_rw("epoch", &FeedPosition::epoch)
      .def_rw("position", &FeedPosition::position)
      .def_rw("step", &FeedPosition::step);
  nb::class_<Feed>(module, "Feed")
      .def(
          "__init__",
          [](Feed* feed, const OpenFeed& open, const FeedPosition& start, std::optional<std::int64_t> epoch_end) {
            new (feed) Feed(open.plan, open.memory, start, epoch_end);
          },
          nb::arg("open"), nb::arg("start"), nb::arg("epoch_end").none())
      .def("next", &next_batch, nb::arg("wait_ms"), nb::call_guard<nb::gil_scoped_release>())
      .def("is_at_end", &Feed::is_at_end)
      .def_prop_ro("position", [](const Feed& feed) { return feed.position(); })
      .def("stop", &Feed::stop, nb::call_guard<nb::gil_scoped_release>())
      .def("stats", &stats_of);
}

}  // namespace headrace
