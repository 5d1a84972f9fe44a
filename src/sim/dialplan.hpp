#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace arigate::sim {

/// One priority of an extension.
struct Step {
  int priority = 1;
  std::string label;
  std::string application;
  std::string data;
  bool runtime = false;  ///< Added over the command line: a reload forgets it.
};

struct Extension {
  std::string pattern{};  ///< "600", "_X.", "h".
  std::vector<Step> steps;
};

struct Context {
  std::string name;
  std::vector<Extension> extensions;
  bool runtime = false;
};

/// "exten 801 in context default shows the state of SIP/alice".
struct Hint {
  std::string context;
  std::string exten;
  std::string device;
};

/// Does `extension` match `pattern`? In a pattern (after '_') X, Z, N, [1-3], '.' and '!' stand for
/// digits, and '-' is skipped.
bool matches(std::string_view pattern, std::string_view extension);

/// Contexts, extensions, priorities. Knows nothing of channels.
class Dialplan {
 public:
  /// Reads the syntax of extensions.conf: [context], exten =>, same =>, [globals], hints.
  /// Errc::bad_request names the line.
  static Result<Dialplan> parse(std::string_view text);

  const Step* find(std::string_view context, std::string_view exten, int priority) const;
  /// The number of a label; nullopt when there is none of that name.
  std::optional<int> labelled(std::string_view context, std::string_view exten,
                              std::string_view label) const;
  bool has_context(std::string_view context) const;

  /// False when that priority is taken. Makes the context when it is missing.
  bool add(std::string_view context, std::string_view pattern, Step step);
  bool remove(std::string_view context, std::string_view pattern, std::optional<int> priority);
  /// Forgets what was added at run time.
  void reload();

  const std::vector<Context>& contexts() const { return contexts_; }
  const std::vector<std::pair<std::string, std::string>>& globals() const { return globals_; }
  const std::vector<Hint>& hints() const { return hints_; }

 private:
  const Extension* best(std::string_view context, std::string_view exten) const;
  const Context* context(std::string_view name) const;
  Context& context_for_writing(std::string_view name, bool runtime);

  std::vector<Context> contexts_;
  std::vector<std::pair<std::string, std::string>> globals_;
  std::vector<Hint> hints_;
};

}  // namespace arigate::sim
