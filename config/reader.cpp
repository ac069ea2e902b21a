#include "config/reader.h"

#include <algorithm>

namespace whytls::config {

namespace {

const char* const kFileNames = "a path; a relative one begins at the directory of this file";

bool is_file_name(const std::string& name) {
  return !name.empty() && name.find('\0') == std::string::npos;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Spot Reading::key_spot(std::string_view path) const {
  const auto found = positions.entries.find(path);
  return found == positions.entries.end() ? Spot{} : found->second.key;
}

Spot Reading::value_spot(std::string_view path) const {
  const auto found = positions.entries.find(path);
  return found == positions.entries.end() ? Spot{} : found->second.value;
}

std::string describe(const toml::value& value) {
  switch (value.type()) {
    case toml::value_t::boolean:
      return value.as_boolean() ? "the boolean true" : "the boolean false";
    case toml::value_t::integer:
      return "the number " + std::to_string(value.as_integer());
    case toml::value_t::floating:
      return "the fraction " + std::to_string(value.as_floating());
    case toml::value_t::string:
      return "the string " + in_quotes(value.as_string().str);
    case toml::value_t::offset_datetime:
    case toml::value_t::local_datetime:
    case toml::value_t::local_date:
      return "a date";
    case toml::value_t::local_time:
      return "a time";
    case toml::value_t::array:
      return "a list";
    case toml::value_t::table:
      return "a table";
    case toml::value_t::empty:
      break;
  }
  return "nothing";
}

std::string resolve(const std::string& directory, const std::string& path) {
  if (path.empty() || path.front() == '/' || directory.empty()) return path;
  return directory.back() == '/' ? directory + path : directory + '/' + path;
}

std::string toml_bool(bool value) {
  return value ? "true" : "false";
}

std::string toml_list(const std::vector<std::string>& strings) {
  std::vector<std::string> out;
  out.reserve(strings.size());
  for (const std::string& text : strings) out.push_back(toml_string(text));
  return '[' + joined(out) + ']';
}

Table::Table(Reading& reading, const toml::value* value, std::string path)
    : reading_(reading), value_(value), path_(std::move(path)) {}

bool Table::has(const std::string& key) const {
  return value_ != nullptr && value_->contains(key);
}

Place Table::place(const std::string& key) const {
  return has(key) ? reading_.report.place(reading_.value_spot(path(key))) : place();
}

Place Table::place() const {
  const Spot spot = reading_.key_spot(path_);
  return spot.line == 0 ? Place{} : reading_.report.place(spot);
}

const toml::value* Table::take(const std::string& key) {
  known_.push_back(key);
  return has(key) ? &value_->at(key) : nullptr;
}

bool Table::has_misplaced(const std::string& key) {
  misplaced_.push_back(key);
  return has(key);
}

void Table::error(const std::string& key, Complaint complaint) const {
  reading_.report.error(reading_.value_spot(path(key)), path(key), std::move(complaint));
}

void Table::error_at_key(const std::string& key, Complaint complaint) const {
  const Spot spot = reading_.key_spot(has(key) ? path(key) : path_);
  reading_.report.error(spot, path(key), std::move(complaint));
}

void Table::warning(const std::string& key, Complaint complaint) const {
  const Spot spot = has(key) ? reading_.value_spot(path(key)) : reading_.key_spot(path_);
  reading_.report.warning(spot, path(key), std::move(complaint));
}

void Table::show(const std::string& key, std::string value) const {
  reading_.shown.push_back({path(key), std::move(value), has(key) ? place(key) : Place{}});
}

void Table::wrong_type(const std::string& path, const toml::value& value, const std::string& wanted) const {
  const std::string found = describe(value);
  reading_.report.error(reading_.value_spot(path), path, {"found " + found, found, wanted, {}});
}

void Table::out_of_range(const std::string& key, const std::string& found, const std::string& allowed) const {
  error(key, {"found " + found + ", out of range", found, allowed, {}});
}

std::optional<std::string> Table::string(const std::string& key) {
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->as_string().str;
  wrong_type(path(key), *value, "a string");
  return std::nullopt;
}

std::optional<bool> Table::boolean(const std::string& key) {
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->as_boolean();
  wrong_type(path(key), *value, "true, false (without quotes)");
  return std::nullopt;
}

std::optional<std::int64_t> Table::whole(const std::string& key, WholeRange range) {
  const std::string allowed =
      "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_integer()) {
    wrong_type(path(key), *value, allowed);
    return std::nullopt;
  }
  const std::int64_t number = value->as_integer();
  if (number >= range.least && number <= range.most) return number;
  out_of_range(key, std::to_string(number), allowed);
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> Table::duration(const std::string& key,
                                                         std::chrono::milliseconds least,
                                                         std::chrono::milliseconds most) {
  const std::string allowed = "seconds, or a text like \"500ms\", \"10s\", \"2m\", \"1h\", from " +
                              duration_text(least) + " to " + duration_text(most);
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  std::chrono::milliseconds result{-1};
  if (value->is_integer()) {
    const std::int64_t seconds = value->as_integer();
    // Compared before it is multiplied, so that nothing overflows.
    if (seconds >= 0 && seconds <= most.count()) result = std::chrono::seconds(seconds);
  } else if (value->is_string()) {
    const auto parsed_value = parse_duration(value->as_string().str);
    if (!parsed_value) {
      error(key, {in_quotes(value->as_string().str) + ": " + parsed_value.error(),
                  value->as_string().str,
                  allowed,
                  {}});
      return std::nullopt;
    }
    result = *parsed_value;
  } else {
    wrong_type(path(key), *value, allowed);
    return std::nullopt;
  }
  if (result >= least && result <= most) return result;
  out_of_range(key, describe(*value), allowed);
  return std::nullopt;
}

std::optional<std::uint64_t> Table::size(const std::string& key, std::uint64_t least, std::uint64_t most) {
  const std::string allowed =
      "bytes, or a text like \"64KiB\", \"1MiB\", from " + size_text(least) + " to " + size_text(most);
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  std::optional<std::uint64_t> result;
  if (value->is_integer()) {
    if (value->as_integer() >= 0) result = static_cast<std::uint64_t>(value->as_integer());
  } else if (value->is_string()) {
    const auto parsed_value = parse_size(value->as_string().str);
    if (!parsed_value) {
      error(key, {in_quotes(value->as_string().str) + ": " + parsed_value.error(),
                  value->as_string().str,
                  allowed,
                  {}});
      return std::nullopt;
    }
    result = *parsed_value;
  } else {
    wrong_type(path(key), *value, allowed);
    return std::nullopt;
  }
  if (result && *result >= least && *result <= most) return result;
  out_of_range(key, describe(*value), allowed);
  return std::nullopt;
}

std::optional<std::string> Table::file(const std::string& key) {
  const std::optional<std::string> name = string(key);
  if (!name) return std::nullopt;
  if (is_file_name(*name)) return resolve(reading_.directory, *name);
  error(key, {in_quotes(*name) + " is no file name", *name, kFileNames, {}});
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::size_t, std::string>>> Table::elements(const std::string& key) {
  const toml::value* value = take(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) {
    wrong_type(path(key), *value, "a list of strings");
    return std::nullopt;
  }
  std::vector<std::pair<std::size_t, std::string>> out;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const toml::value& element = value->at(i);
    if (element.is_string()) {
      out.emplace_back(i, element.as_string().str);
    } else {
      wrong_type(join_index(path(key), i), element, "a string");
    }
  }
  return out;
}

std::optional<std::vector<std::string>> Table::files(const std::string& key) {
  const auto names = elements(key);
  if (!names) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& [index, name] : *names) {
    if (is_file_name(name)) {
      out.push_back(resolve(reading_.directory, name));
      continue;
    }
    const std::string element = join_index(path(key), index);
    reading_.report.error(reading_.value_spot(element), element,
                          {in_quotes(name) + " is no file name", name, kFileNames, {}});
  }
  return out;
}

std::optional<std::size_t> Table::choice(const std::string& key, const std::vector<std::string>& names) {
  const std::optional<std::string> word = string(key);
  if (!word) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *word);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::vector<std::string> allowed;
  allowed.reserve(names.size());
  for (const std::string& name : names) allowed.push_back(in_quotes(name));
  error(key, {in_quotes(*word) + " is not known here", *word, joined(allowed), nearest(*word, names)});
  return std::nullopt;
}

Table Table::table(const std::string& key) {
  const toml::value* value = take(key);
  if (value != nullptr && !value->is_table()) {
    wrong_type(path(key), *value, "a table");
    value = nullptr;
  }
  return {reading_, value, path(key)};
}

std::vector<Table> Table::tables(const std::string& key) {
  std::vector<Table> out;
  const toml::value* value = take(key);
  if (value == nullptr) return out;
  if (!value->is_array()) {
    wrong_type(path(key), *value, "a list of tables, each begun by [[" + path(key) + "]]");
    return out;
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    const std::string element = join_index(path(key), i);
    if (value->at(i).is_table()) {
      out.emplace_back(reading_, &value->at(i), element);
    } else {
      wrong_type(element, value->at(i), "a table");
    }
  }
  return out;
}

std::vector<std::string> Table::all_keys() {
  if (value_ == nullptr) return {};
  std::vector<std::string> keys;
  for (const auto& [key, value] : value_->as_table()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  known_.insert(known_.end(), keys.begin(), keys.end());
  return keys;
}

void Table::finish() {
  if (value_ == nullptr) return;
  for (const auto& [key, value] : value_->as_table()) {
    if (contains(known_, key) || contains(misplaced_, key)) continue;
    error_at_key(key, {"unknown key", key, joined(known_), nearest(key, known_)});
  }
}

}  // namespace whytls::config
