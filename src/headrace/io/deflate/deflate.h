// Streams of gzip (RFC 1952) and zlib (RFC 1950) bytes, by ISA-L: compressed and decompressed piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "headrace/base/memory_budget.h"

namespace headrace {

enum class DeflateForm { kGzip, kZlib };

/// "gzip" or "zlib"; empty for any other name.
std::optional<DeflateForm> deflate_form_named(std::string_view name);

/// Compresses one stream. The same pieces give the same bytes; gzip's header has neither time nor name.
class Deflater {
 public:
  using Sink = std::function<void(std::span<const std::byte>)>;

  /// `sink` takes compressed bytes as they come. Buffers of about a quarter MiB are charged to `memory`.
  Deflater(DeflateForm form, Sink sink, MemoryBudget& memory);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void append(std::span<const std::byte> data);
  /// Ends the stream. Nothing may follow.
  void finish();

 private:
  struct State;
  void run(std::span<const std::byte> data, bool is_last);

  Sink sink_;
  Reservation reservation_;
  std::unique_ptr<State> state_;
};

/// Decompresses a stream, or several in a row, as gzip allows.
class Inflater {
 public:
  /// Gives the next compressed bytes, at most as many as fit; 0 at the end.
  using Source = std::function<std::size_t(std::span<std::byte>)>;

  Inflater(DeflateForm form, Source source, MemoryBudget& memory);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills `out` as far as the stream goes, and returns the number of bytes: fewer only at the end. Throws
  /// Error(kBadData) with what is wrong when the stream is damaged or cut off; its checksum has been checked when the
  /// end was reached.
  std::size_t read(std::span<std::byte> out);

 private:
  struct State;

  DeflateForm form_;
  Source source_;
  Reservation reservation_;
  std::unique_ptr<State> state_;
};

}  // namespace headrace
