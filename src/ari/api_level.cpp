#include "ari/api_level.hpp"

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/text.hpp"

namespace arigate::ari {
namespace {

namespace json = boost::json;

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

json::value parse(std::string_view text) {
  return json::parse(json::string_view{text.data(), text.size()});
}

/// The names on the way to a member: "channels > apis > /channels/{channelId} > operations".
std::vector<std::string_view> steps_of(std::string_view at) {
  constexpr std::string_view separator = " > ";
  std::vector<std::string_view> steps;
  while (true) {
    const auto end = at.find(separator);
    steps.push_back(at.substr(0, end));
    if (end == std::string_view::npos) return steps;
    at.remove_prefix(end + separator.size());
  }
}

/// Whether an element of a list is the one of that name: an API by its path, an operation by its
/// nickname, a parameter by its name, an error by its code, a plain value by itself.
bool is_called(const json::value& element, std::string_view name) {
  if (element.is_string()) return view_of(element.get_string()) == name;
  if (!element.is_object()) return false;
  for (const auto* key : {"path", "nickname", "name", "code"}) {
    const auto* member = element.get_object().if_contains(key);
    if (member == nullptr) continue;
    return member->is_string() ? view_of(member->get_string()) == name
                               : json::serialize(*member) == name;
  }
  return false;
}

json::value* child(json::value& parent, std::string_view name) {
  if (auto* object = parent.if_object()) {
    return object->if_contains(json::string_view{name.data(), name.size()});
  }
  if (auto* list = parent.if_array()) {
    for (auto& element : *list) {
      if (is_called(element, name)) return &element;
    }
  }
  return nullptr;
}

/// The member that holds the last step; the definitions are ours, so it is there.
json::value& parent_of(json::value& root, const std::vector<std::string_view>& steps) {
  json::value* at = &root;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    at = child(*at, steps[i]);
    ARIGATE_ASSERT(at != nullptr);
  }
  return *at;
}

void remove(json::value& root, std::string_view at) {
  const auto steps = steps_of(at);
  auto& parent = parent_of(root, steps);
  if (auto* object = parent.if_object()) {
    object->stable_erase(json::string_view{steps.back().data(), steps.back().size()});
    return;
  }
  auto& list = parent.as_array();
  for (auto element = list.begin(); element != list.end(); ++element) {
    if (!is_called(*element, steps.back())) continue;
    list.erase(element);
    return;
  }
}

/// No object keeps this member; one that is an object is a model or a property of that name.
void strip(json::value& value, std::string_view name) {
  const json::string_view key{name.data(), name.size()};
  if (auto* object = value.if_object()) {
    const auto* member = object->if_contains(key);
    if (member != nullptr && !member->is_object()) object->stable_erase(key);
    for (auto& [other, below] : *object) strip(below, name);
  } else if (auto* list = value.if_array()) {
    for (auto& element : *list) strip(element, name);
  }
}

void apply(json::value& documents, const json::object& changes) {
  if (const auto* without = changes.if_contains("without")) {
    for (const auto& name : without->as_array()) strip(documents, view_of(name.as_string()));
  }
  for (const auto& at : changes.at("remove").as_array()) {
    remove(documents, view_of(at.as_string()));
  }
  for (const auto& [at, value] : changes.at("set").as_object()) {
    const auto steps = steps_of({at.data(), at.size()});
    auto& parent = parent_of(documents, steps).as_object();
    parent[json::string_view{steps.back().data(), steps.back().size()}] = value;
  }
}

json::value newest_documents() {
  json::object documents;
  for (const auto file : api_doc_files()) {
    const auto name = file.substr(0, file.find('.'));
    documents[json::string_view{name.data(), name.size()}] = parse(api_doc(file));
  }
  return documents;
}

json::value documents_of(Level level) {
  auto documents = newest_documents();
  // Newest first: each one says what it lacks against the next newer one.
  const auto levels = parse(level_changes());
  for (const auto& [name, changes] : levels.as_object()) {
    const auto of = level_of({name.data(), name.size()});
    ARIGATE_ASSERT(of.has_value());
    if (*of >= level) apply(documents, changes.as_object());
  }
  return documents;
}

/// "List[Channel]" -> "Channel"
std::string_view element_of(std::string_view type) {
  constexpr std::string_view list = "List[";
  if (!type.starts_with(list) || !type.ends_with(']')) return type;
  return type.substr(list.size(), type.size() - list.size() - 1);
}

}  // namespace

/// All models of the newest level, and those of this one.
struct ApiLevel::Models {
  json::object newest, here;

  static json::object all(const json::value& documents) {
    json::object found;
    for (const auto& [name, document] : documents.as_object()) {
      const auto* models = document.as_object().if_contains("models");
      if (models == nullptr) continue;
      for (const auto& [model, definition] : models->as_object()) found[model] = definition;
    }
    return found;
  }

  const json::object* properties(const json::object& models, std::string_view model) const {
    const auto* definition = models.if_contains(json::string_view{model.data(), model.size()});
    return definition == nullptr ? nullptr : &definition->at("properties").as_object();
  }

  /// Takes out what the newest level has and this one has not. What neither of them has stays:
  /// native sends a few such members too.
  void reduce(json::value& value, std::string_view type) const {
    type = element_of(type);
    if (auto* list = value.if_array()) {
      for (auto& element : *list) reduce(element, type);
      return;
    }
    auto* object = value.if_object();
    const auto* known = properties(newest, type);
    if (object == nullptr || known == nullptr) return;
    const auto* kept = properties(here, type);
    std::vector<std::string> later;
    for (auto& [name, member] : *object) {
      const auto* property = known->if_contains(name);
      if (property == nullptr) continue;
      if (kept == nullptr || !kept->contains(name)) {
        later.emplace_back(name.data(), name.size());
      } else {
        reduce(member, view_of(property->at("type").as_string()));
      }
    }
    for (const auto& name : later) object->stable_erase(name);
    if (type == "Playback" && kept != nullptr) use_old_states(*object, *kept);
  }

  /// Asterisk 13 has one state for every end of a playback: its description calls it "complete", its
  /// events and answers "done" (run on 13.38).
  static void use_old_states(json::object& playback, const json::object& properties) {
    auto* state = playback.if_contains("state");
    if (state == nullptr || !state->is_string()) return;
    const auto& values = properties.at("state").at("allowableValues").at("values").as_array();
    bool known = false;
    for (const auto& value : values) known = known || value == *state;
    if (!known && *state == "failed") *state = "done";
  }
};

ApiLevel::ApiLevel(Level level) : level_{level} {
  if (is_newest()) return;
  auto documents = documents_of(level);
  models_ =
      std::make_unique<Models>(Models{Models::all(newest_documents()), Models::all(documents)});
  for (const auto& [name, document] : documents.as_object()) {
    documents_.emplace(std::string{name.data(), name.size()} + ".json", json::serialize(document));
  }
}

ApiLevel::~ApiLevel() = default;

std::string_view ApiLevel::document(std::string_view file) const {
  if (is_newest()) return api_doc(file);
  const auto found = documents_.find(file);
  return found == documents_.end() ? std::string_view{} : std::string_view{found->second};
}

bool ApiLevel::has(Operation operation) const {
  if (is_newest()) return true;
  const auto& wanted = info(operation);
  const auto document = parse(documents_.at(std::string{wanted.resource} + ".json"));
  for (const auto& api : document.at("apis").as_array()) {
    if (view_of(api.at("path").as_string()) != wanted.path) continue;
    for (const auto& one : api.at("operations").as_array()) {
      if (view_of(one.at("nickname").as_string()) == wanted.nickname) return true;
    }
  }
  return false;
}

bool ApiLevel::has_event(std::string_view type) const {
  return is_newest() || models_->here.contains(json::string_view{type.data(), type.size()}) ||
         !models_->newest.contains(json::string_view{type.data(), type.size()});
}

std::string ApiLevel::event(std::string_view open_json) const {
  auto event = parse(std::string{open_json} + '}');
  const std::string type{view_of(event.at("type").as_string())};
  // What every event has is in the models that it is derived from.
  for (const auto* base : {"Message", "Event"}) models_->reduce(event, base);
  models_->reduce(event, type);
  auto text = json::serialize(event);
  text.pop_back();
  return text;
}

std::string ApiLevel::answer(Operation operation, std::string_view text) const {
  json::error_code failed;
  auto answer = json::parse(json::string_view{text.data(), text.size()}, failed);
  if (failed) return std::string{text};
  models_->reduce(answer, info(operation).response_class);
  return json::serialize(answer);
}

}  // namespace arigate::ari
