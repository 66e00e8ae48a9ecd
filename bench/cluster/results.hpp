// What was measured: a table for people, one JSON line for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rollcall::bench {

class results {
public:
  /// `most`: the target, if there is one.
  void add(std::string name, double value, std::string unit, std::optional<double> most = {});
  /// A line on stderr: what goes on.
  static void progress(const std::string&);

  std::string table() const;
  std::string json() const;

private:
  struct row {
    std::string name, unit;
    double value;
    std::optional<double> most;
  };
  std::vector<row> rows_;
};

} // namespace rollcall::bench
