#pragma once

#include <string_view>

namespace arigate::ari {

/// Whether Asterisk knows a media format of this name ("ulaw"). One that is known may still not be
/// loaded on the PBX.
bool is_media_format(std::string_view name);

}  // namespace arigate::ari
