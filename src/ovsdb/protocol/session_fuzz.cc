// Two clients of a server send anything, and a second later its file, read back, has the rows that
// the server had. The input is lines: a letter says what is done (see act()), the rest is JSON for
// it; a capital letter is the second client.
#include <cctype>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/assert.h"
#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/protocol/server.h"
#include "platform/fake/memory_files.h"
#include "platform/fake/virtual_clock.h"
#include "platform/fake/worker.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace {

using namespace ovs;
using namespace ovs::ovsdb;

constexpr int kMaxLines = 64;
constexpr const char* kFile = "/d";

// Each atomic type as scalar, optional, set and map; constraints; each kind of reference.
constexpr std::string_view kSchema = R"({"name":"d","version":"1.0.0","tables":{
  "t":{"isRoot":true,"indexes":[["i"],["s","b"]],"columns":{
    "i":{"type":"integer"},"r":{"type":"real"},"b":{"type":"boolean"},"s":{"type":"string"},
    "u":{"type":"uuid"},
    "oi":{"type":{"key":"integer","min":0}},"or":{"type":{"key":"real","min":0}},
    "ob":{"type":{"key":"boolean","min":0}},"os":{"type":{"key":"string","min":0}},
    "ou":{"type":{"key":"uuid","min":0}},
    "si":{"type":{"key":"integer","min":0,"max":"unlimited"}},
    "sr":{"type":{"key":"real","min":0,"max":"unlimited"}},
    "ss":{"type":{"key":"string","min":0,"max":3}},
    "mi":{"type":{"key":"integer","value":"integer","min":0,"max":"unlimited"}},
    "ms":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},
    "mr":{"type":{"key":"real","value":"boolean","min":0,"max":4}},
    "en":{"type":{"key":{"type":"string","enum":["set",["x","y","z"]]}}},
    "lim":{"type":{"key":{"type":"integer","minInteger":-5,"maxInteger":100}}},
    "len":{"type":{"key":{"type":"string","minLength":0,"maxLength":4}}},
    "fix":{"type":"integer","mutable":false},"e":{"type":"string","ephemeral":true},
    "c":{"type":{"key":{"type":"uuid","refTable":"c"},"min":0,"max":"unlimited"}},
    "w":{"type":{"key":{"type":"uuid","refTable":"t","refType":"weak"},"min":0,"max":2}},
    "mc":{"type":{"key":"string","value":{"type":"uuid","refTable":"c"},"min":0,"max":"unlimited"}}}},
  "c":{"maxRows":4,"columns":{
    "n":{"type":"integer"},
    "w":{"type":{"key":{"type":"uuid","refTable":"t","refType":"weak"},"min":1,"max":2}},
    "c":{"type":{"key":{"type":"uuid","refTable":"c"},"min":0,"max":2}}}}}})";

// What of a database is in its file, table by table, row by row.
std::string persistent_text(const Database& database) {
  std::map<std::string, std::string> rows;
  for (const Table& table : database.tables()) {
    table.for_each([&](const Row& row) {
      std::string text;
      for (std::uint32_t i = kFirstColumn; i < row.column_count(); ++i) {
        if (!table.schema().columns[i].is_persistent) continue;
        append_datum_json(text, row[i]);
        text += ' ';
      }
      rows.emplace(table.schema().name + row.uuid().text(), std::move(text));
    });
  }
  std::string out;
  for (const auto& [name, text] : rows) out += name + ' ' + text + '\n';
  return out;
}

struct Peer {
  std::unique_ptr<daemon::Connecting> connecting;
  std::unique_ptr<daemon::Stream> stream;
};

class World {
 public:
  World() {
    auto schema = Schema::parse(*wire::parse_json(kSchema));
    OVS_ASSERT(schema.ok() && Storage::create(files_, kFile, *schema).ok());
    (void)log_.set_levels("off");
    server_ = std::make_unique<Server>(Server::Environment{loop_, network_, log_, clock_, files_,
                                                           worker_, worker_, std::uint64_t{1}});
    OVS_ASSERT(server_->add_database(kFile).ok() && server_->add_remote("ptcp:1").ok());
    for (Peer& peer : peers_) connect(peer);
  }

  void act(char letter, std::string_view rest) {
    Peer& peer = peers_[std::isupper(static_cast<unsigned char>(letter)) ? 1 : 0];
    switch (std::tolower(static_cast<unsigned char>(letter))) {
      case 't': request(peer, "transact", "[\"d\",", rest); break;
      case 'm': request(peer, "monitor", "[\"d\",", rest); break;
      case 'c': request(peer, "monitor_cond", "[\"d\",", rest); break;
      case 's': request(peer, "monitor_cond_since", "[\"d\",", rest); break;
      case 'h': request(peer, "monitor_cond_change", "[", rest); break;
      case 'q': request(peer, "monitor_cancel", "[", rest); break;
      case 'l': request(peer, "lock", "[", rest); break;
      case 'x': request(peer, "steal", "[", rest); break;
      case 'u': request(peer, "unlock", "[", rest); break;
      case 'v': request(peer, "convert", "[\"d\",", rest); break;
      case 'a': request(peer, "set_db_change_aware", "[", rest); break;
      case 'k':
        write(peer, R"({"id":null,"method":"cancel","params":[)" + std::string(rest) + "]}");
        break;
      case 'j': write(peer, std::string(rest)); break;
      case 'p': clock_.advance_ms(rest.size() * 100); break;
      case 'n': peer.stream.reset(); break;
      case 'z': server_->compact("d", [](const std::string&) {}); break;
      case 'y': worker_.run_due(); break;
    }
    loop_.drain();
    if (!peer.stream) connect(peer);
  }

  void check() {
    const std::string before = persistent_text(server_->find("d")->database());
    server_.reset();
    loop_.drain();
    UuidSource uuids(2);
    std::string warning;
    auto storage = Storage::open(files_, uuids, kFile, LogMode::Read, warning);
    OVS_ASSERT(storage.ok() && warning.empty());
    OVS_ASSERT(persistent_text(storage->database()) == before);
  }

 private:
  void connect(Peer& peer) {
    peer.connecting = network_.connect("tcp:1", [this, &peer](auto stream) {
      if (!stream.ok()) return;
      peer.stream = std::move(*stream);
      peer.stream->start({.on_read = [](std::string_view) {},
                          .on_close =
                              [this, &peer](const daemon::IoError&) {
                                loop_.post([&peer] { peer.stream.reset(); });
                              },
                          .on_drained = nullptr});
    });
    loop_.drain();
  }
  void write(Peer& peer, std::string text) {
    if (peer.stream) peer.stream->write(std::move(text));
  }
  void request(Peer& peer, std::string_view method, std::string_view begin, std::string_view rest) {
    std::string text = "{\"id\":" + std::to_string(next_id_++) + ",\"method\":\"";
    text.append(method).append("\",\"params\":").append(begin).append(rest).append("]}");
    write(peer, std::move(text));
  }

  platform::VirtualClock clock_;
  daemon::MemoryLogOutput output_;
  daemon::Log log_{clock_, output_, "ovsdb-server", 1};
  daemon::Loop loop_{clock_};
  daemon::MemoryNetwork network_{loop_};
  platform::MemoryFiles files_{clock_};
  platform::FakeWorker worker_{clock_};
  std::unique_ptr<Server> server_;
  Peer peers_[2];
  int next_id_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int i = 0; i < kMaxLines && !text.empty(); ++i) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) world.act(line[0], line.substr(1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  world.check();
  return 0;
}
