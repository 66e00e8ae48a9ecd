// libFuzzer's entry. With FUZZ_SEEDS=<folder> in the environment it first
// writes the seeds there and ends.
#include "test/fuzz/target.hpp"

#include <filesystem>
#include <fstream>

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (const char* folder = std::getenv("FUZZ_SEEDS")) {
    std::filesystem::create_directories(folder);
    std::size_t n = 0;
    for (auto& seed : rollcall::fuzz::seeds()) {
      std::ofstream out(std::string{folder} + "/seed-" + std::to_string(n++), std::ios::binary);
      out.write(seed.data(), static_cast<std::streamsize>(seed.size()));
    }
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rollcall::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
