// See page_walk.h.
#include "headrace/io/parquet/page/page_walk.h"

#include "headrace/io/parquet/page/page_error.h"

namespace headrace {

bool PageWalk::next() {
  if (is_open_) values_->end_page();
  is_open_ = false;
  while (pages_->next(page_)) {
    if (page_.is_dictionary()) {
      bool is_plain =
          page_.header.encoding == PageEncoding::kPlain || page_.header.encoding == PageEncoding::kPlainDictionary;
      if (!is_plain) throw PageUnsupported("a dictionary of another encoding than PLAIN");
      if (has_begun_) damaged_page("a dictionary that is not the first page of its column chunk");
      values_->dictionary(page_);
    } else if (page_.header.value_count > 0) {
      values_->start_page(page_);
      is_open_ = true;
    }
    has_begun_ = true;
    if (is_open_) return true;
  }
  return false;
}

}  // namespace headrace
