#include "io/resolve.hpp"

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "ops/eventual.hpp"

namespace arigate::io {

namespace asio = boost::asio;
using boost::asio::ip::tcp;

asio::awaitable<Result<tcp::resolver::results_type>> resolve(std::string host, std::string port,
                                                             TimePoint deadline) {
  using Places = Result<tcp::resolver::results_type>;
  const auto resolver = std::make_shared<tcp::resolver>(co_await asio::this_coro::executor);
  ops::Eventual<Places> found;
  resolver->async_resolve(host, port,
                          [resolver, found](const boost::system::error_code& error,
                                            tcp::resolver::results_type places) mutable {
                            if (error) {
                              found.set(Error{Errc::unavailable, error.message()});
                            } else {
                              found.set(std::move(places));
                            }
                          });
  auto places = co_await found.wait(deadline);
  if (!places) co_return Error{Errc::unavailable, "no answer to the lookup of its name"};
  co_return std::move(*places);
}

}  // namespace arigate::io
