// A recorded run: one JSON object a line, one operation a line.
//
// Reading only: what the operations mean is the replayer's business.
#pragma once

#include "tools/replay/value.hpp"
#include "tools/replay/vector_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::replay {

enum class op_kind : std::uint8_t {
  start_life, ///< "new"
  join,
  update,
  leave,
  leave_all,
  take_delta,
  merge,
  extract, ///< "extract_full" and "gen_extract": both answer a pull
  replica_up,
  replica_down,
  permdown,
  query,
  merge_deltas,
  final,
  nothing, ///< of the recorded library's own machinery, or a mark
};

/// The recorded state of the acting replica after an operation.
struct recorded_state {
  crdt::vector_clock context;
  std::optional<value_set> online; ///< recorded in some lines only
};

struct operation {
  std::size_t line = 0; ///< in the file, counted from 1
  std::string name;     ///< as written
  op_kind kind = op_kind::nothing;
  std::string actor; ///< the acting replica's name: "r1"
  std::string ref;   ///< another replica: "r2#1", or "r2"
  std::string topic, key, pid;
  std::string meta; ///< canonical bytes
  std::uint64_t msg = 0;
  std::optional<std::uint64_t> first, second; ///< merge_deltas: the messages to join
  value_set joins, leaves;
  std::optional<recorded_state> after;
  bool raises = false; ///< the recorded library crashed here
};

struct trace {
  std::string mode;
  std::vector<operation> operations;
  bool converged = false; ///< whether the recorded library did
};

struct parsed_trace {
  std::string problem; ///< empty: it is whole
  replay::trace trace;
};

parsed_trace parse_trace(std::string_view text);

} // namespace rollcall::replay
