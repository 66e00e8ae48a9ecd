// The source of Boost.JSON, for systems without its library.
#include <boost/json/src.hpp>
