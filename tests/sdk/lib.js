'use strict';
// Environment, socket rerouting, SDK helpers and the ok / not ok reporter.
const fs = require('fs'),
	https = require('https'),
	dns = require('dns'),
	crypto = require('crypto'),
	os = require('os'),
	path = require('path'),
	{ execFileSync } = require('child_process'),
	{ promisify } = require('util');
if (!process.env.TD_SERVICE_CS) {
	console.error('TD_SERVICE_CS is not set');
	process.exit(2);
}
// A port in HostName is for clients that can use it; the SDK takes it for a
// part of the name.
const CS = process.env.TD_SERVICE_CS.replace(/(HostName=[^;:]*):\d+/, '$1');
const field = (k) => {
	const m = new RegExp('(?:^|;)' + k + '=([^;]*)').exec(CS);
	return m ? m[1] : '';
};
const HOST = process.env.TD_HOST || field('HostName'),
	ADDR = process.env.TD_ADDR;
const HTTPS_PORT = +(process.env.TD_HTTPS_PORT || 443),
	MQTT_PORT = +(process.env.TD_MQTT_PORT || 8883);
const CA = process.env.TD_CA
	? fs.readFileSync(process.env.TD_CA, 'utf8')
	: undefined;
const RUN = 's' + crypto.randomBytes(3).toString('hex');

// The SDK always goes to <HostName>:443 and <HostName>:8883. Where the hub under
// test listens elsewhere, only the sockets are redirected; the SDK stays as published.
if (ADDR) {
	const orig = dns.lookup;
	dns.lookup = function (h, o, cb) {
		if (typeof o === 'function') {
			cb = o;
			o = {};
		}
		if (String(h).toLowerCase() === HOST.toLowerCase())
			return process.nextTick(() =>
				o && o.all
					? cb(null, [{ address: ADDR, family: 4 }])
					: cb(null, ADDR, 4),
			);
		return orig.call(dns, h, o, cb);
	};
}
if (HTTPS_PORT !== 443) {
	const orig = https.request;
	https.request = (o, cb) =>
		orig.call(
			https,
			Object.assign({}, o, { port: (o && o.port) || HTTPS_PORT }),
			cb,
		);
}
const mqttjs = require('mqtt');
if (MQTT_PORT !== 8883 || HTTPS_PORT !== 443) {
	const orig = mqttjs.connect;
	mqttjs.connect = (u, o) =>
		orig.call(
			mqttjs,
			typeof u === 'string'
				? u
						.replace(/^(mqtts:\/\/[^:/]+)(?=$|\/)/, '$1:' + MQTT_PORT)
						.replace(/^(wss:\/\/[^:/]+):443(?=\/)/, '$1:' + HTTPS_PORT)
				: u,
			o,
		);
}

const iothub = require('azure-iothub'),
	common = require('azure-iot-common'),
	{ Client, Message, ModuleClient, SharedAccessSignature } = require('azure-iot-device'),
	{ Mqtt, MqttWs } = require('azure-iot-device-mqtt');
const registry = iothub.Registry.fromConnectionString(CS),
	service = iothub.Client.fromConnectionString(CS),
	jobs = iothub.JobClient.fromConnectionString(CS);
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const made = [],
	clients = new Set();
let seq = 0;
const newId = (p) => `${p || 'dev'}-${RUN}-${++seq}`;
async function mkDevice(extra) {
	const d = (await registry.create(Object.assign({ deviceId: newId() }, extra)))
		.responseBody;
	made.push(d.deviceId);
	return {
		id: d.deviceId,
		info: d,
		cs: `HostName=${HOST};DeviceId=${d.deviceId};SharedAccessKey=${d.authentication.symmetricKey.primaryKey}`,
	};
}
// A certificate, by the openssl program: self-signed, or by a CA in the files
// CA.pem and CA.key.
function certificate(name, ca) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'twindeck-sdk-'));
	const file = (n) => path.join(dir, n);
	try {
		execFileSync(
			'openssl',
			('req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ' +
				`-subj /CN=${name || 'd'} -days 1 ` +
				(ca ? `-CA ${ca}.pem -CAkey ${ca}.key ` : '') +
				`-keyout ${file('k')} -out ${file('c')}`)
				.split(' '),
			{ stdio: 'ignore' },
		);
		const cert = fs.readFileSync(file('c'), 'utf8');
		return {
			cert,
			key: fs.readFileSync(file('k'), 'utf8'),
			thumbprint: new crypto.X509Certificate(cert).fingerprint.replace(
				/:/g,
				'',
			),
		};
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
}
async function connect(dev, transport, options) {
	const c = Client.fromConnectionString(dev.cs, transport || Mqtt);
	clients.add(c);
	await c.setOptions(Object.assign({ ca: CA }, options));
	await c.open();
	return c;
}
function deviceByString(dev, transport) {
	const c = Client.fromConnectionString(dev.cs, transport);
	clients.add(c);
	return c;
}
// Good for that many seconds from now on; less than none: it has been.
const deviceSignature = (dev, life) =>
	SharedAccessSignature.create(
		HOST,
		dev.id,
		dev.info.authentication.symmetricKey.primaryKey,
		Math.ceil(Date.now() / 1000) + life,
	).toString();
function deviceBySignature(dev, transport, life) {
	const c = Client.fromSharedAccessSignature(
		deviceSignature(dev, life),
		transport,
	);
	clients.add(c);
	return c;
}
const trust = (c) => c.setOptions({ ca: CA });
async function connectModule(cs, transport) {
	const c = ModuleClient.fromConnectionString(cs, transport || Mqtt);
	clients.add(c);
	await c.setOptions({ ca: CA });
	await c.open();
	return c;
}
// For what the SDK has no function for: the answer's body.
const call = (method, path, body) =>
	new Promise((res, rej) =>
		registry._restApiClient.executeApiCall(
			method,
			`${path}?api-version=2021-04-12`,
			body ? { 'Content-Type': 'application/json; charset=utf-8' } : {},
			body,
			(e, r) => (e ? rej(e) : res(r)),
		),
	);
// The SDK has only AMQP for this; the hub has a route of its own.
const sendToDevice = (id, message) =>
	call('POST', `/control/devices/${id}/messages`, message);
// Faults on purpose, in the place of all others.
const faults = (rules) => call('PUT', '/control/faults', { faults: rules });
async function onMethod(c, name, fn) {
	c.onDeviceMethod(name, fn);
	await sleep(250);
}
const report = (t, p) =>
	new Promise((res, rej) =>
		t.properties.reported.update(p, (e) => (e ? rej(e) : res())),
	);
async function until(fn, ms) {
	const end = Date.now() + (ms || 8000);
	for (;;) {
		const v = await fn();
		if (v) return v;
		if (Date.now() > end) throw new Error('never happened');
		await sleep(150);
	}
}
function assert(c, m) {
	if (!c) throw new Error(m || 'assertion failed');
}
const canon = (x) =>
	x && typeof x === 'object'
		? Array.isArray(x)
			? x.map(canon)
			: Object.keys(x)
					.sort()
					.reduce((o, k) => {
						o[k] = canon(x[k]);
						return o;
					}, {})
		: x;
function eq(a, b) {
	const x = JSON.stringify(canon(a)),
		y = JSON.stringify(canon(b));
	if (x !== y) throw new Error(`got ${x}, wanted ${y}`);
}
async function rejects(p, status) {
	try {
		await p;
	} catch (e) {
		const st = e.response && e.response.statusCode;
		if (st !== status)
			throw new Error(`failed with ${st} ${e.message}, wanted ${status}`);
		return e;
	}
	throw new Error('was accepted');
}
const user = (o) => {
	const r = {};
	for (const k in o) if (k[0] !== '$') r[k] = o[k];
	return r;
};
const cases = [];
const test = (name, fn) => cases.push({ name, fn });
async function run() {
	let pass = 0,
		fail = 0;
	const only = process.argv[2] && new RegExp(process.argv[2]);
	process.on('unhandledRejection', (e) =>
		console.log('# stray rejection: ' + (e && e.message)),
	);
	for (const c of cases) {
		if (only && !only.test(c.name)) continue;
		let t;
		try {
			await Promise.race([
				c.fn(),
				new Promise((_, rej) => {
					t = setTimeout(() => rej(new Error('no result in 30 s')), 30000);
				}),
			]);
			pass++;
			console.log('ok ' + c.name);
		} catch (e) {
			fail++;
			console.log(
				'not ok ' +
					c.name +
					' ' +
					String((e && e.message) || e)
						.replace(/\s+/g, ' ')
						.slice(0, 300),
			);
		}
		clearTimeout(t);
		for (const x of clients)
			await Promise.race([x.close().catch(() => {}), sleep(1500)]);
		clients.clear();
	}
	for (const id of made) await registry.delete(id).catch(() => {});
	console.log(`${pass} passed, ${fail} failed`);
	process.exit(fail ? 1 : 0);
}
module.exports = {
	CS,
	HOST,
	RUN,
	iothub,
	common,
	registry,
	service,
	jobs,
	Message,
	Mqtt,
	MqttWs,
	sleep,
	newId,
	mkDevice,
	certificate,
	connect,
	connectModule,
	deviceByString,
	deviceBySignature,
	deviceSignature,
	trust,
	promisify,
	call,
	faults,
	sendToDevice,
	onMethod,
	report,
	until,
	assert,
	eq,
	rejects,
	user,
	test,
	run,
};
