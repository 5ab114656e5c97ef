#!/usr/bin/env python3
"""make bench: speed and memory of twindeck, each figure beside a floor or a
peer that was measured in the same run, with its goal and whether it is met.

Everything is on loopback, every wait is bounded, every process is ended.
Absolute numbers drift with the machine: the ratio is what counts.
"""
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import deck as deck_rows
import hub as hub_rows
from hub import cpu_s
from rig import API, TWINDECK, Bench, clock, facts, private, service_token
from terminal import Terminal, tree_of

DEVICES = 25
LIMIT_S = 900  # for all of it

class Deck:
    """A hub with a fleet, for the rows that look at a deck."""

    def __init__(self, b):
        line, self.hub = b.start_hub(b.path('demo'))
        self.string_file = b.path('service')
        with open(self.string_file, 'w', opener=private) as f:
            f.write(self.hub['serviceConnectionString'])
        self.fleet = b.spawn(
            [TWINDECK, 'device', '--ready-line', '--count', str(DEVICES),
             '--exit-on-eof', '--quiet'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.fleet.stdin.write(line)
        self.fleet.stdin.flush()
        for _ in range(100):
            listed = subprocess.run(self.run('ls'), capture_output=True,
                                    text=True, timeout=30).stdout
            if len(re.findall(r' connected ', listed)) == DEVICES:
                return
            time.sleep(0.2)
        raise SystemExit('bench: the fleet did not connect')

    def connect(self):
        return ['--connection-string-file', self.string_file,
                '--ca-file', self.hub['caFile']]

    def run(self, *command):
        return [TWINDECK, 'run', *self.connect(), *command]

    def command(self):
        return [TWINDECK, *self.connect()]


def deck_of(b):
    """Made when the first row asks for it."""
    if not hasattr(b, 'deck'):
        b.deck = Deck(b)
    return b.deck


def paint(b):
    """Both in turn, so that the machine's moods hit them alike."""
    tree = tree_of(b)
    deck_of(b)
    deck, ncdu = [], []
    for _ in range(7):
        t = Terminal(deck_of(b).command(), os.environ)
        deck.append(t.until('door-025', 'firmwareVersion'))
        t.end()
        t = Terminal(['ncdu', tree], os.environ)
        ncdu.append(t.until('Total disk usage', '/d9'))
        t.end()
    mine, peer = statistics.median(deck), statistics.median(ncdu)
    b.say(f'first full paint of a deck with {DEVICES} devices',
          f'{mine * 1e3:.0f} ms',
          f'ncdu on 10,000 files {peer * 1e3:.0f} ms, ratio {mine / peer:.2f}',
          mine <= peer, 'no slower than ncdu')


def idle(b):
    t = Terminal(deck_of(b).command(), os.environ)
    t.until('door-025', 'firmwareVersion')
    t.quiet(4)
    t.idle_bytes(12)
    before = cpu_s(t)
    # Ages go in steps, and a step is written: not in most of the time.
    n = statistics.median(t.idle_bytes(10) for _ in range(3))
    share = (cpu_s(t) - before) / 30 * 100
    kib = t.private_kib()
    t.end()
    others = {}
    for name in ('htop', 'ncdu'):
        p = Terminal([name] + ([tree_of(b)] if name == 'ncdu' else []),
                     dict(os.environ, HTOPRC=b.path('htoprc')))
        p.quiet(0.5, limit=3)
        before, used = len(p.written), cpu_s(p)
        p.idle_bytes(4)
        others[name] = ((len(p.written) - before) / 4, p.private_kib(),
                        (cpu_s(p) - used) / 4 * 100)
        p.end()
    b.say('bytes written by a deck in 10 s in which nothing changed',
          f'{n} bytes', f'htop {others["htop"][0] * 10:.0f} bytes in 10 s',
          n == 0, '0')
    b.say(f'CPU of an idle deck with {DEVICES} devices, fresh all the time',
          f'{share:.3f} % of a core', f'htop {others["htop"][2]:.3f} %, '
          f'ncdu {others["ncdu"][2]:.3f} %', share <= 0.1, '0.1 %')
    b.say('private memory of the deck (RssAnon)', f'{kib / 1024:.1f} MiB',
          f'htop {others["htop"][1] / 1024:.1f} MiB, '
          f'ncdu {others["ncdu"][1] / 1024:.1f} MiB',
          kib <= 6 * 1024, '6 MiB')


def timed(command):
    # No timeout here: with one, subprocess looks in steps of up to 16 ms.
    # The alarm in main() bounds it.
    start = clock()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return clock() - start


def one_shot(b):
    deck = deck_of(b)
    curl = ['curl', '-sf', '--cacert', deck.hub['caFile'], '-H',
            f'Authorization: {service_token(deck.hub)}',
            f'https://127.0.0.1:{deck.hub["httpsPort"]}'
            f'/twins/door-001?{API}']
    mine, peer = [], []
    for _ in range(21):
        mine.append(timed(deck.run('twin', 'get', 'door-001')))
        peer.append(timed(curl))
    m, p = statistics.median(mine), statistics.median(peer)
    b.say('one-shot `twindeck run twin get`', f'{m * 1e3:.1f} ms',
          f'curl {p * 1e3:.1f} ms, ratio {m / p:.2f}', m <= 1.3 * p,
          "1.3 of curl's time")


# What is measured, by the name that selects it, and what it needs.
ROWS = {
    'paint': (paint, ['ncdu']),
    'idle': (idle, ['ncdu', 'htop']),
    'one-shot': (one_shot, ['curl']),
    **deck_rows.ROWS,
    **hub_rows.ROWS,
}


def check(names):
    """Whether the rows are known and what they need is there."""
    unknown = [n for n in names if n not in ROWS]
    if unknown:
        print(f'bench: no such row: {" ".join(unknown)}\n'
              f'  there are: {" ".join(ROWS)}')
        return False
    needed = sorted({program for n in names for program in ROWS[n][1]})
    path = os.environ['PATH'] + ':/usr/sbin:/sbin'
    missing = [p for p in needed if not shutil.which(p, path=path)]
    if missing:
        print(f'bench: missing: {" ".join(missing)}\n'
              f'  apt-get install --no-install-recommends '
              f'{" ".join(missing)}')
        return False
    os.environ['PATH'] = path
    return True


def stop(signo, _frame):
    raise SystemExit(f'bench: stopped by {signal.Signals(signo).name}')


def main():
    names = sys.argv[1:] or list(ROWS)
    if not check(names):
        return 1
    for signo in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signo, stop)
    signal.alarm(LIMIT_S)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    facts()
    with tempfile.TemporaryDirectory(prefix='twindeck-bench-') as folder:
        b = Bench(folder)
        try:
            for name in names:
                ROWS[name][0](b)
        finally:
            b.end()
    print(f'{b.rows - b.missed} of {b.rows} goals met')
    return 0


sys.exit(main())
