// The patterns of `like`: % stands for any text, _ for any one character, and \ before %, _ or \ for that character
// itself.
//
// A pattern is cut at its % into segments. Each matches a fixed number of characters, so the leftmost match of a
// segment is also the one that ends first, and matching needs no going back: the first segment must stand at the start
// of the text, the last at its end, and every other one is taken where it is first found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headrace {

class LikePattern {
 public:
  explicit LikePattern(std::string_view pattern);

  /// Why the pattern cannot be used, or empty.
  std::string_view problem() const { return problem_; }
  bool matches(std::string_view text) const;

 private:
  /// `text`, then `any_count` characters.
  struct Piece {
    std::string text;
    std::int64_t any_count = 0;
  };
  struct Segment {
    std::vector<Piece> pieces;
    std::int64_t any_count = 0;
    std::size_t text_bytes = 0;

    void add_text(std::string_view part);
    void add_any();
    /// Where the segment ends when it is matched at `offset`.
    std::optional<std::size_t> match_at(std::string_view text, std::size_t offset) const;
    /// Where its first match at or after `offset` ends.
    std::optional<std::size_t> find(std::string_view text, std::size_t offset) const;
    /// Whether it matches at the end of the text, not before `offset`.
    bool matches_end(std::string_view text, std::size_t offset) const;
  };

  std::vector<Segment> segments_;  // one more than there are %
  std::string_view problem_;
};

}  // namespace headrace
