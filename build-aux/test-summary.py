#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what Meson's own logs say: test-summary.py TESTLOG.json...

A TAP program counts with each of its cases, any other test counts once. Prints the
failures and the skips with their reasons, then one line `N passed, N failed, N skipped`.
Exits with 1 when something failed or when nothing passed at all.
"""
import json
import re
import sys

PLAN = re.compile(r'^1\.\.\d+', re.M)
CASE = re.compile(r'^(not )?ok\b[ \t]*\d*[ \t]*-?[ \t]*([^#\n]*)(?:#[ \t]*(SKIP|TODO)\b[ \t]*(.*))?$', re.M | re.I)
GOOD = {'OK', 'EXPECTEDFAIL'}


def cases_of(test):
    """Yields (name, 'passed' | 'failed' | 'skipped', reason) for each case of one test."""
    name, result, out = test['name'], test['result'], test.get('stdout') or ''
    failed = 0
    # Before its first case a program that cannot run at all says `1..0 # SKIP why`.
    whole = re.search(r'^1\.\.0[ \t]*#[ \t]*SKIP\b[ \t]*(.*)$', out, re.M | re.I)
    if whole or not PLAN.search(out):
        reason = whole.group(1) if whole else last_line(out) or last_line(test.get('stderr') or '')
        kind = 'skipped' if result == 'SKIP' else 'passed' if result in GOOD else 'failed'
        yield name, kind, reason if kind == 'skipped' else result
        return
    for bad, case, directive, reason in CASE.findall(out):
        label = f'{name}: {case.strip()}'
        if directive.upper() == 'SKIP':
            yield label, 'skipped', reason.strip()
        elif bad and directive.upper() != 'TODO':
            failed += 1
            yield label, 'failed', 'not ok'
        else:
            yield label, 'passed', ''
    # A crash, a timeout or a sanitizer's verdict is not a case, but it is a failure.
    if result not in GOOD and result != 'SKIP' and not failed:
        yield name, 'failed', f'{result}, exit status {test.get("returncode")}'


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ''


def main(paths):
    count = {'passed': 0, 'failed': 0, 'skipped': 0}
    notes = {'failed': [], 'skipped': []}
    for path in paths:
        with open(path, encoding='utf-8', errors='replace') as log:
            for line in log:
                for name, kind, reason in cases_of(json.loads(line)):
                    count[kind] += 1
                    if kind in notes:
                        notes[kind].append(f'{kind}: {name}' + (f' ({reason})' if reason else ''))
    for kind in ('skipped', 'failed'):
        print('\n'.join(notes[kind]), end='\n' if notes[kind] else '')
    print('%(passed)d passed, %(failed)d failed, %(skipped)d skipped' % count)
    return 1 if count['failed'] or not count['passed'] else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
