#include "tools/faults/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rollcall::faults {

percentiles percentiles_of(std::vector<double> all) {
  if (all.empty()) return {};
  std::sort(all.begin(), all.end());
  auto at = [&](double part) {
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(all.size())));
    return all[std::clamp<std::size_t>(rank, 1, all.size()) - 1];
  };
  return {at(.5), at(.9), at(.99), all.back()};
}

double slope_of(const std::vector<point>& points, double from) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& p : points) {
    if (p.x < from) continue;
    ++n;
    x += p.x;
    y += p.y;
    xx += p.x * p.x;
    xy += p.x * p.y;
  }
  const auto below = n * xx - x * x;
  return n < 2 || below == 0 ? 0 : (n * xy - x * y) / below;
}

namespace {

/// 1, 2 or 5 times a power of ten, so that about five of them span it.
double step_of(double span) {
  if (span <= 0) return 1;
  const auto power = std::pow(10, std::floor(std::log10(span / 5)));
  for (const auto x : {1., 2., 5.})
    if (span / (x * power) <= 6) return x * power;
  return 10 * power;
}

} // namespace

std::string plot(const std::string& title, const std::string& x_label, const std::string& y_label,
                 const std::vector<series>& all) {
  constexpr double width = 720, height = 320, left = 56, right = 90, top = 32, bottom = 40;
  double x_max = 0, y_max = 0;
  for (const auto& s : all)
    for (const auto& p : s.points) {
      x_max = std::max(x_max, p.x);
      y_max = std::max(y_max, p.y);
    }
  const auto x_step = step_of(x_max), y_step = step_of(y_max);
  x_max = std::max(x_max, 1e-9);
  y_max = std::max(std::ceil(y_max / y_step) * y_step, 1e-9);
  auto px = [&](double x) { return left + x / x_max * (width - left - right); };
  auto py = [&](double y) { return height - bottom - y / y_max * (height - top - bottom); };
  static constexpr const char* colours[] = {"#1b6ca8", "#c8553d", "#588157", "#8e6bbf",
                                            "#b8860b", "#2a9d8f", "#d1495b", "#5c677d"};
  auto out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\""
      " font-size=\"11\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
      "<text x=\"{2}\" y=\"18\" font-size=\"13\">{3}</text>\n",
      width, height, left, title);
  for (double y = 0; y <= y_max * 1.0001; y += y_step)
    out += fmt::format("<path d=\"M{:.0f} {:.1f}H{:.0f}\" stroke=\"#ddd\"/>"
                       "<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}</text>\n",
                       left, py(y), width - right, left - 6, py(y) + 4, y);
  for (double x = 0; x <= x_max * 1.0001; x += x_step)
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{:g}</text>\n",
                       px(x), height - bottom + 16, x);
  out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>\n",
                     width - right, height - 8, x_label);
  out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n", width - right + 8, top - 14,
                     y_label);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto* colour = colours[i % std::size(colours)];
    std::string path;
    const auto& points = all[i].points;
    const auto every =
        std::max<std::size_t>(1, points.size() / 200); // small enough for a repository
    for (std::size_t n = 0; n < points.size(); n += every)
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", px(points[n].x),
                          py(points[n].y));
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.3\"/>\n", path,
                       colour);
    out += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" fill=\"{}\">{}</text>\n", width - right + 8,
                       top + 10 + 15 * static_cast<double>(i), colour, all[i].name);
  }
  return out + "</svg>\n";
}

} // namespace rollcall::faults
