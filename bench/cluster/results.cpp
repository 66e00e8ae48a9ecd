#include "bench/cluster/results.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <utility>

namespace rollcall::bench {

void results::add(std::string name, double value, std::string unit, std::optional<double> most) {
  progress(fmt::format("{}: {:.5g} {}", name, value, unit));
  rows_.push_back({std::move(name), std::move(unit), value, most});
}

void results::progress(const std::string& text) { fmt::print(stderr, "{}\n", text); }

std::string results::table() const {
  std::string out;
  for (const auto& x : rows_) {
    fmt::format_to(std::back_inserter(out), "{:44} {:>12.5g} {:6}", x.name, x.value, x.unit);
    if (x.most)
      fmt::format_to(std::back_inserter(out), " (<= {:g}{})", *x.most,
                     x.value <= *x.most ? "" : ": missed");
    out += '\n';
  }
  return out;
}

std::string results::json() const {
  std::string out = "{";
  for (const auto& x : rows_)
    fmt::format_to(std::back_inserter(out), R"({}"{}":{{"value":{:.6g},"unit":"{}"}})",
                   out.size() > 1 ? "," : "", x.name, x.value, x.unit);
  return out + "}";
}

} // namespace rollcall::bench
