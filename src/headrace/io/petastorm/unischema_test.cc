// Unischemas: pickles of Python 2 and 3 in several protocols, the JSON twin, everything that must be refused.
#include "headrace/io/petastorm/unischema.h"

#include <doctest/doctest.h>

#include "headrace/base/error.h"
#include "headrace/io/petastorm/unischema_pickle.h"

namespace headrace {
namespace {

using Codec = UnischemaCodec::Kind;

/// Written by Petastorm 0.13.1 with protocol 0.
constexpr std::string_view kProtocol0 =
    "ccopy_reg\n_reconstructor\np0\n(cpetastorm.unischema\nUnischema\nc__builtin__\nobject\np1\nNtR(dV_name\n"
    "VS\nsV_fields\nccollections\nOrderedDict\n(tRVa\np2\ng0\n(cpetastorm.unischema\nUnischemaField\np3\n"
    "c__builtin__\ntuple\np4\n(g2\ncnumpy\nint64\n(tg0\n(cpetastorm.codecs\nScalarCodec\np5\ng1\n"
    "NtR(dV_spark_type\np6\ng0\n(cpyspark.sql.types\nLongType\ng1\nNtRsbI01\nttRp7\nsVm\np8\ng0\n(g3\ng4\n"
    "(g8\ncnumpy\nfloat32\n(NI3\ntg0\n(cpetastorm.codecs\nNdarrayCodec\ng1\nNtRI00\nttRp9\nsVd\np10\ng0\n(g3\n"
    "g4\n(g10\ncdecimal\nDecimal\n(tg0\n(g5\ng1\nNtR(dg6\ng0\n(cpyspark.sql.types\nDecimalType\ng1\n"
    "NtR(dVprecision\nI10\nsVscale\nI2\nsVhasPrecisionInfo\nI01\nsbsbI00\nttRp11\nsVi\np12\ng0\n(g3\ng4\n"
    "(g12\ncnumpy\nuint8\n(NNI3\ntg0\n(cpetastorm.codecs\nCompressedImageCodec\ng1\nNtR(dV_image_codec\n"
    "V.png\nsV_quality\nI80\nsbI00\nttRp13\nssg2\ng7\nsg8\ng9\nsg10\ng11\nsg12\ng13\nsb.";
/// The same with protocol 5, in hex digits.
constexpr std::string_view kProtocol5 =
    "800595e5010000000000008c137065746173746f726d2e756e69736368656d61948c09556e69736368656d619329817d288c"
    "055f6e616d658c01538c075f6669656c64738c0b636f6c6c656374696f6e738c0b4f72646572656444696374932952288c01"
    "619468008c0e556e69736368656d614669656c6493942868018c056e756d7079948c05696e74363493298c10706574617374"
    "6f726d2e636f64656373948c0b5363616c6172436f646563939429817d8c0b5f737061726b5f74797065948c117079737061"
    "726b2e73716c2e7479706573948c084c6f6e67547970659329817362887481948c016d94680228680968038c07666c6f6174"
    "3332934e4b038668048c0c4e646172726179436f646563932981897481948c016494680228680b8c07646563696d616c8c07"
    "446563696d616c9329680529817d680668078c0b446563696d616c547970659329817d288c09707265636973696f6e4b0a8c"
    "057363616c654b028c10686173507265636973696f6e496e666f8875627362897481948c016994680228680d68038c057569"
    "6e7438934e4e4b038768048c14436f6d70726573736564496d616765436f6465639329817d288c0c5f696d6167655f636f64"
    "65638c042e706e678c085f7175616c6974794b5075628974819475680168086809680a680b680c680d680e75622e";

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

Unischema expected_schema() {
  return {"S",
          {{"a", "int64", {}, {Codec::kScalar, "LongType", "", 0}, true},
           {"m", "float32", {std::nullopt, 3}, {Codec::kNdarray, "", "", 0}, false},
           {"d", "Decimal", {}, {Codec::kScalar, "DecimalType(10,2)", "", 0}, false},
           {"i", "uint8", {std::nullopt, std::nullopt, 3}, {Codec::kCompressedImage, "", "png", 80}, false}}};
}

Unischema read(std::string_view pickle) {
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(1 << 20);
  Unischema schema = read_unischema_pickle(pickle, *memory);
  CHECK(memory->used_bytes() == 0);
  return schema;
}

std::string refusal(std::string_view pickle) {
  try {
    read(pickle);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kBadData);
    return error.message();
  }
  return "read";
}

bool mentions(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// A pickle of one field with the name `a` whose type is what `type` pushes.
std::string with_type(std::string_view type) {
  return "\x80\x02"
         "cpetastorm.unischema\nUnischema\n)\x81}(X\x05" +
         std::string(3, '\0') + "_nameX\x01" + std::string(3, '\0') + "SX\x07" + std::string(3, '\0') +
         "_fieldsccollections\nOrderedDict\n(((U\x01"
         "a" +
         "cpetastorm.unischema\nUnischemaField\n(U\x01"
         "a" +
         std::string(type) + ")tR" + "tltRub.";
}

}  // namespace

TEST_CASE("a Unischema is read from any protocol") {
  CHECK(read(kProtocol0) == expected_schema());
  CHECK(read(from_hex(kProtocol5)) == expected_schema());
}

TEST_CASE("a Unischema written is the one read") {
  Unischema schema = expected_schema();
  schema.fields.push_back({"caf\xC3\xA9", "str_", {}, {}, true});
  schema.fields.push_back({"fields", "bool_", {5000000000}, {Codec::kCompressedNdarray, "", "", 0}, false});
  for (int i = 0; i < 300; ++i) schema.fields.push_back({"f" + std::to_string(i), "object_", {}, {}, true});
  CHECK(read(write_unischema_pickle(schema)) == schema);
  CHECK(Unischema::from_json(schema.to_json()) == schema);
  CHECK(read(write_unischema_pickle({"empty", {}})) == Unischema{"empty", {}});
  CHECK(Unischema::from_json(R"({"headrace_unischema": 1, "name": "rows", "fields": [{"name": "x", "numpy_dtype":
    "float32", "shape": [null, 3], "codec": {"kind": "ndarray"}, "nullable": false}]})") ==
        Unischema{"rows", {{"x", "float32", {std::nullopt, 3}, {Codec::kNdarray, "", "", 0}, false}}});
}

TEST_CASE("modules and types are known by their older names") {
  for (std::string_view package : {"av.experimental.deepdrive.dataset_toolkit", "av.ml.dataset_toolkit"}) {
    CHECK(read(replaced(std::string(kProtocol0), "petastorm", package)) == expected_schema());
  }
  CHECK(read(with_type("cnumpy\nstring_\n")).fields[0].numpy_dtype == "bytes_");
  CHECK(read(with_type("c__builtin__\nunicode\n")).fields[0].numpy_dtype == "str_");
  std::string dtype = "cnumpy\ndtype\n(U\x02i8I0\nK\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffI0\ntb";
  CHECK(read(with_type(dtype)).fields[0].numpy_dtype == "int64");
}

TEST_CASE("nothing but a Unischema is read, and nothing is called") {
  CHECK(refusal("cos\nsystem\n(S'echo hurt'\ntR.") ==
        "the pickle cannot be read: byte 0: the name 'os system' is not known");
  CHECK(mentions(refusal("\x80\x04\x8c\x08"
                         "builtins\x8c\x04"
                         "eval\x93."),
                 "byte 18: the name 'builtins eval'"));
  CHECK(mentions(refusal(with_type("cnumpy.testing._private.utils\nrunstring\n")), "runstring' is not known"));
  CHECK(mentions(refusal(with_type("cnumpy\nload\n")), "'numpy load' is not known"));
  CHECK(mentions(refusal(with_type("cpetastorm.unischema\nnp.int64\n")), "np.int64' is not known"));
  CHECK(mentions(refusal(with_type("ccollections\nOrderedDict\n")), "a field has no type of numpy"));
  CHECK(mentions(refusal("Pid\n."), "byte 0: the opcode 0x50 is not known"));
  CHECK(mentions(refusal("(ios\nsystem\n."), "byte 1: the opcode 0x69 is not known"));
  CHECK(mentions(refusal("\x82\x01."), "the opcode 0x82 is not known"));
  CHECK(mentions(refusal("N."), "byte 0: an object is wanted"));
  CHECK(mentions(refusal("\x80\x06N."), "protocol 6 is not known"));
  CHECK(mentions(refusal("V\\uD83D\n0K\x01."), "an object is wanted"));
  CHECK(mentions(refusal("L18446744073709551616L\n."), "is no number of 64 bits"));
  CHECK(mentions(refusal("S'it\\'s'\n."), "the text has escapes"));
  CHECK(mentions(refusal("h\x07."), "the memo has no entry 7"));
  CHECK(mentions(refusal("(0."), "the stack is empty"));
  CHECK(mentions(refusal("X\xff\xff\xff\x7f"
                         "abc."),
                 "2147483647 bytes are wanted, 4 are left"));
}

TEST_CASE("a list that holds itself ends the reading like any other misfit") {
  CHECK(mentions(refusal("]q\x01h\x01"
                         "a."),
                 "an object is wanted"));
  std::string fields_in_themselves = with_type(
      "]q\x09h\x09"
      "a");
  CHECK(mentions(refusal(fields_in_themselves), "an object is wanted"));
}

TEST_CASE("a Unischema cut or changed at any byte is refused or read, never more") {
  for (const std::string& pickle : {std::string(kProtocol0), from_hex(kProtocol5)}) {
    for (std::size_t size = 0; size < pickle.size(); ++size) CHECK(refusal(pickle.substr(0, size)) != "read");
    for (std::size_t at = 0; at < pickle.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = pickle;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        static_cast<void>(refusal(damaged));
      }
    }
  }
}

TEST_CASE("what is not charged is not allocated") {
  std::string many(100000, 'N');
  std::shared_ptr<MemoryBudget> memory = MemoryBudget::create(1 << 20);
  CHECK_THROWS_AS(read_unischema_pickle(many + ".", *memory), Error);
  CHECK(memory->peak_bytes() > 500000);
}

TEST_CASE("a Unischema with names that are none is not written") {
  auto refused = [](const UnischemaField& field) {
    try {
      write_unischema_pickle({"S", {field}});
    } catch (const Error& error) {
      return error.code() == ErrorCode::kBadData;
    }
    return false;
  };
  CHECK(refused({"a", "int64\nos system", {}, {}, false}));
  CHECK(refused({"a", "complex64", {}, {}, false}));
  CHECK(refused({"a", "int64", {}, {Codec::kScalar, "X\n(cos\nsystem", "", 0}, false}));
  CHECK(refused({"a", "int64", {}, {Codec::kScalar, "DecimalType(1,)", "", 0}, false}));
  CHECK(refused({"a\xff", "int64", {}, {}, false}));
  CHECK(refused({"a", "int64", {-1}, {}, false}));
}

TEST_CASE("damaged JSON of a Unischema is refused") {
  std::string json = expected_schema().to_json();
  for (std::size_t size = 0; size < json.size(); ++size) {
    CHECK_THROWS_AS(Unischema::from_json(json.substr(0, size)), Error);
  }
  CHECK_THROWS_AS(Unischema::from_json(replaced(json, "scalar", "pickled")), Error);
  CHECK_THROWS_AS(Unischema::from_json(replaced(json, "\"a\"", "\"m\"")), Error);
  CHECK_THROWS_AS(Unischema::from_json(replaced(json, "\":1,", "\":2,")), Error);
}

}  // namespace headrace
