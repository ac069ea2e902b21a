#include "config/definitions.h"

#include "config/text.h"

namespace whytls::config {

Definitions::Definitions(Report& report, Positions& positions) : report_(report), positions_(positions) {}

Definitions::Node& Definitions::add(Node& parent, const KeyPart& key, Definition definition) {
  auto node = std::make_unique<Node>();
  node->definition = definition;
  node->spot = key.spot;
  node->path = join_key(parent.path, key.text);
  Node& added = *node;
  positions_.entries.try_emplace(added.path, Positions::Entry{key.spot, key.spot});
  parent.children[key.text] = std::move(node);
  return added;
}

Definitions::Node& Definitions::loose(const std::string& path, Spot spot) {
  auto node = std::make_unique<Node>();
  node->definition = Definition::value;
  node->spot = spot;
  node->path = path;
  loose_.push_back(std::move(node));
  return *loose_.back();
}

void Definitions::refuse(const Node& earlier, const KeyPart& key, const std::string& what) {
  report_.error(key.spot, earlier.path,
                {what + " in line " + std::to_string(earlier.spot.line), in_quotes(key.text), {}, {}});
}

// Walks all but the last part of a header; nullptr when one of them can't hold tables (reported).
Definitions::Node* Definitions::header_parent(const std::vector<KeyPart>& keys) {
  Node* node = &root_;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    const auto found = node->children.find(keys[i].text);
    if (found == node->children.end()) {
      node = &add(*node, keys[i], Definition::implied);
      continue;
    }
    node = found->second.get();
    if (node->definition == Definition::value) {
      refuse(*node, keys[i], "a table cannot be added here: the value was completed");
      return nullptr;
    }
    if (node->definition == Definition::array_of_tables) node = node->elements.back().get();
  }
  return node;
}

Definitions::Node& Definitions::open_table(const std::vector<KeyPart>& keys) {
  const KeyPart& last = keys.back();
  Node* parent = header_parent(keys);
  if (parent == nullptr) return loose({}, last.spot);
  const auto found = parent->children.find(last.text);
  if (found == parent->children.end()) return add(*parent, last, Definition::header);
  Node& node = *found->second;
  switch (node.definition) {
    case Definition::implied:
      node.definition = Definition::header;
      node.spot = last.spot;
      positions_.entries[node.path] = Positions::Entry{last.spot, last.spot};
      return node;
    case Definition::header:
      refuse(node, last, "the table is defined twice, the first time");
      break;
    case Definition::dotted:
      refuse(node, last, "the table was already defined by a dotted key");
      break;
    case Definition::value:
      refuse(node, last, "the key already has a value, given");
      break;
    case Definition::array_of_tables:
      refuse(node, last, "this is a list of tables ([[...]]), begun");
      break;
  }
  return loose(node.path, last.spot);
}

Definitions::Node& Definitions::open_array_element(const std::vector<KeyPart>& keys) {
  const KeyPart& last = keys.back();
  Node* parent = header_parent(keys);
  if (parent == nullptr) return loose({}, last.spot);
  const auto found = parent->children.find(last.text);
  if (found != parent->children.end() && found->second->definition != Definition::array_of_tables) {
    refuse(*found->second, last, "[[...]] cannot add to this: it was defined as something else");
    return loose(found->second->path, last.spot);
  }
  Node& array =
      found == parent->children.end() ? add(*parent, last, Definition::array_of_tables) : *found->second;
  auto element = std::make_unique<Node>();
  element->definition = Definition::header;
  element->spot = last.spot;
  element->path = join_index(array.path, array.elements.size());
  positions_.entries.try_emplace(element->path, Positions::Entry{last.spot, last.spot});
  array.elements.push_back(std::move(element));
  return *array.elements.back();
}

Definitions::Node& Definitions::define_key(Node& table, const std::vector<KeyPart>& keys) {
  Node* node = &table;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    const auto found = node->children.find(keys[i].text);
    if (found == node->children.end()) {
      node = &add(*node, keys[i], Definition::dotted);
      continue;
    }
    node = found->second.get();
    if (node->definition != Definition::dotted) {
      refuse(*node, keys[i], "a dotted key cannot add to this: it was completed");
      return loose(node->path, keys[i].spot);
    }
  }
  const KeyPart& last = keys.back();
  const auto found = node->children.find(last.text);
  if (found == node->children.end()) return add(*node, last, Definition::value);
  refuse(*found->second, last, "the key is defined twice, the first time");
  return loose(found->second->path, last.spot);
}

void Definitions::note_value(const Node& node, Spot spot) {
  const auto found = positions_.entries.find(node.path);
  if (found == positions_.entries.end()) {
    positions_.entries.emplace(node.path, Positions::Entry{spot, spot});
  } else if (found->second.key.line == node.spot.line && found->second.key.column == node.spot.column) {
    found->second.value = spot;
  }
}

}  // namespace whytls::config
