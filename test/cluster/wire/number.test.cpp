// The number that ends a text, against digits read one by one.
#include "cluster/wire/text.hpp"
#include "test/catch.hpp"

#include <algorithm>
#include <random>
#include <string>

using rollcall::cluster::number_tail;

namespace {

void check(const std::string& text) {
  std::size_t digits = 0;
  std::uint64_t value = 0, unit = 1;
  const auto is_digit = [&](std::size_t n) {
    return text[text.size() - n] >= '0' && text[text.size() - n] <= '9';
  };
  while (digits < std::min(text.size(), number_tail::max_digits) && is_digit(digits + 1)) {
    ++digits;
    value += unit * static_cast<std::uint64_t>(text[text.size() - digits] - '0');
    unit *= 10;
  }
  const number_tail n{text};
  CAPTURE(text);
  REQUIRE(n.digits == digits);
  REQUIRE(n.head == text.size() - digits);
  REQUIRE(n.value == value);
}

} // namespace

TEST_CASE("the number that ends a text: any length, behind any byte") {
  for (std::size_t digits = 0; digits <= 24; ++digits)
    for (std::size_t head = 0; head <= 9; ++head)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(head, static_cast<char>(byte));
        for (std::size_t i = 0; i < digits; ++i)
          text += static_cast<char>('0' + (i * 7 + digits) % 10);
        check(text);
      }
}

TEST_CASE("the number that ends a text: random ones") {
  std::mt19937 random{5};
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 28, '0');
    for (auto& c : text) // mostly digits, and what is next to them
      c = static_cast<char>(random() % 8 != 0 ? '0' + random() % 10 : random() % 256);
    check(text);
  }
}
