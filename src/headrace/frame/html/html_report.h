// The report of a run as a page: one file that needs nothing else, no network, and for its numbers no script.
#pragma once

#include <string>
#include <string_view>

#include "headrace/io/fs/file_system.h"

namespace headrace {

/// `run_json` is the text of a run.json, `path` names it in messages. Throws Error(kBadData) when it is none.
std::string html_report(std::string_view run_json, const std::string& path);

/// Reads `run`, a run.json or the folder that it lies in, and writes its page to `out`, or beside it when that is
/// empty. Returns the path of the page.
std::string write_html_report(const std::string& run, const std::string& out, FileSystem& fs);

/// The same for a notebook's cell: without script and charts, with one line a column.
std::string html_summary(std::string_view run_json);
/// The two parts of it that stand for themselves; empty without them.
std::string html_statistics(std::string_view run_json);
std::string html_contract(std::string_view run_json);

}  // namespace headrace
