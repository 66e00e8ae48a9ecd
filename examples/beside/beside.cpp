// An application that has a network of its own beside rollcall's: its own config
// and message type, its own published actor, and TLS by CAF's openssl module with
// certificates of its own. rollcall says where the shop is; the application talks
// to it as it always did. Two actor systems stand for two hosts here.
//
//     script/certs cluster a b
//     script/certs shop a b
//     example_beside cluster shop
#include "price.hpp" // differs between CAF 0.17 and 1.x

#include <caf/io/middleman.hpp>
#include <caf/openssl/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <rollcall/rollcall.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

template <class T>
T value(caf::expected<T> x) {
  if (!x) throw std::runtime_error(rollcall::render(x.error()));
  return std::move(*x);
}

/// The application's config: TLS of its own, then what rollcall needs.
struct config : shop_config {
  config(const std::string& name, const std::string& cluster, const std::string& shop) {
    load<caf::io::middleman>(); // before the module that needs it
    load<caf::openssl::manager>();
    openssl_certificate = shop + "/" + name + ".pem";
    openssl_key = shop + "/" + name + ".key";
    openssl_cafile = shop + "/ca.pem";
    const auto at = cluster + "/" + name;
    if (auto why = rollcall::load(
            *this, {.certificate = at + ".pem", .key = at + ".key", .ca = cluster + "/ca.pem"}))
      throw std::runtime_error(rollcall::render(why));
  }
};

struct host {
  host(const std::string& name, const char* const* certificates,
       std::vector<std::string> seeds = {})
      : cfg(name, certificates[0], certificates[1]) {
    rollcall::cluster_options options;
    options.node_name = name;
    options.seeds = std::move(seeds);
    options.tls = true;
    node = rollcall::scoped_node{value(rollcall::start_cluster(system, options))};
    shops = rollcall::scoped_tracker{
        value(rollcall::start_tracker(system, {}, {.name = "shops"}, *node))};
  }

  config cfg;
  caf::actor_system system{cfg};
  rollcall::scoped_node node; // of the members the last is destroyed first
  rollcall::scoped_tracker shops;
};

caf::behavior shop(caf::event_based_actor*) {
  return {[](const std::string& article) { return price{article, 250}; }};
}

void run(const char* const* certificates) {
  host a{"a", certificates}, b{"b", certificates, {a.node->listen()}};

  // Host a sells: an actor at a port of the application, present with that port.
  auto tea = a.system.spawn(shop);
  const auto port = value(caf::openssl::publish(tea, 0, "127.0.0.1"));
  value(a.shops->track(tea, "shops", "tea", {{"port", static_cast<std::int64_t>(port)}}));

  // Host b hears of it, connects, and asks by a message of the application.
  while (b.shops->count("shops") == 0) std::this_thread::sleep_for(10ms);
  const auto at = (*b.shops->list("shops").begin()).meta()["port"].as_int().value_or(0);
  auto remote =
      value(caf::openssl::remote_actor(b.system, "127.0.0.1", static_cast<std::uint16_t>(at)));
  caf::scoped_actor self{b.system};
  self->request(remote, 30s, std::string{"tea"})
      .receive([](const price& x) { fmt::print("{} costs {} cents\n", x.article, x.cents); },
               [](const caf::error& why) { throw std::runtime_error(rollcall::render(why)); });
  caf::anon_send_exit(tea, caf::exit_reason::user_shutdown);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fmt::print(stderr, "usage: example_beside CLUSTER-CERTS SHOP-CERTS\n"), 2;
  rollcall::init_types(); // first: before a config is made
  try {
    run(argv + 1);
  } catch (const std::exception& why) {
    return fmt::print(stderr, "{}\n", why.what()), 1;
  }
  return 0;
}
