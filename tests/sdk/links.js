'use strict';
// What the SDKs' own end-to-end tests ask of methods, of messages both ways,
// and of connections that come and go.
const L = require('./lib');
const { test, registry, service, jobs, mkDevice, newId, connect } = L;
const { onMethod, report, until, sleep, assert, eq, rejects } = L;
const invoke = async (id, methodName, payload, more) =>
	(
		await service.invokeDeviceMethod(id, {
			methodName,
			payload,
			responseTimeoutInSeconds: 10,
			...more,
		})
	).result;
const echo = (c) => onMethod(c, 'echo', (q, s) => s.send(200, q.payload));
const isConnected = async (d) =>
	(await registry.getTwin(d.id)).responseBody.connectionState === 'Connected';

test('method: payloads of every kind', async () => {
	const d = await mkDevice();
	await echo(await connect(d));
	for (const payload of [
		null,
		'',
		'a string',
		'{"json":"in a string"}',
		'"\'\\/ čšž \u2028 😀',
		0,
		-1.5,
		true,
		false,
		{},
		[],
		[1, [2, { three: null }]],
		{ k1: [{ k2: 'v2' }, { k3: 'v3' }], '': 1, 'a.b': null },
		'2026-11-22T10:00:00.0000000Z',
	])
		eq(await invoke(d.id, 'echo', payload), { status: 200, payload });
});
test('method: the status is the device\'s own', async () => {
	const d = await mkDevice();
	let status;
	await onMethod(await connect(d), 'set', (q, s) => s.send(status));
	for (status of [200, 201, 400, 404, 500, -7])
		eq(await invoke(d.id, 'set', null), { status, payload: null });
});
test('method: many at once, each gets its own answer', async () => {
	const d = await mkDevice();
	await onMethod(await connect(d), 'echo', async (q, s) => {
		await sleep(20 * (8 - q.payload));
		s.send(200, q.payload);
	});
	const all = await Promise.all(
		[1, 2, 3, 4, 5, 6, 7, 8].map((n) => invoke(d.id, 'echo', n)),
	);
	eq(
		all.map((r) => r.payload),
		[1, 2, 3, 4, 5, 6, 7, 8],
	);
});
test('method: nobody, and no module of somebody', async () => {
	const d = await mkDevice();
	eq(
		(await rejects(invoke(newId('nobody'), 'echo', null), 404)).name,
		'DeviceNotFoundError',
	);
	const params = { methodName: 'echo', payload: null };
	await rejects(service.invokeDeviceMethod(d.id, 'none', params), 404);
});
test('method: no answer in time is 504', async () => {
	const d = await mkDevice();
	await onMethod(await connect(d), 'other', (q, s) => s.send(200));
	const e = await rejects(
		invoke(d.id, 'nobody-handles-it', null, { responseTimeoutInSeconds: 5 }),
		504,
	);
	eq(e.name, 'GatewayTimeoutError');
});
test('method: a call waits for its device to connect', async () => {
	const d = await mkDevice();
	const call = invoke(d.id, 'echo', 1, { connectTimeoutInSeconds: 15 });
	await sleep(500);
	await echo(await connect(d));
	eq(await call, { status: 200, payload: 1 });
});
for (const Transport of [L.Mqtt, L.MqttWs])
	test(`method: by a signature, and after its renewal, ${Transport.name}`, async () => {
		const d = await mkDevice();
		const c = L.deviceBySignature(d, Transport, 600);
		await L.trust(c);
		await c.open();
		await echo(c);
		eq((await invoke(d.id, 'echo', 1)).payload, 1);
		await c.updateSharedAccessSignature(L.deviceSignature(d, 1200));
		await sleep(1000); // it connects twice, the second time unasked
		eq((await invoke(d.id, 'echo', 2, { connectTimeoutInSeconds: 5 })).payload, 2);
	});
test('token: a device renews its own, and hears on', async () => {
	const d = await mkDevice();
	const c = await connect(d, L.Mqtt, {
		tokenRenewal: {
			tokenValidTimeInSeconds: 8,
			tokenRenewalMarginInSeconds: 5,
		},
	});
	await echo(c);
	const t = await c.getTwin();
	let seen;
	t.on('properties.desired', (x) => (seen = x.n));
	const got = [];
	c.on('message', (m) => {
		got.push(m.getData().toString());
		c.complete(m);
	});
	await sleep(10500); // beyond the end of the first token
	await L.sendToDevice(d.id, { payload: 'late' });
	await until(() => got.length === 1);
	eq((await invoke(d.id, 'echo', 2, { connectTimeoutInSeconds: 5 })).payload, 2);
	await registry.updateTwin(d.id, { properties: { desired: { n: 3 } } }, '*');
	await until(() => seen === 3);
	await report(t, { n: 4 });
	await c.sendEvent(new L.Message('{}'));
});
test('drop: a device comes back, and hears on', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	await echo(c);
	const t = await c.getTwin();
	let seen;
	t.on('properties.desired', (x) => (seen = x.n));
	const got = [];
	c.on('message', (m) => {
		got.push(m.getData().toString());
		c.complete(m);
	});
	await sleep(300);
	await L.faults(['offline@' + d.id]);
	await until(async () => !(await isConnected(d)));
	await L.sendToDevice(d.id, { payload: 'meanwhile' });
	await L.faults([]);
	await until(() => isConnected(d), 20000);
	await until(() => got.length === 1);
	eq(got, ['meanwhile']);
	eq((await invoke(d.id, 'echo', 2, { connectTimeoutInSeconds: 9 })).payload, 2);
	await registry.updateTwin(d.id, { properties: { desired: { n: 3 } } }, '*');
	await until(() => seen === 3);
	await c.sendEvent(new L.Message('{}'));
});
test('drop: what is sent meanwhile arrives when the device is back', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	const t = await c.getTwin();
	await L.faults(['offline@' + d.id]);
	await until(async () => !(await isConnected(d)));
	const sent = [report(t, { n: 5 }), c.sendEvent(new L.Message('{"n":5}'))];
	await sleep(500);
	await L.faults([]);
	await Promise.all(sent);
	eq((await registry.getTwin(d.id)).responseBody.properties.reported.n, 5);
});
test('drop: who does not try again says so', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	c.setRetryPolicy(new L.common.NoRetry());
	let gone = false;
	c.on('disconnect', () => (gone = true));
	await L.faults(['offline@' + d.id]);
	await until(() => gone);
	await L.faults([]);
});
test('connection: the second of a device ends the first', async () => {
	const d = await mkDevice();
	const first = await connect(d);
	first.setRetryPolicy(new L.common.NoRetry());
	let gone = false;
	first.on('disconnect', () => (gone = true));
	const second = await connect(d);
	await until(() => gone);
	await second.sendEvent(new L.Message('{}'));
	assert(await isConnected(d), 'the second is not there');
});
test('connection: closed and opened, again and again', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	for (let i = 0; i < 5; i++) {
		await c.sendEvent(new L.Message(`{"i":${i}}`));
		await c.close();
		await until(async () => !(await isConnected(d)));
		await c.open();
	}
	await c.close();
	await c.close();
});
test('connection: a message opens it by itself', async () => {
	const d = await mkDevice();
	const c = L.deviceByString(d, L.Mqtt);
	await L.trust(c);
	await c.sendEvent(new L.Message('{}'));
	assert(await isConnected(d), 'it is not connected');
});
test('telemetry: empty, large, with properties, and many at once', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	await c.sendEvent(new L.Message(''));
	await c.sendEvent(new L.Message(Buffer.alloc(255 * 1024)));
	const m = new L.Message('{}');
	m.messageId = 'id 1/č';
	m.correlationId = 'a&b=c';
	m.contentType = 'application/json';
	m.contentEncoding = 'utf-8';
	m.properties.add('k ey', 'v/&=#+čšž');
	m.properties.add('empty', '');
	await c.sendEvent(m);
	await Promise.all(
		Array.from({ length: 50 }, (_, i) => c.sendEvent(new L.Message(`${i}`))),
	);
});
test('message: empty, and of the greatest size', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	const got = [];
	c.on('message', (m) => {
		got.push(m.getData().length);
		c.complete(m);
	});
	await L.sendToDevice(d.id, { payload: '' });
	await L.sendToDevice(d.id, { payload: 'x'.repeat(64 * 1024 - 512) });
	await until(() => got.length === 2);
	eq(got, [0, 64 * 1024 - 512]);
});
test('message: its properties, the system\'s and its own', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	let got;
	c.on('message', (m) => {
		got = m;
		c.complete(m);
	});
	await L.sendToDevice(d.id, {
		payload: '{"a":1}',
		messageId: 'm 1',
		correlationId: 'c/1',
		contentType: 'application/json',
		contentEncoding: 'utf-8',
		properties: { 'k ey': 'v/&=#+čšž', empty: '' },
	});
	await until(() => got);
	eq(got.messageId, 'm 1');
	eq(got.correlationId, 'c/1');
	eq(got.contentType, 'application/json');
	eq(got.contentEncoding, 'utf-8');
	eq(got.to, `/devices/${d.id}/messages/deviceBound`);
	eq(got.properties.getValue('k ey'), 'v/&=#+čšž');
	eq(got.properties.getValue('empty'), '');
});
test('message: those that wait can be purged', async () => {
	const d = await mkDevice();
	for (let i = 0; i < 3; i++) await L.sendToDevice(d.id, { payload: 'x' });
	const count = async () =>
		(await registry.getTwin(d.id)).responseBody.cloudToDeviceMessageCount;
	eq(await count(), 3);
	const purged = await L.call('DELETE', `/devices/${d.id}/commands`);
	eq(purged, { totalMessagesPurged: 3, deviceId: d.id, moduleId: null });
	eq(await count(), 0);
});
test('module: over WebSockets, method and telemetry', async () => {
	const d = await mkDevice();
	const m = (await registry.addModule({ deviceId: d.id, moduleId: 'm' }))
		.responseBody;
	const key = m.authentication.symmetricKey.primaryKey;
	const c = await L.connectModule(
		`HostName=${L.HOST};DeviceId=${d.id};ModuleId=m;SharedAccessKey=${key}`,
		L.MqttWs,
	);
	c.onMethod('echo', (q, s) => s.send(200, q.payload));
	await sleep(250);
	eq(
		(
			await service.invokeDeviceMethod(d.id, 'm', {
				methodName: 'echo',
				payload: { x: 1 },
				responseTimeoutInSeconds: 10,
			})
		).result,
		{ status: 200, payload: { x: 1 } },
	);
	await c.sendEvent(new L.Message('{}'));
});
test('job: a method job is cancelled before its time', async () => {
	const id = newId('job');
	await jobs.scheduleDeviceMethod(
		id,
		'*',
		{ methodName: 'never', payload: null, responseTimeoutInSeconds: 15 },
		new Date(Date.now() + 3600000),
		60,
	);
	await jobs.cancelJob(id);
	eq((await jobs.getJob(id)).jobStatus.status, 'cancelled');
	const q = jobs.createQuery('scheduleDeviceMethod', 'cancelled', 100);
	assert(
		(await q.next()).result.some((j) => j.jobId === id),
		'not in the list',
	);
});
test('job: an offline device of several does not hold up the rest', async () => {
	const on = await mkDevice(),
		off = await mkDevice();
	await onMethod(await connect(on), 'reboot', (q, s) => s.send(500, 'no'));
	const id = newId('job');
	await jobs.scheduleDeviceMethod(
		id,
		`deviceId IN ['${off.id}', '${on.id}']`,
		{ methodName: 'reboot', payload: 'now' },
		new Date(),
		60,
	);
	let job;
	await until(async () => {
		job = (await jobs.getJob(id)).jobStatus;
		return job.status === 'completed';
	}, 15000);
	eq(job.deviceJobStatistics.succeededCount, 1);
	eq(job.cloudToDeviceMethod.payload, 'now');
	const rows = (
		await registry
			.createQuery(
				`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'` +
					" AND devices.jobs.status = 'completed'",
				10,
			)
			.next()
	).result;
	eq(
		rows.map((r) => [r.deviceId, r.outcome.deviceMethodResponse]),
		[[on.id, { status: 500, payload: 'no' }]],
	);
});
