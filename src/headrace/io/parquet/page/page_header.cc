// See page_header.h.
#include "headrace/io/parquet/page/page_header.h"

#include <string>

#include "headrace/io/parquet/page/page_error.h"
#include "headrace/io/parquet/page/thrift_reader.h"

namespace headrace {
namespace {

using FieldHeader = ThriftReader::FieldHeader;

/// Counts the fields that must be there.
class Required {
 public:
  void seen(int id) { mask_ |= 1U << id; }
  void expect(unsigned mask) const {
    if ((mask_ & mask) != mask) damaged_page("a page header lacks a field");
  }

 private:
  unsigned mask_ = 0;
};

std::int32_t count(ThriftReader& thrift, const FieldHeader& field) {
  std::int32_t value = thrift.int32(field);
  if (value < 0) damaged_page("a page header holds the size " + std::to_string(value));
  return value;
}

PageEncoding encoding(ThriftReader& thrift, const FieldHeader& field) {
  return static_cast<PageEncoding>(thrift.int32(field));
}

void read_data_v1(ThriftReader& thrift, PageHeader& header) {
  Required required;
  thrift.read_struct([&](const FieldHeader& field) {
    switch (field.id) {
      case 1: header.value_count = count(thrift, field); break;
      case 2: header.encoding = encoding(thrift, field); break;
      case 3: header.definition_encoding = encoding(thrift, field); break;
      case 4: header.repetition_encoding = encoding(thrift, field); break;
      default: return thrift.skip(field);
    }
    required.seen(field.id);
  });
  required.expect(0b11110);
}

void read_dictionary(ThriftReader& thrift, PageHeader& header) {
  Required required;
  thrift.read_struct([&](const FieldHeader& field) {
    switch (field.id) {
      case 1: header.value_count = count(thrift, field); break;
      case 2: header.encoding = encoding(thrift, field); break;
      default: return thrift.skip(field);
    }
    required.seen(field.id);
  });
  required.expect(0b110);
}

void read_data_v2(ThriftReader& thrift, PageHeader& header) {
  Required required;
  thrift.read_struct([&](const FieldHeader& field) {
    switch (field.id) {
      case 1: header.value_count = count(thrift, field); break;
      case 2: header.null_count = count(thrift, field); break;
      case 3: header.row_count = count(thrift, field); break;
      case 4: header.encoding = encoding(thrift, field); break;
      case 5: header.definition_bytes = count(thrift, field); break;
      case 6: header.repetition_bytes = count(thrift, field); break;
      case 7: header.is_compressed = thrift.boolean(field); break;
      default: return thrift.skip(field);
    }
    required.seen(field.id);
  });
  required.expect(0b1111110);
}

/// The struct of the page's kind has the id 5 (data V1), 7 (dictionary) or 8 (data V2).
void read_header(ThriftReader& thrift, PageHeader& header) {
  Required required;
  auto sub_struct = [&](const FieldHeader& field, void (*read)(ThriftReader&, PageHeader&)) {
    thrift.expect_struct(field);
    read(thrift, header);
  };
  thrift.read_struct([&](const FieldHeader& field) {
    switch (field.id) {
      case 1: header.kind = static_cast<PageKind>(thrift.int32(field)); break;
      case 2: header.uncompressed_bytes = count(thrift, field); break;
      case 3: header.compressed_bytes = count(thrift, field); break;
      case 4: header.crc = static_cast<std::uint32_t>(thrift.int32(field)); break;
      case 5: sub_struct(field, read_data_v1); break;
      case 7: sub_struct(field, read_dictionary); break;
      case 8: sub_struct(field, read_data_v2); break;
      default: return thrift.skip(field);
    }
    required.seen(field.id);
  });
  required.expect(0b1110);
  switch (header.kind) {
    case PageKind::kDataV1: return required.expect(1U << 5);
    case PageKind::kDictionary: return required.expect(1U << 7);
    case PageKind::kDataV2: return required.expect(1U << 8);
    default: return;
  }
}

}  // namespace

std::optional<PageHeader> parse_page_header(std::span<const std::byte> bytes) {
  ThriftReader thrift(bytes);
  PageHeader header;
  try {
    read_header(thrift, header);
  } catch (const PageError&) {
    if (thrift.ended()) return std::nullopt;
    throw;
  }
  header.header_bytes = thrift.position();
  return header;
}

}  // namespace headrace
