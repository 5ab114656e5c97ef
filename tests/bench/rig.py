"""What the rows of the bench share: processes that end with it, a hub, and
the way a figure is printed.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse

TWINDECK = os.environ.get('TWINDECK', 'build/twindeck')
TOOLS = os.environ.get('BENCH_TOOLS', 'build/tests/bench')
API = 'api-version=2021-04-12'
clock = time.monotonic


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.rows = self.missed = 0
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

    def start_hub(self, state, *options):
        """A hub on that folder: its ready line as bytes, and as a dict."""
        hub = self.spawn(
            self.on_server + [TWINDECK, 'hub', '--json', '--https-port', '0',
                              '--mqtt-port', '0', '--exit-on-eof',
                              '--state-dir', state, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = hub.stdout.readline()
        if not line:
            raise SystemExit('bench: the hub did not start')
        return line, dict(json.loads(line), process=hub, state=state)

    def stop(self, process):
        """Asks by the end of its standard input, or by a signal."""
        self.processes.remove(process)
        process.stdin.close()
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def start_floor(self, name, *arguments):
        """One of our floors: the process and its port."""
        port_file = self.path(f'{name}-port')
        if os.path.exists(port_file):
            os.unlink(port_file)
        process = self.spawn(self.on_server + [
            os.path.join(TOOLS, name), port_file, *arguments])
        for _ in range(200):
            if os.path.exists(port_file) and os.path.getsize(port_file):
                with open(port_file) as f:
                    return process, int(f.read())
            time.sleep(0.02)
        raise SystemExit(f'bench: {name} did not start')

    def say(self, what, value, beside, met, goal, held=None):
        """held: what holds it back, as a profile says, if it is missed."""
        self.rows += 1
        self.missed += not met
        print(f'{what}\n  {value:42} {beside}\n  '
              f'{"met" if met else "MISSED"}: goal {goal}', flush=True)
        if not met and held:
            print(f'  what holds it back: {held}')
        print(flush=True)


def private(path, flags):
    return os.open(path, flags, 0o600)


def sas(resource, key, policy=None):
    """A token that is good for an hour."""
    sr = urllib.parse.quote(resource, safe='')
    se = str(int(time.time()) + 3600)
    digest = hmac.new(base64.b64decode(key), f'{sr}\n{se}'.encode(),
                      hashlib.sha256).digest()
    sig = urllib.parse.quote(base64.b64encode(digest), safe='')
    return (f'SharedAccessSignature sr={sr}&sig={sig}&se={se}'
            + (f'&skn={policy}' if policy else ''))


def service_token(hub):
    fields = dict(part.split('=', 1) for part in
                  hub['serviceConnectionString'].split(';'))
    return sas(fields['HostName'], fields['SharedAccessKey'],
               fields['SharedAccessKeyName'])


def facts():
    with open('/proc/cpuinfo') as f:
        model = re.search(r'model name\s*: (.*)', f.read())
    print(f'# {time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime())}'
          f'  {model.group(1) if model else os.uname().machine}'
          f'  {len(os.sched_getaffinity(0))} cores'
          f'  load {os.getloadavg()[0]:.1f}\n')
