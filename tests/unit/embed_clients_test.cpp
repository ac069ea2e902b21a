// That the build refuses rules about clients which cannot be meant: the tool is run over them.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/directory.h"

namespace whytls::policy {
namespace {

struct Outcome {
  int status = -1;
  std::string said;
};

Outcome embed(const std::string& clients) {
  const support::Directory directory;
  const std::string file = directory.write("clients.toml", clients);
  std::string command = WHYTLS_EMBED_CLIENTS;
  command.append(" ").append(file).append(" ").append(directory.path()).append("/clients.inc 2>&1");
  Outcome outcome;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
    outcome.said += buffer.data();
  outcome.status = pclose(pipe);
  return outcome;
}

const char* const kClient = "[[client]]\nname = \"A\"\nversion = \"1\"\n";
const char* const kRule = "[[client.says]]\nfailures = [\"cert_expired\"]\noutcome = \"refuses\"\n";

TEST(EmbedClients, TakesAClientWithARule) {
  const Outcome outcome =
      embed(std::string(kClient).append(kRule).append("when = [\"days > 3\", \"not sni\"]\n"));
  EXPECT_EQ(outcome.status, 0) << outcome.said;
}

TEST(EmbedClients, RefusesWhatCannotBeMeant) {
  struct Row {
    std::string client;
    std::string rule;
    const char* complaint;
  };
  const std::string client = kClient;
  const std::string rule = kRule;
  const Row rows[] = {
      {client, "", "[A] has no rule"},
      {"[[client]]\nname = \"A\"\n", rule, "[client.version] must be a text"},
      {client, rule + "when = [\"days about 3\"]\n", "is no condition: days about 3"},
      {client, rule + "when = [\"days >\"]\n", "is no condition: days >"},
      {client, rule + "evidence = \"documented\"\n", "[A rule 1.source] is for documented rules"},
      {client, rule + "source = \"a book\"\n", "[A rule 1.source] is for documented rules"},
      {client, rule + "evidence = \"guessed\"\n", "has no value guessed"},
      {client, rule + "color = \"red\"\n", "[A rule 1.color] is a key that nobody reads"},
      {client, "[[client.says]]\nfailures = [\"cert_exspired\"]\noutcome = \"refuses\"\n",
       "cert_exspired is no failure of failures.def"},
      {client, "[[client.says]]\nfailures = [\"cert_expired\"]\noutcome = \"unknown\"\n",
       "has no value unknown"},
      {client + "like = \"B\"\nsource = \"a book\"\n", "", "[A.like] no client B"},
      {client + "like = \"A\"\n", rule, "is for documented rules, and they need one"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = embed(row.client + row.rule);
    EXPECT_NE(outcome.status, 0) << row.complaint;
    EXPECT_NE(outcome.said.find(row.complaint), std::string::npos) << row.complaint << "\n" << outcome.said;
  }
}

}  // namespace
}  // namespace whytls::policy
