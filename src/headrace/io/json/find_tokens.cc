// Finds where tokens begin. See json_tokens.h.
#include <bit>
#include <tmmintrin.h>

#include "headrace/io/excerpt.h"
#include "headrace/io/json/json_tokens.h"

namespace headrace {
namespace {

constexpr std::size_t kVectorBytes = 64;

/// What 64 bytes hold: bit i stands for byte i.
struct Marks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t controls = 0;
  std::uint64_t blanks = 0;
  std::uint64_t punctuation = 0;

  void keep(std::uint64_t mask) {
    quotes &= mask;
    backslashes &= mask;
    controls &= mask;
    punctuation &= mask;
    blanks |= ~mask;
  }
};

std::uint64_t mask_of(__m128i matches) { return static_cast<std::uint32_t>(_mm_movemask_epi8(matches)); }

[[gnu::always_inline]] inline Marks load(const char* at, __m128i& all_bytes) {
  // By the low half of a byte: the one blank, or mark (with bit 5 set), that ends so; else what it never equals.
  const __m128i blank_by_half = _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);
  const __m128i mark_by_half = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
  const __m128i bit_5 = _mm_set1_epi8(0x20);
  Marks marks;
  for (int i = 0; i < 4; ++i) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
    int shift = 16 * i;
    all_bytes = _mm_or_si128(all_bytes, bytes);
    marks.quotes |= mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << shift;
    marks.backslashes |= mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))) << shift;
    marks.controls |= mask_of(_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes)) << shift;
    marks.blanks |= mask_of(_mm_cmpeq_epi8(_mm_shuffle_epi8(blank_by_half, bytes), bytes)) << shift;
    // '[' and ']' become '{' and '}'. So do some control characters become marks: a token that is none, then.
    __m128i folded = _mm_or_si128(bytes, bit_5);
    marks.punctuation |= mask_of(_mm_cmpeq_epi8(_mm_shuffle_epi8(mark_by_half, bytes), folded)) << shift;
  }
  return marks;
}

/// The bytes behind a backslash that is not itself behind one. `carry` goes from vector to vector.
std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& carry) {
  std::uint64_t escaped = carry ? 1 : 0;
  std::uint64_t rest = backslashes & ~escaped;
  carry = false;
  while (rest != 0) {
    int at = std::countr_zero(rest);
    carry = at == 63;
    if (carry) break;
    escaped |= std::uint64_t{2} << at;
    rest &= ~(std::uint64_t{3} << at);
  }
  return escaped;
}

/// Bit i tells whether the number of bits up to and with i is odd.
std::uint64_t parities(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

JsonDefect JsonTokens::find(std::string_view text) {
  std::size_t room = (text.size() + 2 * kVectorBytes) * sizeof(std::uint32_t);
  if (!offsets_ || offsets_->size_bytes() < room) {
    offsets_.reset();
    offsets_ = Buffer::allocate(memory_, room + room / 4);
  }
  std::uint32_t* out = offsets_->mutable_as<std::uint32_t>();
  __m128i all_bytes = _mm_setzero_si128();
  bool is_escaped = false;
  std::uint64_t in_text = 0;       // all ones where a text goes on from the vector before
  std::uint64_t after_scalar = 0;  // 1 where a number or word does
  std::uint64_t bad_in_text = 0;
  for (std::size_t at = 0; at < text.size(); at += kVectorBytes) {
    Marks marks = load(text.data() + at, all_bytes);
    std::size_t left = text.size() - at;
    if (left < kVectorBytes) marks.keep((std::uint64_t{1} << left) - 1);
    std::uint64_t quotes = marks.quotes & ~escaped_bytes(marks.backslashes, is_escaped);
    // From an opening quote to before its closing one.
    std::uint64_t texts = parities(quotes) ^ in_text;
    in_text = (texts >> 63) != 0 ? ~std::uint64_t{0} : 0;
    bad_in_text |= marks.controls & texts;
    std::uint64_t scalars = ~(texts | quotes | marks.blanks | marks.punctuation);
    std::uint64_t tokens = (marks.punctuation & ~texts) | (quotes & texts) | (scalars & ~(scalars << 1 | after_scalar));
    after_scalar = scalars >> 63;
    std::uint32_t* next = out + std::popcount(tokens);
    // In groups of four, some of them too far: cheaper than a branch for each, and there is room.
    for (; tokens != 0; out += 4) {
      for (int i = 0; i < 4; ++i) {
        out[i] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(tokens));
        tokens &= tokens - 1;
      }
    }
    out = next;
  }
  out[0] = out[1] = static_cast<std::uint32_t>(text.size());
  if (_mm_movemask_epi8(all_bytes) != 0 && valid_utf8_bytes(text) != text.size()) return JsonDefect::kEncoding;
  return bad_in_text != 0 || in_text != 0 ? JsonDefect::kText : JsonDefect::kNone;
}

}  // namespace headrace
