// Fuzzes the CSV reader: inferred and declared types, every answer to bad rows, small splits.
#include "fuzz/source_reading.h"

namespace headrace {

std::vector<std::string> fuzz_seeds() {
  return {
      "year,tailnum,dep_delay,time_hour,ok\n2013,N14228,2.5,2013-01-01T05:00:00Z,true\r\n2014,NA,,2013-12-31 "
      "23:59:59,false\n",
      "\xEF\xBB\xBF"
      "a;b\n\"x \"\"y\"\"\nz\";1\n\n\"\";\n",
      "a,b\n1,\"unclosed\n2,3\n4,\"x\" y\n5\n6,7,8\n",
      "only\n1\n\n99999999999999999999\n-0\n1e400\nnan\n",
  };
}

std::vector<std::string> fuzz_words() {
  return {",",    ";",          "\"",    "\"\"", "\n",    "\r\n", "\r", "NA", "\xEF\xBB\xBF",
          "\xFF", "2013-02-30", "1e308", "-",    "\",\"", "true"};
}

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  // The first byte chooses what is declared, so that one input always means the same.
  const auto choice = static_cast<unsigned char>(input.front());
  SourceSpec spec;
  spec.format = "csv";
  spec.on_error = static_cast<OnError>(choice % 4);
  spec.csv.delimiter = (choice & 4) != 0 ? ';' : ',';
  spec.csv.header = (choice & 8) == 0;
  spec.csv.null_values = {"", "NA"};
  if ((choice & 16) != 0) {
    spec.csv.header = false;
    spec.declared = {{"a", Type::parse("int32").value(), true},
                     {"b", Type::parse("string").value(), true},
                     {"c", Type::parse("timestamp").value(), false}};
  }
  allow_input_errors([&] { read_source(spec, input.substr(1)); });
}

}  // namespace headrace
