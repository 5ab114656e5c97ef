#!/usr/bin/env python3
"""make bench: speed and memory of twindeck, each figure beside a floor or a
peer that was measured in the same run, with its goal and whether it is met.

Everything is on loopback, every wait is bounded, every process is ended.
Absolute numbers drift with the machine: the ratio is what counts.
"""
import base64
import fcntl
import hashlib
import hmac
import json
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.parse

TWINDECK = os.environ.get('TWINDECK', 'build/twindeck')
FLOOR = os.environ.get('FLOOR', 'build/tests/bench/floor')
DEVICES = 25
LIMIT_S = 300  # for all of it
API = 'api-version=2021-04-12'
NEEDED = {'wrk': 'wrk', 'ncdu': 'ncdu', 'htop': 'htop', 'curl': 'curl'}
ESCAPES = re.compile(rb'\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)'
                     rb'|[()][0-9A-B]|[=>78cDEHM])')
clock = time.monotonic


class Terminal:
    """A program on a pty of 120x40; what it wrote, and when."""

    def __init__(self, command, env):
        env = dict(env, TERM='xterm-256color', LC_ALL='C.UTF-8')
        self.written = bytearray()
        self.start = clock()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 40, 120, 0, 0))

    def read(self, seconds):
        """One read: bytes, or b'' when none came."""
        ready, _, _ = select.select([self.fd], [], [], max(0, seconds))
        if not ready:
            return b''
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b''
        self.written += data
        return data

    def until(self, *texts, limit=20):
        """Seconds from the start until all texts are on the screen."""
        while clock() - self.start < limit:
            if self.read(0.5):
                seen = ESCAPES.sub(b'', bytes(self.written))
                if all(t.encode() in seen for t in texts):
                    return clock() - self.start
        raise SystemExit(f'bench: {texts} not painted within {limit} s')

    def quiet(self, seconds, limit=30):
        end = clock() + limit
        last = clock()
        while clock() < end and clock() - last < seconds:
            if self.read(0.1):
                last = clock()

    def idle_bytes(self, seconds):
        end = clock() + seconds
        n = 0
        while clock() < end:
            n += len(self.read(end - clock()))
        return n

    def private_kib(self):
        with open(f'/proc/{self.pid}/status') as status:
            for line in status:
                if line.startswith('RssAnon:'):
                    return int(line.split()[1])
        return 0

    def end(self):
        """Asks, then insists."""
        for signo in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, signo)
            except ProcessLookupError:
                pass
            end = clock() + 3
            while clock() < end:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
                self.read(0.02)


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.missed = 0
        # The server on one core, the load on another, where there are two.
        cores = sorted(os.sched_getaffinity(0))
        pin = shutil.which('taskset') and len(cores) > 1
        self.on_server = ['taskset', '-c', str(cores[0])] if pin else []
        self.on_client = ['taskset', '-c', str(cores[1])] if pin else []

    def path(self, name):
        return os.path.join(self.folder, name)

    def spawn(self, command, **more):
        """A process that leaves when its standard input closes."""
        p = subprocess.Popen(command, stdin=subprocess.PIPE, **more)
        self.processes.append(p)
        return p

    def end(self):
        for p in reversed(self.processes):
            p.stdin.close()
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()

    def start_hub(self):
        hub = self.spawn(
            self.on_server + [TWINDECK, 'hub', '--json', '--https-port', '0',
                              '--mqtt-port', '0', '--exit-on-eof',
                              '--state-dir', self.path('hub')],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = hub.stdout.readline()
        if not line:
            raise SystemExit('bench: the hub did not start')
        self.hub = json.loads(line)
        self.string_file = self.path('service')
        with open(self.string_file, 'w', opener=private) as f:
            f.write(self.hub['serviceConnectionString'])
        return line

    def start_fleet(self, ready_line):
        fleet = self.spawn([TWINDECK, 'device', '--ready-line', '--count',
                            str(DEVICES), '--exit-on-eof', '--quiet'],
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        fleet.stdin.write(ready_line)
        fleet.stdin.flush()
        for _ in range(100):
            listed = subprocess.run(self.run('ls'), capture_output=True,
                                    text=True, timeout=30).stdout
            if len(re.findall(r' connected ', listed)) == DEVICES:
                return
            time.sleep(0.2)
        raise SystemExit('bench: the fleet did not connect')

    def run(self, *command):
        return [TWINDECK, 'run', '--connection-string-file', self.string_file,
                '--ca-file', self.hub['caFile'], *command]

    def deck(self):
        return [TWINDECK, '--connection-string-file', self.string_file,
                '--ca-file', self.hub['caFile']]

    def token(self):
        fields = dict(part.split('=', 1) for part in
                      self.hub['serviceConnectionString'].split(';'))
        sr = urllib.parse.quote(fields['HostName'], safe='')
        se = str(int(time.time()) + 3600)
        digest = hmac.new(base64.b64decode(fields['SharedAccessKey']),
                          f'{sr}\n{se}'.encode(), hashlib.sha256).digest()
        sig = urllib.parse.quote(base64.b64encode(digest), safe='')
        return (f'SharedAccessSignature sr={sr}&sig={sig}&se={se}'
                f'&skn={fields["SharedAccessKeyName"]}')

    def twin_url(self):
        return (f'https://127.0.0.1:{self.hub["httpsPort"]}'
                f'/twins/door-001?{API}')

    def say(self, what, value, beside, met, goal):
        self.missed += not met
        print(f'{what}\n  {value:42} {beside}\n  '
              f'{"met" if met else "MISSED"}: goal {goal}\n', flush=True)


def private(path, flags):
    return os.open(path, flags, 0o600)


def bench_paint(b):
    """Both in turn, so that the machine's moods hit them alike."""
    tree = b.path('tree')
    for d in range(100):
        os.makedirs(f'{tree}/d{d}')
        for f in range(100):
            open(f'{tree}/d{d}/f{f}', 'w').close()
    deck, ncdu = [], []
    for _ in range(7):
        t = Terminal(b.deck(), os.environ)
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


def bench_idle(b):
    t = Terminal(b.deck(), os.environ)
    t.until('door-025', 'firmwareVersion')
    t.quiet(4)
    n = t.idle_bytes(10)
    kib = t.private_kib()
    t.end()
    others = {}
    for name in ('htop', 'ncdu'):
        p = Terminal([name] + ([b.path('tree')] if name == 'ncdu' else []),
                     dict(os.environ, HTOPRC=b.path('htoprc')))
        p.quiet(0.5, limit=3)
        before = len(p.written)
        p.idle_bytes(4)
        others[name] = (len(p.written) - before) / 4, p.private_kib()
        p.end()
    b.say('bytes written by a deck in 10 s in which nothing changed',
          f'{n} bytes', f'htop {others["htop"][0] * 10:.0f} bytes in 10 s',
          n == 0, '0')
    b.say('private memory of the deck (RssAnon)', f'{kib / 1024:.1f} MiB',
          f'htop {others["htop"][1] / 1024:.1f} MiB, '
          f'ncdu {others["ncdu"][1] / 1024:.1f} MiB',
          kib <= 6 * 1024, '6 MiB')


def wrk(b, url, token):
    out = subprocess.run(
        b.on_client + ['wrk', '-t1', '-c64', '-d3s', '-H',
                       f'Authorization: {token}', url],
        capture_output=True, text=True, timeout=60).stdout
    if 'Non-2xx' in out:
        raise SystemExit(f'bench: the hub refused requests:\n{out}')
    return float(re.search(r'Requests/sec:\s+([\d.]+)', out).group(1))


def bench_requests(b):
    token = b.token()
    body = subprocess.run(
        ['curl', '-sf', '--cacert', b.hub['caFile'], '-H',
         f'Authorization: {token}', b.twin_url()],
        capture_output=True, timeout=30).stdout
    state = os.path.dirname(b.hub['caFile'])
    port_file = b.path('port')
    b.spawn(b.on_server + [FLOOR, port_file, f'{state}/hub.pem',
                           f'{state}/hub.key', str(len(body))])
    for _ in range(100):
        if os.path.exists(port_file) and os.path.getsize(port_file):
            break
        time.sleep(0.05)
    with open(port_file) as f:
        floor_url = f'https://127.0.0.1:{f.read().strip()}/'
    hub, floor = [], []
    for _ in range(5):
        floor.append(wrk(b, floor_url, token))
        hub.append(wrk(b, b.twin_url(), token))
    # Of pairs: what else the machine does hits both of a pair alike.
    ratio = statistics.median(h / f for h, f in zip(hub, floor))
    b.say('twin GET at 64 connections',
          f'{statistics.median(hub):.0f} requests/s',
          f'evhttp floor, {len(body)} bytes, '
          f'{statistics.median(floor):.0f} requests/s, ratio {ratio:.2f}',
          ratio >= 0.6, '0.6 of the floor')


def timed(command):
    # No timeout here: with one, subprocess looks in steps of up to 16 ms.
    # The alarm in main() bounds it.
    start = clock()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return clock() - start


def bench_one_shot(b):
    curl = ['curl', '-sf', '--cacert', b.hub['caFile'], '-H',
            f'Authorization: {b.token()}', b.twin_url()]
    mine, peer = [], []
    for _ in range(21):
        mine.append(timed(b.run('twin', 'get', 'door-001')))
        peer.append(timed(curl))
    m, p = statistics.median(mine), statistics.median(peer)
    b.say('one-shot `twindeck run twin get`', f'{m * 1e3:.1f} ms',
          f'curl {p * 1e3:.1f} ms, ratio {m / p:.2f}', m <= 1.3 * p,
          "1.3 of curl's time")


def facts():
    with open('/proc/cpuinfo') as f:
        model = re.search(r'model name\s*: (.*)', f.read())
    print(f'# {time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())}'
          f'  {model.group(1) if model else os.uname().machine}'
          f'  {len(os.sched_getaffinity(0))} cores'
          f'  load {os.getloadavg()[0]:.1f}\n')


def stop(signo, _frame):
    raise SystemExit(f'bench: stopped by {signal.Signals(signo).name}')


def main():
    missing = [NEEDED[c] for c in NEEDED if not shutil.which(c)]
    if missing:
        print(f'bench: missing: {" ".join(missing)}\n'
              f'  apt-get install --no-install-recommends {" ".join(missing)}')
        return 1
    for signo in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signo, stop)
    signal.alarm(LIMIT_S)
    facts()
    with tempfile.TemporaryDirectory(prefix='twindeck-bench-') as folder:
        b = Bench(folder)
        try:
            b.start_fleet(b.start_hub())
            bench_paint(b)
            bench_idle(b)
            bench_requests(b)
            bench_one_shot(b)
        finally:
            b.end()
    print(f'{5 - b.missed} of 5 goals met')
    return 0


sys.exit(main())
