#include "netlink/trace.h"

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>

namespace ovs::netlink {

Trace::Trace(const char* path) {
  if (path == nullptr || *path == 0) return;
  file_ = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void Trace::refused(const wire::Message& request, int error, Text why) {
  if (file_ < 0) return;
  const char* family = "family";
  for (const wire::FamilyInfo& info : wire::kFamilies) {
    if (std::uint16_t(info.family) == request.type) family = info.name;
  }
  char line[512];
  const int size = std::snprintf(line, sizeof line, "%s type %u command %u: %s: %.*s\n", family,
                                 unsigned(request.type), unsigned(request.command),
                                 std::strerror(error), int(why.size()), why.data());
  if (size > 0)
    (void)!::write(file_, line,
                   std::size_t(size) < sizeof line ? std::size_t(size) : sizeof line - 1);
}

}  // namespace ovs::netlink
