// See pickle_reader.h. The numbers of the opcodes are those of Python's pickletools.
#include "headrace/io/petastorm/pickle_reader.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "headrace/base/error.h"
#include "headrace/io/excerpt.h"

namespace headrace {
namespace {

using Kind = PickleValue::Kind;

/// Memory is charged in steps of so many bytes.
constexpr std::size_t kChargeStepBytes = std::size_t{16} << 10;
/// What an entry of the stack or of the memo takes at most, growth of its container included.
constexpr std::size_t kEntryBytes = 64;

class Machine {
 public:
  Machine(std::string_view bytes, const PickleNames& is_known, MemoryBudget& memory)
      : bytes_(bytes), is_known_(is_known) {
    pickle_.charge = Reservation(memory, 0, "a pickle");
  }

  Pickle run() {
    while (true) {
      offset_ = at_;
      unsigned char opcode = static_cast<unsigned char>(take(1)[0]);
      if (opcode == '.') break;
      step(opcode);
    }
    pickle_.root = pop();
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void refuse(std::string_view cause) const {
    throw Error(ErrorCode::kBadData, fmt::format("the pickle cannot be read: byte {}: {}", offset_, cause),
                "the metadata is damaged, or it holds what does not belong there");
  }

  // --- the bytes

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size() - at_) refuse(fmt::format("{} bytes are wanted, {} are left", size, bytes_.size() - at_));
    std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

  template <typename T>
  T number() {
    T value{};
    std::string_view bytes = take(sizeof(T));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

  std::string_view line() {
    std::size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("the line does not end");
    std::string_view text = take(end - at_);
    take(1);
    return text;
  }

  // --- values

  /// Charges what a value takes: itself, its text, an entry of whatever refers to it.
  void charge(std::size_t bytes) {
    used_bytes_ += bytes;
    if (used_bytes_ <= pickle_.charge.bytes()) return;
    pickle_.charge.resize(used_bytes_ + kChargeStepBytes, "a pickle");
  }

  std::size_t add(Kind kind, std::vector<std::size_t> children = {}) {
    // Vectors double: one value may have room for two.
    charge(2 * sizeof(PickleValue) + kEntryBytes + children.size() * sizeof(std::size_t));
    PickleValue value;
    value.kind = kind;
    value.children = std::move(children);
    value.offset = offset_;
    pickle_.values.push_back(std::move(value));
    return pickle_.values.size() - 1;
  }

  void push(std::size_t index) {
    charge(kEntryBytes);
    stack_.push_back(index);
  }

  void push_new(Kind kind, std::vector<std::size_t> children = {}) { push(add(kind, std::move(children))); }

  void push_int(std::int64_t value, Kind kind = Kind::kInt) {
    push_new(kind);
    pickle_.values.back().integer = value;
  }

  void push_text(std::string_view text) {
    charge(text.size());
    push_new(Kind::kText);
    pickle_.values.back().text = text;
  }

  void push_global(std::string_view module, std::string_view name) {
    std::string global = fmt::format("{} {}", module, name);
    if (!is_known_(global)) refuse(fmt::format("the name {} is not known", excerpt(global)));
    charge(global.size());
    push_new(Kind::kGlobal);
    pickle_.values.back().text = std::move(global);
  }

  std::size_t bottom() const { return marks_.empty() ? 0 : marks_.back(); }

  std::size_t pop() {
    if (stack_.size() <= bottom()) refuse("the stack is empty");
    std::size_t top = stack_.back();
    stack_.pop_back();
    return top;
  }

  std::size_t top() const {
    if (stack_.size() <= bottom()) refuse("the stack is empty");
    return stack_.back();
  }

  std::vector<std::size_t> pop_to_mark() {
    if (marks_.empty()) refuse("there is no mark");
    std::vector<std::size_t> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_tuple_of(std::size_t count) {
    std::vector<std::size_t> items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    push_new(Kind::kTuple, std::move(items));
  }

  // --- what changes values

  void append(const std::vector<std::size_t>& items) {
    PickleValue& list = pickle_.values[top()];
    if (list.kind != Kind::kList) refuse("what is appended to is no list");
    charge(items.size() * kEntryBytes);
    list.children.insert(list.children.end(), items.begin(), items.end());
  }

  void set_items(const std::vector<std::size_t>& items) {
    PickleValue& target = pickle_.values[top()];
    if (target.kind != Kind::kDict && target.kind != Kind::kObject) refuse("what items are set of is no dictionary");
    if (items.size() % 2 != 0) refuse("a key has no value");
    charge(items.size() * kEntryBytes);
    target.children.insert(target.children.end(), items.begin(), items.end());
  }

  void push_object() {
    std::size_t arguments = pop();
    std::size_t called = pop();
    if (pickle_.values[called].kind != Kind::kGlobal) refuse("what is called has no name");
    if (pickle_.values[arguments].kind != Kind::kTuple) refuse("the arguments of a call are no tuple");
    push_new(Kind::kObject, {called, arguments});
  }

  void build() {
    std::size_t state = pop();
    PickleValue& object = pickle_.values[top()];
    if (object.kind != Kind::kObject) refuse("what a state is given to is no object");
    object.state = state;
  }

  // --- memo

  void remember(std::uint64_t key) {
    charge(kEntryBytes);
    memo_[key] = top();
  }

  void recall(std::uint64_t key) {
    auto found = memo_.find(key);
    if (found == memo_.end()) refuse(fmt::format("the memo has no entry {}", key));
    push(found->second);
  }

  std::uint64_t key_of(std::string_view text) const {
    std::uint64_t key = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
    if (error != std::errc() || end != text.data() + text.size()) refuse("it is no number of a memo entry");
    return key;
  }

  // --- numbers and texts in the form of a protocol

  void push_decimal(std::string_view text, bool is_long) {
    if (!is_long && (text == "00" || text == "01")) return push_int(text == "01" ? 1 : 0, Kind::kBool);
    if (is_long && text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      refuse(fmt::format("{} is no number of 64 bits", excerpt(text)));
    }
    push_int(value);
  }

  /// Two's complement of as many bytes as it takes.
  void push_long(std::string_view bytes) {
    if (bytes.size() > 8) refuse("the number has more than 64 bits");
    std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    push_int(static_cast<std::int64_t>(value));
  }

  static void append_utf8(std::uint32_t code, std::string& out) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | code >> 12);
      out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | code >> 18);
      out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
      out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  }

  /// Latin-1 with \uXXXX and \UXXXXXXXX for other characters.
  void push_escaped(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::size_t digits = 0;
      if (text[i] == '\\' && i + 1 < text.size()) digits = text[i + 1] == 'u' ? 4 : text[i + 1] == 'U' ? 8 : 0;
      if (digits == 0) {
        append_utf8(static_cast<unsigned char>(text[i]), decoded);
        continue;
      }
      std::string_view hex = text.substr(i + 2, digits);
      std::uint32_t code = 0;
      auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      bool good = error == std::errc() && hex.size() == digits && end == hex.data() + hex.size() && code <= 0x10FFFF;
      if (!good) refuse(fmt::format("{} holds no character", excerpt(text)));
      append_utf8(code, decoded);
      i += 1 + digits;
    }
    push_text(decoded);
  }

  /// The repr of a str of Python 2. Quotes and escapes inside have no place in a Unischema.
  void push_quoted(std::string_view text) {
    bool is_quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
    if (!is_quoted) refuse("the text has no quotes");
    std::string_view inner = text.substr(1, text.size() - 2);
    if (inner.find_first_of("\\'\"") != std::string_view::npos) refuse("the text has escapes");
    push_text(inner);
  }

  void push_stack_global() {
    std::size_t name = pop();
    std::size_t module = pop();
    if (pickle_[name].kind != Kind::kText || pickle_[module].kind != Kind::kText) refuse("a name is no text");
    std::string module_text = pickle_[module].text;
    std::string name_text = pickle_[name].text;
    push_global(module_text, name_text);
  }

  void push_line_global() {
    std::string_view module = line();
    push_global(module, line());
  }

  void check_protocol() {
    auto protocol = number<std::uint8_t>();
    if (protocol > 5) refuse(fmt::format("protocol {} is not known", protocol));
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: return check_protocol();
      case 0x95: return static_cast<void>(number<std::uint64_t>());  // FRAME: a hint for reading ahead
      case '(': charge(kEntryBytes); return marks_.push_back(stack_.size());
      case '0': return pop_or_unmark();
      case '1': return static_cast<void>(pop_to_mark());
      case '2': return push(top());
      case 'N': return push_new(Kind::kNone);
      case 0x88: return push_int(1, Kind::kBool);
      case 0x89: return push_int(0, Kind::kBool);
      case 'I': return push_decimal(line(), /*is_long=*/false);
      case 'L': return push_decimal(line(), /*is_long=*/true);
      case 'J': return push_int(number<std::int32_t>());
      case 'K': return push_int(number<std::uint8_t>());
      case 'M': return push_int(number<std::uint16_t>());
      case 0x8a: return push_long(take(number<std::uint8_t>()));
      case 0x8b: return push_long(take(number<std::uint32_t>()));
      case 'V': return push_escaped(line());
      case 'S': return push_quoted(line());
      case 'U':
      case 'C':
      case 0x8c: return push_text(take(number<std::uint8_t>()));
      case 'X':
      case 'T':
      case 'B': return push_text(take(number<std::uint32_t>()));
      case 0x8d:
      case 0x8e: return push_text(take(number<std::uint64_t>()));
      case ')': return push_new(Kind::kTuple);
      case 't': return push_new(Kind::kTuple, pop_to_mark());
      case 0x85: return push_tuple_of(1);
      case 0x86: return push_tuple_of(2);
      case 0x87: return push_tuple_of(3);
      case ']': return push_new(Kind::kList);
      case 'l': return push_new(Kind::kList, pop_to_mark());
      case 'a': return append({pop()});
      case 'e': return append(pop_to_mark());
      case '}': return push_new(Kind::kDict);
      case 'd': return push_dict(pop_to_mark());
      case 's': return set_item();
      case 'u': return set_items(pop_to_mark());
      case 'g': return recall(key_of(line()));
      case 'h': return recall(number<std::uint8_t>());
      case 'j': return recall(number<std::uint32_t>());
      case 'p': return remember(key_of(line()));
      case 'q': return remember(number<std::uint8_t>());
      case 'r': return remember(number<std::uint32_t>());
      case 0x94: return remember(memo_.size());
      case 'c': return push_line_global();
      case 0x93: return push_stack_global();
      case 'R':
      case 0x81: return push_object();
      case 'b': return build();
      default: refuse(fmt::format("the opcode 0x{:02x} is not known", opcode));
    }
  }

  void pop_or_unmark() {
    bool is_mark = !marks_.empty() && stack_.size() == marks_.back();
    if (is_mark) return marks_.pop_back();
    pop();
  }

  void push_dict(std::vector<std::size_t> items) {
    if (items.size() % 2 != 0) refuse("a key has no value");
    push_new(Kind::kDict, std::move(items));
  }

  void set_item() {
    std::size_t value = pop();
    std::size_t key = pop();
    set_items({key, value});
  }

  std::string_view bytes_;
  const PickleNames& is_known_;
  std::size_t at_ = 0;
  std::size_t offset_ = 0;  // of the opcode at hand
  Pickle pickle_;
  std::size_t used_bytes_ = 0;
  std::vector<std::size_t> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, std::size_t> memo_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes, const PickleNames& is_known, MemoryBudget& memory) {
  return Machine(bytes, is_known, memory).run();
}

}  // namespace headrace
