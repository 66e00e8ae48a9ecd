#include "bench/bare_names.hpp"

#include <benchmark/benchmark.h>

#include <iostream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace rollcall::bench {

namespace {

using benchmark::BenchmarkReporter;
using runs = std::vector<BenchmarkReporter::Run>;

runs bare(const runs& all) {
  auto result = all;
  for (auto& run : result) {
    run.run_name.time_type.clear();
    run.run_name.iterations.clear();
    run.run_name.min_time.clear();
    run.run_name.repetitions.clear();
  }
  return result;
}

// Whatever --benchmark_format asked for, told bare names.
class bare_display : public BenchmarkReporter {
public:
  bool ReportContext(const Context& context) override { return inner_->ReportContext(context); }
  void ReportRuns(const runs& all) override { inner_->ReportRuns(bare(all)); }
  void Finalize() override { inner_->Finalize(); }

private:
  std::unique_ptr<BenchmarkReporter> inner_{benchmark::CreateDefaultDisplayReporter()};
};

class bare_json : public benchmark::JSONReporter {
public:
  void ReportRuns(const runs& all) override { benchmark::JSONReporter::ReportRuns(bare(all)); }
};

void print_bare_lines(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    for (const char* suffix : {"/iterations:", "/real_time"})
      line.erase(std::min(line.find(suffix), line.size()));
    std::cout << line << '\n';
  }
}

} // namespace

std::string full_filter(const std::string& bare_filter) {
  std::string result;
  for (std::size_t i = 0; i < bare_filter.size(); ++i) {
    const bool escaped = i > 0 && bare_filter[i - 1] == '\\';
    if (bare_filter[i] == '$' && !escaped) result += "(/iterations:[0-9]+)?(/real_time)?";
    result += bare_filter[i];
  }
  return result;
}

void run_with_bare_names(bool list_only, bool to_file) {
  const auto filter = full_filter(benchmark::GetBenchmarkFilter());
  bare_display display;
  if (list_only) {
    std::ostringstream names;
    display.SetOutputStream(&names);
    benchmark::RunSpecifiedBenchmarks(&display, filter);
    print_bare_lines(names.str());
    return;
  }
  bare_json file;
  benchmark::RunSpecifiedBenchmarks(&display, to_file ? &file : nullptr, filter);
}

} // namespace rollcall::bench
