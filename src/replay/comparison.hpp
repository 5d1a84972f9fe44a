#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arigate::replay {

/// Events of one object are put side by side in windows of so many, where they differ: more memory
/// than the square of it is never needed.
inline constexpr std::size_t alignment_window = 1'000;

/// How many events of native ARI our own events equal; all numbers count events.
struct Tally {
  std::size_t native = 0;     ///< What native ARI sent of that which AMI can tell.
  std::size_t own = 0;        ///< What native ARI sent of its own objects, beyond that.
  std::size_t equal = 0;      ///< Ours are the same, in the same order among those of their object.
  std::size_t untold = 0;     ///< Equal but for fields that AMI does not carry.
  std::size_t different = 0;  ///< Ours are there, but another field differs.
  std::size_t moved = 0;      ///< Equal but at another place among the events of their object.
  std::size_t missing = 0;
  std::size_t extra = 0;  ///< Ours that native did not send.

  Tally& operator+=(const Tally& other);
  /// Of what AMI can tell, how much of it is told as native does; 100 when there is nothing.
  double percent() const;
};

/// What kind of fact explains a difference.
enum class Reason : std::uint8_t {
  none,          ///< Nothing does.
  untold_field,  ///< AMI does not carry the field.
  own_object,    ///< An object of the PBX's own ARI.
  other,         ///< See the text.
};

/// One thing in which ours differs from native's.
struct Difference {
  enum class Kind { field, moved, missing, extra };
  Kind kind = Kind::field;
  std::string type;    ///< Of the event.
  std::string object;  ///< Which channel, bridge, endpoint or device.
  std::string field;   ///< "channel.dialplan.app_name"; "" for all but field.
  std::string native, ours;
  Reason reason = Reason::none;
  std::string_view why{};  ///< The fact that explains it; "" for none.
};

struct Comparison {
  std::map<std::string, Tally> types;  ///< By the type of the event.
  std::vector<Difference> differences;

  Tally total() const;
  /// Events whose every difference is explained, by each explanation.
  std::map<std::string_view, std::size_t> explained;
  std::size_t unexplained = 0;
};

/// Compares two streams of ARI events (JSON texts). Events belong to their first object; within it
/// the order counts, and each field but the time stamp, ids as they are.
Comparison compare(const std::vector<std::string>& native, const std::vector<std::string>& ours);

/// The tallies as a table, one line for each type, then the sum.
std::string table_of(const std::map<std::string, Tally>& types);
std::string text_of(const Difference& difference);

}  // namespace arigate::replay
