#include "tools/rollcall/demo/check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

namespace rollcall::tool::demo {

namespace {

/// (name, node) -> status.
using listed = std::map<std::pair<std::string, std::string>, std::string>;

std::optional<listed> ask_list(stage& s, std::size_t node) {
  auto answer = s.ask(node, R"({"op":"list","topic":"lobby"})");
  if (!answer) return std::nullopt;
  auto* list = answer->if_contains("presences");
  if (!list || !list->is_array()) return std::nullopt;
  listed result;
  for (const auto& item : list->get_array()) {
    auto* object = item.if_object();
    auto* meta = object ? object->if_contains("meta") : nullptr;
    if (!meta || !meta->is_object()) return std::nullopt;
    auto& status = result[{text_of(*object, "key"), text_of(*object, "replica")}];
    // A name twice from one node is always wrong, so make it differ.
    status = status.empty() ? text_of(meta->get_object(), "status") : "twice";
  }
  return result;
}

struct row {
  std::string name, process, truth;
};

/// Returns the guests whose processes run, with their statuses.
listed ask_guests(stage& s, std::vector<row>& rows) {
  listed truth;
  for (auto& g : s.guests()) {
    if (!g.here()) {
      rows.push_back({g.name, "ended", ""});
      continue;
    }
    const auto pid = g.process.pid();
    std::string status;
    g.process.write_line("");
    if (g.process.read_line(status, milliseconds{10000}) != child_process::read_result::line)
      status = "no answer";
    rows.push_back({g.name, std::to_string(pid), status});
    truth[{g.name, s.nodes()[g.home].name}] = status;
  }
  return truth;
}

} // namespace

bool check(stage& s) {
  s.headline("Check: what each node lists, against the processes that are there");
  std::vector<row> rows;
  const auto truth = ask_guests(s, rows);
  std::vector<std::optional<listed>> lists;
  for (std::size_t i = 0; i < s.nodes().size(); ++i) lists.push_back(ask_list(s, i));
  if (s.stopped()) return false;

  auto& out = s.out();
  out.print("");
  styled_line head{{fmt::format("   {:<9} {:<4} {:>8}  {:<8}", "name", "node", "process", "status"),
                    style::bold}};
  for (const auto& n : s.nodes()) head.push_back({fmt::format("  on {:<8}", n.name), style::bold});
  out.print(head);
  std::size_t checked = 0, wrong = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& r = rows[i];
    const auto& home = s.nodes()[s.guests()[i].home].name;
    styled_line line{
        {fmt::format("   {:<9} {:<4} {:>8}  ", r.name, home, r.process)},
        {fmt::format("{:<8}", r.truth.empty() ? "-" : r.truth), style_of_status(r.truth)}};
    for (const auto& list : lists) {
      ++checked;
      std::string shown = "no answer";
      if (list) {
        auto found = list->find({r.name, home});
        shown = found == list->end() ? "" : found->second;
      }
      const bool right = shown == r.truth;
      wrong += !right;
      line.push_back({fmt::format("  {:<11}", fmt::format("{} {}", shown.empty() ? "-" : shown,
                                                          right ? "ok" : "WRONG")),
                      right ? style::good : style::bad});
    }
    out.print(line);
  }
  // No others may be listed.
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (!lists[i]) continue;
    for (const auto& [who, status] : *lists[i]) {
      bool known = false;
      for (const auto& g : s.guests())
        known = known || (g.name == who.first && s.nodes()[g.home].name == who.second);
      if (known) continue;
      ++wrong;
      out.print({{fmt::format("   node {} lists {} of {}, who was never there", s.nodes()[i].name,
                              who.first, who.second),
                  style::bad}});
    }
  }
  out.print("");
  const auto all = fmt::format("{} people on {} nodes, {} places compared: ", truth.size(),
                               s.nodes().size(), checked);
  if (wrong == 0)
    out.print({{"   " + all}, {"all agree.", style::good}});
  else
    out.print({{"   " + all}, {fmt::format("{} wrong.", wrong), style::bad}});
  if (wrong > 0) s.fail("the nodes do not list what is there");
  return wrong == 0;
}

} // namespace rollcall::tool::demo
