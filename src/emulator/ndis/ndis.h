// ndis.sys: one per emulated host, because the driver's calls carry no context. Adds its functions
// to the table that the driver's imports are resolved from. Filter stacks belong to it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "emulator/sdk/ndis.h"

namespace ovs::emulator {

class ImportTable;
class Kernel;
struct FrameLayout;

// When lists that are sent down come back up through the module.
enum class Completions {
  Prompt,  // when and how the edge says
  Mixed,   // at random: inside the send call, late, reordered, with failing status, on another
           // processor
  Held,    // none, until that changes
};
// Whether what could be answered at once is.
enum class Answers {
  Prompt,
  Mixed,  // at random: pended and completed inside the call or soon; data buffers copied where they
          // need not be
};

// How make_list lays out a frame for which nobody says how.
enum class Shapes {
  Plain,  // in one piece
  Given,  // as set_layout says
  Mixed,  // at random: in pieces, some empty, at an offset, between forbidden pages, not mapped
};

struct NdisConfig {
  UINT version = 0;  // what NdisGetVersion says: 6.30 is 0x0006001e; 0: the kernel's
  // Of the INF: NetCfgInstanceId and the service of AddService.
  std::u16string unique_name = u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";
  std::u16string service_name = u"OVSExt";
  std::uint64_t seed = 1;  // of what happens at random
  Completions completions = Completions::Prompt;
  Answers answers = Answers::Prompt;
  Shapes shapes = Shapes::Plain;
};

// Destroyed after every driver is unloaded and every stack is gone.
class Ndis {
 public:
  static std::unique_ptr<Ndis> start(Kernel& kernel, ImportTable& imports, NdisConfig config);
  Ndis() = default;
  Ndis(const Ndis&) = delete;
  Ndis& operator=(const Ndis&) = delete;
  virtual ~Ndis() = default;

  virtual const NdisConfig& config() const = 0;
  // What happens at random, changed while it runs.
  virtual void set_completions(Completions completions) = 0;
  virtual void set_answers(Answers answers) = 0;
  virtual void set_shapes(Shapes shapes) = 0;
  // Shapes::Given: this. Where a frame is shorter than a split says, it ends there.
  virtual void set_layout(const FrameLayout& layout) = 0;
};

}  // namespace ovs::emulator
