// Advice by situation, from situations.toml (embedded at build time): one fault has several causes, each with
// a fix of its own; device families have ways of their own; and a trust store or a clock is set differently
// on each system.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace whytls::policy {

// One cause of a code or failure. Texts may hold {host}, {port} and {sni}.
struct Situation {
  std::string_view id;
  std::string_view title;
  std::vector<std::string_view> applies_to;  // symbols of codes and slugs of failures
  std::vector<std::string_view> signs;       // how to recognise it
  std::vector<std::string_view> steps;       // what to do, in this order
  std::string_view settle;                   // what tells it from the other causes
};

// Devices and programs of one kind, recognised by what their certificates say.
struct DeviceFamily {
  std::string_view id;
  std::string_view name;
  std::vector<std::string_view> match;       // how words of subject, issuer, names or host begin, in any case
  std::vector<std::string_view> applies_to;  // as above; empty: to everything
  std::vector<std::string_view> notes;
  std::vector<std::string_view> steps;
};

enum class Topic : std::uint8_t { trust, clock };

// How it is done on one system.
struct SystemSteps {
  Topic topic;
  std::string_view system;  // "Windows", "Debian and Ubuntu"
  std::vector<std::string_view> applies_to;
  std::vector<std::string_view> steps;
};

// All in the order of the file. Made on first use.
[[nodiscard]] std::span<const Situation> all_situations();
[[nodiscard]] std::span<const DeviceFamily> all_device_families();
[[nodiscard]] std::span<const SystemSteps> all_system_steps();

// Those for one code or failure, in the order of the file.
[[nodiscard]] std::vector<const Situation*> situations_of(std::string_view symbol_or_slug);
[[nodiscard]] std::vector<const SystemSteps*> system_steps_of(std::string_view symbol_or_slug);
// The families that one of the texts speaks of and that have something to say about the slug; an empty slug
// stands for any.
[[nodiscard]] std::vector<const DeviceFamily*> families_of(const std::vector<std::string_view>& texts,
                                                           std::string_view slug);

}  // namespace whytls::policy
