// Writes the journal to a file, one line for each change that readers saw, in a thread of
// its own.
//
// Shards never wait for the disk: lines go to a buffer of limited size. Lines that do not
// fit are dropped and counted, and a line in the file reports the number. A full file is
// renamed to FILE.1, which replaces the one before.
//
//     {"at":"2026-11-28T12:03:01.120Z","wall":…,"steady":…,"topic":"room","key":"ada",
//      "what":"joined","reason":"untracked","cause":"heartbeat","from":"a",
//      "replica":"a","incarnation":[…,…],"actor":17,"ref":[…,…,…],"heard":…,"link_lost":…}
//
// Thread-safety: any thread.
#pragma once

#include "rollcall/story.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace rollcall::actors {

/// Returns a line of the file, with newline.
std::string journal_line(std::string_view topic, std::string_view key, const story_entry&);

class journal_file {
public:
  struct bounds {
    std::size_t file_bytes = 0;    ///< size of each of the two files
    std::size_t backlog_bytes = 0; ///< size of the buffer
  };
  journal_file(std::string path, bounds);
  /// Writes the lines in the buffer.
  ~journal_file();
  journal_file(const journal_file&) = delete;
  journal_file& operator=(const journal_file&) = delete;

  /// Does not block.
  void write(std::string_view line);
  /// Returns the number of lines that were dropped, or that could not be written.
  std::uint64_t lost() const;
  /// For tests: waits until all lines so far are written or lost.
  void flush();

private:
  void run();
  void put(const std::string& lines, std::uint64_t lost_before);
  bool open();

  const std::string path_;
  const bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::string waiting_;
  std::uint64_t waiting_lines_ = 0;
  std::uint64_t lost_ = 0, lost_told_ = 0;
  bool writing_ = false;
  bool ended_ = false;
  // Used by the thread only.
  std::FILE* file_ = nullptr;
  std::size_t size_ = 0;
  std::thread thread_; ///< the last member, so that all others exist when it starts
};

} // namespace rollcall::actors
