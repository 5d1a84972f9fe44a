#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <variant>

#include "ari/http.hpp"
#include "ari/request.hpp"

namespace arigate::ari {

/// A handler that has its answer at once, or one that waits for the PBX.
using SyncHandler = std::function<Response(const Request&)>;
using AsyncHandler = std::function<boost::asio::awaitable<Response>(Request)>;
using Handler = std::variant<SyncHandler, AsyncHandler>;

}  // namespace arigate::ari
