#include "io/ari_tap.hpp"

#include <utility>

namespace arigate::io {
namespace {

using trace::Direction;
using trace::Line;

/// What is asked for below /ari, which a prefix may stand before.
std::optional<std::string> below_ari(std::string_view target) {
  constexpr std::string_view root = "/ari/";
  const auto found = target.substr(0, target.find('?')).find(root);
  if (found == std::string_view::npos) return std::nullopt;
  return std::string{target.substr(found + root.size() - 1)};
}

std::optional<std::string> unless_empty(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{std::string{text}};
}

Line line_of(std::string link, bool from_server, Line::What what, std::string_view data) {
  Line line;
  line.link = std::move(link);
  line.dir = from_server ? Direction::from_pbx : Direction::to_pbx;
  line.what = what;
  line.data = data;
  return line;
}

}  // namespace

std::optional<AriTap::Asked> AriTap::request(std::string_view method, std::string_view target,
                                             std::string_view body) {
  auto path = below_ari(target);
  if (!path) return std::nullopt;
  Asked asked{++requests_, std::string{method}, *std::move(path)};
  Line line = line_of("ari-rest", false, Line::What::data, body);
  line.req = asked.number;
  line.method = asked.method;
  line.path = asked.path;
  tap_.record(std::move(line));
  return asked;
}

void AriTap::reply(const Asked& asked, const Reply& reply) {
  Line line = line_of("ari-rest", true, Line::What::data, reply.body);
  line.req = asked.number;
  line.method = asked.method;
  line.path = asked.path;
  line.status = reply.status;
  line.reason = reply.reason;
  line.ctype = unless_empty(reply.content_type);
  line.location = unless_empty(reply.location);
  tap_.record(std::move(line));
}

std::string AriTap::opened(std::string_view target) {
  auto name = sockets_.take();
  Line line = line_of(name, false, Line::What::open, {});
  line.path = target;
  tap_.record(std::move(line));
  return name;
}

void AriTap::message(const std::string& link, bool from_server, std::string_view text) {
  tap_.record(line_of(link, from_server, Line::What::data, text));
}

void AriTap::close_frame(const std::string& link, bool from_server, std::string_view payload) {
  tap_.record(line_of(link, from_server, Line::What::close, payload));
}

}  // namespace arigate::io
