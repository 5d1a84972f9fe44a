#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ari/http.hpp"
#include "generated/ari_operations.hpp"

namespace arigate::ari {

/// Finds the operation of a path: a tree of path segments, built once. A literal segment wins over
/// a {parameter}; there is no way back from it, as in native.
class RouteTable {
 public:
  struct Node {
    std::vector<std::pair<std::string_view, std::unique_ptr<Node>>> children;
    std::unique_ptr<Node> any;                        ///< Under a {parameter}.
    std::array<const OperationInfo*, 7> by_method{};  ///< Index: Method.
    std::vector<std::string_view> parameters;         ///< Names of the {parameters} up to here.
    const OperationInfo* websocket = nullptr;         ///< Answers GET by an upgrade.
    std::string allow = "OPTIONS";                    ///< Value of the Allow header.
    std::string methods;                              ///< The same without OPTIONS.
  };
  /// Values of the {parameters}, percent-decoded.
  using Values = std::vector<std::string>;
  enum class Miss { unknown, bad_escape };

  /// `wanted`: which of them are there; empty: all.
  explicit RouteTable(std::span<const OperationInfo> operations,
                      const std::function<bool(Operation)>& wanted = {});

  /// `path` is what follows "/ari/", still percent-encoded; "" is the root. nullptr with the reason
  /// in `miss` when nothing is there.
  const Node* find(std::string_view path, Values& values, Miss& miss) const;

 private:
  Node root_;
};

}  // namespace arigate::ari
