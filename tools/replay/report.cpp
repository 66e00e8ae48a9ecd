#include "tools/replay/report.hpp"

#include "tools/replay/records.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <system_error>

namespace rollcall::replay {

namespace {

template <class Check>
void report_records(std::ostream& out, const std::string& path, std::string_view text, Check check,
                    tally& total) {
  constexpr std::size_t shown_at_most = 10;
  tally here;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.find_first_not_of(" \r") == std::string_view::npos) continue;
    const auto why = check(line);
    if (why.empty()) {
      ++here.passed;
    } else if (++here.failed <= shown_at_most) {
      out << "FAIL " << path << ": line " << number << ": " << why << '\n';
    }
  }
  if (here.passed + here.failed == 0) {
    ++here.failed; // a check of nothing must not pass
    out << "FAIL " << path << ": holds no record\n";
  } else {
    out << (here.failed == 0 ? "ok   " : "FAIL ") << path << ": " << here.passed + here.failed
        << " records, " << here.failed << " wrong\n";
  }
  total.passed += here.passed;
  total.failed += here.failed;
}

} // namespace

std::optional<std::string> read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad()) return std::nullopt;
  return text;
}

void report_trace(std::ostream& out, const std::string& path, std::string_view text,
                  const settings& s, tally& total) {
  const auto parsed = parse_trace(text);
  const auto result = parsed.problem.empty() ? replay_trace(parsed.trace, s) : verdict{};
  const auto& why = parsed.problem.empty() ? result.mismatch : parsed.problem;
  if (!why.empty()) {
    ++total.failed;
    out << "FAIL " << path << ": " << why << '\n';
    return;
  }
  ++total.passed;
  out << "ok   " << path << ": " << parsed.trace.mode << ", " << result.operations << " operations";
  if (result.diffs != 0) out << ", " << result.diffs << " merges step by step";
  if (!parsed.trace.converged) out << ", where the recorded library did not converge";
  if (!result.pulled.empty()) out << "; pulled before the end: " << result.pulled;
  out << '\n';
}

void report_clock(std::ostream& out, const std::string& path, std::string_view text, tally& total) {
  report_records(out, path, text, check_clock_record, total);
}

void report_phash2(std::ostream& out, const std::string& path, std::string_view text,
                   tally& total) {
  report_records(out, path, text, check_phash2_record, total);
}

} // namespace rollcall::replay
