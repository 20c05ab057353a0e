// Writes vswitch.ovsschema to standard output, for the build.
#include <cstdio>

#include "ovsdb/schema/vswitch.h"

int main() {
  const std::string text = ovs::ovsdb::vswitch::schema_file_text();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
