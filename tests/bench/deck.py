"""The rows that look at a deck on a hub with a million devices: its start,
its keys while devices report, its bytes and its memory.
"""
import json
import os
import statistics
import subprocess
import time

from hub import (CONNECTED, MANY, cpu_s, device_id, fleet_file, hub_of,
                 start_load)
from rig import TOOLS, TWINDECK, clock, private
from terminal import Terminal, tree_of

REPORTING = min(1000, CONNECTED)
KEYS = 60
DOWN, PAGE = 'j', '\x1b[6~'


def command(b, hub):
    path = b.path('service')
    with open(path, 'w', opener=private) as f:
        f.write(hub['serviceConnectionString'])
    return [TWINDECK, '--connection-string-file', path, '--ca-file',
            hub['caFile']]


def env(b):
    """Of nobody: no history and no profile of the one who measures."""
    return dict(os.environ, XDG_CONFIG_HOME=b.path('config'),
                XDG_STATE_HOME=b.path('xdg-state'),
                HTOPRC=b.path('htoprc'))


def start(b):
    """Spawn to first full paint; all in turn."""
    hub, tree = hub_of(b, MANY), tree_of(b)
    times = {'deck': [], 'ncdu': [], 'htop': []}
    for _ in range(7):
        for name, what, texts in (
                ('deck', command(b, hub), (device_id(20), 'firmwareVersion')),
                ('ncdu', ['ncdu', tree], ('Total disk usage', '/d9')),
                ('htop', ['htop'], ('Load average', 'F10'))):
            t = Terminal(what, env(b))
            times[name].append(t.until(*texts))
            t.end()
    deck, ncdu, htop = (statistics.median(times[n])
                        for n in ('deck', 'ncdu', 'htop'))
    b.say(f'spawn to first full paint on a hub with {MANY} devices',
          f'{deck * 1e3:.0f} ms',
          f'ncdu on 10,000 files {ncdu * 1e3:.0f} ms, ratio '
          f'{deck / ncdu:.2f}; htop {htop * 1e3:.0f} ms, ratio '
          f'{deck / htop:.2f}', deck <= ncdu and deck <= htop / 4,
          "ncdu's time, a quarter of htop's",
          'of what is executed a third is the dynamic linker (44 libraries, '
          "most of them libcurl's), a third OpenSSL's set-up and handshake, "
          'an eighth ncurses')


def loaded(b, hub):
    """A deck that has read the whole list, and how long that took."""
    t = Terminal(command(b, hub), env(b))
    t.until(device_id(20))
    begin = clock()
    while clock() - begin < 400:
        used = cpu_s(t)
        t.idle_bytes(2)
        if cpu_s(t) - used < 0.1:
            break
    took = clock() - begin
    os.write(t.fd, b'\x0c')
    t.until(f'{MANY} devices', limit=clock() - t.start + 20)
    return t, took


def fleet_of(b, hub):
    path = b.path('reporting')
    if not os.path.exists(path):
        os.rename(fleet_file(b, hub, REPORTING), path)
    return path


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(p * len(values)))]


def in_turn(deck, floor, keys, n):
    """Each key to both; pairs of (first, last, bytes)."""
    found = []
    for _ in range(n):
        found.append((deck.press(keys[0]), floor.press(keys[1])))
    return found


def while_busy(deck):
    """Seconds to the first byte of keys that need all rows looked at, and of
    one right behind each."""
    found = []
    for _ in range(4):
        deck.press(PAGE) # in reverse, too, there is a line below
    for _ in range(8):
        for key in ('o', 'O', '*', 'u', '!', 'u', '/', '7', '\x15', 'd', '\r'):
            found.append(deck.press(key)[0])
            if key in 'oO*u!':
                found.append(deck.press(DOWN, drain=False)[0])
        deck.press('/')
        deck.press('\x15')
        deck.press('\r')
    return found


def keys(b):
    hub = hub_of(b, MANY)
    deck, took = loaded(b, hub)
    before = deck.private_kib()
    floor = Terminal([os.path.join(TOOLS, 'list')], env(b))
    floor.quiet(0.3)
    load = start_load(b, 'report', hub['mqttPort'], hub,
                      fleet_of(b, hub), REPORTING, 1, 100, 1000)
    load.stdin.write(b'\n')
    load.stdin.flush()
    time.sleep(2)
    runs = {}
    for name, pair, n in (('line', (DOWN, 'j'), KEYS),
                          ('page', (PAGE, 'd'), KEYS),
                          ('end', ('G', 'G'), 1), ('home', ('g', 'g'), 1)):
        runs[name] = in_turn(deck, floor, pair, n)
    # As the floor is: nothing beside it.
    busy = while_busy(deck)
    deck.press('z')
    runs['line of the list alone'] = in_turn(deck, floor, (DOWN, 'j'), KEYS)
    deck.press('z')
    floor.end()
    # And the floor as the deck is: only whole lines of a terminal scroll.
    floor = Terminal([os.path.join(TOOLS, 'list'), 'beside'], env(b))
    floor.quiet(0.3)
    runs['line beside a pane'] = in_turn(deck, floor, (DOWN, 'j'), KEYS)
    b.stop(load)
    floor.end()
    both = runs['line'] + runs['page']
    mine = [m[1] for m, _ in both]
    least = [f[1] for _, f in both]
    p50, low = statistics.median(mine), statistics.median(least)
    p99 = percentile(mine, .99)
    b.say(f'key to painted, {MANY} rows, {REPORTING} devices report, p50',
          f'{p50 * 1e3:.2f} ms', f'curses floor {low * 1e3:.2f} ms, ratio '
          f'{p50 / low:.2f}', p50 <= 2 * low, '2 of the floor')
    b.say('key to painted, p99', f'{p99 * 1e3:.2f} ms',
          f'curses floor {percentile(least, .99) * 1e3:.2f} ms',
          p99 <= 0.008, '8 ms')
    p99 = percentile(busy, .99)
    b.say('key to painted while all rows are sorted, filtered, marked, p99',
          f'{p99 * 1e3:.2f} ms', f'p50 {statistics.median(busy) * 1e3:.2f} '
          f'ms of {len(busy)} keys', p99 <= 0.008, '8 ms')
    for name, goal in (('line of the list alone', 1.3),
                       ('line beside a pane', 1.3), ('page', 1.2)):
        # The first lines only move the cursor; the floor always scrolls.
        pairs = runs[name][KEYS // 2:]
        m = statistics.median(p[0][2] for p in pairs)
        f = statistics.median(p[1][2] for p in pairs)
        b.say(f'bytes of a {name} step', f'{m:.0f} bytes',
              f'curses floor {f:.0f}, ratio {m / f:.2f}', m <= goal * f,
              f'{goal} of the floor')
    ends = [runs[n][0][0][1] * 1e3 for n in ('end', 'home')]
    b.say('to the end of the list and back', f'{ends[0]:.1f} and '
          f'{ends[1]:.1f} ms', f'the list was read in {took:.0f} s',
          max(ends) <= 8, '8 ms')
    quiet(b, deck, before)


def quiet(b, deck, kib):
    """The same deck, when nobody does anything."""
    deck.quiet(6)
    n = deck.idle_bytes(10)
    deck.end()
    b.say(f'bytes written in 10 s in which nothing changed, {MANY} rows',
          f'{n} bytes', '', n == 0, '0')
    row = kib * 1024 / MANY - len(device_id(0)) - 1
    b.say(f'memory of a row beyond its id, {MANY} of them',
          f'{row:.1f} bytes', f'RssAnon {kib / 1024:.1f} MiB, all of the '
          'program counted', row <= 64, '64')


TURNS = [(f'sorted by {name}', name) for name in
         ('firmware', 'link', 'serial', 'tags')] + \
        [(f'filtered by {text}', text) for text in
         ('p', 'pl', 'plant-7', 'link:on plant-7', '77', '~d77', '7')] + \
        [(what, what) for what in
         ('mark shown', 'mark all', 'invert', 'unmark all', 'column gone')]


def rows(b):
    """Sort, filter and marks, without a hub."""
    out = subprocess.run([os.path.join(TOOLS, 'rows'), str(MANY)],
                         capture_output=True, check=True, timeout=300).stdout
    found = json.loads(out)
    for what, name in TURNS:
        longest, whole, n = found[name]
        b.say(f'{MANY} rows {what}: {n}', f'{longest:.1f} ms',
              f'the longest turn of the loop; {whole:.0f} ms in all',
              longest <= 8, '8 ms a turn')
    b.say('memory of a row with a sorted list, beyond its id',
          f'{found["bytes"]:.1f} bytes', '', found['bytes'] <= 64, '64')


ROWS = {
    'start': (start, ['ncdu', 'htop', 'curl']),
    'keys': (keys, ['curl']),
    'rows': (rows, []),
}
