#pragma once

#include <regex.h>

#include <memory>
#include <string>

namespace arigate::ari {

/// A regular expression for names of applications, as the dialplan gives it to StasisBroadcast:
/// POSIX extended, found anywhere in the name. "" matches all.
///
/// One that is broken, too long or too costly to compile filters nothing, as natively: it may hold
/// what a caller has chosen.
class NameFilter {
 public:
  static constexpr std::size_t bytes_max = 256;
  static constexpr int groups_deep_max = 10;
  static constexpr int repeated_groups_max = 3;
  static constexpr int repeats_max = 100;  ///< In {m,n}.
  static constexpr int choices_max = 20;   ///< Of a group inside two others.

  explicit NameFilter(const std::string& expression);

  /// False: it is not usable and lets every name through.
  bool usable() const { return usable_; }
  bool matches(const std::string& name) const;

 private:
  struct Free {
    void operator()(regex_t* compiled) const;
  };
  bool usable_ = true;
  std::unique_ptr<regex_t, Free> compiled_;  ///< nullptr: all match.
};

}  // namespace arigate::ari
