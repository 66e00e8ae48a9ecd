// Frames of a client, one a line, through the machine of its channels.
//
// Whatever comes: what goes out are frames, nothing is stopped that was not
// started, a channel holds at most one track, and after the end nothing listens.
#include "gateway/client.hpp"
#include "gateway/origin.hpp"
#include "gateway/url.hpp"
#include "test/fuzz/target.hpp"

#include <map>
#include <set>
#include <utility>

namespace rollcall::fuzz {

namespace {

using namespace gateway;

/// Carries out what the machine says, and asserts what must hold.
class shell {
public:
  explicit shell(unsigned answers) : answers_(answers) {}

  void carry_out(client& c, actions all) {
    for (auto& x : all) std::visit([&](auto& one) { on(c, one); }, x);
  }
  bool listens() const { return !listening_.empty(); }

  bool closed = false;

private:
  void on(client&, const send_text& x) {
    must(std::holds_alternative<frame>(decode_frame(x.text)), "what is sent is a frame");
  }
  void on(client&, const start_listening& x) {
    must(listening_.insert(x.topic).second, "a topic is listened to once");
  }
  void on(client&, const stop_listening& x) {
    must(listening_.erase(x.topic) == 1, "who stops listening has listened");
  }
  void on(client& c, start_tracking& x) {
    must(!x.topic.empty() && !x.key.empty() && x.meta.valid(), "what is tracked is valid");
    must(tracked_.emplace(x.topic, x.key).second, "a topic is tracked once");
    const bool refuse = (answers_ = answers_ >> 1 | answers_ << 7) & 1;
    if (refuse) tracked_.erase(x.topic);
    carry_out(c, c.tracked(x.channel, refuse ? tracker_answer{{}, "limit_reached"}
                                             : tracker_answer{"1-2-3", {}}));
  }
  void on(client&, const stop_tracking& x) {
    const auto found = tracked_.find(x.topic);
    must(found != tracked_.end() && found->second == x.key, "what is untracked was tracked");
    tracked_.erase(found);
  }
  void on(client& c, const update_meta& x) {
    const auto found = tracked_.find(x.topic);
    must(found != tracked_.end() && found->second == x.key, "what is updated is tracked");
    must(x.meta.valid(), "an update has a valid meta");
    carry_out(c, c.updated(x.channel, x.topic, x.ref, {"1-2-4", {}}));
  }
  void on(client&, const broadcast& x) {
    must(std::holds_alternative<frame>(decode_frame("[null,null," + x.tail)),
         "a broadcast is a frame");
  }
  void on(client&, const list_page& x) {
    must(x.limit > 0 && x.limit <= 1000, "a page is bounded");
  }
  void on(client&, const close_connection&) { closed = true; }
  void on(client&, const refused&) {}

  unsigned answers_;
  std::set<std::string> listening_;
  std::map<std::string, std::string> tracked_;
};

} // namespace

void run(std::string_view input) {
  source in(input);
  const auto how = in.byte();
  grant rights = grant::all();
  if (how & 2) {
    rights = {};
    rights.subject = "ada";
    rights.topics = {{"t*", 7}, {"u", 1}};
  }
  client_limits limits;
  limits.max_channels = 3;
  client c{limits, rights, [] { return std::string{"random"}; }};
  shell s(how & 1 ? 0 : how);
  auto text = in.rest();
  static_cast<void>(parse_url(text));
  static_cast<void>(read_claims(text));
  static_cast<void>(origin_allowed(text, text, (how & 4) != 0, {}));
  const instant now = instant{} + std::chrono::hours{1};
  while (!text.empty() && !s.closed) {
    const auto end = text.find('\n');
    s.carry_out(c, c.receive(text.substr(0, end), now));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    must(c.channels() <= 3, "no more channels than allowed");
  }
  s.carry_out(c, c.ended());
  must(!s.listens(), "after the end nothing listens");
}

std::vector<std::string> seeds() {
  const std::string join = R"(["1","1","t","phx_join",{"key":"ada","meta":{"n":1}}])";
  return {
      "\x01" + join + "\n" + join + "\n" + R"(["1","2","t","update",{"n":[1,2.5,null,"x"]}])",
      "\x01" + join + "\n" + R"(["1","2","t","phx_leave",{}])" + "\n" + join,
      std::string(1, '\xaa') + join + "\n" + R"(["1","3","u","phx_join",{"track":false}])",
      "\x01" + join + "\n" + R"([null,"2","t","broadcast",{"a":1}])" + "\n"
          + R"([null,"2","t","presence_list",{"after":"a","limit":7}])",
      "\x01" + std::string(R"([null,"2","phoenix","heartbeat",{}])"),
      "\x03/api/topics/a%2Fb?topic=x&limit=7",
      "\x03" + std::string(R"({"sub":"ada","exp":12,"topics":{"room:*":["read","track"]}})"),
  };
}

} // namespace rollcall::fuzz
