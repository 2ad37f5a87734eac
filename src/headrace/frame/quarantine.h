// The quarantine data set: the bad rows of all sources, published with the outputs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headrace/io/data_set/data_set.h"
#include "headrace/plan/pipeline.h"

namespace headrace {

struct RunOptions;
struct RunReport;

/// The columns of a quarantine data set: source, file, line, byte_offset, column, kind, message, text.
const Schema& quarantine_schema();

/// A written, not yet published quarantine. Destroyed before publish(), it leaves nothing.
class QuarantineWriter {
 public:
  QuarantineWriter(std::unique_ptr<DataSetWriter> writer, Manifest manifest)
      : writer_(std::move(writer)), manifest_(std::move(manifest)) {}
  void publish() { writer_->publish(manifest_); }

 private:
  std::unique_ptr<DataSetWriter> writer_;
  Manifest manifest_;
};

/// Writes the bad rows, source by source in the order of the pipeline. Returns nothing when no source of the pipeline
/// quarantines; with none met, an empty data set, so that an old one is not mistaken for this run's.
std::unique_ptr<QuarantineWriter> write_quarantine(const Pipeline& pipeline,
                                                   const std::map<std::string, std::vector<BadRow>>& bad_rows,
                                                   const RunOptions& options, const RunReport& report);

}  // namespace headrace
