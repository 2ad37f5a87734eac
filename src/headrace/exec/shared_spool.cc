// See shared_spool.h.
#include "headrace/exec/shared_spool.h"

#include <algorithm>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/kernel/gather.h"

namespace headrace {
namespace {

constexpr std::string_view kFormat = "arrow";

}  // namespace

void SpoolFile::write(ByteWriter& out) const {
  out.put_text(path);
  out.put(row_count);
  out.put(size_bytes);
}

SpoolFile SpoolFile::read(ByteReader& in) {
  SpoolFile file;
  file.path = in.get_text();
  file.row_count = in.get<std::int64_t>();
  file.size_bytes = in.get<std::int64_t>();
  return file;
}

std::int64_t rows_of(const std::vector<SpoolFile>& files) {
  std::int64_t rows = 0;
  for (const SpoolFile& file : files) rows += file.row_count;
  return rows;
}

void SpoolFiles::write(std::size_t number, const Batch& rows) {
  Open& file = files_[number];
  if (!file.writer) {
    file.path = fmt::format("{}-{}.arrow", prefix_, name_of_(number));
    file.writer = format_named(kFormat).create(schema_, fs_.create_whole(file.path), WriterOptions{"lz4"}, memory_);
  }
  file.writer->write(rows);
}

std::vector<std::pair<std::size_t, SpoolFile>> SpoolFiles::finish() {
  std::vector<std::pair<std::size_t, SpoolFile>> files;
  for (auto& [number, file] : files_) {
    FileSummary summary = file.writer->finish();
    files.push_back({number, {file.path, summary.row_count, summary.size_bytes}});
  }
  return files;
}

SharedSpoolSink::SharedSpoolSink(const PartAssigner& assigner, std::shared_ptr<const Schema> schema, std::string prefix,
                                 FitPart* fit, const std::string& fit_part, FileSystem& fs, const RunContext& context)
    : assigner_(assigner),
      schema_(std::move(schema)),
      fit_(fit),
      context_(context),
      files_(
          std::move(prefix), [this](std::size_t part) { return assigner_.parts()[part]; }, *schema_, fs,
          *context.memory) {
  for (std::size_t part = 0; part < assigner.parts().size(); ++part) {
    if (assigner.parts()[part] == fit_part) fit_index_ = part;
  }
}

void SharedSpoolSink::start(std::size_t, std::size_t worker_count) { HEADRACE_CHECK(worker_count == 1); }

void SharedSpoolSink::consume(Batch batch, std::size_t, std::size_t) {
  EvalContext eval(*context_.memory, &dictionaries_);
  std::vector<Batch> dealt = deal_rows(assigner_, batch, eval);
  rows_left_out_ += batch.row_count;
  for (std::size_t part = 0; part < dealt.size(); ++part) {
    if (dealt[part].row_count == 0) continue;
    Batch rows = flatten(*context_.memory, dealt[part]);
    rows_left_out_ -= rows.row_count;
    if (fit_ != nullptr && part == fit_index_) fit_->add(rows);
    files_.write(part, rows);
  }
}

void check_unchanged(const SpoolFile& file, FileSystem& fs) {
  FileInfo info = fs.info(file.path);
  if (info.kind != FileInfo::Kind::kFile || info.size_bytes != file.size_bytes) {
    throw Error(ErrorCode::kBadData,
                fmt::format("'{}', where rows of this run were kept, is gone or has changed", file.path),
                "let nothing else write there while a pipeline runs, and run again");
  }
}

void read_spool(const std::vector<SpoolFile>& files, const Schema& schema, std::int64_t begin, std::int64_t end,
                const std::shared_ptr<FileSystem>& fs, const RunContext& context,
                const std::function<void(const Batch&)>& take) {
  auto shared_schema = std::make_shared<const Schema>(schema);
  std::int64_t first = 0;  // of the file, then of the batch
  for (const SpoolFile& file : files) {
    std::int64_t next_file = first + file.row_count;
    if (next_file <= begin || first >= end) {
      first = next_file;
      continue;
    }
    check_unchanged(file, *fs);
    SourceSpec spec;
    spec.name = "spool";
    spec.format = kFormat;
    spec.paths = {file.path};
    spec.checks_unread = false;
    std::unique_ptr<SourceReader> reader = open_source(spec, {fs, context.memory});
    ScanRequest request{schema.names(), {}};
    for (std::size_t split = 0; split < reader->split_count(); ++split) {
      std::int64_t rows = reader->split_row_count(split).value();
      if (first + rows <= begin || first >= end) {
        first += rows;
        continue;
      }
      std::unique_ptr<SplitStream> stream = reader->open_split(split, request);
      for (Batch batch; stream->next(batch);) {
        std::int64_t from = std::max(begin - first, std::int64_t{0});
        std::int64_t to = std::min(end - first, batch.row_count);
        first += batch.row_count;
        if (from >= to) continue;
        batch.schema = shared_schema;
        take(from == 0 && to == batch.row_count ? batch : batch.slice(from, to - from));
      }
    }
    HEADRACE_CHECK(first == next_file);
  }
}

}  // namespace headrace
