// rollcall_bench: what each part costs. Options are those of Google Benchmark.
#include "bench/bare_names.hpp"

#include <benchmark/benchmark.h>

#include <iostream>
#include <string_view>

namespace {

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

} // namespace

int main(int argc, char** argv) {
  bool list_only = false, to_file = false, as_json = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    list_only |= arg == "--benchmark_list_tests" || arg == "--benchmark_list_tests=true";
    to_file |= starts_with(arg, "--benchmark_out=");
    if (starts_with(arg, "--benchmark_out_format=")) as_json = arg == "--benchmark_out_format=json";
  }
  benchmark::Initialize(&argc, argv);
  if (argc > 1) {
    std::cerr << "rollcall_bench: unknown option '" << argv[1] << "' (see --help)\n";
    return 2;
  }
  rollcall::bench::run_with_bare_names(list_only, to_file && as_json);
  benchmark::Shutdown();
  return 0;
}
