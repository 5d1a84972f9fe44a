#include "ari/sounds.hpp"

#include <string_view>

#include "ari/errors.hpp"

namespace arigate::ari {
namespace {

/// Appends the sound as far as the filters let it; false when nothing is left of it. "" lets all
/// pass.
bool append_sound(std::string& out, const ops::Sound& sound, std::string_view language,
                  std::string_view format) {
  std::string formats;
  for (const auto& [has_language, has_format] : sound.formats) {
    if (!language.empty() && language != has_language) continue;
    if (!format.empty() && format != has_format) continue;
    formats += formats.empty() ? "{\"language\":" : ",{\"language\":";
    append_json_string(formats, has_language);
    formats += ",\"format\":";
    append_json_string(formats, has_format);
    formats += '}';
  }
  if (formats.empty()) return false;
  out += "{\"id\":";
  append_json_string(out, sound.id);
  if (!sound.text.empty()) {
    out += ",\"text\":";
    append_json_string(out, sound.text);
  }
  out.append(",\"formats\":[").append(formats).append("]}");
  return true;
}

}  // namespace

void SoundResource::serve(Router& router) {
  router.on(Operation::sounds_list,
            AsyncHandler{[this](Request request) { return list(std::move(request)); }});
  router.on(Operation::sounds_get,
            AsyncHandler{[this](Request request) { return get(std::move(request)); }});
}

Response SoundResource::failed(Operation operation, const Error& error) const {
  if (error.code == Errc::not_supported) return refuse_(operation);
  return error_response(error);
}

boost::asio::awaitable<Response> SoundResource::list(Request request) {
  const auto sounds = co_await sounds_.all();
  if (!sounds) co_return failed(request.operation, sounds.error());
  const auto language = request.param("lang").value_or("");
  const auto format = request.param("format").value_or("");
  std::string body = "[";
  for (const auto& [id, sound] : **sounds) {
    const auto before = body.size();
    if (before > 1) body += ',';
    if (!append_sound(body, sound, language, format)) body.resize(before);
  }
  if (body.size() == 1) co_return message_response(404, "No sounds found that matched the query");
  co_return json_response(body + ']');
}

boost::asio::awaitable<Response> SoundResource::get(Request request) {
  const auto sounds = co_await sounds_.all();
  if (!sounds) co_return failed(request.operation, sounds.error());
  const auto found = (*sounds)->find(std::string{request.path("soundId")});
  if (found == (*sounds)->end()) co_return message_response(404, "Sound not found");
  std::string body;
  append_sound(body, found->second, "", "");
  co_return json_response(std::move(body));
}

}  // namespace arigate::ari
