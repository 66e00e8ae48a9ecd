// A member gone bad: speaks what a node of ours speaks, down to CAF's protocol, and
// whatever else a test likes. Over TCP or TLS.
//
//     member evil{a.address(), {.name = "evil"}};
//     evil.greet();                        // preamble and CAF's handshake
//     evil.join();                         // hello and welcome: it has a link
//     evil.say(pack(packet_kind::bye));    // to the endpoint
//     evil.send(bytes);                    // anything at all
//     evil.serve(1s);                      // answers pings meanwhile
//
// CAF 0.17's form of messages only (`speaks_our_caf` says whether it is that).
#pragma once

#include "cluster/wire/frame.hpp"
#include "rollcall/presence.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::test {

class member {
public:
  struct identity {
    std::string name = "evil";
    incarnation life{1'000'000, 1};
    std::string hello_name{}; ///< empty: `name`
    std::string certificate{}, key{}, ca{};
    std::string caf_node{};          ///< empty: one of its own
    std::string address{};           ///< that it says it has
    std::vector<std::string> pods{}; ///< addresses of others that it says it knows
    bool small_buffer = false;       ///< its system takes little that it has not read
  };
  /// What it learns of the node.
  struct other_end {
    std::string caf;      ///< release
    std::string caf_node; ///< as text
    std::string name;
    incarnation life;
    std::string node_id; ///< bytes, in CAF's handshake
    std::uint64_t endpoint = 0;
  };

  member(const std::string& address, identity);
  ~member();
  member(const member&) = delete;
  member& operator=(const member&) = delete;

  bool connected() const noexcept { return fd_ >= 0; }
  /// Preambles only: before it, bytes go to the door; after it, to CAF.
  bool preamble();
  /// Both preambles, and the handshake of CAF 0.17: of another CAF nothing is read.
  bool greet();
  bool join();
  bool speaks_our_caf() const { return there_.caf == "0.17"; }

  /// A packet to the endpoint, from an actor of ours.
  bool say(std::string_view packet, std::uint64_t actor = 1);
  /// A frame of the gossip for shard 0 of tracker "lobby".
  bool gossip(const cluster::frame&);
  bool send(std::string_view bytes);
  /// The hello that `join` says.
  std::string hello() const;

  /// Reads, and answers pings, for that long or until the other end closes.
  void serve(std::chrono::milliseconds);
  bool is_closed(std::chrono::milliseconds within);
  /// Packets that came so far and nobody has taken.
  std::vector<std::string> take_packets();

  const other_end& there() const noexcept { return there_; }
  const identity& self() const noexcept { return self_; }
  const std::string& own_node_id() const noexcept { return own_node_id_; }
  replica_id replica() const { return {self_.name, self_.life}; }

private:
  struct tls_state;
  /// Waits at most so long; empty: nothing came, or it is closed.
  std::string receive(std::chrono::milliseconds);
  bool read_until(std::size_t, std::chrono::milliseconds);
  void take_messages();

  identity self_;
  std::string own_node_text_, own_node_id_;
  int fd_ = -1;
  bool closed_ = false;
  std::unique_ptr<tls_state> tls_;
  std::string in_;
  other_end there_;
  std::vector<std::string> packets_;
};

} // namespace rollcall::test
