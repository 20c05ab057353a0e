#include "platform/nt/trace.h"

namespace ovs::platform::nt {
namespace {

constexpr std::size_t kMaxLine = 200;

struct Levels {
  UCHAR etw;
  ULONG debugger;
};
Levels levels_of(TraceLevel level) {
  switch (level) {
    case TraceLevel::Error: return {TRACE_LEVEL_ERROR, DPFLTR_ERROR_LEVEL};
    case TraceLevel::Warning: return {TRACE_LEVEL_WARNING, DPFLTR_WARNING_LEVEL};
    case TraceLevel::Info: return {TRACE_LEVEL_INFORMATION, DPFLTR_INFO_LEVEL};
    case TraceLevel::Debug: break;
  }
  return {TRACE_LEVEL_VERBOSE, DPFLTR_TRACE_LEVEL};
}

// A line of ASCII, ended by a zero; what is not ASCII becomes a question mark.
template <class Character>
class Line {
 public:
  void append(Text text) {
    for (const char character : text) {
      if (used_ == kMaxLine) return;
      const bool is_plain = character >= ' ' && character <= '~';
      room_[used_++] = Character(is_plain ? character : '?');
    }
  }
  const Character* end() {
    room_[used_] = Character(0);
    return room_;
  }

 private:
  Character room_[kMaxLine + 1];
  std::size_t used_ = 0;
};

template <class Character>
void write(Line<Character>& line, const TraceEvent& event) {
  line.append(event.module);
  line.append("|");
  line.append(event.message);
}

}  // namespace

EtwTrace::EtwTrace(const GUID& provider) {
  if (!NT_SUCCESS(EtwRegister(&provider, nullptr, nullptr, &provider_))) provider_ = 0;
}

EtwTrace::~EtwTrace() {
  if (provider_ != 0) EtwUnregister(provider_);
}

void EtwTrace::event(const TraceEvent& event) {
  const Levels levels = levels_of(event.level);
  Line<char> narrow;
  write(narrow, event);
  DbgPrintEx(DPFLTR_IHVNETWORK_ID, levels.debugger, "ovs|%s\n", narrow.end());
  if (provider_ == 0) return;
  Line<WCHAR> wide;
  write(wide, event);
  EtwWriteString(provider_, levels.etw, 0, nullptr, wide.end());
}

}  // namespace ovs::platform::nt
