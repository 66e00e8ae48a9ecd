// Value for value comparison of pure functions with recorded results: vector
// clocks (`clock.jsonl`) and topic hashes (`phash2.tsv`). One line, one record.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::replay {

/// What is wrong with our results for this record, or nothing.
std::string check_clock_record(std::string_view line);
std::string check_phash2_record(std::string_view line);

} // namespace rollcall::replay
