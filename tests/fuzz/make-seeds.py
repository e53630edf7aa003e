#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the seeds of tests/fuzz/corpus that belong to gst/ts: bytes written by hand below, and
the first bytes of streams that ffmpeg makes of a test picture and a tone. The seeds are kept
in the tree; this is how they came about, and how to make more.

    python3 tests/fuzz/make-seeds.py [TARGET...]
"""
import pathlib
import subprocess
import sys
import zlib

CORPUS = pathlib.Path(__file__).parent / "corpus"


def ffmpeg(source, *options):
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-threads", "1",
               "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", *options, "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def video(*options, frames=1, size=400):
    return ffmpeg("testsrc2=s=32x32:r=25", "-frames:v", str(frames), "-pix_fmt", "yuv420p", *options)[:size]


def h264(*options, frames=1, size=300):
    return video("-c:v", "libx264", "-bsf:v", "filter_units=remove_types=6", *options, "-f", "h264",
                 frames=frames, size=size)


def audio(encoder, container, *options, size=0, frames=2):
    data = ffmpeg("sine=f=440:r=48000", "-frames:a", str(frames), "-c:a", encoder, *options, "-f", container)
    return data[:size] if size else data


def crc32_mpeg(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc.to_bytes(4, "big")


def section(head, body):
    data = bytearray(bytes.fromhex(head + body))
    length = len(data) + 4 - 3
    data[1] = data[1] & 0xF0 | length >> 8
    data[2] = length & 0xFF
    return bytes(data) + crc32_mpeg(data)


def packets(pid, sections):
    """All sections in one run of packets, the first one at pointer_field 0."""
    payload = b"\0" + sections
    out = b""
    for number, at in enumerate(range(0, len(payload), 184)):
        part = payload[at:at + 184]
        head = bytes([0x47, (0x40 if number == 0 else 0) | pid >> 8, pid & 0xFF, 0x10 | number & 15])
        out += head + part + b"\xff" * (184 - len(part))
    return out


PAT = section("00b000 0001 c10000", "0000e010 0001e100 0002e200")
PMT = section("02b000 0001 c10000",
              "e101 f006 050443554549 1be101f000 0fe102f0060a0464657500 81e103f00c050441432d330a04656e6701"
              "86e1f4f0038a0101 06e105f0026a00 06e106f00a56086465750101000102")
LONG = section("02b000 0002 c30000", "e101 f000" + "".join("0fe2%02xf0060a0464657500" % n for n in range(40)))
PCR = bytes.fromhex("4701003b1310d2d9e168ff2b112233447e55fdffffffff") + b"\x55" * 165


def seeds_psi():
    yield "pat-pmt", packets(0, PAT) + packets(0x100, PMT)
    yield "several", packets(0x100, PAT + PMT)
    yield "long", packets(0x100, LONG)
    yield "pcr", PCR
    yield "section-pat", PAT
    yield "section-pmt", PMT


def seeds_pes():
    yield "pts-dts", bytes.fromhex("000001e0000094c00c3fffffffff1b5555aaabffff77")
    yield "pts", bytes.fromhex("000001c012348080052100010001fff15080")
    yield "plain", bytes.fromhex("000001bd0003800000")
    yield "padding", bytes.fromhex("000001be0004ffffffff")


def seeds_h264():
    yield "high", video("-c:v", "libx264", "-f", "h264", "-x264-params", "aud=1", size=900)
    yield "main", h264("-profile:v", "main", "-aspect", "16:9")
    yield "interlaced", h264("-flags", "+ildct+ilme", "-x264-params",
                             "nal-hrd=cbr:bitrate=200:vbv-maxrate=200:vbv-bufsize=200:tff=1")
    yield "scaling", video("-c:v", "libx264", "-pix_fmt", "yuv444p10le", "-x264-params", "cqm=jvt",
                           "-bsf:v", "filter_units=remove_types=6", "-f", "h264", size=200)
    yield "recovery", bytes.fromhex("00000109f0 000001060601c480 0000014188800abcde")
    yield "field", bytes.fromhex("0000010930 00000001419a2155d0aabbccddeeff000003000001 41")


def seeds_hevc():
    common = ("-bsf:v", "filter_units=remove_types=39", "-f", "hevc")
    yield "main", video("-c:v", "libx265", "-x265-params", "log-level=none:aud=1", *common, size=250)
    yield "main10", video("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params",
                          "log-level=none:hrd=1:vbv-maxrate=900:vbv-bufsize=900:scaling-list=default:interlace=tff",
                          *common, size=250)
    yield "layers", video("-c:v", "libx265", "-x265-params", "log-level=none:temporal-layers=3:bframes=3",
                          *common, size=250)
    yield "cra", bytes.fromhex("000000014601500000014e010601c4800000012a01af80aabbccdd0000012a0120aabb")
    yield "rasl", bytes.fromhex("00000001460110 0000011201d2aabbccddeeff")


def seeds_mpeg2():
    yield "open", video("-c:v", "mpeg2video", "-f", "mpeg2video", size=200)
    yield "closed", video("-c:v", "mpeg2video", "-flags", "+cgop+ildct+ilme", "-sc_threshold", "1000000000",
                          "-aspect", "16:9", "-f", "mpeg2video", size=200)
    yield "mpeg1", video("-c:v", "mpeg1video", "-f", "mpeg1video", size=200)
    yield "matrices", bytes.fromhex(
        "000001b302002013ffffe383" + "08" * 64 + "11" * 64 + "000001b5148a00010000 000001b800080040"
        "00000100000fffff80 000001b58ffff34180 0000010122aa")
    yield "b-field", bytes.fromhex("00000100005fffff80 000001b58ffff24180 0000010122bb")


def seeds_audio():
    # the first byte chooses the codec: see fuzz-audio.c
    yield "adts", b"\0" + audio("aac", "adts", "-b:a", "16k", size=160)
    yield "adts-blocks", b"\0" + bytes.fromhex("fff04c80013ffdaabbfff14c8000fffc")
    yield "latm", b"\1" + audio("aac", "latm", "-b:a", "16k", size=160)
    yield "latm-he", b"\1" + bytes.fromhex("56e00c200011b1884200aabbccddee56e00380aabb")
    yield "mp2", b"\2" + audio("mp2", "mp2", "-b:a", "32k", "-ar", "48000", "-ac", "1", size=200)
    yield "mp3", b"\2" + audio("libmp3lame", "mp3", "-b:a", "8k", "-ar", "16000", "-write_xing", "0",
                               "-id3v2_version", "0", size=200)
    yield "ac3", b"\3" + audio("ac3", "ac3", "-b:a", "32k", size=260)
    yield "eac3", b"\4" + audio("eac3", "eac3", "-b:a", "32k", size=260)
    yield "eac3-dependent", b"\4" + bytes.fromhex("0b7700033f87aabb 0b7740033c87ccdd")


TARGETS = {"psi": seeds_psi, "pes": seeds_pes, "h264": seeds_h264, "hevc": seeds_hevc, "mpeg2": seeds_mpeg2,
           "audio": seeds_audio}


def main():
    for target in sys.argv[1:] or TARGETS:
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in TARGETS[target]():
            (folder / name).write_bytes(data)
            print(f"{target}/{name}: {len(data)} bytes, CRC-32 {zlib.crc32(data):08x}")


if __name__ == "__main__":
    main()
