// Percentiles, lines through points, and a plot of them. Pure.
#pragma once

#include <string>
#include <vector>

namespace rollcall::faults {

struct percentiles {
  double p50 = 0, p90 = 0, p99 = 0, max = 0;
};
/// Of the nearest rank; zeros when there are none.
percentiles percentiles_of(std::vector<double>);

struct point {
  double x = 0, y = 0;
};
struct series {
  std::string name;
  std::vector<point> points;
};

/// Least squares through the points with x >= from; 0 when fewer than two.
double slope_of(const std::vector<point>&, double from);

/// A small SVG: lines over x, both axes from what there is, y from 0.
std::string plot(const std::string& title, const std::string& x_label, const std::string& y_label,
                 const std::vector<series>&);

} // namespace rollcall::faults
