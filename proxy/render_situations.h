// Advice by situation on the failure of a record: which cases it may be, what is known of the device, and how
// a thing is done on each system.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "policy/situations.h"
#include "proxy/record.h"

namespace whytls::proxy {

struct CaseAdvice {
  std::vector<const policy::DeviceFamily*> families;  // by what certificate and host say
  std::vector<const policy::Situation*> situations;   // at most four
  // Those of a device only when it is one of `families`, the stores of clients only when a client refused us.
  std::vector<const policy::SystemSteps*> systems;
};

// Empty for a healthy record. A device shows in its certificate: there are families on the upstream leg only,
// for failures of certificate or handshake.
[[nodiscard]] CaseAdvice case_advice(const Record& record);

// `text` of the catalogue with {host}, {port} and {sni} filled in: within `backticks` as words of a shell,
// elsewhere as prose. Raw, as fill().
[[nodiscard]] std::string fill_advice(const Record& record, std::string_view text);

// The same as JSON, in English; `record` fills the texts in, nullptr leaves the placeholders.
[[nodiscard]] nlohmann::ordered_json situations_json(std::span<const policy::Situation* const> list,
                                                     const Record* record);
[[nodiscard]] nlohmann::ordered_json families_json(std::span<const policy::DeviceFamily* const> list,
                                                   const Record* record);
[[nodiscard]] nlohmann::ordered_json systems_json(std::span<const policy::SystemSteps* const> list);

}  // namespace whytls::proxy
