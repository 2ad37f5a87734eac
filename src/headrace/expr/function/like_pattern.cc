// See like_pattern.h.
#include "headrace/expr/function/like_pattern.h"

#include <algorithm>

#include "headrace/expr/function/utf8.h"

namespace headrace {

LikePattern::LikePattern(std::string_view pattern) {
  segments_.emplace_back();
  while (!pattern.empty()) {
    std::string_view unit = pattern.substr(0, code_point_bytes(pattern.front()));
    pattern.remove_prefix(unit.size());
    if (unit == "\\") {
      unit = pattern.substr(0, 1);
      if (unit != "%" && unit != "_" && unit != "\\") {
        problem_ = "in a pattern, \\ must stand before %, _ or another \\";
        return;
      }
      pattern.remove_prefix(1);
      segments_.back().add_text(unit);
    } else if (unit == "%") {
      segments_.emplace_back();
    } else if (unit == "_") {
      segments_.back().add_any();
    } else {
      segments_.back().add_text(unit);
    }
  }
}

bool LikePattern::matches(std::string_view text) const {
  if (segments_.size() == 1) return segments_[0].match_at(text, 0) == text.size();
  std::optional<std::size_t> offset = segments_.front().match_at(text, 0);
  for (std::size_t i = 1; offset && i + 1 < segments_.size(); ++i) offset = segments_[i].find(text, *offset);
  return offset && segments_.back().matches_end(text, *offset);
}

void LikePattern::Segment::add_text(std::string_view part) {
  if (pieces.empty() || pieces.back().any_count > 0) pieces.emplace_back();
  pieces.back().text += part;
  text_bytes += part.size();
}

void LikePattern::Segment::add_any() {
  if (pieces.empty()) pieces.emplace_back();
  ++pieces.back().any_count;
  ++any_count;
}

std::optional<std::size_t> LikePattern::Segment::match_at(std::string_view text, std::size_t offset) const {
  for (const Piece& piece : pieces) {
    if (!text.substr(offset).starts_with(piece.text)) return std::nullopt;
    offset += piece.text.size();
    for (std::int64_t i = 0; i < piece.any_count; ++i) {
      if (offset == text.size()) return std::nullopt;
      offset += code_point_bytes(text[offset]);
    }
  }
  return offset;
}

std::optional<std::size_t> LikePattern::Segment::find(std::string_view text, std::size_t offset) const {
  if (pieces.empty()) return offset;
  while (true) {
    offset = text.find(pieces[0].text, offset);
    if (offset == std::string_view::npos) return std::nullopt;
    if (std::optional<std::size_t> end = match_at(text, offset)) return end;
    if (offset == text.size()) return std::nullopt;
    offset += code_point_bytes(text[offset]);
  }
}

bool LikePattern::Segment::matches_end(std::string_view text, std::size_t offset) const {
  std::size_t begin = text.size();
  if (any_count == 0) {
    if (text_bytes > begin) return false;
    begin -= text_bytes;
  } else {
    std::int64_t characters = any_count;
    for (const Piece& piece : pieces) characters += count_code_points(piece.text);
    for (; characters > 0; --characters) {
      if (begin == 0) return false;
      do --begin;
      while (begin > 0 && !starts_code_point(text[begin]));
    }
  }
  return begin >= offset && match_at(text, begin) == text.size();
}

}  // namespace headrace
