// Boost.JSON is built here, once, as its own library would be.
#include <boost/json/src.hpp>
