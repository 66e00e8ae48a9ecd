#include "tools/faults/figures.hpp"

#include "test/catch.hpp"

using namespace rollcall::faults;

TEST_CASE("figures: percentiles are of the nearest rank") {
  std::vector<double> all;
  for (int i = 100; i > 0; --i) all.push_back(i);
  const auto p = percentiles_of(all);
  CHECK(p.p50 == 50);
  CHECK(p.p90 == 90);
  CHECK(p.p99 == 99);
  CHECK(p.max == 100);
  CHECK(percentiles_of({}).max == 0);
  CHECK(percentiles_of({7}).p50 == 7);
}

TEST_CASE("figures: a leak has a slope, a flat line has none, the start is left out") {
  std::vector<point> leak, flat;
  for (int i = 0; i < 100; ++i) {
    const double x = i;
    leak.push_back({x, 50 + 2 * x});
    flat.push_back({x, x < 10 ? 10 * x : 100});
  }
  CHECK(slope_of(leak, 0) == Approx(2));
  CHECK(slope_of(flat, 10) == Approx(0).margin(1e-9));
  CHECK(slope_of(flat, 0) > 0.1);
  CHECK(slope_of({}, 0) == 0);
  CHECK(slope_of({{1, 1}}, 0) == 0);
}

TEST_CASE("figures: a plot of many points stays small") {
  series s{"a", {}};
  for (int i = 0; i < 10'000; ++i) s.points.push_back({i / 100., 20 + i % 7 * .1});
  const auto svg = plot("memory", "minutes", "MB", {s, s, s, s});
  CHECK(svg.rfind("<svg", 0) == 0);
  CHECK(svg.find("</svg>") != std::string::npos);
  CHECK(svg.size() < 30'000);
}
