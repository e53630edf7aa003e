#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""embed-file.py NAME INPUT OUTPUT: a C file with the bytes of INPUT as NAME, and NAME_size."""
import sys

name, source, target = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
lines = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
with open(target, "w", encoding="ascii") as file:
    file.write("/* made of %s by embed-file.py */\n#include <glib.h>\n\n" % source.rsplit("/", 1)[-1])
    file.write("extern const guint8 %s[];\nextern const gsize %s_size;\n\n" % (name, name))
    file.write("const guint8 %s[] = {\n  %s\n};\n\nconst gsize %s_size = sizeof %s;\n" % (name, ",\n  ".join(lines), name, name))
