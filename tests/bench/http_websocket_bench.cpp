// Counts WebSocket frames: opens CLIENTS sockets of /ari/events on a running http_server_bench,
// asks it for COUNT events to each and tells how many frames came in a second.
//   http_websocket_bench PORT CLIENTS COUNT
#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using boost::asio::ip::tcp;

tcp::socket connect(boost::asio::io_context& context, std::uint16_t port) {
  tcp::socket socket{context};
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  return socket;
}

void ask(tcp::socket& socket, const std::string& request) {
  boost::asio::write(socket, boost::asio::buffer(request));
  std::string answer;
  boost::asio::read_until(socket, boost::asio::dynamic_buffer(answer), "\r\n\r\n");
}

/// Counts the frames in a stream of unmasked frames that comes in any pieces.
class FrameCounter {
 public:
  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (skip_ > 0) {
        const auto part = std::min(skip_, bytes.size());
        skip_ -= part;
        bytes.remove_prefix(part);
        continue;
      }
      header_ += bytes.front();
      bytes.remove_prefix(1);
      if (header_.size() < 2) continue;
      const auto at = [&](std::size_t i) { return static_cast<unsigned char>(header_[i]); };
      const std::size_t size = at(1) == 127 ? 10 : at(1) == 126 ? 4 : 2;
      if (header_.size() < size) continue;
      skip_ = size == 2 ? at(1) : 0;
      for (std::size_t i = 2; i < size; ++i) skip_ = skip_ << 8U | at(i);
      header_.clear();
      ++frames_;
    }
  }
  std::size_t frames() const { return frames_; }

 private:
  std::string header_;
  std::size_t skip_ = 0;
  std::size_t frames_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  const auto clients = std::strtoul(argv[2], nullptr, 10);
  const auto count = std::strtoul(argv[3], nullptr, 10);
  boost::asio::io_context context;
  std::vector<tcp::socket> sockets;
  std::vector<pollfd> waiting;
  for (std::size_t i = 0; i < clients; ++i) {
    sockets.push_back(connect(context, port));
    ask(sockets.back(),
        "GET /ari/events?app=a&api_key=u:p HTTP/1.1\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    waiting.push_back({sockets.back().native_handle(), POLLIN, 0});
  }
  auto control = connect(context, port);
  ask(control, "POST /ari/events/user/storm?api_key=u:p&count=" + std::to_string(count) +
                   "&rate=" + argv[4] + " HTTP/1.1\r\n\r\n");

  const auto begun = std::chrono::steady_clock::now();
  std::vector<FrameCounter> counters(clients);
  std::string bytes(256 * 1024, '\0');
  for (std::size_t done = 0; done < clients;) {
    if (poll(waiting.data(), waiting.size(), 5'000) <= 0) break;
    for (std::size_t i = 0; i < clients; ++i) {
      if (waiting[i].revents == 0) continue;
      boost::system::error_code error;
      const auto size = sockets[i].read_some(boost::asio::buffer(bytes), error);
      counters[i].take({bytes.data(), size});
      if (error || counters[i].frames() >= count) {
        waiting[i].fd = -1;
        ++done;
      }
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::size_t frames = 0;
  for (const auto& counter : counters) frames += counter.frames();
  std::printf("%zu clients: %zu of %zu frames in %.3f s: %.0f frames/s\n", sockets.size(), frames,
              clients * count, took.count(), static_cast<double>(frames) / took.count());
  return frames == clients * count ? 0 : 1;
}
