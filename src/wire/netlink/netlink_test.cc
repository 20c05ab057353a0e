#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "wire/netlink/attribute.h"
#include "wire/netlink/error_numbers.h"
#include "wire/netlink/message.h"

namespace ovs::wire {
namespace {

enum class Attr : std::uint16_t { Number = 1, Name = 2, Nest = 3 };

void put_some(Writer& writer) {
  writer.put_u32(Attr::Number, 5);
  const auto nest = writer.begin_nest(Attr::Nest);
  writer.put_string(Attr::Name, "br0");
  writer.put_u8(Attr::Number, 7);
  writer.end_nest(nest);
}

TEST_CASE("Attributes: are read as they were written") {
  std::uint8_t buffer[64];
  Writer writer{MutableBytes(buffer)};
  put_some(writer);
  const auto bytes = writer.finish();
  REQUIRE(bytes.ok());
  const auto chain = Attributes::parse(*bytes);
  REQUIRE(chain.ok());
  CHECK(chain->find(Attr::Number)->u32().value() == 5);
  const auto nested = Attributes::parse(chain->find(Attr::Nest)->payload);
  REQUIRE(nested.ok());
  CHECK(nested->find(Attr::Name)->string().value() == "br0");
  CHECK(nested->find(Attr::Number)->u8().value() == 7);
  CHECK(nested->find(Attr::Number)->u32().error() == Error::Malformed);
  CHECK(!nested->find(Attr::Nest));
}

TEST_CASE("Writer: counts what does not fit, and then a buffer of that size suffices") {
  Writer counter;
  put_some(counter);
  CHECK(counter.finish().error() == Error::NoSpace);
  for (std::size_t size = 0; size <= counter.size(); ++size) {
    std::vector<std::uint8_t> buffer(size);
    Writer writer{MutableBytes(buffer)};
    put_some(writer);
    CHECK(writer.size() == counter.size());
    CHECK(writer.finish().ok() == (size == counter.size()));
  }
}

// All that a message may be made of, over a buffer that holds `held` so far.
std::vector<std::uint8_t> made_over(std::uint8_t held) {
  std::vector<std::uint8_t> buffer(512, held);
  Writer writer{MutableBytes(buffer)};
  Message header;
  header.sequence = 7;
  const std::size_t at = begin_message(writer, header);
  put_some(writer);
  for (std::size_t size = 0; size < 6; ++size) {
    const std::vector<std::uint8_t> bytes(size, 1);
    writer.put(Attr::Number, Bytes(bytes));
    writer.put_string(Attr::Name, Text("abcdef", size));
  }
  writer.put_flag(Attr::Number);
  writer.cancel_nest(writer.begin_nest(Attr::Nest));
  end_message(writer, at);
  put_error(writer, header, -22, "why");
  put_done(writer, header);
  buffer.resize(writer.size());
  return buffer;
}

TEST_CASE("Writer: leaves no byte of what it has written as it was") {
  CHECK(made_over(0) == made_over(0xff));
}

TEST_CASE("Attributes: lengths that lie are refused") {
  CHECK(Attributes::parse(std::vector<std::uint8_t>{3, 0, 1, 0}).error() == Error::Malformed);
  CHECK(Attributes::parse(std::vector<std::uint8_t>{9, 0, 1, 0, 0, 0, 0, 0}).error() ==
        Error::Truncated);
  CHECK(Attributes::parse(std::vector<std::uint8_t>{}).value().empty());
}

TEST_CASE("Attributes: any bytes are a chain that can be walked, or refused") {
  std::mt19937_64 random(5);
  unsigned walked = 0;
  for (int i = 0; i < 100000; ++i) {
    std::vector<std::uint8_t> bytes(random() % 40);
    for (std::uint8_t& byte : bytes) byte = std::uint8_t(random() % 12);
    const auto chain = Attributes::parse(bytes);
    if (!chain) continue;
    std::size_t total = 0;
    for (const Attribute attribute : *chain) total += kAttributeHeader + attribute.payload.count();
    CHECK(total <= bytes.size());
    walked += total != 0 ? 1 : 0;
  }
  CHECK(walked > 500);
}

TEST_CASE("Message: the header is 24 bytes, and lengths are checked") {
  std::uint8_t buffer[64] = {};
  Writer writer{MutableBytes(buffer)};
  Message header;
  header.type = std::uint16_t(Family::Vport);
  header.sequence = 9;
  header.command = 3;
  const std::size_t at = begin_message(writer, header);
  writer.put_u32(Attr::Number, 1);
  end_message(writer, at);
  const auto view = parse_message(*writer.finish());
  REQUIRE(view.ok());
  CHECK(view->header.length == 32);
  CHECK(view->header.sequence == 9);
  CHECK(view->payload.count() == 8);
  CHECK(view->rest.empty());
  CHECK(parse_message(Bytes(buffer).first(23)).error() == Error::Truncated);
  CHECK(parse_message(Bytes(buffer).first(31)).error() == Error::Truncated);
  buffer[0] = 23;
  CHECK(parse_message(buffer).error() == Error::Malformed);
}

TEST_CASE("Message: an error carries its number and its reason") {
  Message request;
  request.sequence = 4;
  for (const char* reason : {"", "no such port"}) {
    std::uint8_t buffer[128];
    Writer writer{MutableBytes(buffer)};
    put_error(writer, request, -std::int32_t(ErrorNumber::NoDevice), reason);
    const auto bytes = writer.finish();
    REQUIRE(bytes.ok());
    if (*reason == 0) CHECK(bytes->count() == kErrorMessageSize);
    const auto error = parse_error(*bytes);
    REQUIRE(error.ok());
    CHECK(error->error == -19);
    CHECK(error->request_sequence == 4);
    CHECK(error->text == reason);
  }
}

TEST_CASE("Error numbers: what is sent is understood again") {
  for (const Error error : {Error::Unsupported, Error::Invalid, Error::NoMemory, Error::NotFound,
                            Error::Exists, Error::Busy, Error::Denied, Error::Down,
                            Error::WouldBlock, Error::TimedOut, Error::Cancelled, Error::Io}) {
    CHECK(error_of(error_number(error)) == error);
  }
  CHECK(std::string(error_text(ErrorNumber::NoDevice)) == "No such device");
  CHECK(std::string(error_text(ErrorNumber(99))) == "Unknown error");
}

}  // namespace
}  // namespace ovs::wire
