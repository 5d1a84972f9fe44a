#pragma once

#include <boost/json/fwd.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "generated/api_docs.hpp"
#include "generated/ari_operations.hpp"

namespace arigate::ari {

/// The ARI of one release: its documents, its operations, and what of our answers and events it
/// knows. What came later is not served and not sent.
class ApiLevel {
 public:
  explicit ApiLevel(Level level = newest_level);
  ~ApiLevel();

  /// Everything passes: the newest level, which needs no second look at what is sent.
  bool is_newest() const { return level_ == newest_level; }

  /// As api_doc().
  std::string_view document(std::string_view file) const;
  bool has(Operation operation) const;
  bool has_event(std::string_view type) const;

  /// The JSON of an event, which lacks its closing brace as EventWriter leaves it, without the
  /// members that this level does not have.
  std::string event(std::string_view open_json) const;
  /// The same of a whole answer.
  std::string answer(Operation operation, std::string_view json) const;

 private:
  struct Models;

  Level level_;
  std::map<std::string, std::string, std::less<>> documents_;
  std::unique_ptr<Models> models_;
};

}  // namespace arigate::ari
