#include "cluster/wire/bytes.hpp"

namespace rollcall::cluster {

void writer::fixed64(std::uint64_t x) {
  char buf[8];
  crdt::store_le64(buf, x);
  out_.append(buf, sizeof buf);
}

void writer::blob(std::string_view x) {
  varint(x.size());
  out_.append(x);
}

void writer::field(std::uint64_t tag, std::string_view bytes) {
  varint(tag);
  blob(bytes);
}

void writer::field(std::uint64_t tag, std::uint64_t number) {
  varint(tag);
  varint(crdt::varint_size(number));
  varint(number);
}

} // namespace rollcall::cluster
