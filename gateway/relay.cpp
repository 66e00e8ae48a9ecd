#include "gateway/relay.hpp"

#include "rollcall/detail/caf_compat.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <utility>

namespace rollcall::gateway {

namespace {

constexpr const char* meeting_topic = "gateways";
constexpr std::size_t max_waiting = 4096;     // broadcasts that wait for the gateway's thread
constexpr std::size_t bytes_of_a_frame = 256; // without topic and tail; an upper bound

/// Identifies a gateway of this process, so that it ignores its own broadcasts.
std::string random_name() {
  std::random_device source;
  return std::to_string(source()) + "-" + std::to_string(source());
}

} // namespace

/// The tracker by which gateways find each other, shared by the gateways of one actor system.
/// It ends with the last of them.
class relay::meeting_point {
public:
  explicit meeting_point(tracker t) : tracker_(std::move(t)) {}
  ~meeting_point() { static_cast<void>(tracker_.graceful_permdown()); }
  meeting_point(const meeting_point&) = delete;
  meeting_point& operator=(const meeting_point&) = delete;

  const tracker& get() const noexcept { return tracker_; }

  static expected<std::shared_ptr<meeting_point>>
  of(caf::actor_system& system, const tracker& beside, const cluster_node& node) {
    static std::mutex mutex;
    static std::map<std::pair<caf::actor_system*, std::string>, std::weak_ptr<meeting_point>> all;
    auto options = beside.options();
    options.name += ".gateways";
    options.pool_size = 1;
    options.journal_file.clear();
    std::lock_guard guard(mutex);
    auto& slot = all[{&system, options.name}];
    if (auto known = slot.lock()) return known;
    auto started = start_tracker(system, handler_factory{}, options, node);
    if (!started) return started.error();
    auto fresh = std::make_shared<meeting_point>(std::move(*started));
    slot = fresh;
    return fresh;
  }

private:
  tracker tracker_;
};

struct relay::home {
  const std::string name = random_name();
  std::function<void(std::function<void()>)> post;
  events told;
  std::size_t max_bytes = 0;
  std::mutex mutex; // guards `stopped` and the begin of events
  bool stopped = false;
  std::atomic<std::size_t> waiting{0};
  std::atomic<bool> lost{false};
};

namespace {

template <class Home>
void heard(const std::shared_ptr<Home>& home, std::string topic, std::string tail) {
  std::lock_guard guard(home->mutex);
  if (home->stopped) return;
  if (home->waiting >= max_waiting) {
    home->lost = true;
    return;
  }
  ++home->waiting;
  home->post([home, topic = std::move(topic), tail = std::move(tail)] {
    --home->waiting;
    {
      std::lock_guard still(home->mutex);
      if (home->stopped) return;
    }
    if (home->lost.exchange(false)) home->told.dropped();
    home->told.said(topic, tail);
  });
}

} // namespace

expected<std::unique_ptr<relay>> relay::start(caf::actor_system& system, const tracker& beside,
                                              const cluster_node& node,
                                              std::function<void(std::function<void()>)> post,
                                              events told) {
  auto others = meeting_point::of(system, beside, node);
  if (!others) return others.error();
  auto h = std::make_shared<home>();
  h->post = std::move(post);
  h->told = std::move(told);
  h->max_bytes = (*others)->get().options().limits.max_dispatch_bytes;
  std::unique_ptr<relay> x(new relay(h));
  x->others_ = std::move(*others);
  x->ear_ = system.spawn([h](caf::event_based_actor*) -> caf::behavior {
    return {[h](const std::string& from, const std::string& topic, const std::string& tail) {
      if (from != h->name) heard(h, topic, tail);
    }};
  });
  if (auto ref = x->others_->get().track(x->ear_, meeting_topic, h->name); !ref) {
    x->stop();
    return ref.error();
  }
  return x;
}

relay::relay(std::shared_ptr<home> x) : home_(std::move(x)) {}
relay::~relay() { stop(); }

void relay::say(const std::string& topic, const std::string& tail) {
  if (topic.size() + tail.size() + bytes_of_a_frame > home_->max_bytes)
    return home_->told.dropped();
  dispatch_msg x;
  x.topic = meeting_topic;
  x.content = caf::make_message(home_->name, topic, tail);
  if (const auto shard = others_->get().shard_for(meeting_topic))
    compat::anon_send(shard, std::move(x));
}

void relay::stop() {
  {
    std::lock_guard guard(home_->mutex);
    if (std::exchange(home_->stopped, true)) return;
  }
  caf::anon_send_exit(ear_, caf::exit_reason::user_shutdown);
  ear_ = nullptr;
  others_.reset();
}

} // namespace rollcall::gateway
