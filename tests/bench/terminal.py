"""Programs on a terminal: what they write, when, and after which key."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios

from rig import clock

ESCAPES = re.compile(rb'\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)'
                     rb'|[()][0-9A-B]|[=>78cDEHM])')


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

    def press(self, key, gap=0.002, limit=2, drain=True):
        """Seconds to the first byte and to the last before a gap, and how
        many bytes: what a key paints is over when nothing comes for a while.
        """
        while drain and self.read(0.02):
            pass
        start = clock()
        os.write(self.fd, key.encode())
        n = len(self.read(limit))
        first = last = clock() - start
        while True:
            more = len(self.read(gap))
            if not more:
                return first, last, n
            n += more
            last = clock() - start

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


def tree_of(b):
    """10,000 files for ncdu."""
    tree = b.path('tree')
    if not os.path.exists(tree):
        for d in range(100):
            os.makedirs(f'{tree}/d{d}')
            for f in range(100):
                open(f'{tree}/d{d}/f{f}', 'w').close()
    return tree
