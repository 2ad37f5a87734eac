// See task_messages.h.
#include "headrace/frame/task_messages.h"

#include <initializer_list>

#include "headrace/base/error.h"

namespace headrace {
namespace {

Json storage_json(const StorageOptions& storage) {
  return {{"endpoint", storage.endpoint},
          {"region", storage.region},
          {"scheme", storage.scheme},
          {"anonymous", storage.anonymous},
          {"access_key", storage.access_key},
          {"secret_key", storage.secret_key},
          {"session_token", storage.session_token},
          {"connect_timeout", storage.connect_timeout},
          {"request_timeout", storage.request_timeout}};
}

StorageOptions storage_of(const Json& json) {
  StorageOptions storage;
  storage.endpoint = json.at("endpoint");
  storage.region = json.at("region");
  storage.scheme = json.at("scheme");
  storage.anonymous = json.at("anonymous");
  storage.access_key = json.at("access_key");
  storage.secret_key = json.at("secret_key");
  storage.session_token = json.at("session_token");
  storage.connect_timeout = json.at("connect_timeout");
  storage.request_timeout = json.at("request_timeout");
  return storage;
}

// Bytes.

void write_files(ByteWriter& out, const std::vector<SpoolFile>& files) {
  out.put<std::uint64_t>(files.size());
  for (const SpoolFile& file : files) file.write(out);
}

std::vector<SpoolFile> read_files(ByteReader& in) {
  std::vector<SpoolFile> files;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) files.push_back(SpoolFile::read(in));
  return files;
}

void write_indexes(ByteWriter& out, const std::vector<std::size_t>& indexes) { out.put_all<std::size_t>(indexes); }

void write_contract(ByteWriter& out, const ContractResult& contract) {
  out.put_text(contract.table);
  out.put(contract.rows_checked);
  out.put(contract.seconds);
  out.put(contract.bytes_checked);
  out.put<std::uint64_t>(contract.promises.size());
  for (const PromiseResult& promise : contract.promises) {
    out.put_text(promise.column);
    out.put_text(promise.kind);
    out.put_text(promise.promise);
    out.put(promise.violations);
    out.put<std::uint64_t>(promise.samples.size());
    for (const std::string& sample : promise.samples) out.put_text(sample);
  }
}

ContractResult read_contract(ByteReader& in) {
  ContractResult contract;
  contract.table = in.get_text();
  contract.rows_checked = in.get<std::int64_t>();
  contract.seconds = in.get<double>();
  contract.bytes_checked = in.get<std::int64_t>();
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    PromiseResult& promise = contract.promises.emplace_back();
    promise.column = in.get_text();
    promise.kind = in.get_text();
    promise.promise = in.get_text();
    promise.violations = in.get<std::int64_t>();
    for (auto samples = in.get<std::uint64_t>(); samples > 0; --samples) promise.samples.emplace_back(in.get_text());
  }
  return contract;
}

void write_numbers(ByteWriter& out, std::initializer_list<std::size_t> numbers) {
  for (std::size_t number : numbers) out.put<std::uint64_t>(number);
}

void read_numbers(ByteReader& in, std::initializer_list<std::size_t*> numbers) {
  for (std::size_t* number : numbers) *number = in.get<std::uint64_t>();
}

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
  out.put<std::uint64_t>(texts.size());
  for (const std::string& text : texts) out.put_text(text);
}

std::vector<std::string> read_texts(ByteReader& in) {
  std::vector<std::string> texts;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) texts.emplace_back(in.get_text());
  return texts;
}

void write_files_by(ByteWriter& out, const std::vector<std::pair<std::size_t, SpoolFile>>& files) {
  out.put<std::uint64_t>(files.size());
  for (const auto& [number, file] : files) {
    out.put<std::uint64_t>(number);
    file.write(out);
  }
}

std::vector<std::pair<std::size_t, SpoolFile>> read_files_by(ByteReader& in) {
  std::vector<std::pair<std::size_t, SpoolFile>> files;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    auto number = in.get<std::uint64_t>();
    files.emplace_back(number, SpoolFile::read(in));
  }
  return files;
}

void write_partition(ByteWriter& out, const PartitionValues& partition) {
  out.put<std::uint64_t>(partition.size());
  for (const std::optional<std::string>& value : partition) {
    out.put<std::uint8_t>(value ? 1 : 0);
    out.put_text(value.value_or(""));
  }
}

PartitionValues read_partition(ByteReader& in) {
  PartitionValues partition;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    bool has_value = in.get<std::uint8_t>() != 0;
    std::string value(in.get_text());
    partition.push_back(has_value ? std::optional(std::move(value)) : std::nullopt);
  }
  return partition;
}

void write_shard(ByteWriter& out, const Shard& shard) {
  out.put_text(shard.file);
  out.put(shard.summary.row_count);
  out.put(shard.summary.size_bytes);
  out.put_text(shard.summary.checksum);
  out.put(shard.summary.row_group_count);
  write_partition(out, shard.partition);
  out.put_text(shard.row_digest);
}

Shard read_shard(ByteReader& in) {
  Shard shard;
  shard.file = in.get_text();
  shard.summary.row_count = in.get<std::int64_t>();
  shard.summary.size_bytes = in.get<std::int64_t>();
  shard.summary.checksum = in.get_text();
  shard.summary.row_group_count = in.get<std::int64_t>();
  shard.partition = read_partition(in);
  shard.row_digest = in.get_text();
  return shard;
}

}  // namespace

Json fields_json(const Schema& schema) {
  Json json = Json::array();
  for (const Field& field : schema) json.push_back({field.name, field.type.to_string(), field.nullable});
  return json;
}

Schema schema_of(const Json& json) {
  std::vector<Field> fields;
  for (const Json& field : json) {
    std::optional<Type> type = Type::parse(field.at(1).get<std::string>());
    HEADRACE_CHECK(type.has_value());
    fields.push_back({field.at(0).get<std::string>(), *type, field.at(2).get<bool>()});
  }
  return Schema(std::move(fields));
}

std::string TaskPlan::to_json() const {
  Json json = {{"name", name},
               {"sections", sections},
               {"feature_table", feature_table},
               {"table", fields_json(table)},
               {"rows", fields_json(rows)},
               {"run_id", run_id},
               {"storage", storage_json(storage)},
               {"statistics", statistics}};
  return json.dump();
}

TaskPlan TaskPlan::from_json(const std::string& text) {
  Json json = parse_json(text, "the plan of a task");
  TaskPlan plan;
  plan.name = json.at("name");
  plan.sections = json.at("sections");
  plan.feature_table = json.at("feature_table");
  plan.table = schema_of(json.at("table"));
  plan.rows = schema_of(json.at("rows"));
  plan.run_id = json.at("run_id");
  plan.storage = storage_of(json.at("storage"));
  plan.statistics = json.at("statistics");
  return plan;
}

std::string to_bytes(const SpoolResult& result) {
  ByteWriter out;
  write_files_by(out, result.files);
  out.put(result.rows_left_out);
  write_contract(out, result.contract);
  out.put_text(result.fixed);
  out.put_text(result.keyed_path);
  out.put_text(result.profile_path);
  return out.take();
}

SpoolResult spool_result(std::string_view bytes) {
  ByteReader in(bytes, "what a task kept");
  SpoolResult result;
  result.files = read_files_by(in);
  result.rows_left_out = in.get<std::int64_t>();
  result.contract = read_contract(in);
  result.fixed = in.get_text();
  result.keyed_path = in.get_text();
  result.profile_path = in.get_text();
  return result;
}

std::string to_bytes(const ShardOrder& order) {
  ByteWriter out;
  write_numbers(out, {order.part, order.shard, order.shard_count});
  write_partition(out, order.partition);
  out.put<std::uint8_t>(order.is_encoded ? 1 : 0);
  write_indexes(out, order.outputs);
  write_files(out, order.files);
  out.put(order.begin);
  out.put(order.end);
  return out.take();
}

ShardOrder shard_order(std::string_view bytes) {
  ByteReader in(bytes, "the order of a shard");
  ShardOrder order;
  read_numbers(in, {&order.part, &order.shard, &order.shard_count});
  order.partition = read_partition(in);
  order.is_encoded = in.get<std::uint8_t>() != 0;
  order.outputs = in.get_all<std::size_t>();
  order.files = read_files(in);
  order.begin = in.get<std::int64_t>();
  order.end = in.get<std::int64_t>();
  return order;
}

std::string to_bytes(const OrderTask& task) {
  ByteWriter out;
  write_numbers(out, {task.output, task.part, task.ranges.count});
  write_files(out, task.files);
  for (std::uint64_t number : {task.first_row, task.step, task.ranges.row_count}) out.put(number);
  write_texts(out, task.ranges.starts);
  return out.take();
}

OrderTask order_task(std::string_view bytes) {
  ByteReader in(bytes, "rows to be put in order");
  OrderTask task;
  read_numbers(in, {&task.output, &task.part, &task.ranges.count});
  task.files = read_files(in);
  for (std::uint64_t* number : {&task.first_row, &task.step, &task.ranges.row_count}) {
    *number = in.get<std::uint64_t>();
  }
  task.ranges.starts = read_texts(in);
  return task;
}

std::string to_bytes(const SampledKeys& sampled) {
  ByteWriter out;
  write_numbers(out, {sampled.output, sampled.part});
  write_texts(out, sampled.keys);
  return out.take();
}

SampledKeys sampled_keys(std::string_view bytes) {
  ByteReader in(bytes, "a sample of keys");
  SampledKeys sampled;
  read_numbers(in, {&sampled.output, &sampled.part});
  sampled.keys = read_texts(in);
  return sampled;
}

std::string to_bytes(const DealtRows& dealt) {
  ByteWriter out;
  write_numbers(out, {dealt.output, dealt.part});
  write_files_by(out, dealt.files);
  return out.take();
}

DealtRows dealt_rows(std::string_view bytes) {
  ByteReader in(bytes, "rows by range");
  DealtRows dealt;
  read_numbers(in, {&dealt.output, &dealt.part});
  dealt.files = read_files_by(in);
  return dealt;
}

std::string to_bytes(const RangeTask& task) {
  ByteWriter out;
  write_numbers(out, {task.output, task.part, task.range});
  write_files(out, task.files);
  return out.take();
}

RangeTask range_task(std::string_view bytes) {
  ByteReader in(bytes, "the rows of a range");
  RangeTask task;
  read_numbers(in, {&task.output, &task.part, &task.range});
  task.files = read_files(in);
  return task;
}

std::string to_bytes(const OrderedRange& ordered) {
  ByteWriter out;
  write_numbers(out, {ordered.output, ordered.part});
  ordered.file.write(out);
  out.put<std::uint64_t>(ordered.partitions.size());
  for (const PartitionRows& partition : ordered.partitions) {
    write_partition(out, partition.values);
    out.put(partition.row_count);
  }
  return out.take();
}

OrderedRange ordered_range(std::string_view bytes) {
  ByteReader in(bytes, "the rows of a range in order");
  OrderedRange ordered;
  read_numbers(in, {&ordered.output, &ordered.part});
  ordered.file = SpoolFile::read(in);
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    PartitionValues values = read_partition(in);
    ordered.partitions.push_back({std::move(values), in.get<std::int64_t>()});
  }
  return ordered;
}

std::string to_bytes(const WriteResult& result) {
  ByteWriter out;
  out.put<std::uint64_t>(result.shards.size());
  for (const WriteResult::Written& written : result.shards) {
    out.put<std::uint64_t>(written.output);
    out.put<std::uint64_t>(written.part);
    write_shard(out, written.shard);
  }
  result.totals.write(out);
  out.put_text(result.profile_path);
  return out.take();
}

WriteResult write_result(std::string_view bytes) {
  ByteReader in(bytes, "what a task wrote");
  WriteResult result;
  for (auto count = in.get<std::uint64_t>(); count > 0; --count) {
    auto output = in.get<std::uint64_t>();
    auto part = in.get<std::uint64_t>();
    result.shards.push_back({output, part, read_shard(in)});
  }
  result.totals.read(in);
  result.profile_path = in.get_text();
  return result;
}

std::string to_bytes(const std::vector<SpoolFile>& files) {
  ByteWriter out;
  write_files(out, files);
  return out.take();
}

std::vector<SpoolFile> spool_files(std::string_view bytes) {
  ByteReader in(bytes, "a list of files");
  return read_files(in);
}

}  // namespace headrace
