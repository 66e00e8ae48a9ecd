// Functions of all programs for their command line.
#pragma once

#include <boost/program_options.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tool {

/// Thrown by readers of options. The text says what to give instead.
struct bad_argument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Boost replaces marks in its messages by the given value until no mark is left: a value that
/// contains a mark would cause an endless loop. So such values are refused before Boost sees them.
/// Throws like Boost.
inline void refuse_marks(std::string_view text) {
  for (const std::string_view mark : {"%canonical_option%", "%option%", "%value%", "%prefix%",
                                      "%original_token%", "%invalid_line%"})
    if (text.find(mark) != text.npos)
      throw boost::program_options::error{
          "no option holds a word between two percent signs: leave it out"};
}
inline void refuse_marks(const std::vector<std::string>& args) {
  for (const auto& x : args) refuse_marks(std::string_view{x});
}
inline void refuse_marks(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) refuse_marks(std::string_view{argv[i]});
}

/// Fills a `Parsed { help, args, error }`: the help, or the result of `read`, or one line with the
/// error. Abbreviated options and other arguments are refused.
template <class Parsed, class Help, class Read>
Parsed parse_command_line(int argc, const char* const* argv,
                          const boost::program_options::options_description& options, Help help,
                          Read read) {
  namespace po = boost::program_options;
  Parsed out;
  try {
    refuse_marks(argc, argv);
    po::variables_map given;
    po::store(
        po::command_line_parser(argc, argv)
            .options(options)
            .positional({})
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        given);
    po::notify(given);
    if (given.contains("help"))
      out.help = help();
    else
      out.args = read(given);
  } catch (const po::error& e) {
    out.error = std::string{e.what()} + " (--help lists all options)";
  } catch (const bad_argument& e) {
    out.error = e.what();
  }
  return out;
}

} // namespace rollcall::tool
