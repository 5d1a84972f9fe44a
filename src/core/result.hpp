#pragma once

#include <boost/system/result.hpp>
#include <string>

namespace arigate {

/// What kind of failure. A closed set: src/ari/errors.hpp gives each one its HTTP status.
enum class Errc {
  bad_request,         ///< The caller's value is unusable (wrong form, CR or LF in it, too long).
  not_found,           ///< The object does not exist.
  conflict,            ///< The object exists already, or is in use.
  not_in_application,  ///< The channel is not under the control of an application.
  wrong_state,         ///< The object exists but cannot do this now.
  forbidden,           ///< The AMI user lacks the privilege, or the configuration forbids it.
  unprocessable,       ///< The request is well formed, but what it names is not there.
  refused_by_pbx,      ///< The PBX answered Error; detail holds its Message.
  not_supported,       ///< This PBX cannot do it; detail says why.
  overloaded,          ///< A queue or table is full.
  unavailable,         ///< The link to the PBX is down.
  timeout,             ///< The PBX did not answer before the deadline.
  protocol,            ///< Bytes that break the protocol; close that connection.
};

struct Error {
  Errc code;
  std::string detail;  ///< For people: the PBX's Message, the bad line. Never parsed.
};

/// Use only `if (r)`, `*r` and `r.error()`, so that std::expected can replace it in one line.
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace arigate
