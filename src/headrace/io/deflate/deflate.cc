// See deflate.h.
#include "headrace/io/deflate/deflate.h"

#include <algorithm>
#include <array>
#include <utility>

#include <isa-l/igzip_lib.h>

#include "headrace/base/error.h"

namespace headrace {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

std::uint8_t* unconst(const std::byte* bytes) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes));  // The library only reads.
}

[[noreturn]] void damaged(std::string_view cause) { throw Error(ErrorCode::kBadData, std::string(cause)); }

}  // namespace

std::optional<DeflateForm> deflate_form_named(std::string_view name) {
  if (name == "gzip") return DeflateForm::kGzip;
  if (name == "zlib") return DeflateForm::kZlib;
  return std::nullopt;
}

struct Deflater::State {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level;
  std::array<std::byte, kPieceBytes> out;
};

Deflater::Deflater(DeflateForm form, Sink sink, MemoryBudget& memory)
    : sink_(std::move(sink)), reservation_(memory, sizeof(State), "compressing"), state_(std::make_unique<State>()) {
  isal_zstream& stream = state_->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = state_->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(state_->level.size());
  stream.gzip_flag = form == DeflateForm::kGzip ? IGZIP_GZIP : IGZIP_ZLIB;
  stream.flush = NO_FLUSH;
}

Deflater::~Deflater() = default;

void Deflater::append(std::span<const std::byte> data) {
  constexpr std::size_t kBytesMax = std::size_t{1} << 30;  // the library counts in 32 bits
  while (!data.empty()) {
    std::span<const std::byte> piece = data.first(std::min(data.size(), kBytesMax));
    run(piece, /*is_last=*/false);
    data = data.subspan(piece.size());
  }
}

void Deflater::finish() { run({}, /*is_last=*/true); }

void Deflater::run(std::span<const std::byte> data, bool is_last) {
  isal_zstream& stream = state_->stream;
  stream.next_in = unconst(data.data());
  stream.avail_in = static_cast<std::uint32_t>(data.size());
  stream.end_of_stream = is_last ? 1 : 0;
  do {
    stream.next_out = reinterpret_cast<std::uint8_t*>(state_->out.data());
    stream.avail_out = static_cast<std::uint32_t>(state_->out.size());
    int status = isal_deflate(&stream);
    HEADRACE_CHECK(status == COMP_OK);
    std::size_t made = state_->out.size() - stream.avail_out;
    if (made > 0) sink_(std::span<const std::byte>(state_->out).first(made));
  } while (stream.avail_in > 0 || stream.avail_out == 0 || (is_last && stream.internal_state.state != ZSTATE_END));
}

struct Inflater::State {
  inflate_state stream;
  std::array<std::byte, kPieceBytes> in;
  bool is_between = true;  // streams
  bool any = false;        // stream was begun
};

Inflater::Inflater(DeflateForm form, Source source, MemoryBudget& memory)
    : form_(form),
      source_(std::move(source)),
      reservation_(memory, sizeof(State), "decompressing"),
      state_(std::make_unique<State>()) {
  isal_inflate_init(&state_->stream);
  state_->stream.avail_in = 0;
}

Inflater::~Inflater() = default;

std::size_t Inflater::read(std::span<std::byte> out) {
  inflate_state& stream = state_->stream;
  constexpr std::size_t kBytesMax = std::size_t{1} << 30;
  out = out.first(std::min(out.size(), kBytesMax));
  std::size_t made = 0;
  while (made < out.size()) {
    if (stream.avail_in == 0) {
      std::size_t count = source_(state_->in);
      stream.next_in = reinterpret_cast<std::uint8_t*>(state_->in.data());
      stream.avail_in = static_cast<std::uint32_t>(count);
    }
    if (state_->is_between) {
      if (stream.avail_in == 0) {
        if (!state_->any) damaged("it is empty, not even a compressed stream of nothing");
        return made;
      }
      std::uint8_t* next_in = stream.next_in;
      std::uint32_t avail_in = stream.avail_in;
      isal_inflate_reset(&stream);
      stream.next_in = next_in;
      stream.avail_in = avail_in;
      stream.crc_flag = form_ == DeflateForm::kGzip ? ISAL_GZIP : ISAL_ZLIB;
      state_->is_between = false;
      state_->any = true;
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data() + made);
    stream.avail_out = static_cast<std::uint32_t>(out.size() - made);
    std::uint32_t left = stream.avail_out;
    std::uint32_t unread = stream.avail_in;
    int status = isal_inflate(&stream);
    if (status < 0) damaged("its compressed bytes are damaged");
    std::uint32_t written = left - stream.avail_out;
    made += written;
    if (stream.block_state == ISAL_BLOCK_FINISH) {
      state_->is_between = true;
    } else if (written == 0 && stream.avail_in == unread) {
      damaged("its compressed bytes are cut off");
    }
  }
  return made;
}

}  // namespace headrace
