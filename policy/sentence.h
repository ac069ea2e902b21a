// What is said of findings and checks, in the words of a language. The templates are the `sentence` of each
// failure: {peer} is the other side, any other {key} a fact of the finding; a part in [brackets] is left out
// when a fact in it is missing. Those of certificate failures are clauses that go into
// Word::sentence_certificate. Peer text raw.
#pragma once

#include <string>

#include "policy/diagnosis.h"
#include "policy/words.h"

namespace whytls::policy {

// One sentence about ranked findings; empty when there are none.
[[nodiscard]] std::string make_sentence(const Language& language, const Attempt& attempt,
                                        const std::vector<Finding>& findings);
// What is said of one finding of a certificate, as a clause ("expired 3 days ago (2020-06-24)").
[[nodiscard]] std::string certificate_clause(const Language& language, const Finding& finding);
// The detail of a check; `findings` are those of its diagnosis.
[[nodiscard]] std::string check_text(const Language& language, const Check& check,
                                     const std::vector<Finding>& findings);

}  // namespace whytls::policy
