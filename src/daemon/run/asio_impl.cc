// The compiled half of Asio, once for the program.
#include "daemon/run/asio_setup.h"
//
#include <asio/impl/src.hpp>
