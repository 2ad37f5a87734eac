// See spill_file.h. No staging buffer is held while dictionaries are looked for: reading one takes another.
#include "headrace/exec/spill/spill_file.h"

#include <algorithm>
#include <utility>

#include "headrace/base/error.h"
#include "headrace/exec/spill/column_codec.h"

namespace headrace {
namespace {

constexpr std::size_t kKeptBytesMax = 64 << 20;

std::vector<Type> types_of(const Schema& schema) {
  std::vector<Type> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

std::int64_t bytes_of(const std::vector<SpillBlock>& blocks) {
  std::int64_t bytes = 0;
  for (const SpillBlock& block : blocks) bytes += block.size_bytes;
  return bytes;
}

}  // namespace

SpillFile::SpillFile(const RunContext& context, std::shared_ptr<const Schema> schema)
    : memory_(context.memory),
      space_(context.spill),
      schema_(std::move(schema)),
      types_(types_of(*schema_)),
      index_bytes_(*memory_, 0, "an index of spilled batches") {}

std::size_t SpillFile::append(const Batch& batch) {
  HEADRACE_CHECK(batch.columns.size() == types_.size());
  for (std::size_t i = 0; i < types_.size(); ++i) HEADRACE_CHECK(batch.columns[i].type() == types_[i]);
  Record record = write(batch.columns, batch.row_count);
  std::lock_guard lock(mutex_);
  records_.push_back(std::move(record));
  return records_.size() - 1;
}

SpillFile::Record SpillFile::write(const std::vector<Column>& columns, std::int64_t row_count) {
  Record record;
  record.row_count = row_count;
  {
    std::lock_guard lock(dictionary_mutex_);
    record.dictionaries = write_dictionaries(columns);
  }
  write_blocks(columns, record);
  return record;
}

void SpillFile::write_blocks(const std::vector<Column>& columns, Record& record) {
  {
    SpillSpace::Staging staging = space_->stage(*memory_);
    BlockWriter out(open_file(), staging, record.blocks);
    write_columns(out, columns);
    out.flush();
  }
  std::size_t index_bytes = sizeof(Record) + record.blocks.capacity() * sizeof(SpillBlock) +
                            record.dictionaries.capacity() * sizeof(std::size_t);
  std::lock_guard lock(mutex_);
  index_bytes_.resize(index_bytes_.bytes() + index_bytes, "an index of spilled batches");
  std::int64_t written = bytes_of(record.blocks);
  size_bytes_ += written;
  space_->count_written(written);
}

ScratchFile& SpillFile::open_file() {
  std::lock_guard lock(mutex_);
  if (!file_) file_ = space_->scratch().create();
  return *file_;
}

std::vector<std::size_t> SpillFile::write_dictionaries(const std::vector<Column>& columns) {
  std::vector<std::size_t> ids;
  for (const Column& column : columns) {
    for_each_dictionary(column,
                        [&](const std::shared_ptr<const Column>& values) { ids.push_back(write_dictionary(values)); });
  }
  return ids;
}

std::size_t SpillFile::write_dictionary(const std::shared_ptr<const Column>& values) {
  // Another column may have come to the place of one that is gone.
  if (auto known = dictionary_ids_.find(values.get()); known != dictionary_ids_.end()) {
    const Dictionary& dictionary = dictionaries_[known->second];
    if (dictionary.pinned == values || dictionary.written.lock() == values) return known->second;
  }

  Dictionary dictionary;
  dictionary.type = values->type();
  if (space_->is_pinned(values)) {
    dictionary.pinned = values;
  } else {
    dictionary.written = values;
    dictionary.record.row_count = values->length();
    dictionary.record.dictionaries = write_dictionaries({*values});
    write_blocks({*values}, dictionary.record);
  }
  dictionaries_.push_back(std::move(dictionary));
  dictionary_ids_[values.get()] = dictionaries_.size() - 1;
  return dictionaries_.size() - 1;
}

std::size_t SpillFile::batch_count() const {
  std::lock_guard lock(mutex_);
  return records_.size();
}

std::int64_t SpillFile::row_count(std::size_t index) const { return record_at(index).row_count; }

std::int64_t SpillFile::size_bytes() const {
  std::lock_guard lock(mutex_);
  return size_bytes_;
}

const SpillFile::Record& SpillFile::record_at(std::size_t index) const {
  std::lock_guard lock(mutex_);
  HEADRACE_CHECK(index < records_.size());
  return records_[index];  // a deque does not move what it holds
}

Batch SpillFile::read(std::size_t index) const {
  const Record& record = record_at(index);
  std::vector<std::shared_ptr<const Column>> dictionaries;
  if (!record.dictionaries.empty()) {
    std::lock_guard lock(dictionary_mutex_);
    dictionaries = read_dictionaries(record);
  }
  return {schema_, read_columns(record, types_, dictionaries), record.row_count};
}

std::vector<Column> SpillFile::read_columns(const Record& record, std::span<const Type> types,
                                            std::span<const std::shared_ptr<const Column>> dictionaries) const {
  SpillSpace::Staging staging = space_->stage(*memory_);
  BlockReader in(*file_, staging, record.blocks);
  return headrace::read_columns(in, types, record.row_count, dictionaries, *memory_);
}

std::vector<std::shared_ptr<const Column>> SpillFile::read_dictionaries(const Record& record) const {
  std::vector<std::shared_ptr<const Column>> dictionaries;
  for (std::size_t id : record.dictionaries) dictionaries.push_back(read_dictionary(id));
  return dictionaries;
}

std::shared_ptr<const Column> SpillFile::read_dictionary(std::size_t id) const {
  Dictionary& dictionary = dictionaries_[id];
  if (dictionary.pinned) return dictionary.pinned;
  std::shared_ptr<const Column> values = dictionary.written.lock();
  if (!values) values = dictionary.read.lock();
  if (!values) {
    std::vector<std::shared_ptr<const Column>> below = read_dictionaries(dictionary.record);
    std::span<const Type> type(&dictionary.type, 1);
    values = std::make_shared<const Column>(read_columns(dictionary.record, type, below).front());
    dictionary.read = values;
    keep(values);
  }
  return values;
}

void SpillFile::keep(std::shared_ptr<const Column> dictionary) const {
  kept_bytes_ += dictionary->data_bytes();
  kept_.push_back(std::move(dictionary));
  std::size_t bytes_max = std::min(kKeptBytesMax, memory_->limit_bytes() / 32);
  while (kept_bytes_ > bytes_max && kept_.size() > 1) {
    kept_bytes_ -= kept_.front()->data_bytes();
    kept_.pop_front();
  }
}

}  // namespace headrace
