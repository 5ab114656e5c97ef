"""The rows that hold the hub against floors and peers: libevent's evhttp, a
bare MQTT echo, mosquitto with the hub's own certificate, bare SQLite.
"""
import json
import os
import re
import resource
import socket
import sqlite3
import statistics
import subprocess
import threading
import time
import urllib.parse

from rig import API, TOOLS, TWINDECK, clock, private, sas, service_token

# What `perf record` says of each load, for a figure that misses its goal.
HELD = {
    'twin': 'kernel 33 %, libc 31 % (a third of it malloc, for evhttp), TLS '
            '13 %, libevent 10 %, SQLite 9 %, the hub itself 4 %',
    'method': 'kernel 37 %, libc 25 %, libevent 13 %, TLS 13 %, the hub '
              'itself 5 %, SQLite 5 %',
    'connect': "libcrypto 55 %, libc 16 % (most of it OpenSSL's), kernel "
               '15 %, libssl 9 %, SQLite 2 %, the hub itself 1 %',
    'report': 'kernel 42 % (the flush of the WAL, sockets), TLS 15 %, libc '
              '15 %, SQLite 12 %, the hub itself 10 %, libevent 5 %',
    'import': 'SQLite 28 %, libc 27 % (malloc and copies of JSON), the hub '
              'itself 18 %, kernel 17 %, cJSON 9 %',
    'count': 'SQLite 48 %, the kernel\'s copy of pages 31 %, libc 20 % (the '
             'search for the text), the hub itself 0.2 %',
}

FEW = 10000
MANY = int(os.environ.get('BENCH_DEVICES', '1000000'))
CONNECTED = int(os.environ.get('BENCH_CONNECTED', '10000'))
KEY = 'ERERERERERERERERERERERERERERERERERERERERERE='
FIRMWARE = ['current'] * 97 + ['applying', 'rebooting', 'downloading']


def device_id(i):
    return f'device-{i:07}'


def lines_of(b, n):
    """Devices as `hub import` reads them: about 1 KB each in the database."""
    path = b.path(f'devices-{n}')
    if not os.path.exists(path):
        with open(path, 'w', opener=private) as f:
            for i in range(n):
                f.write(
                    f'{{"id":"{device_id(i)}","status":"enabled",'
                    '"authentication":{"symmetricKey":{'
                    f'"primaryKey":"{KEY}","secondaryKey":"{KEY}"}}}},'
                    f'"tags":{{"site":"plant-{i % 50}","floor":{i % 9}}},'
                    '"properties":{"desired":{},"reported":{'
                    f'"firmwareStatus":"{FIRMWARE[i * 7919 % 100]}",'
                    f'"firmwareVersion":"1.{i % 7}",'
                    f'"temperature":{i % 40}.5,"network":'
                    f'{{"ip":"10.0.0.1","rssi":-{i % 90}}}}}}}}}\n')
    return path


def children_s():
    """Seconds of CPU of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def state_of(b, n):
    """A folder with n devices; their import took so long, and so much CPU."""
    states = b.__dict__.setdefault('states', {})
    if n not in states:
        path = b.path(f'state-{n}')
        lines = lines_of(b, n)
        start, before = clock(), children_s()
        subprocess.run([TWINDECK, 'hub', '--state-dir', path, 'import', lines],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
        states[n] = path, clock() - start, children_s() - before
        os.unlink(lines)
    return states[n]


def hub_of(b, n, *options):
    """A hub with n devices; the one before, if it is another, is stopped."""
    hub = b.__dict__.get('bulk')
    if hub is not None and hub['devices'] != (n, options):
        b.stop(hub['process'])
        hub = None
    if hub is None:
        path = state_of(b, n)[0]
        _, hub = b.start_hub(path, *options)
        hub['devices'] = n, options
        b.bulk = hub
    return hub


def fleet_file(b, hub, n):
    """What n devices say in CONNECT."""
    path = b.path('fleet')
    host = hub['hostName'].split(':')[0]
    with open(path, 'w', opener=private) as f:
        for i in range(n):
            name = device_id(i)
            token = sas(f'{host}/devices/{name}', KEY)
            f.write(f'{name}\t{host}/{name}/?api-version=2021-04-12\t'
                    f'{token}\n')
    return path


def keys_of(hub):
    """The hub's own certificate and key, so that nobody has a cheaper one."""
    folder = os.path.dirname(hub['caFile'])
    return f'{folder}/hub.pem', f'{folder}/hub.key'


def start_mosquitto(b, hub):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    pem, key = keys_of(hub)
    config = b.path('mosquitto.conf')
    with open(config, 'w') as f:
        f.write(('user root\n' if os.getuid() == 0 else '')
                + f'listener {port} 127.0.0.1\ncertfile {pem}\n'
                f'keyfile {key}\nallow_anonymous true\npersistence false\n'
                'set_tcp_nodelay true\nmax_inflight_messages 1000\n'
                'log_type error\n')
    process = b.spawn(b.on_server + ['mosquitto', '-c', config],
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return process, port
        except OSError:
            time.sleep(0.02)
    raise SystemExit('bench: mosquitto did not start')


def cpu_s(process):
    """Seconds that all its threads have had, to the nanosecond."""
    total = 0
    folder = f'/proc/{process.pid}/task'
    for task in os.listdir(folder):
        with open(f'{folder}/{task}/schedstat') as f:
            total += int(f.read().split()[0])
    return total / 1e9


def rss_kib(process):
    with open(f'/proc/{process.pid}/status') as f:
        return int(re.search(r'VmRSS:\s+(\d+)', f.read()).group(1))


def start_load(b, mode, port, hub, fleet, clients, in_flight=1, seconds=4,
               pause_ms=0):
    """Clients that are connected; run_load() or b.stop() goes on."""
    p = b.spawn(b.on_client + [os.path.join(TOOLS, 'load'), mode, str(port),
                               hub['caFile'], fleet, str(clients),
                               str(in_flight), str(seconds)]
                + ([str(pause_ms)] if pause_ms else []),
                stdout=subprocess.PIPE)
    if p.stdout.readline() != b'ready\n':
        raise SystemExit(f'bench: load {mode} did not get ready')
    return p


def run_load(b, load, server):
    """Its figures, and the microseconds the server took for each."""
    before = cpu_s(server)
    load.stdin.write(b'\n')
    load.stdin.flush()
    result = json.loads(load.stdout.readline())
    used = cpu_s(server) - before
    b.stop(load)
    if result['failed'] or not result['ops']:
        raise SystemExit(f'bench: the load failed: {result}')
    result['rate'] = result['ops'] / result['seconds']
    result['cpu_us'] = used / result['ops'] * 1e6
    return result


UNITS = {'us': 1, 'ms': 1e3, 's': 1e6}


def wrk(b, server, url, token, connections, script=None, seconds=3):
    """Rate, p50 and p99 in us, and the server's us for each."""
    before = cpu_s(server)
    out = subprocess.run(
        b.on_client + ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s',
                       '--latency', '-H', f'Authorization: {token}']
        + (['-s', script] if script else []) + [url],
        capture_output=True, text=True, timeout=60).stdout
    used = cpu_s(server) - before
    if 'Non-2xx' in out or 'Requests/sec' not in out:
        raise SystemExit(f'bench: requests were refused:\n{out}')
    result = {'rate': float(re.search(r'Requests/sec:\s+([\d.]+)',
                                      out).group(1)),
              'cpu_us': used * 1e6 / int(re.search(r'(\d+) requests in',
                                                   out).group(1))}
    for name in ('50%', '99%'):
        n, unit = re.search(name + r'\s+([\d.]+)(us|ms|s)', out).groups()
        result[name] = float(n) * UNITS[unit]
    return result


def median_of(runs, name):
    return statistics.median(r[name] for r in runs)


def ratio_of(mine, other, name):
    """Of pairs: what else the machine does hits both of a pair alike."""
    return statistics.median(m[name] / o[name] for m, o in zip(mine, other))


def url_of(hub, path):
    return f'https://127.0.0.1:{hub["httpsPort"]}{path}?{API}'


def get(b, hub, path):
    return subprocess.run(
        ['curl', '-sf', '--cacert', hub['caFile'], '-H',
         f'Authorization: {service_token(hub)}', url_of(hub, path)],
        capture_output=True, timeout=30, check=True).stdout


def twin(b):
    hub = hub_of(b, FEW)
    path = f'/twins/{device_id(1)}'
    size = len(get(b, hub, path))
    floor, port = b.start_floor('floor', *keys_of(hub), str(size))
    token = service_token(hub)
    mine, least = {1: [], 64: []}, {1: [], 64: []}
    for _ in range(3):
        for n in (1, 64):
            least[n].append(wrk(b, floor, f'https://127.0.0.1:{port}/',
                                token, n))
            mine[n].append(wrk(b, hub['process'], url_of(hub, path), token,
                               n))
    b.stop(floor)
    rate, best = median_of(mine[64], 'rate'), median_of(least[64], 'rate')
    cpu, low = median_of(mine[64], 'cpu_us'), median_of(least[64], 'cpu_us')
    ratio = ratio_of(mine[64], least[64], 'rate')
    b.say('twin GET at 64 connections, SAS checked, from the store',
          f'{rate:.0f} requests/s, {cpu:.1f} us of CPU each',
          f'evhttp floor, {size} bytes: {best:.0f} requests/s, {low:.1f} us; '
          f'ratio {ratio:.2f}, by CPU {low / cpu:.2f}', ratio >= 0.6,
          '0.6 of the floor', HELD['twin'])
    for n, name, goal in ((1, '50%', 1.6), (64, '99%', 2)):
        m, f = median_of(mine[n], name), median_of(least[n], name)
        ratio = ratio_of(mine[n], least[n], name)
        b.say(f'twin GET, p{name[:2]} at {n} connection{"s"[:n > 1]}',
              f'{m:.0f} us', f'evhttp floor {f:.0f} us, ratio {ratio:.2f}',
              ratio <= goal, f'{goal} of the floor', HELD['twin'])


CALLS = """
local n = 0
wrk.headers["Content-Type"] = "application/json"
function request()
    n = n %% %d + 1
    return wrk.format("POST", string.format(
        "/twins/device-%%07d/methods?%s", n - 1), nil,
        '{"methodName":"lockDoor","responseTimeoutInSeconds":30,' ..
        '"payload":{"lockTime":"10m"}}')
end
"""


def calls_script(b, devices):
    path = b.path('calls.lua')
    with open(path, 'w') as f:
        f.write(CALLS % (devices, API))
    return path


def method(b):
    hub = hub_of(b, FEW)
    pem, key = keys_of(hub)
    token, fleet = service_token(hub), fleet_file(b, hub, 64)
    floor, floor_port = b.start_floor('floor', pem, key, '64')
    echo, echo_port = b.start_floor('echo', pem, key)
    devices = start_load(b, 'respond', hub['mqttPort'], hub, fleet, 64)
    found = {}
    for n in (1, 64):
        script = calls_script(b, n)
        https, mqtt, mine = [], [], []
        for _ in range(3):
            https.append(wrk(b, floor, f'https://127.0.0.1:{floor_port}/',
                             token, n, script))
            mqtt.append(run_load(b, start_load(
                b, 'echo', echo_port, hub, fleet, n, seconds=2), echo))
            mine.append(wrk(b, hub['process'], url_of(hub, '/'), token, n,
                            script))
        found[n] = https, mqtt, mine
    for process in (devices, floor, echo):
        b.stop(process)
    https, mqtt, mine = found[1]
    m = median_of(mine, '50%')
    f, e = median_of(https, '50%'), median_of(mqtt, 'p50_us')
    b.say('direct method, REST to a device over MQTT and back, p50',
          f'{m:.0f} us', f'evhttp floor {f:.0f} us + MQTT echo {e:.0f} us, '
          f'ratio {m / (f + e):.2f}', m <= 2 * (f + e), '2 of the floors',
          HELD['method'])
    https, mqtt, mine = found[64]
    cpu = median_of(mine, 'cpu_us')
    f, e = median_of(https, 'cpu_us'), median_of(mqtt, 'cpu_us')
    b.say('direct methods, 64 in flight',
          f'{median_of(mine, "rate"):.0f}/s; {cpu:.1f} us of CPU each = '
          f'{1e6 / cpu:.0f}/s a core',
          f"the floors' CPU {f:.1f} + {e:.1f} us = {1e6 / (f + e):.0f}/s, "
          f'ratio {(f + e) / cpu:.2f}',
          1e6 / cpu >= 15000 or (f + e) / cpu >= 0.35,
          '15,000/s a core, or 0.35 of the floors', HELD['method'])


def beside_mosquitto(b, n, mode, clients, in_flight, seconds):
    """The same load on both in turn: two lists of figures."""
    hub = hub_of(b, n)
    fleet = fleet_file(b, hub, clients)
    peer, port = start_mosquitto(b, hub)
    mine, theirs = [], []
    for _ in range(3):
        theirs.append(run_load(b, start_load(
            b, mode, port, hub, fleet, clients, in_flight, seconds), peer))
        mine.append(run_load(b, start_load(
            b, mode, hub['mqttPort'], hub, fleet, clients, in_flight,
            seconds), hub['process']))
    b.stop(peer)
    return mine, theirs


def connect(b):
    mine, theirs = beside_mosquitto(b, FEW, 'connect', 1500, 32, 20)
    m, p = median_of(mine, 'cpu_us'), median_of(theirs, 'cpu_us')
    ratio = ratio_of(mine, theirs, 'cpu_us')
    b.say('MQTT connect, full TLS handshake, SAS checked: CPU of the server',
          f'{m:.0f} us', f'mosquitto, the same certificate, no check: '
          f'{p:.0f} us, ratio {ratio:.2f}', ratio <= 1, "mosquitto's",
          HELD['connect'])


def listened(b, hub, mode, listen, port, listen_port, who, fleet, server):
    """Telemetry that somebody listens to: its figures, with what was heard."""
    listener = start_load(b, listen, listen_port, hub, who, 1)
    result = run_load(b, start_load(b, mode, port, hub, fleet, 100, 16, 3),
                      server)
    time.sleep(0.5)  # what is still on its way to the listener
    listener.stdin.close()
    result.update(json.loads(listener.stdout.readline()))
    b.stop(listener)
    result['heard'] /= result['ops']
    return result


def heard(runs):
    """Percent; what was on its way when the time was up is not in ops."""
    return min(100, 100 * median_of(runs, 'heard'))


def telemetry(b):
    hub = hub_of(b, FEW)
    fleet = fleet_file(b, hub, 100)
    peer, port = start_mosquitto(b, hub)
    who = b.path('listener')
    with open(who, 'w', opener=private) as f:
        f.write(f'listener\t-\t{service_token(hub)}\n')
    mine, theirs = [], []
    for _ in range(3):
        theirs.append(listened(b, hub, 'telemetry', 'listen', port, port, who,
                               fleet, peer))
        mine.append(listened(b, hub, 'telemetry', 'listen-http',
                             hub['mqttPort'], hub['httpsPort'], who, fleet,
                             hub['process']))
    b.stop(peer)
    m, p = median_of(mine, 'cpu_us'), median_of(theirs, 'cpu_us')
    rate, peer = median_of(mine, 'rate'), median_of(theirs, 'rate')
    ratio = ratio_of(mine, theirs, 'rate')
    b.say('QoS 1 telemetry of 100 devices to a live listener',
          f'{rate:.0f}/s, {m:.1f} us each, '
          f'{heard(mine):.0f} % heard',
          f'mosquitto {peer:.0f}/s, {p:.1f} us, '
          f'{heard(theirs):.0f} % heard; ratio '
          f'{ratio:.2f}, by CPU {p / m:.2f}', ratio >= 0.9,
          '0.9 of mosquitto')


def query(b, hub, text, size=100):
    """Seconds of the first page, and its rows."""
    body = json.dumps({'query': text})
    out = subprocess.run(
        ['curl', '-sf', '--cacert', hub['caFile'], '-H',
         f'Authorization: {service_token(hub)}', '-H',
         'Content-Type: application/json', '-H',
         f'x-ms-max-item-count: {size}', '-d', body, '-w',
         '\n%{time_pretransfer} %{time_total}',
         url_of(hub, '/devices/query')],
        capture_output=True, text=True, timeout=120, check=True).stdout
    rows, times = out.rsplit('\n', 1)
    before, total = map(float, times.split())
    return total - before, json.loads(rows)


def wait_for_quiet(b, hub):
    """Until all that have left are seen to have: the hub writes it down."""
    for _ in range(300):
        if query(b, hub, 'SELECT COUNT() AS n FROM devices WHERE '
                 "connectionState = 'Connected'")[1][0]['n'] == 0:
            return
        time.sleep(0.1)
    raise SystemExit('bench: devices that have left are still connected')


def fleet(b):
    """Memory and reach: many registered, many connected."""
    hub = hub_of(b, MANY)
    fleet = fleet_file(b, hub, CONNECTED)
    peer, port = start_mosquitto(b, hub)
    grown = []
    for process, at in ((peer, port), (hub['process'], hub['mqttPort'])):
        before, start = rss_kib(process), clock()
        load = start_load(b, 'hold', at, hub, fleet, CONNECTED)
        seconds = clock() - start
        time.sleep(1)
        grown.append((rss_kib(process) - before) / CONNECTED)
        if process is not peer:
            took, rows = query(
                b, hub, 'SELECT COUNT() AS n FROM devices WHERE '
                "connectionState = 'Connected'")
        b.stop(load)
    b.stop(peer)
    wait_for_quiet(b, hub)
    b.say(f'devices connected over TLS at once, {MANY} registered',
          f'{rows[0]["n"]} in {seconds:.1f} s',
          f'the hub counts them in {took * 1e3:.0f} ms',
          rows[0]['n'] == CONNECTED, str(CONNECTED))
    b.say(f'memory of a connected device, 5 subscriptions, {CONNECTED}',
          f'{grown[1]:.1f} KiB', f'mosquitto {grown[0]:.1f} KiB, ratio '
          f'{grown[1] / grown[0]:.2f}', grown[1] <= 0.9 * grown[0],
          '0.9 of mosquitto')


def sqlfloor(*arguments):
    out = subprocess.run([os.path.join(TOOLS, 'sqlfloor'), *arguments],
                         capture_output=True, timeout=120, check=True).stdout
    result = json.loads(out)
    result['rate'] = result['rows'] / result['seconds']
    return result


class WalWatch(threading.Thread):
    """The greatest size of a file that others write."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.most, self.over = path, 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            if os.path.exists(self.path):
                self.most = max(self.most, os.path.getsize(self.path))

    def end(self):
        self.over.set()
        self.join()
        return self.most


def report(b):
    hub = hub_of(b, FEW)
    fleet = fleet_file(b, hub, 100)
    db = b.path('update.db')
    sqlfloor('insert', db, str(FEW))
    mine, least, bare, store = [], [], [], []
    watch = WalWatch(f'{hub["state"]}/hub.db-wal')
    for _ in range(3):
        # The same batch: all of the devices in one commit.
        least.append(sqlfloor('update', db, '3', '100'))
        mine.append(run_load(b, start_load(
            b, 'report', hub['mqttPort'], hub, fleet, 100, 1, 3),
            hub['process']))
        bare.append(sqlfloor('update', db, '3', '10'))
        store.append(sqlfloor('store', db, '3', '10'))
    wal = watch.end()
    rate, floor = median_of(mine, 'rate'), median_of(least, 'rate')
    ratio = ratio_of(mine, least, 'rate')
    b.say('reported patches over MQTT, durable, 100 devices',
          f'{rate:.0f}/s, {median_of(mine, "cpu_us"):.0f} us of CPU each',
          f'SQLite, 100 in a commit: {floor:.0f}/s, ratio '
          f'{ratio:.2f}; p99.9 of an answer '
          f'{median_of(mine, "p999_us") / 1e3:.1f} ms',
          ratio >= 0.5, '0.5 of the floor', HELD['report'])
    p999 = median_of(store, 'p999_us') / 1e3
    worst, bare_worst = (max(r['max_us'] for r in runs) / 1e3
                         for runs in (store, bare))
    b.say('commits of the store, 10 changes each, p99.9 and worst',
          f'{p999:.1f} ms, {worst:.1f} ms',
          'bare writer with automatic checkpoints '
          f'{median_of(bare, "p999_us") / 1e3:.1f} ms, '
          f'{bare_worst:.1f} ms', p999 <= 8 and worst <= bare_worst,
          "8 ms, and the bare writer's worst")
    b.say('the WAL at its longest', f'{wal / 1e6:.1f} MB',
          f'{median_of(bare, "wal_bytes") / 1e6:.1f} MB with the bare writer',
          0 < wal <= 64 << 20, '64 MiB, the bound')


def bulk_import(b):
    path, seconds, cpu = state_of(b, MANY)
    db = b.path('insert.db')
    before = children_s()
    floor = sqlfloor('insert', db, str(MANY))
    floor_cpu = children_s() - before
    os.unlink(db)
    rate = MANY / seconds
    b.say(f'import of {MANY} devices',
          f'{rate:.0f}/s, '
          f'{os.path.getsize(f"{path}/hub.db") / MANY:.0f} bytes each',
          f'bare SQLite {floor["rate"]:.0f}/s, '
          f'{floor["bytes"] / MANY:.0f} bytes each, ratio '
          f'{rate / floor["rate"]:.2f}, by CPU {floor_cpu / cpu:.2f}',
          rate >= 0.6 * floor['rate'],
          '0.6 of the floor', HELD['import'])


def by_hand(hub, sql):
    """Seconds that hand-written SQL takes on the hub's own file."""
    path = urllib.parse.quote(f'{hub["state"]}/hub.db')
    with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as db:
        start = clock()
        rows = db.execute(sql).fetchall()
        return clock() - start, rows


PATH = 'properties.reported.firmwareStatus'
FOUND = ('SELECT * FROM twin JOIN device ON device.id = twin.id WHERE '
         "json_extract(twin.reported, '$.\"firmwareStatus\"') = 'downloading'"
         ' ORDER BY twin.id LIMIT 100')
PAGE = ('SELECT * FROM device JOIN twin ON twin.id = device.id '
        "WHERE device_id > 'device-0005000' ORDER BY device_id LIMIT 100")
COUNT = ("SELECT count(*) FROM twin WHERE json_extract(reported, "
         "'$.firmwareStatus') = 'downloading'")


def first_page(b, hub, what, sql, condition):
    mine, hand = [], []
    for _ in range(9):
        hand.append(by_hand(hub, sql)[0])
        mine.append(query(
            b, hub, f'SELECT * FROM devices WHERE {condition}')[0])
    m, h = statistics.median(mine) * 1e3, statistics.median(hand) * 1e3
    b.say(f'first page of 100 twins, {what}', f'{m:.2f} ms',
          f'hand-written SQL {h:.2f} ms, ratio {m / h:.2f}',
          m <= 1.2 * h + 1, '1.2 of it + 1 ms')


def queries(b):
    hub = hub_of(b, MANY)
    first_page(b, hub, 'by deviceId', PAGE, "deviceId > 'device-0005000'")
    mine, hand = [], []
    for _ in range(3):
        hand.append(by_hand(hub, COUNT))
        mine.append(query(
            b, hub, 'SELECT COUNT() AS n FROM devices WHERE '
            "properties.reported.firmwareStatus = 'downloading'"))
    if mine[0][1][0]['n'] != hand[0][1][0][0]:
        raise SystemExit('bench: the counts differ')
    m, h = (statistics.median(t for t, _ in runs) for runs in (mine, hand))
    b.say(f'count over {MANY} devices, by a path without index',
          f'{m * 1e3:.0f} ms', f'hand-written SQL {h * 1e3:.0f} ms, ratio '
          f'{m / h:.2f}', m <= h, 'as fast as by hand',
          HELD['count'])
    hub = hub_of(b, MANY, '--index', PATH)
    first_page(b, hub, 'by a property with an index', FOUND,
               f"{PATH} = 'downloading'")


# The rows with few devices first: each change of hub is a start.
ROWS = {
    'twin': (twin, ['wrk', 'curl']),
    'method': (method, ['wrk']),
    'connect': (connect, ['mosquitto']),
    'telemetry': (telemetry, ['mosquitto']),
    'report': (report, []),
    'import': (bulk_import, []),
    'fleet': (fleet, ['mosquitto', 'curl']),
    'query': (queries, ['curl']),
}
