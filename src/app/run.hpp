#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>

#include "arigate/config.hpp"
#include "arigate/gateway.hpp"

namespace arigate::app {

/// `arigate run`: returns the exit code. `change` has the last word on the configuration.
int run_command(const std::filesystem::path& file,
                const std::function<void(Config&)>& change = nullptr);

/// Starts the gateway, calls `started`, and lets it work until SIGTERM or SIGINT, which stop it
/// within 5 s; a second signal stops at once. SIGHUP calls `reload`. Returns the exit code.
int serve(boost::asio::io_context& context, Gateway& gateway, std::function<void()> started,
          std::function<void()> reload);

/// Prints each error on a line of standard error; false when there are any.
bool usable(const LoadedConfig& loaded);

}  // namespace arigate::app
