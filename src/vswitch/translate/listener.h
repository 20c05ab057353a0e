// Who wants to hear how a translation goes: ofproto/trace. Without one, nothing of this costs
// anything.
#pragma once
#include <string>
#include <string_view>

namespace ovs::openflow {
struct Action;
}

namespace ovs::vswitch {

struct Rule;
struct BridgeView;

enum class NoteKind : std::uint8_t { Detail, Warning, Error };

class TranslationListener {
 public:
  virtual ~TranslationListener() = default;
  virtual void enter_bridge(const BridgeView& bridge) = 0;
  virtual void leave_bridge() = 0;
  // `rule` is null on a miss.
  virtual void enter_table(std::uint8_t table, const Rule* rule) = 0;
  virtual void leave_table() = 0;
  virtual void action(const openflow::Action& action) = 0;
  virtual void drop() = 0;  // a table whose rule does nothing
  virtual void note(NoteKind kind, std::string_view text) = 0;
};

}  // namespace ovs::vswitch
