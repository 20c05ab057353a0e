"""Tests of how recordings are judged: by tshark's text, and by tshark itself on frames made here.

The frames of the second part differ from a good one in one byte each.
"""
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import capture

ETHERNET = bytes.fromhex("02000000000102000000000208") + b"\0"
OUTER_IPS = bytes([172, 31, 0, 1, 172, 31, 0, 2])
INNER_IPS = bytes([10, 0, 0, 1, 10, 0, 0, 3])
INNER_IPV6S = bytes.fromhex("fd00" + "00" * 13 + "01" + "fd00" + "00" * 13 + "03")
PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", total ^ 0xFFFF)


def ipv4(protocol, addresses, payload):
    head = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol)
    return head + checksum(head + addresses) + addresses + payload


def tcp(addresses, payload):
    head = struct.pack("!HHIIBBH", 40000, 5201, 1, 1, 0x50, 0x18, 512)
    pseudo = addresses + struct.pack("!HH", 6, 20 + len(payload))
    return head + checksum(pseudo + head + b"\0\0" + payload) + b"\0\0" + payload


def ipv6_echo(payload):
    pseudo = INNER_IPV6S + struct.pack("!II", 8 + len(payload), 58)
    rest = struct.pack("!HH", 7, 1) + payload
    message = b"\x80\0" + checksum(pseudo + b"\x80\0" + rest) + rest
    return struct.pack("!IHBB", 0x60000000, len(message), 58, 64) + INNER_IPV6S + message


def vxlan_frame(segment=tcp(INNER_IPS, b"payload!")):
    inner = ETHERNET + ipv4(6, INNER_IPS, segment)
    udp = struct.pack("!HHHH", 50000, 4789, 16 + len(inner), 0)
    return ETHERNET + ipv4(17, OUTER_IPS, udp + bytes.fromhex("0800000000006400") + inner)


def gre_frame():
    inner = ETHERNET[:12] + b"\x86\xdd" + ipv6_echo(b"payload!")
    return ETHERNET + ipv4(47, OUTER_IPS, bytes.fromhex("200065580000002a") + inner)


def with_a_byte_changed(frame):
    """One frame for each byte, that byte changed."""
    return [frame[:at] + bytes([frame[at] ^ 0x55]) + frame[at + 1:] for at in range(len(frame))]


class Text(unittest.TestCase):
    GOOD = "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp\t\t4194304\t\t1,1\t3\t1\t\t\t\n"

    def test_a_decoded_packet_with_right_checksums_is_good(self):
        self.assertTrue(capture.judge("vxlan", self.GOOD).good)

    def test_one_wrong_checksum_inside_or_outside_is_bad(self):
        verdict = capture.judge("vxlan", self.GOOD.replace("1,1", "1,0"))
        self.assertEqual(verdict.wrong_checksums, 1)
        self.assertIn("vxlan:eth:ethertype:ip:tcp", str(verdict))

    def test_a_checksum_that_was_not_verified_proves_nothing(self):
        verdict = capture.judge("vxlan", self.GOOD.replace("1,1", "1,2"))
        self.assertEqual((verdict.unverified, verdict.good), (1, False))

    def test_a_malformed_packet_is_bad_tunnelled_or_not(self):
        for text in (self.GOOD, "eth:ethertype:arp\t\t\t\t\t\t\t\t\t\n"):
            fields = text.split("\t")
            fields[1] = "x"
            self.assertFalse(capture.judge("vxlan", self.GOOD + "\t".join(fields)).good)

    def test_an_error_of_another_sort_is_bad(self):
        verdict = capture.judge("vxlan", self.GOOD.replace("4194304", "4194304,8388608"))
        self.assertEqual((verdict.other_errors, verdict.good), (1, False))

    def test_an_inner_packet_that_does_not_decode_is_bad(self):
        text = self.GOOD.replace("vxlan:eth:ethertype:ip:tcp", "vxlan:data")
        self.assertEqual(capture.judge("vxlan", text).undecoded, 1)

    def test_a_recording_without_tunnelled_packets_proves_nothing(self):
        self.assertFalse(capture.judge("gre", self.GOOD).good)

    def test_parts_tell_how_much_of_what_passed_was_judged(self):
        verdict = capture.judge("vxlan", self.GOOD)
        verdict.parts = [capture.Part("pings", Path(), None, passed=7, recorded=7),
                         capture.Part("TCP", Path(), 5000, passed=12000, recorded=5000)]
        self.assertTrue(verdict.good)
        self.assertIn("pings: 7 of 7; TCP: 5,000 of 12,000", str(verdict))

    def test_packets_that_the_recorder_missed_are_bad(self):
        verdict = capture.judge("vxlan", self.GOOD)
        for missed in (capture.Part("pings", Path(), None, passed=7, recorded=6),
                       capture.Part("TCP", Path(), 5000, passed=12000, recorded=4999)):
            verdict.parts = [missed]
            self.assertFalse(verdict.good)


@unittest.skipUnless(shutil.which("tshark"), "there is no tshark")
class Bytes(unittest.TestCase):
    def verdicts(self, kind, frames):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "frames.pcap"
            records = [struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame
                       for frame in frames]
            path.write_bytes(PCAP_HEAD + b"".join(records))
            command = capture.tshark_command(path).split()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(frames))
        return [capture.judge(kind, line) for line in lines]

    def test_the_other_zero_of_a_tcp_checksum_is_good_and_no_other_number_is(self):
        open_sum = tcp(INNER_IPS, b"payload!\0\0")[16:18]
        sums_to_zero = tcp(INNER_IPS, b"payload!" + open_sum)
        self.assertEqual(sums_to_zero[16:18], bytes(2))
        for written, good in ((b"\0\0", True), (b"\xff\xff", True), (b"\xff\xfe", False)):
            segment = sums_to_zero[:16] + written + sums_to_zero[18:]
            verdict, = self.verdicts("vxlan", [vxlan_frame(segment)])
            self.assertEqual(verdict.good, good, verdict)

    def unnoticed(self, kind, frame):
        """The bytes whose change still makes a good recording."""
        verdicts = self.verdicts(kind, with_a_byte_changed(frame))
        return [at for at, verdict in enumerate(verdicts) if verdict.good]

    def test_good_frames_are_good(self):
        for kind, frame in (("vxlan", vxlan_frame()), ("gre", gre_frame())):
            verdict, = self.verdicts(kind, [frame])
            self.assertTrue(verdict.good, verdict)

    def test_any_changed_byte_that_a_checksum_covers_is_noticed(self):
        outer, udp, vxlan, gre, inner = 14, 34, 42, 34, 50
        for kind, frame, fields in (
            # Two Ethernet headers' addresses, the UDP source port, VXLAN's flags and key.
            ("vxlan", vxlan_frame(), [range(outer - 2), range(udp, udp + 2),
                                      range(vxlan, vxlan + 8), range(inner, inner + 12)]),
            # GRE's flags and key; IPv6 sums neither label nor hop limit, and tshark only warns of a
            # payload length that is beyond the frame.
            ("gre", gre_frame(), [range(outer - 2), range(gre + 1, gre + 2),
                                  range(gre + 4, gre + 20), range(gre + 22, gre + 28),
                                  range(gre + 29, gre + 30)]),
        ):
            uncovered = {at for field in fields for at in field}
            self.assertLessEqual(set(self.unnoticed(kind, frame)), uncovered)


if __name__ == "__main__":
    unittest.main()
