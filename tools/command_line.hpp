// What the programs share of reading their command line.
#pragma once

#include <boost/program_options.hpp>

#include <stdexcept>
#include <string>

namespace rollcall::tool {

/// Thrown by whoever reads options; says what to give instead.
struct bad_argument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Fills a `Parsed { help, args, error }`: its help, or what `read` makes of the
/// variables, or one line that says what is wrong. Options have to be written
/// out, and nothing may stand beside them.
template <class Parsed, class Help, class Read>
Parsed parse_command_line(int argc, const char* const* argv,
                          const boost::program_options::options_description& options, Help help,
                          Read read) {
  namespace po = boost::program_options;
  Parsed out;
  try {
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
