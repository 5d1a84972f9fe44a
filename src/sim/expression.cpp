#include "sim/expression.hpp"

#include <array>
#include <optional>

#include "core/number.hpp"
#include "core/text.hpp"

namespace arigate::sim {
namespace {

std::string truth(bool value) {
  return value ? "1" : "0";
}

/// Recursive descent, one function per level of precedence.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_{text} {}

  std::string whole() {
    auto value = either();
    skip_blanks();
    return rest_.empty() ? value : "0";
  }

 private:
  static constexpr int depth_max = 32;

  std::string either() {
    auto left = both();
    while (take("|")) {
      auto right = both();
      if (!is_true(left)) left = std::move(right);
    }
    return left;
  }

  std::string both() {
    auto left = comparison();
    while (take("&")) {
      const auto right = comparison();
      if (!is_true(left) || !is_true(right)) left = "0";
    }
    return left;
  }

  std::string comparison() {
    auto left = sum();
    for (;;) {
      static constexpr std::array<std::string_view, 6> operators{"!=", "<=", ">=", "=", "<", ">"};
      std::string_view found;
      for (const auto candidate : operators) {
        if (take(candidate)) {
          found = candidate;
          break;
        }
      }
      if (found.empty()) return left;
      const auto right = sum();
      const auto a = whole_number<long>(left);
      const auto b = whole_number<long>(right);
      const auto order = a && b ? (*a < *b ? -1 : (*a > *b ? 1 : 0)) : left.compare(right);
      if (found == "=") left = truth(order == 0);
      if (found == "!=") left = truth(order != 0);
      if (found == "<") left = truth(order < 0);
      if (found == ">") left = truth(order > 0);
      if (found == "<=") left = truth(order <= 0);
      if (found == ">=") left = truth(order >= 0);
    }
  }

  std::string sum() {
    auto left = product();
    for (;;) {
      const bool plus = take("+");
      if (!plus && !take("-")) return left;
      const auto right = product();
      const long a = whole_number<long>(left).value_or(0);
      const long b = whole_number<long>(right).value_or(0);
      left = std::to_string(plus ? a + b : a - b);
    }
  }

  std::string product() {
    auto left = unary();
    for (;;) {
      const char op = take("*") ? '*' : (take("/") ? '/' : (take("%") ? '%' : '\0'));
      if (op == '\0') return left;
      const long a = whole_number<long>(left).value_or(0);
      const long b = whole_number<long>(unary()).value_or(0);
      if (op == '*') {
        left = std::to_string(a * b);
      } else {
        left = b == 0 ? "0" : std::to_string(op == '/' ? a / b : a % b);
      }
    }
  }

  std::string unary() {
    if (take("!")) return truth(!is_true(unary()));
    if (take("-")) return std::to_string(-whole_number<long>(unary()).value_or(0));
    return atom();
  }

  std::string atom() {
    skip_blanks();
    if (take("(")) {
      if (++depth_ > depth_max) return "0";
      auto value = either();
      --depth_;
      take(")");
      return value;
    }
    if (rest_.starts_with('"')) {
      const auto end = rest_.find('"', 1);
      const auto text = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      return std::string{text};
    }
    const auto end = std::min(rest_.find_first_of("|&=!<>+-*/%() \t"), rest_.size());
    const auto text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return std::string{text};
  }

  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

std::string evaluate(std::string_view expression) {
  return Parser{expression}.whole();
}

bool is_true(std::string_view text) {
  return !text.empty() && text != "0";
}

}  // namespace arigate::sim
