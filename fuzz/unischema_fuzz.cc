// Fuzzes the reader of pickled Unischemas. Raw bytes seldom get past the first opcodes, so most inputs are a program
// for an assembler: each byte names a piece, an opcode with good operands or one of the names that are known, and the
// machine behind is reached with stacks, marks and memos of any shape.
//
//   input   mode (even: a pickle as it is; odd: a program), then the bytes
#include "fuzz/fuzz.h"
#include "headrace/io/petastorm/unischema_pickle.h"

namespace headrace {
namespace {

using namespace std::string_literals;

const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all = {
      "(",
      "0",
      "1",
      "2",
      "N",
      "\x88",
      "\x89",
      "I01\n",
      "I7\n",
      "L-5L\n",
      "K\x03",
      "M\x01\x01",
      "J\xff\xff\xff\xff",
      "\x8a\x02\x01\x01",
      "Va\n",
      "V_name\n",
      "V_fields\n",
      "V_spark_type\n",
      "V_image_codec\n",
      "V_quality\n",
      "S'b'\n",
      "U\x01"
      "c",
      "X\x01\x00\x00\x00"
      "d"s,
      "\x8c\x01"
      "e",
      ")",
      "t",
      "\x85",
      "\x86",
      "\x87",
      "]",
      "l",
      "a",
      "e",
      "}",
      "d",
      "s",
      "u",
      "h\x00"s,
      "h\x01",
      "h\x02",
      "q\x00"s,
      "q\x01",
      "q\x02",
      "\x94",
      "R",
      "\x81",
      "b",
      "cpetastorm.unischema\nUnischema\n",
      "cpetastorm.unischema\nUnischemaField\n",
      "cpetastorm.codecs\nScalarCodec\n",
      "cpetastorm.codecs\nNdarrayCodec\n",
      "cpetastorm.codecs\nCompressedImageCodec\n",
      "ccollections\nOrderedDict\n",
      "ccopy_reg\n_reconstructor\n",
      "c__builtin__\nobject\n",
      "c__builtin__\ntuple\n",
      "cnumpy\nint64\n",
      "cnumpy\ndtype\n",
      "cdecimal\nDecimal\n",
      "cpyspark.sql.types\nDecimalType\n",
      "Vprecision\nI9\nVscale\nI2\n",
      "\x8c\x05numpy\x8c\x05int32\x93",
      "\x80\x04",
      "\x95\x00\x00\x00\x00\x00\x00\x00\x00"s,
      "(ta",
      "tRb",
  };
  return all;
}

std::string assemble(std::string_view program) {
  std::string pickle;
  for (char piece : program) pickle += pieces()[static_cast<unsigned char>(piece) % pieces().size()];
  return pickle + ".";
}

/// The program that gives `pickle` from its beginning on, as far as pieces do.
std::string program_of(std::string_view pickle) {
  std::string program(1, '\x01');
  while (!pickle.empty()) {
    std::size_t best = pieces().size();
    for (std::size_t i = 0; i < pieces().size(); ++i) {
      bool is_longer = best == pieces().size() || pieces()[i].size() > pieces()[best].size();
      if (is_longer && pickle.starts_with(pieces()[i])) best = i;
    }
    if (best == pieces().size()) break;
    program += static_cast<char>(best);
    pickle.remove_prefix(pieces()[best].size());
  }
  return program;
}

Unischema sample() {
  using Kind = UnischemaCodec::Kind;
  return {"S",
          {{"a", "int64", {}, {Kind::kScalar, "DecimalType(9,2)", "", 0}, true},
           {"m", "float32", {std::nullopt, 3}, {Kind::kNdarray, "", "", 0}, false},
           {"i", "uint8", {std::nullopt}, {Kind::kCompressedImage, "", "png", 80}, false},
           {"d", "Decimal", {}, {}, false}}};
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  std::string protocol0 =
      "ccopy_reg\n_reconstructor\nq\x00(cpetastorm.unischema\nUnischema\nc__builtin__\nobject\nNtR(dV_name\nVa\nsV_"
      "fields\n"
      "ccollections\nOrderedDict\n(tRVa\nh\x00(cpetastorm.unischema\nUnischemaField\nc__builtin__\ntuple\n(Va\ncnumpy\n"
      "int64\n(th\x00(cpetastorm.codecs\nNdarrayCodec\nc__builtin__\nobject\nNtRI01\nttRssb"s;
  return {std::string(1, '\0') + write_unischema_pickle(sample()), std::string(1, '\0') + protocol0 + ".",
          program_of(protocol0)};
}

std::vector<std::string> fuzz_words() {
  std::vector<std::string> words = pieces();
  words.insert(words.end(), {"cos\nsystem\n", "cbuiltins\neval\n", "X\xff\xff\xff\xff", "\x8b\xff\xff\xff\x7f",
                             "\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "p18446744073709551616\n", "j\xff\xff\xff\xff"});
  return words;
}

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  bool is_program = (input[0] & 1) != 0;
  std::string pickle = is_program ? assemble(input.substr(1)) : std::string(input.substr(1));
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(64 << 20);
  allow_input_errors([&] {
    Unischema schema = read_unischema_pickle(pickle, *memory);
    expect(read_unischema_pickle(write_unischema_pickle(schema), *memory) == schema,
           "what was read is written as another");
    expect(Unischema::from_json(schema.to_json()) == schema, "what was read is another as JSON");
  });
  expect(memory->used_bytes() == 0, "memory stays charged");
}

}  // namespace headrace
