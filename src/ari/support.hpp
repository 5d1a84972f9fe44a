#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ari/asterisk.hpp"
#include "ari/http.hpp"
#include "generated/ari_operations.hpp"
#include "generated/ari_support.hpp"
#include "ops/abilities.hpp"
#include "ops/ports.hpp"
#include "ops/world.hpp"

namespace arigate::ari {

/// What one operation is worth on one PBX.
struct SupportCell {
  Support level = Support::exact;
  std::string why;     ///< "" when there is nothing to explain.
  std::string enable;  ///< "" when there is nothing to do.
};

std::string_view word(Support level);

/// Every module that some operation needs.
std::vector<std::string> modules_of_operations();

/// The cell of the table for this line, refused where the PBX lacks what the operation needs.
/// `line`: ami::Dialect::name; while no PBX is known every cell is that of the newest line.
SupportCell support_cell(Operation operation, std::string_view line,
                         const ops::Abilities& abilities);

/// The table for the PBX that is connected: what it drives are the 501s, and GET /arigate/support.
class SupportTable {
 public:
  /// `built`: whether arigate carries the operation out at all.
  SupportTable(ops::World& world, const PbxFacts& facts, std::function<bool(Operation)> built)
      : world_{world}, facts_{facts}, built_{std::move(built)} {}

  /// Why there is no link: what was wrong with the last one, or with the last try.
  void link_failed(std::string why) { problem_ = std::move(why); }
  /// After a login.
  boost::asio::awaitable<void> read();

  SupportCell cell(Operation operation) const;
  /// Whether the operation would be refused, by what is known.
  bool refuses(Operation operation) const;
  /// The 501, after another look at the modules that it lacks; nullopt: they are there now.
  boost::asio::awaitable<std::optional<Response>> refusal(Operation operation);
  Response unsupported(Operation operation) const;
  /// The 501 of an operation that this table lets through and the PBX cannot do all the same.
  Response explained(Operation operation, std::string_view lacking) const;

  /// GET /arigate/support
  Response list() const;

 private:
  void tell_lacking_classes() const;
  std::string_view line() const { return world_.ami.up() ? world_.ami.dialect().name : ""; }

  ops::World& world_;
  const PbxFacts& facts_;
  std::function<bool(Operation)> built_;
  ops::Abilities abilities_;
  std::string problem_;
};

}  // namespace arigate::ari
