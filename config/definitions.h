// Which tables and keys a TOML document has defined so far, and whether one more definition is allowed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/report.h"

namespace whytls::config {

// One part of a dotted key, unescaped.
struct KeyPart {
  std::string text;
  Spot spot;
};

// How a name came to be; that decides what may be added to it (TOML 1.0, "Table" and "Array of Tables").
enum class Definition {
  implied,          // a parent that only a longer header named: [a] because of [a.b]
  header,           // [a]
  dotted,           // a parent in a dotted key: a in a.b = 1
  value,            // anything after "=", inline tables and arrays as well: closed
  array_of_tables,  // [[a]]
};

class Definitions {
 public:
  struct Node {
    Definition definition = Definition::header;
    Spot spot;
    std::string path;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    std::vector<std::unique_ptr<Node>> elements;  // of an array of tables
  };

  // Both must outlive this object.
  Definitions(Report& report, Positions& positions);

  [[nodiscard]] Node& root() { return root_; }
  // Where the keys after a header belong. A header that is not allowed is reported, and its keys go to a
  // node of their own, so that one mistake gives one message.
  [[nodiscard]] Node& open_table(const std::vector<KeyPart>& keys);
  [[nodiscard]] Node& open_array_element(const std::vector<KeyPart>& keys);
  // The node of one key of `table`, in the same way.
  [[nodiscard]] Node& define_key(Node& table, const std::vector<KeyPart>& keys);
  // Notes where the value of `node` begins.
  void note_value(const Node& node, Spot spot);
  // A node outside of the tree, for an element of an array or for what was refused.
  [[nodiscard]] Node& loose(const std::string& path, Spot spot);

 private:
  Node& add(Node& parent, const KeyPart& key, Definition definition);
  Node* header_parent(const std::vector<KeyPart>& keys);
  void refuse(const Node& earlier, const KeyPart& key, const std::string& what);

  Report& report_;
  Positions& positions_;
  Node root_;
  std::vector<std::unique_ptr<Node>> loose_;
};

}  // namespace whytls::config
