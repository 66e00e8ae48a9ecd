// The journal as a file: a line for each thing that became visible or ceased to
// be, written by a thread of its own.
//
// Nobody waits for the disk: lines go into a buffer of bounded size, and what
// finds no room there is not written, but counted, and the file says how many
// there were. A file that is full becomes FILE.1, in place of the one before it.
//
//     {"at":"2026-11-28T12:03:01.120Z","wall":…,"steady":…,"topic":"room","key":"ada",
//      "what":"joined","reason":"untracked","cause":"heartbeat","from":"a",
//      "replica":"a","incarnation":[…,…],"actor":17,"ref":[…,…,…],"heard":…,"link_lost":…}
//
// Threads: `write` from any.
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

/// One line of the file, with its end.
std::string journal_line(std::string_view topic, std::string_view key, const story_entry&);

class journal_file {
public:
  struct bounds {
    std::size_t file_bytes = 0;    ///< of one of the two files
    std::size_t backlog_bytes = 0; ///< waiting for the disk
  };
  journal_file(std::string path, bounds);
  /// Writes what waits.
  ~journal_file();
  journal_file(const journal_file&) = delete;
  journal_file& operator=(const journal_file&) = delete;

  /// Never waits for the disk.
  void write(std::string_view line);
  /// Lines that were not written: no room, or the disk refused.
  std::uint64_t lost() const;
  /// For tests: returns when all that was given before is on disk or lost.
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
  // Of the thread.
  std::FILE* file_ = nullptr;
  std::size_t size_ = 0;
  std::thread thread_; ///< the last member: all others are there when it begins
};

} // namespace rollcall::actors
