// Preloaded into clients that cannot be told the address of a name: NAME.localhost is 127.0.0.1 (RFC 6761, 6.3).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

typedef int (*Lookup)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

int getaddrinfo(const char* name, const char* service, const struct addrinfo* hints, struct addrinfo** found) {
  static const char kEnding[] = ".localhost";
  const size_t ending = sizeof kEnding - 1;
  const size_t length = name == NULL ? 0 : strlen(name);
  if (length > ending && strcmp(name + length - ending, kEnding) == 0) name = "127.0.0.1";
  return ((Lookup)dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, found);
}
