// A cluster of three honest `rollcall node` processes with a load, and what must
// hold of them whatever a member does.
#pragma once

#include "test/process/harness.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::test {

class honest_cluster {
public:
  /// `options`: of the node of that name, beside the periods.
  using options_of = std::function<std::vector<std::string>(const std::string& name)>;
  explicit honest_cluster(const options_of& = {});
  ~honest_cluster();
  honest_cluster(const honest_cluster&) = delete;
  honest_cluster& operator=(const honest_cluster&) = delete;

  node& a() { return *nodes_[0]; }
  node& b() { return *nodes_[1]; }
  node& c() { return *nodes_[2]; }

  /// Joins between honest nodes, one after the other, with `meanwhile` before each;
  /// every one must arrive, and nothing that was there be missed. Prints p50 and p99.
  void load(const std::string& what, int joins, const std::function<void(int)>& meanwhile = {});

  /// Each node lives, sees the others and all their presences; none has grown by
  /// more than 64 MiB.
  void must_be_whole();

  static std::size_t log_lines(const node&);

private:
  bool holds_all(node&);
  std::size_t rss_kib(node&);

  std::vector<std::unique_ptr<node>> nodes_;
  std::vector<std::size_t> rss_; ///< at the start, KiB
  keys expected_;                ///< sorted
};

} // namespace rollcall::test
