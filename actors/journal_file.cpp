#include "actors/journal_file.hpp"

#include "base/json_text.hpp"

#include <utility>

namespace rollcall::actors {

namespace {

void member(std::string& out, const char* name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  crdt::append_json_string(out, text);
}

void member(std::string& out, const char* name, std::int64_t x) {
  out.append(",\"").append(name).append("\":").append(std::to_string(x));
}

void member(std::string& out, const char* name, const incarnation& x) {
  out.append(",\"").append(name).append("\":[").append(std::to_string(x.start_us));
  out.append(",").append(std::to_string(x.salt)).append("]");
}

} // namespace

std::string journal_line(std::string_view topic, std::string_view key, const story_entry& x) {
  std::string out = "{\"at\":\"" + wall_text(x.wall_ms) + "\"";
  member(out, "wall", x.wall_ms);
  member(out, "steady", x.steady_ms);
  member(out, "topic", topic);
  member(out, "key", key);
  member(out, "what", to_string(x.what));
  member(out, "reason", to_string(x.reason));
  member(out, "cause", to_string(x.cause));
  member(out, "from", x.from);
  member(out, "replica", x.who.replica.name);
  member(out, "incarnation", x.who.replica.inc);
  out.append(",\"actor\":").append(std::to_string(x.who.actor));
  member(out, "ref_incarnation", x.ref.inc);
  out.append(",\"ref_clock\":").append(std::to_string(x.ref.clock));
  if (x.heard_ms != 0) member(out, "heard", x.heard_ms);
  if (x.link_lost) out += ",\"link_lost\":true";
  return out += "}\n";
}

journal_file::journal_file(std::string path, bounds b)
    : path_(std::move(path)), bounds_(b), thread_([this] { run(); }) {}

journal_file::~journal_file() {
  {
    const std::lock_guard guard{mutex_};
    ended_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (file_ != nullptr) std::fclose(file_);
}

void journal_file::write(std::string_view line) {
  {
    const std::lock_guard guard{mutex_};
    if (waiting_.size() + line.size() > bounds_.backlog_bytes) {
      ++lost_;
      return;
    }
    waiting_ += line;
    ++waiting_lines_;
    if (waiting_lines_ > 1) return; // it was written before
  }
  wake_.notify_one();
}

std::uint64_t journal_file::lost() const {
  const std::lock_guard guard{mutex_};
  return lost_;
}

void journal_file::flush() {
  std::unique_lock lock{mutex_};
  idle_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

void journal_file::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    wake_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return; // the destructor was called
    const auto lines = std::exchange(waiting_, {});
    const auto count = std::exchange(waiting_lines_, 0);
    const auto news = lost_ - std::exchange(lost_told_, lost_);
    writing_ = true;
    lock.unlock();
    const bool written = open();
    if (written) put(lines, news);
    lock.lock();
    writing_ = false;
    if (!written) lost_ += count;
    idle_.notify_all();
  }
}

bool journal_file::open() {
  if (file_ != nullptr && size_ >= bounds_.file_bytes) {
    std::fclose(std::exchange(file_, nullptr));
    std::rename(path_.c_str(), (path_ + ".1").c_str());
  }
  if (file_ != nullptr) return true;
  file_ = std::fopen(path_.c_str(), "ae");
  if (file_ == nullptr) return false;
  std::fseek(file_, 0, SEEK_END);
  const auto at = std::ftell(file_);
  size_ = at > 0 ? static_cast<std::size_t>(at) : 0;
  return true;
}

void journal_file::put(const std::string& lines, std::uint64_t lost_before) {
  if (lost_before != 0) {
    const auto note = "{\"lost\":" + std::to_string(lost_before) + "}\n";
    size_ += std::fwrite(note.data(), 1, note.size(), file_);
  }
  size_ += std::fwrite(lines.data(), 1, lines.size(), file_);
  std::fflush(file_);
}

} // namespace rollcall::actors
