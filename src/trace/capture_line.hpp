#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace arigate::trace {

/// Which way bytes went. From the PBX's side of a link, and for ARI from whoever serves it.
enum class Direction : std::uint8_t { none, from_pbx, to_pbx };

/// One line of a capture behind its header: a chunk or message of one link, or what became of it.
/// fixtures/captures/README.md describes the format.
struct Line {
  enum class What : std::uint8_t { data, connect, open, close, eof, note };

  std::uint64_t number = 0;  ///< Of the line in its file, from 1; the header is line 1.
  std::int64_t t_us = 0;     ///< Since Header::started.
  std::string link{};        ///< "ami", "ami:2", "agi:1", "ari-rest", "ari-ws", "note", …
  Direction dir = Direction::none;
  What what = What::data;
  std::string
      data{};  ///< The bytes as they were; the text of a note; the payload of a close frame.

  // ari-rest: a request and its reply have the same number.
  std::optional<std::uint64_t> req{};
  std::optional<std::string> method{};
  std::optional<std::string> path{};  ///< Below /ari; of the `open` of ari-ws the whole target.
  std::optional<int> status{};        ///< Replies only, as are the rest.
  std::optional<std::string> reason{};
  std::optional<std::string> ctype{};
  std::optional<std::string> location{};

  bool operator==(const Line&) const = default;
};

/// Line 1 of a capture.
struct Header {
  std::string pbx{};  ///< "Asterisk 16.28.0"; "" while it is not known.
  std::string ami{};  ///< Version in the AMI banner.
  std::string scenario{};
  std::string about{};
  std::string started{};  ///< "2026-11-23T16:27:57.651285+00:00".
  std::vector<std::pair<std::string, std::uint16_t>> ports{};
  std::string ari{};  ///< "arigate" when its ARI is in the file, "" for the PBX's own.

  bool operator==(const Header&) const = default;
};

}  // namespace arigate::trace
