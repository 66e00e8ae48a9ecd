// Google Benchmark writes how a row was run into its name: "count/1000/real_time",
// "wire_join/iterations:1/real_time". Ours are bare, "count/1000", in whatever
// format and wherever they are printed, and filters find them as printed.
#pragma once

#include <string>

namespace rollcall::bench {

/// RunSpecifiedBenchmarks with bare names. `list_only`: as
/// --benchmark_list_tests. `to_file`: --benchmark_out is given, as JSON.
void run_with_bare_names(bool list_only, bool to_file);

/// "^count/1000$" -> what finds the name within Google Benchmark.
std::string full_filter(const std::string& bare);

} // namespace rollcall::bench
