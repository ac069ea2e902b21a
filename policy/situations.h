// Advice by situation, from situations.toml (embedded at build time): one fault has several causes, each with
// a fix of its own; device families have ways of their own; and a trust store or a clock is set differently
// on each system. What is here says when a piece of advice applies; its texts are in each language (words.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "policy/words.h"

namespace whytls::policy {

// One cause of a code or failure.
struct Situation {
  std::string_view id;
  std::vector<std::string_view> applies_to;  // symbols of codes and slugs of failures
};

// Devices and programs of one kind, recognised by what their certificates say.
struct DeviceFamily {
  std::string_view id;
  std::vector<std::string_view> match;       // how words of subject, issuer, names or host begin, in any case
  std::vector<std::string_view> applies_to;  // as above; empty: to everything
};

enum class Topic : std::uint8_t { trust, clock };

// How it is done on one system.
struct SystemSteps {
  Topic topic;
  std::vector<std::string_view> applies_to;
  std::vector<std::string_view> families;  // ids; not empty: a way of these devices only
  bool client_side;                        // of a trust store that clients ask, never this proxy
};

// All in the order of the file. Made on first use.
[[nodiscard]] std::span<const Situation> all_situations();
[[nodiscard]] std::span<const DeviceFamily> all_device_families();
[[nodiscard]] std::span<const SystemSteps> all_system_steps();

// Those for one code or failure, in the order of the file.
[[nodiscard]] std::vector<const Situation*> situations_of(std::string_view symbol_or_slug);
[[nodiscard]] std::vector<const SystemSteps*> system_steps_of(std::string_view symbol_or_slug);
// The families that one of the texts speaks of and that have something to say about the slug; an empty slug
// stands for any. At most two, the one with the longest match first.
[[nodiscard]] std::vector<const DeviceFamily*> families_of(const std::vector<std::string_view>& texts,
                                                           std::string_view slug);

// The texts of one row; it must be one of those that the functions above give out.
[[nodiscard]] const SituationWords& words_of(const Situation& one, const Language& language = english());
[[nodiscard]] const FamilyWords& words_of(const DeviceFamily& one, const Language& language = english());
[[nodiscard]] const StepsWords& words_of(const SystemSteps& one, const Language& language = english());

}  // namespace whytls::policy
