#include "ari/route_table.hpp"

#include "ari/percent.hpp"
#include "core/text.hpp"

namespace arigate::ari {
namespace {

/// Native lists methods in this order whatever the order of the operations.
constexpr std::array<std::pair<std::string_view, Method>, 4> method_order{{
    {"GET", Method::get},
    {"POST", Method::post},
    {"PUT", Method::put},
    {"DELETE", Method::del},
}};

RouteTable::Node& child(RouteTable::Node& parent, std::string_view segment) {
  for (auto& [name, node] : parent.children) {
    if (name == segment) return *node;
  }
  parent.children.emplace_back(segment, std::make_unique<RouteTable::Node>());
  return *parent.children.back().second;
}

void add(RouteTable::Node& root, const OperationInfo& operation) {
  RouteTable::Node* node = &root;
  std::vector<std::string_view> parameters;
  for (const auto segment : split(operation.path.substr(1), '/')) {
    if (segment.front() == '{') {
      parameters.push_back(segment.substr(1, segment.size() - 2));
      if (!node->any) node->any = std::make_unique<RouteTable::Node>();
      node = node->any.get();
    } else {
      node = &child(*node, segment);
    }
  }
  node->parameters = std::move(parameters);
  if (operation.websocket) {
    node->websocket = &operation;  // Native does not count it among the allowed methods.
    return;
  }
  for (const auto& [name, method] : method_order) {
    if (name == operation.method) node->by_method[static_cast<std::size_t>(method)] = &operation;
  }
  node->methods.clear();
  for (const auto& [name, method] : method_order) {
    if (node->by_method[static_cast<std::size_t>(method)] == nullptr) continue;
    if (!node->methods.empty()) node->methods += ',';
    node->methods += name;
  }
  node->allow = "OPTIONS," + node->methods;
}

}  // namespace

RouteTable::RouteTable(std::span<const OperationInfo> operations,
                       const std::function<bool(Operation)>& wanted) {
  for (const auto& operation : operations) {
    if (!wanted || wanted(operation.operation)) add(root_, operation);
  }
}

const RouteTable::Node* RouteTable::find(std::string_view path, Values& values, Miss& miss) const {
  miss = Miss::unknown;
  const Node* node = &root_;
  if (path.empty()) return node;
  for (;;) {
    const auto slash = path.find('/');
    auto segment = percent_decode(path.substr(0, slash));
    if (!segment) {
      miss = Miss::bad_escape;
      return nullptr;
    }
    // Native stops at an empty segment and answers for what came before it, so that a client with
    // an empty id would act on the whole collection. Here it is not found.
    if (segment->empty()) return nullptr;
    const Node* next = nullptr;
    for (const auto& [name, under] : node->children) {
      if (name == *segment) {
        next = under.get();
        break;
      }
    }
    if (next == nullptr) {
      if (!node->any) return nullptr;
      next = node->any.get();
      values.push_back(*std::move(segment));
    }
    node = next;
    if (slash == std::string_view::npos) return node;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace arigate::ari
