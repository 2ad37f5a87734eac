// The sections of a run's report, but for the columns, as HTML. Each is empty when the run has nothing for it.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace headrace {

/// Name, what came of it, when, how long, with how many threads and how much memory; the error of a failed run.
std::string head_html(const nlohmann::ordered_json& run);
/// Time, rows and memory of every operator, and the plan as text.
std::string plan_html(const nlohmann::ordered_json& run);
/// Promises and the rows that broke them.
std::string contract_html(const nlohmann::ordered_json& run);
/// Rows by source, and what was quarantined by kind.
std::string sources_html(const nlohmann::ordered_json& run);
/// A line a feature with what was fitted.
std::string features_html(const nlohmann::ordered_json& run);
/// Data sets and their parts.
std::string outputs_html(const nlohmann::ordered_json& run);
/// The command that runs it again.
std::string command_html(const nlohmann::ordered_json& run);

}  // namespace headrace
