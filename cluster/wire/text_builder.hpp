// Assembles a text from pieces of a few bytes, for which appending to a std::vector or
// std::string would cost more than the copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace rollcall::cluster {

class text_builder {
public:
  std::size_t size() const noexcept { return size_; }
  std::string_view text() const noexcept { return {data_.get(), size_}; }
  void clear() noexcept { size_ = 0; }

  void add(std::string_view x) {
    if (x.size() > capacity_ - size_) grow(x.size());
    copy(data_.get() + size_, x);
    size_ += x.size();
  }
  /// Inserts before the byte at that position.
  void insert(std::size_t place, std::string_view x) {
    if (x.size() > capacity_ - size_) grow(x.size());
    auto* p = data_.get() + place;
    std::memmove(p + x.size(), p, size_ - place);
    copy(p, x);
    size_ += x.size();
  }

private:
  static void copy(char* to, std::string_view x) noexcept {
    if (!x.empty()) std::memcpy(to, x.data(), x.size()); // memcpy does not accept null
  }
  void grow(std::size_t more) {
    const auto capacity = std::max<std::size_t>(2 * capacity_, capacity_ + more + 256);
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace rollcall::cluster
